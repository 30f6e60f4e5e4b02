#!/usr/bin/env python3
"""Run the notebooks and write docs/claims.md: what the library claims, where it is tested, and what was measured.

`make claims`; with the name of a file, what an earlier run recorded in it is used: FOUNDATIONS_CLAIMS=FILE python run_notebook.py
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from literate.notebook import read_notebook

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "claims.md"
TESTS = re.compile(r"test_\w+|assert_\w+|gradcheck|gradgradcheck|earn")  # calls that raise if something is not so

HEAD = """\
# What is claimed, and where it is shown

The library grew from a set of study notes. Their statements are numbered from S1, the questions that they leave open from Q1,
and their mistakes from M1. Each is settled by at least one test in a notebook: the statement proved, the question answered, the mistake refuted.

Below, *bound* is the test itself, shortened, and *measured* is what the test was given on the machine that wrote this page.
It is written by `make claims`, from the lines `with claim('S9', '...'):` in the notebooks.
"""


@dataclass(frozen=True)
class Claim:
    """One `with claim(row, text):` of a notebook."""

    row: str
    text: str
    bound: str     # the source of its tests, shortened; "" if there is none
    notebook: str  # the file's name
    cell: int      # its number, from 1, as the runner counts
    cell_id: str
    slow: bool     # not run in ordinary runs


def read_claims(notebooks: Path = ROOT / "nbs") -> list[Claim]:
    """All claims of a folder's notebooks, by row."""
    claims = [claim for path in sorted(notebooks.glob("*.ipynb")) for claim in _claims_of(path)]
    return sorted(claims, key=lambda claim: ("SQM".find(claim.row[:1]), int(claim.row[1:]) if claim.row[1:].isdigit() else 0))


def code_cells(path: Path) -> Iterator[tuple[int, str, str]]:
    """Number (from 1), id and source of each code cell."""
    for cell in read_notebook(path).cells:
        if cell.type == "code":
            yield cell.index + 1, cell.id, cell.source


def _claims_of(path: Path) -> Iterator[Claim]:
    cells = [(number, cell_id, source, ast.parse(source)) for number, cell_id, source in code_cells(path)]
    checks = _own_checks([tree for *_, tree in cells])
    for number, cell_id, source, tree in cells:
        for node in ast.walk(tree):
            if isinstance(node, ast.With) and (call := _claim_call(node)):
                row, text = (argument.value if isinstance(argument, ast.Constant) else "" for argument in call.args[:2])
                bound = "; ".join(" ".join(ast.get_source_segment(source, test).split()) for test in _tests(node.body, checks))
                yield Claim(row, text, bound if len(bound) <= 100 else bound[:97] + "...", path.name, number, cell_id,
                            source.startswith("#slow"))


def _claim_call(node: ast.With) -> ast.Call | None:
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return next((call for call in calls if getattr(call.func, "id", "") == "claim"), None)


def _own_checks(trees: list[ast.Module]) -> set[str]:
    """The functions of a notebook that test something themselves, or call one that does."""
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found: set[str] = set()
    while more := {f.name for f in functions if f.name not in found and any(_tests(f.body, found))}:
        found |= more
    return found


def _tests(body: list[ast.AST], checks: set[str]) -> Iterator[ast.AST]:
    """The assertions and calls of tests in some statements; not those in functions that are only defined there."""
    for node in body:
        if isinstance(node, ast.Assert) or isinstance(node, ast.Call) and _is_test(node.func, checks):
            yield node
        elif not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _tests(list(ast.iter_child_nodes(node)), checks)


def _is_test(function: ast.expr, checks: set[str]) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return bool(TESTS.fullmatch(name)) or name in checks


def render(claims: list[Claim], measured: dict[tuple[str, str], str], mutants: dict[str, int]) -> str:
    """The page; `measured` by row and text, `mutants` that were killed by notebook."""
    lines = [HEAD, "| | claim | bound | measured | where |", "|:--|:--|:--|:--|:--|"]
    for c in claims:
        where = f"[{c.notebook.removesuffix('.ipynb')}, cell {c.cell}](../nbs/{c.notebook}#cell-id={c.cell_id})"
        lines.append(f"| {c.row} | {_escaped(c.text)} | `{_escaped(c.bound)}` | {measured[c.row, _escaped(c.text)]} | {where} |")
    lines += ["", "## Mutants", "", "A mutant is a wrong version of a function, on which its test must fail.",
              f"The tests kill {sum(mutants.values())} of {sum(mutants.values())}; one that survives fails its notebook.",
              "", "| notebook | killed |", "|:--|--:|"]
    return "\n".join([*lines, *(f"| {name} | {count} |" for name, count in sorted(mutants.items())), ""])


def _shortened(values: list[str]) -> str:
    """The first values that a claim measured, in one line; a plain `assert` measures nothing."""
    more = f", and {len(values) - 3} more" if len(values) > 3 else ""
    text = ", ".join(values[:3])
    return _escaped(text if len(text) <= 80 else text[:77] + "...") + more or "holds"


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("`", "'")


def read_page(text: str) -> tuple[dict[tuple[str, str], str], dict[str, int]]:
    """What a page says was measured and killed, in the form that `render` takes."""
    rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in text.splitlines() if line.startswith("| ")]
    return ({(row[0], row[1]): row[3] for row in rows if len(row) == 5 and row[0]},
            {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()})


def run_notebooks() -> list[dict]:
    """Run all notebooks; the lines that claims and `test_kills` record."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "claims.jsonl"
        environment = {**os.environ, "FOUNDATIONS_CLAIMS": str(record)}
        done = subprocess.run([sys.executable, str(ROOT / "run_notebook.py"), "--quiet"], cwd=ROOT, env=environment)
        if done.returncode:
            sys.exit(done.returncode)
        return read_record(record)


def read_record(path: Path) -> list[dict]:
    """The lines of a record."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def count_mutants(record: list[dict]) -> dict[str, int]:
    """How many mutants were killed, by notebook."""
    counts: Counter[str] = Counter()
    for entry in record:
        counts[entry["notebook"]] += entry.get("mutants", 0)
    return {name: count for name, count in counts.items() if count}


def main() -> None:
    """Run, write the page, and say in a few lines what is in it."""
    record, claims = read_record(Path(sys.argv[1])) if sys.argv[1:] else run_notebooks(), read_claims()
    measured = {(c.row, _escaped(c.text)): "in slow runs" for c in claims if c.slow}
    for entry in record:
        if "row" in entry:
            measured[entry["row"], _escaped(entry["text"])] = _shortened(entry["measured"])
    if missing := [f"{c.row} in {c.notebook}, cell {c.cell}" for c in claims if (c.row, _escaped(c.text)) not in measured]:
        sys.exit(f"these claims were not met in the run: {', '.join(missing)}")
    mutants = count_mutants(record)
    TABLE.write_text(render(claims, measured, mutants), encoding="utf-8")
    print(*(f"{name:28}{count:5}" for name, count in sorted(mutants.items())), sep="\n")
    print(f"kills {sum(mutants.values())} of {sum(mutants.values())} mutants; "
          f"{len(claims)} claims for {len({c.row for c in claims})} rows -> {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
