"""The form of the course: cells that show something, short code, folded proofs, exercises.

The notebooks are read as they are stored. Whether they pass is the runner's business.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "nbs").glob("*.ipynb"))
CONTENTS = ROOT / "docs" / "course.md"

LONGEST = 25  # lines of code in a cell that a reader sees
MEAN = 8.5  # lines of code in such a cell
SHOWING = 0.6  # the share of code cells that show an output
PROOF = 0.15  # the share of proof among the lines that a reader sees
HEAVIEST = 60_000  # bytes of a figure
EXERCISES = 60
PACKAGE_LINES = 2_750  # of code, without docstrings, comments and blank lines

FOLDED = re.compile(r"#\s*\|\s*proof:|#\s*\|?\s*hide_input\b")
PROVING = re.compile(r"\s*(assert\b|test_\w+\(|assert_\w+\(|gradcheck\(|earn\()")
CHECK = re.compile(r"^check_exercise\((\w+), (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class CodeCell:
    """A code cell with code in it."""

    notebook: str
    id: str
    source: str
    outputs: list[dict[str, Any]]
    is_folded: bool  # in JupyterLab

    @property
    def lines(self) -> list[str]:
        """Its lines without blank ones and comments."""
        lines = self.source.splitlines()
        return [line for line in lines if line.strip() and not line.strip().startswith("#")]

    def __str__(self) -> str:
        return f"{self.notebook} ({self.id})"


def code_cells(path: Path) -> Iterator[CodeCell]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            hidden = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
            source = "".join(cell["source"])
            found = CodeCell(path.name, cell["id"], source, cell["outputs"], hidden)
            if found.lines:
                yield found


def markdown_of(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return "\n".join(texts)


CELLS = [cell for path in NOTEBOOKS for cell in code_cells(path)]
VISIBLE = [cell for cell in CELLS if not FOLDED.match(cell.source)]


def share(part: int, whole: int) -> float:
    return round(part / whole, 3)


# --- what a reader sees ------------------------------------------------------------------------


def test_most_code_cells_show_something():
    showing = [cell for cell in CELLS if cell.outputs]
    assert share(len(showing), len(CELLS)) >= SHOWING


def test_no_cell_that_a_reader_sees_is_long():
    assert [f"{cell}: {len(cell.lines)}" for cell in VISIBLE if len(cell.lines) > LONGEST] == []


def test_the_cells_that_a_reader_sees_are_short_on_average():
    assert share(sum(len(cell.lines) for cell in VISIBLE), len(VISIBLE)) <= MEAN


def test_proof_is_a_small_part_of_what_a_reader_sees():
    lines = [line for cell in VISIBLE for line in cell.lines]
    assert share(sum(bool(PROVING.match(line)) for line in lines), len(lines)) <= PROOF


def test_proofs_and_plumbing_are_folded_in_jupyterlab_and_nothing_else_is():
    wrong = [str(cell) for cell in CELLS if cell.is_folded != bool(FOLDED.match(cell.source))]
    assert wrong == []


def test_no_figure_is_heavy():
    heavy = []
    for cell in CELLS:
        for output in cell.outputs:
            for kind, data in output.get("data", {}).items():
                if kind.startswith("image/") and len("".join(data)) > HEAVIEST:
                    heavy.append(f"{cell}: {len(''.join(data))} bytes")
    assert heavy == []


def test_no_output_holds_a_warning_or_an_address():
    wrong = []
    for cell in CELLS:
        for output in cell.outputs:
            text = "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
            if output.get("name") == "stderr" or re.search(r" at 0x[0-9a-f]{6}", text):
                wrong.append(f"{cell}: {text[:80]}")
    assert wrong == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_its_title_and_ends_with_exercises(path):
    lines = [line for line in markdown_of(path).splitlines() if line.strip()]
    headings = [line for line in lines if line.startswith("#")]
    assert lines[0].startswith("# ")
    assert lines[1].startswith("> ")
    assert headings[-2:] == ["## Recap", "## Exercises"]


# --- exercises ---------------------------------------------------------------------------------

CHECKED = [(cell, name) for cell in CELLS for _, name in CHECK.findall(cell.source)]


def test_each_notebook_has_three_exercises_and_the_course_sixty():
    per_notebook = Counter(cell.notebook for cell, _ in CHECKED)
    assert [path.name for path in NOTEBOOKS if per_notebook[path.name] < 3] == []
    assert len(CHECKED) >= EXERCISES


def test_the_names_of_exercises_are_unique():
    names = Counter(name for _, name in CHECKED)
    assert [name for name, times in names.items() if times > 1] == []


def test_each_exercise_has_a_solution_and_known_mistakes():
    solutions = [cell for cell in CELLS if cell.source.startswith("#| solution")]
    known: dict[str, dict[str, object]] = {}
    for path in sorted((ROOT / "tests" / "mutants").glob("*.py")):
        namespace: dict[str, Any] = {}
        exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), namespace)
        known |= namespace["MUTANTS"]
    for cell, name in CHECKED:
        defined = re.compile(rf"^(?:def|class) {name}\b|^{name} =", re.MULTILINE)
        assert any(defined.search(solution.source) for solution in solutions), f"{cell}: {name}"
        assert len(known.get(name, ())) >= 2, f"{cell}: {name}"


@pytest.fixture(scope="module")
def edition() -> Iterator[Path]:
    """The student's edition of the whole course, beside the folder of the notebooks."""
    with tempfile.TemporaryDirectory(prefix="exercises-", dir=ROOT) as folder:
        command = [sys.executable, "-m", "literate", "exercises", "nbs", "-o", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        yield Path(folder)


def test_the_students_edition_has_every_notebook_and_no_solution(edition):
    made = sorted(edition.glob("*.ipynb"))
    assert [path.name for path in made] == [path.name for path in NOTEBOOKS]
    cells = [cell for path in made for cell in code_cells(path)]
    assert [str(cell) for cell in cells if cell.source.startswith("#| solution")] == []
    unwritten = [cell for cell in cells if cell.source.startswith("#| exercise")]
    assert len(unwritten) >= EXERCISES


def test_an_exercise_that_is_not_written_fails_and_all_else_passes(edition):
    report = edition / "report.json"
    command = [sys.executable, str(ROOT / "run_notebook.py"), "00_core.ipynb", "--allow-errors"]
    done = subprocess.run(
        [*command, "--json", str(report)], cwd=edition, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (notebook,) = json.loads(report.read_text(encoding="utf-8"))["notebooks"]
    failed = [cell for cell in notebook["cells"] if cell["outcome"] == "failed"]
    exercises = [name for cell, name in CHECKED if cell.notebook == "00_core.ipynb"]
    assert len(failed) == len(exercises)
    for cell, name in zip(failed, exercises, strict=True):
        assert f"{name} is still to be written" in cell["error"]["message"]


# --- the package and the contents --------------------------------------------------------------


MODULES = [path for path in (ROOT / "foundations").glob("*.py") if path.name != "_modidx.py"]


def code_lines(path: Path) -> int:
    """The lines of a module without docstrings, comments and blank lines."""
    text = path.read_text(encoding="utf-8")
    in_docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            continue
        if ast.get_docstring(node) is not None:
            docstring = node.body[0]
            in_docstrings.update(range(docstring.lineno, docstring.end_lineno + 1))
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#") and number not in in_docstrings:
            count += 1
    return count


def test_the_package_stays_small():
    assert sum(map(code_lines, MODULES)) <= PACKAGE_LINES


def test_help_shows_what_a_parameter_means():
    """A comment beside a parameter is not in the text that help() prints."""
    wrong = []
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                header = lines[node.lineno - 1 : node.body[0].lineno - 1]
                if any("#" in line for line in header):
                    wrong.append(f"{path.name}: {node.name}")
    assert wrong == []


def test_the_contents_list_each_notebook_once():
    linked = re.findall(r"\]\(\.\./nbs/(\w+\.ipynb)\)", CONTENTS.read_text(encoding="utf-8"))
    assert sorted(linked) == [path.name for path in NOTEBOOKS]
