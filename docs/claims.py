#!/usr/bin/env python3
"""The claims of the notebooks, and the page about them: docs/claims.md.

`make claims` and `make matrix` (docs/matrix.py) run the notebooks, keep the values that the claims
measured in docs/claims.json, and write the page from it.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import proofs

from literate.notebook import read_notebook

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "claims.md"
STORE = ROOT / "docs" / "claims.json"
SHOWN = 3  # how many measured values of a claim the page shows
WIDTH = 100  # how many characters of a test the page shows
TESTS = re.compile(r"test_\w+|assert_\w+|gradcheck|gradgradcheck|earn")  # functions that test

HEAD = """\
# What is claimed, and where it is shown

The library grew from a set of study notes. Their statements are numbered from S1, the questions
that they leave open from Q1, and their mistakes from M1. Each is settled by at least one test in a
notebook: the statement proved, the question answered, the mistake refuted.

Below, *bound* is the test itself, shortened. *Median* and *range* are of the values that the test
was given in the runs listed here, which differ in their seeds and in the instructions of the
processor. Where a test compares many numbers, the value is the largest error, as a part of the
error that is allowed. "holds" stands for tests without a number.

This page is written by `make matrix` and `make claims`. The claims stand in the metadata of the
cells: `{"claims": {"S9": "the sentence"}}`.
"""


@dataclass(frozen=True)
class Claim:
    """A claim in the metadata of a cell, and the tests of this cell."""

    row: str
    text: str
    bound: str  # the source of its tests; "" if there is none
    notebook: str  # the file's name
    cell: int  # its number, from 1, as the runner counts
    cell_id: str
    slow: bool  # not run in ordinary runs


def read_claims(notebooks: Path = ROOT / "nbs") -> list[Claim]:
    """All claims of a folder's notebooks, by row."""
    found: list[Claim] = []
    for path in sorted(notebooks.glob("*.ipynb")):
        found += _claims_of(path)
    return sorted(found, key=_order)


def _order(claim: Claim) -> tuple[int, int]:
    """Statements come first, then questions, then mistakes, each by number."""
    letter, number = claim.row[:1], claim.row[1:]
    return "SQM".find(letter), int(number) if number.isdigit() else 0


def code_cells(path: Path) -> Iterator[tuple[int, str, str]]:
    """Number (from 1), id and source of each code cell."""
    for cell in read_notebook(path).cells:
        if cell.type == "code":
            yield cell.index + 1, cell.id, cell.source


def _claims_of(path: Path) -> Iterator[Claim]:
    """The claims of a notebook, from the metadata of its cells."""
    cells = [cell for cell in read_notebook(path).cells if cell.type == "code"]
    trees = {cell.index: ast.parse(cell.source) for cell in cells}
    checks = _own_checks(list(trees.values()))
    for cell in cells:
        claims = cell.metadata.get("claims")
        if not isinstance(claims, dict):
            continue
        bound = _source_of_tests(cell.source, trees[cell.index].body, checks)
        is_slow = cell.source.startswith("#slow")
        for row, text in claims.items():
            yield Claim(row, str(text), bound, path.name, cell.index + 1, cell.id, is_slow)


def _source_of_tests(source: str, body: Sequence[ast.AST], checks: set[str]) -> str:
    """The tests in the statements of a cell, on one line."""
    lines = []
    for test in _tests(body, checks):
        text = ast.get_source_segment(source, test) or ""
        lines.append(" ".join(text.split()))
    return "; ".join(lines)


