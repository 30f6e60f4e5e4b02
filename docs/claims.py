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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from literate.notebook import read_notebook

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "claims.md"
STORE = ROOT / "docs" / "claims.json"
SHOWN = 3  # measured values of a claim that the page shows
WIDTH = 100  # characters of a test that the page shows
TESTS = re.compile(r"test_\w+|assert_\w+|gradcheck|gradgradcheck|earn")  # calls that may raise

HEAD = """\
# What is claimed, and where it is shown

The library grew from a set of study notes. Their statements are numbered from S1, the questions
that they leave open from Q1, and their mistakes from M1. Each is settled by at least one test in a
notebook: the statement proved, the question answered, the mistake refuted.

Below, *bound* is the test itself, shortened. *Median* and *range* are of the values that the test
was given in the runs listed here, which differ in their seeds and in the instructions of the
processor. Where a test compares many numbers, the value is the largest error, as a part of the
error that is allowed. "holds" stands for tests without a number.

This page is written by `make matrix` and `make claims`, from the lines `with claim('S9', '...'):`
in the notebooks.
"""


@dataclass(frozen=True)
class Claim:
    """One `with claim(row, text):` of a notebook."""

    row: str
    text: str
    bound: str  # the source of its tests; "" if there is none
    notebook: str  # the file's name
    cell: int  # its number, from 1, as the runner counts
    cell_id: str
    slow: bool  # not run in ordinary runs


def read_claims(notebooks: Path = ROOT / "nbs") -> list[Claim]:
    """All claims of a folder's notebooks, by row."""
    found = [claim for path in sorted(notebooks.glob("*.ipynb")) for claim in _claims_of(path)]
    return sorted(found, key=_order)


def _order(claim: Claim) -> tuple[int, int]:
    number = int(claim.row[1:]) if claim.row[1:].isdigit() else 0
    return "SQM".find(claim.row[:1]), number


def code_cells(path: Path) -> Iterator[tuple[int, str, str]]:
    """Number (from 1), id and source of each code cell."""
    for cell in read_notebook(path).cells:
        if cell.type == "code":
            yield cell.index + 1, cell.id, cell.source


def _claims_of(path: Path) -> Iterator[Claim]:
    cells = [(*cell, ast.parse(cell[2])) for cell in code_cells(path)]
    checks = _own_checks([tree for *_, tree in cells])
    for number, cell_id, source, tree in cells:
        for node in ast.walk(tree):
            if isinstance(node, ast.With) and (call := _claim_call(node)):
                row, text = map(_constant, call.args[:2])
                tests = [ast.get_source_segment(source, test) for test in _tests(node.body, checks)]
                bound = "; ".join(" ".join(test.split()) for test in tests)
                slow = source.startswith("#slow")
                yield Claim(row, text, bound, path.name, number, cell_id, slow)


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) else ""


def _claim_call(node: ast.With) -> ast.Call | None:
    """The call of `claim` that a `with` statement makes."""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "claim":
            return call
    return None


def _own_checks(trees: list[ast.Module]) -> set[str]:
    """The functions of a notebook that test something themselves, or call one that does."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    found: set[str] = set()
    while more := {f.name for f in functions if any(_tests(f.body, found))} - found:
        found |= more
    return found


def _tests(body: list[ast.AST], checks: set[str]) -> Iterator[ast.AST]:
    """The assertions and calls of tests in some statements, but not in functions defined there."""
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


# The values of a claim in a run: ["value", least, most], ["got", least, most], ["error", share]
# or ["text", note] each. "got" is a number that test_close compared with another one.
Values = list[list]


def read_store(path: Path = STORE) -> dict:
    """The stored runs of each machine, values of each claim, and mutants of each notebook."""
    if not path.exists():
        return {"machines": {}, "claims": {}, "mutants": {}}
    return json.loads(path.read_text(encoding="utf-8"))


def save_page(machine: str, runs: list[tuple[str, list[dict]]]) -> None:
    """Store what runs on a machine recorded, each with a name, and write the page."""
    made, store = read_claims(), read_store()
    add_runs(store, made, machine, runs)
    STORE.write_text(json.dumps(store, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(render(made, store), encoding="utf-8")
    rows = len({claim.row for claim in made})
    mutants = sum(store["mutants"].values())
    print(f"{len(made)} claims for {rows} rows, {mutants} mutants -> {TABLE.relative_to(ROOT)}")


def add_runs(
    store: dict,  # see `read_store`; changed in place
    made: list[Claim],
    machine: str,
    runs: list[tuple[str, list[dict]]],  # the name of each, and the lines that it recorded
) -> None:
    """Add what runs on a machine recorded; drop the values of claims that have changed since."""
    keys = {(claim.row, claim.text): key_of(claim) for claim in made}
    stored = {key: values for key, values in store["claims"].items() if key in keys.values()}
    store["claims"] = stored
    for name, records in runs:
        if name not in store["machines"].setdefault(machine, []):
            store["machines"][machine].append(name)
        for claim, values in values_by_claim(records).items():
            if claim in keys:
                stored.setdefault(keys[claim], {}).setdefault(machine, {})[name] = values
        store["mutants"] |= count_mutants(records)
    store["claims"] = {key: stored[key] for key in sorted(stored)}


def key_of(claim: Claim) -> str:
    """The name of a claim's values: they are dropped when the text or the tests change."""
    return f"{claim.row}: {claim.text} [{claim.bound}]"