def _own_checks(trees: list[ast.Module]) -> set[str]:
    """The functions of a notebook that test something, directly or through each other."""
    functions = []
    for tree in trees:
        functions += [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    checks: set[str] = set()
    while True:
        found = {function.name for function in functions if any(_tests(function.body, checks))}
        if found <= checks:
            return checks
        checks |= found


def _tests(body: Sequence[ast.AST], checks: set[str]) -> Iterator[ast.AST]:
    """The assertions and calls of tests in some statements.

    Functions and classes that are defined there are left out: their code does not run there.
    """
    for node in body:
        if isinstance(node, ast.Assert):
            yield node
        elif isinstance(node, ast.Call) and _is_test(node.func, checks):
            yield node
        elif not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _tests(list(ast.iter_child_nodes(node)), checks)


def _is_test(function: ast.expr, checks: set[str]) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return bool(TESTS.fullmatch(name)) or name in checks


# What the tests of a notebook record (docs/recorder.py): a line of JSON for each test and value.
Record = dict[str, Any]
# A measured value: ["value", least, most], ["got", least, most], ["error", share] or
# ["text", note]. "got" is a number that test_close compared with another one.
Value = list[Any]
Values = list[Value]  # of a claim in a run
# What docs/claims.json holds: see `read_store`.
Store = dict[str, dict[str, Any]]


def read_store(path: Path = STORE) -> Store:
    """The stored runs of each machine, values of each claim, and mutants of each notebook."""
    if not path.exists():
        return {"machines": {}, "claims": {}, "mutants": {}}
    store: Store = json.loads(path.read_text(encoding="utf-8"))
    return store


def save_page(machine: str, runs: list[tuple[str, list[Record]]]) -> None:
    """Store what runs on a machine recorded, each with a name, and write the page."""
    made = read_claims()
    store = read_store()
    add_runs(store, made, machine, runs)
    STORE.write_text(json.dumps(store, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(render(made, store, proofs.read_proofs()), encoding="utf-8")
    rows = len({claim.row for claim in made})
    mutants = sum(store["mutants"].values())
    print(f"{len(made)} claims for {rows} rows, {mutants} mutants -> {TABLE.relative_to(ROOT)}")


def add_runs(
    store: Store,  # changed in place
    made: list[Claim],
    machine: str,
    runs: list[tuple[str, list[Record]]],  # the name of each, and the lines that it recorded
) -> None:
    """Add what runs on a machine recorded, and drop the values of claims that have changed."""
    valid_keys = {key_of(claim) for claim in made}
    stored = {key: values for key, values in store["claims"].items() if key in valid_keys}
    for name, records in runs:
        names = store["machines"].setdefault(machine, [])
        if name not in names:
            names.append(name)
        by_cell = values_by_cell(records)
        ran = {record["notebook"] for record in records if "notebook" in record}
        for claim in made:
            values = by_cell.get((claim.notebook, claim.cell_id))
            if values is None and claim.notebook in ran and not claim.slow:
                values = [["text", "holds"]]  # a bare assert records nothing
            if values is not None:
                by_machine = stored.setdefault(key_of(claim), {})
                by_machine.setdefault(machine, {})[name] = values
        store["mutants"] |= count_mutants(records)
    store["claims"] = {key: stored[key] for key in sorted(stored)}


def key_of(claim: Claim) -> str:
    """The name of a claim's values: they are dropped when the text or the tests change."""
    return f"{claim.row}: {claim.text} [{claim.bound}]"


RUNNING = re.compile(r"(?P<notebook>[^/\\]+\.ipynb):cell \d+ \((?P<id>[^)]*)\)")


def values_by_cell(records: Iterable[Record]) -> dict[tuple[str, str], Values]:
    """The values of each cell of a run, by notebook and id: its numbers, or its notes if none."""
    numbers: dict[tuple[str, str], dict[tuple[str, int, str], Value]] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for record in records:
        match = RUNNING.search(record.get("running", ""))
        if match is None:
            continue
        cell = match["notebook"], match["id"]
        texts = notes.setdefault(cell, [])
        if "test" in record:
            _add_numbers(numbers.setdefault(cell, {}), record)
        elif record["note"] not in texts:
            texts.append(record["note"])
    values = {}
    for cell, texts in notes.items():
        values[cell] = _most_telling(list(numbers.get(cell, {}).values()), texts)
    return values


def _add_numbers(by_place: dict[tuple[str, int, str], Value], record: Record) -> None:
    """Add the numbers of a test to those that the same line recorded before."""
    for part, value in enumerate(_numbers_of(record)):
        place = record["place"], part, value[0]
        by_place[place] = _widened(by_place.get(place, value), value)


def _most_telling(values: Values, texts: list[str]) -> Values:
    """The values that say most about a claim: mutants, or its first numbers, or its texts."""
    kills = [text for text in texts if text.startswith("kills ")]
    if kills:
        return [["text", text] for text in kills]
    has_errors = any(value[0] == "error" for value in values)
    if has_errors:  # then single numbers are only examples of many compared numbers
        values = [value for value in values if value[0] != "got"]
    return values[:SHOWN] or _texts(texts)


def _numbers_of(record: Record) -> Values:
    """The numbers of a test: a range of values, or the largest error as a part of the bound."""
    if "got" in record:
        return [["got", _rounded(value), _rounded(value)] for value in record["got"]]
    least, most = record["least"], record["most"]
    if record["test"] in ("close", "earn", "gradcheck"):
        return [["error", _rounded(max(abs(least), abs(most)))]]
    return [["value", _rounded(least), _rounded(most)]]


def _widened(before: Value, value: Value) -> Value:
    """The range of two ranges, or the larger of two errors."""
    if value[0] == "error":
        return ["error", max(before[1], value[1])]
    return [value[0], min(before[1], value[1]), max(before[2], value[2])]


def _texts(notes: list[str]) -> Values:
    """A few notes of tests without numbers; many notes would tell a reader nothing."""
    if len(notes) > SHOWN:
        return [["text", "holds"]]
    return [["text", note] for note in notes]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


# --- the page ----------------------------------------------------------------------------------


def render(made: list[Claim], store: Store, proved: Sequence[proofs.Proof] = ()) -> str:
    """The page, from the claims and proofs of the notebooks and the stored measurements."""
    lines = [
        HEAD,
        *_runs(store["machines"]),
        "",
        "| | claim | bound | median | range | where |",
        "|:--|:--|:--|:--|:--|:--|",
    ]
    for claim in made:
        lines.append(_row(claim, store["claims"].get(key_of(claim), {})))
    lines += _mutants(store["mutants"])
    lines += proofs.section(list(proved))
    lines.append("")
    return "\n".join(lines)


def _row(claim: Claim, by_machine: dict[str, dict[str, Values]]) -> str:
    """A claim's row of the table."""
    bound = claim.bound
    if len(bound) > WIDTH:
        bound = bound[: WIDTH - 3] + "..."
    median, spread = median_and_range(claim, by_machine)
    place = f"{claim.notebook.removesuffix('.ipynb')}, cell {claim.cell}"
    link = f"[{place}](../nbs/{claim.notebook}#cell-id={claim.cell_id})"
    columns = [claim.row, claim.text, f"`{bound}`", median, spread]
    escaped = [_escaped(text) for text in columns]
    return f"| {' | '.join([*escaped, link])} |"


def _mutants(by_notebook: dict[str, int]) -> Iterator[str]:
    """The section about the mutants."""
    count = sum(by_notebook.values())
    yield from ("", "## Mutants", "")
    yield "A mutant is a wrong version of a function, on which its test must fail."
    yield f"The tests kill {count} of {count}; one that survives fails its notebook."
    yield from ("", "| notebook | killed |", "|:--|--:|")
    for name, killed in sorted(by_notebook.items()):
        yield f"| {name} | {killed} |"


def _runs(machines: dict[str, list[str]]) -> Iterator[str]:
    """A line for each machine."""
    for machine, names in machines.items():
        yield f"- {machine}: {'; '.join(names)}"


def median_and_range(claim: Claim, by_machine: dict[str, dict[str, Values]]) -> tuple[str, str]:
    """The two cells of the table about a claim's values."""
    runs = [values for by_run in by_machine.values() for values in by_run.values()]
    if not runs:
        return ("in slow runs" if claim.slow else "not measured yet"), ""
    medians: list[str] = []
    ranges: list[str] = []
    for values in zip(*runs, strict=False):  # a run may have fewer values than another one
        median, spread = _summary(list(values))
        if median not in medians:
            medians.append(median)
        if spread:
            ranges.append(spread)
    return ", ".join(medians) or "holds", ", ".join(ranges)


def _summary(values: Values) -> tuple[str, str]:
    """Median and range of what a test measured in several runs, in words."""
    kinds = {value[0] for value in values}
    if kinds == {"text"}:
        texts = {value[1] for value in values}
        return (texts.pop() if len(texts) == 1 else "holds"), ""
    if kinds == {"error"}:
        return _summary_of_errors([value[1] for value in values])
    ends = [end for value in values for end in value[1:]]
    spread = f"{min(ends):.4g} to {max(ends):.4g}" if min(ends) < max(ends) else ""
    return f"{statistics.median(ends):.4g}", spread


def _summary_of_errors(shares: list[float]) -> tuple[str, str]:
    if not any(shares):
        return "no error", ""
    median = _percent(statistics.median(shares))
    least, most = _percent(min(shares)), _percent(max(shares))
    return f"error {median}", f"{least} to {most}" if least != most else ""


def _percent(share: float) -> str:
    return "under 0.1%" if share < 0.001 else f"{share:.1%}"


def _escaped(text: str) -> str:
    """A text for a cell of a table; backticks stay only if they enclose the whole text."""
    inner = text[1:-1] if text[:1] == text[-1:] == "`" else ""
    if inner:
        return f"`{_escaped(inner)}`"
    return text.replace("|", r"\|").replace("`", "'")


def count_mutants(records: Iterable[Record]) -> dict[str, int]:
    """How many mutants were killed, by notebook."""
    counts: Counter[str] = Counter()
    for record in records:
        if "mutants" in record:
            counts[record["notebook"]] += record["mutants"]
    return dict(counts)


# --- lines that the matrix cannot watch --------------------------------------------------------

SEEDS = {"manual_seed", "seed", "default_rng", "RandomState", "Random", "SystemRandom"}
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def careless_lines(notebooks: Path = ROOT / "nbs") -> Iterator[str]:
    """The lines of notebooks that the matrix cannot watch, each with its place.

    The matrix does not move a seed that does not come from `set_seed` or `seeded`. It does not see
    the numbers of a bare `assert x > y`.
    """
    for path in sorted(notebooks.glob("*.ipynb")):
        for number, cell_id, source in code_cells(path):
            for line, problem in _careless(source):
                yield f"{path.name}:cell {number} ({cell_id}):{line}: {problem}"


def _careless(source: str) -> Iterator[tuple[int, str]]:
    """Line and problem of each careless line of a cell."""
    exported = source.startswith("#export")
    defines_seeds = exported and "FOUNDATIONS_SEED" in source
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert) and not exported and _compares_sizes(node.test):
            yield node.lineno, "a bare assert compares sizes: use test_between, which records them"
        elif isinstance(node, ast.Call) and not defines_seeds and _sets_seed(node):
            yield node.lineno, "a seed that FOUNDATIONS_SEED does not move: use set_seed or seeded"


def _compares_sizes(expression: ast.expr) -> bool:
    """Whether an expression contains a comparison with <, <=, > or >=."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Compare) and any(isinstance(op, ORDER) for op in node.ops):
            return True
    return False


def _sets_seed(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name in SEEDS and bool(call.args)