def values_by_claim(records: Iterable[dict]) -> dict[tuple[str, str], Values]:
    """The values of each claim in a run, by row and text: its numbers, or else its notes."""
    numbers: dict[tuple[str, str], dict[tuple[str, int, str], list]] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if "test" in record:
            for row, text in record["claims"]:
                lines = numbers.setdefault((row, text), {})
                for part, value in enumerate(_numbers_of(record)):
                    place = record["place"], part, value[0]
                    lines[place] = _widened(lines.get(place, value), value)
        elif "row" in record:
            found = notes.setdefault((record["row"], record["text"]), [])
            found += [note for note in record["measured"] if note not in found]
    return {
        claim: _chosen(list(numbers.get(claim, {}).values()), texts)
        for claim, texts in notes.items()
    }


def _chosen(values: Values, texts: list[str]) -> Values:
    """The values that say most about a claim: mutants, else its first numbers, else its texts."""
    if kills := [text for text in texts if text.startswith("kills ")]:
        return [["text", text] for text in kills]
    if any(value[0] == "error" for value in values):  # then single numbers are examples of many
        values = [value for value in values if value[0] != "got"]
    return values[:SHOWN] or _texts(texts)


def _numbers_of(record: dict) -> Values:
    """The numbers of a test: a range of values, or the largest error as a part of the bound."""
    if "got" in record:
        return [["got", _rounded(value), _rounded(value)] for value in record["got"]]
    if record["test"] in ("close", "earn", "gradcheck"):
        return [["error", _rounded(max(abs(record["least"]), abs(record["most"])))]]
    return [["value", _rounded(record["least"]), _rounded(record["most"])]]


def _widened(before: list, value: list) -> list:
    """The range of two ranges, or the larger of two errors."""
    if value[0] == "error":
        return ["error", max(before[1], value[1])]
    return [value[0], min(before[1], value[1]), max(before[2], value[2])]


def _texts(notes: list[str]) -> Values:
    """A few notes of tests without numbers; many of them tell a reader nothing."""
    return [["text", note] for note in notes] if len(notes) <= SHOWN else [["text", "holds"]]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def render(made: list[Claim], store: dict) -> str:
    """The page, from the claims of the notebooks and the stored measurements."""
    rows = [_row(claim, store["claims"].get(key_of(claim), {})) for claim in made]
    return "\n".join(
        [
            HEAD,
            *_runs(store["machines"]),
            "",
            "| | claim | bound | median | range | where |",
            "|:--|:--|:--|:--|:--|:--|",
            *rows,
            *_mutants(store["mutants"]),
            "",
        ]
    )


def _row(claim: Claim, by_machine: dict[str, dict[str, Values]]) -> str:
    """A claim's row of the table."""
    bound = claim.bound if len(claim.bound) <= WIDTH else claim.bound[: WIDTH - 3] + "..."
    median, spread = _median_and_range(claim, by_machine)
    place = f"{claim.notebook.removesuffix('.ipynb')}, cell {claim.cell}"
    link = f"[{place}](../nbs/{claim.notebook}#cell-id={claim.cell_id})"
    texts = map(_escaped, (claim.row, claim.text, f"`{bound}`", median, spread))
    return f"| {' | '.join([*texts, link])} |"


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


def _median_and_range(claim: Claim, by_machine: dict[str, dict[str, Values]]) -> tuple[str, str]:
    """The two cells of the table about a claim's values."""
    runs = [values for by_run in by_machine.values() for values in by_run.values()]
    if not runs:
        return ("in slow runs" if claim.slow else "not measured yet"), ""
    shortest = min(map(len, runs))
    shown = [_summary([values[i] for values in runs]) for i in range(shortest)]
    medians = list(dict.fromkeys(median for median, _ in shown))
    return ", ".join(medians) or "holds", ", ".join(spread for _, spread in shown if spread)


def _summary(values: Values) -> tuple[str, str]:
    """Median and range of what a test measured in several runs, in words."""
    kinds = {value[0] for value in values}
    if kinds == {"text"}:
        texts = {value[1] for value in values}
        return (texts.pop() if len(texts) == 1 else "holds"), ""
    if kinds == {"error"}:
        shares = [value[1] for value in values]
        if not any(shares):
            return "no error", ""
        median, least, most = map(_percent, (statistics.median(shares), min(shares), max(shares)))
        return f"error {median}", f"{least} to {most}" if least != most else ""
    ends = [end for value in values for end in value[1:]]
    spread = f"{min(ends):.4g} to {max(ends):.4g}" if min(ends) < max(ends) else ""
    return f"{statistics.median(ends):.4g}", spread


def _percent(share: float) -> str:
    return "under 0.1%" if share < 0.001 else f"{share:.1%}"


def _escaped(text: str) -> str:
    """A text for a cell of a table; only the marks around a whole text are those of code."""
    inner = text[1:-1] if text[:1] == text[-1:] == "`" else ""
    if inner:
        return f"`{_escaped(inner)}`"
    return text.replace("|", r"\|").replace("`", "'")


def count_mutants(records: Iterable[dict]) -> dict[str, int]:
    """How many mutants were killed, by notebook."""
    counts: Counter[str] = Counter()
    for record in records:
        if "mutants" in record:
            counts[record["notebook"]] += record["mutants"]
    return dict(counts)


SEEDS = {"manual_seed", "seed", "default_rng", "RandomState", "Random", "SystemRandom"}
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def careless_lines(notebooks: Path = ROOT / "nbs") -> Iterator[str]:
    """The lines of notebooks that the matrix cannot watch, each with its place.

    It does not see a seed that does not come from `set_seed` or `seeded`, and not the numbers of a
    bare `assert x > y`.
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
    compares = [node for node in ast.walk(expression) if isinstance(node, ast.Compare)]
    return any(isinstance(operator, ORDER) for compare in compares for operator in compare.ops)


def _sets_seed(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name in SEEDS and bool(call.args)
