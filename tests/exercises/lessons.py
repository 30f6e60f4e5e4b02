"""A small lesson for the tests: a notebook with exercises, and its known mistakes."""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import notebook

from literate.discovery import project_notebooks
from literate.exercises.edition import make_edition
from literate.notebook import read_notebook
from literate.project import Project

MUTANTS = """
from literate.exercises import helper

MUTANTS = {
    "mean": {
        "divides by one too many": ("len(numbers)", "(len(numbers) + 1)"),
        "leaves out the last number": helper("_total", "sum(numbers)", "sum(numbers[:-1])"),
        "gives the sum": ("/ len(numbers)", ""),
    },
    "spread": {
        "forgets the square root": ("** 0.5", ""),
        "divides by the number less one": lambda original: lambda numbers: (
            original(numbers) * (len(numbers) / (len(numbers) - 1)) ** 0.5
        ),
    },
    "Counter": {"begins at one": ("self.count = 0", "self.count = 1")},
    "Counter.add": {"forgets what it had": ("+=", "=")},
    "answer": {"forgets to add one": lambda original: original - 1},
}
"""

HELPER = "#export\ndef _total(numbers):\n    return sum(numbers)"

MEAN = """#| solution
#export
def mean(numbers):
    "The mean of some numbers."
    return _total(numbers) / len(numbers)"""

CHECK_MEAN = """from literate.exercises import check_exercise

def check_mean(mean):
    assert mean([3, 6]) == 4.5, mean([3, 6])
    assert mean([1, 1, 4]) == 2

check_exercise(check_mean, mean)"""

SPREAD = """#| solution
#export
def spread(numbers):
    "The standard deviation of some numbers."
    squares = [(number - mean(numbers)) ** 2 for number in numbers]
    return mean(squares) ** 0.5"""

CHECK_SPREAD = """def check_spread(spread):
    assert spread([1, 5]) == 2

check_exercise(check_spread, spread)"""

COUNTER = """#| solution
class Counter:
    "Counts."

    def __init__(self):
        self.count = 0

    def add(self, number):
        "Add a number."
        self.count += number"""

CHECK_COUNTER = """def check_counter(Counter):
    counter = Counter()
    assert counter.count == 0, f"it begins at {counter.count}"
    counter.add(2)
    counter.add(3)
    assert counter.count == 5, f"it counts {counter.count}"

check_exercise(check_counter, Counter)"""

ANSWER = "#| solution\nanswer = 6 * 7"

CHECK_ANSWER = """def check_answer(answer):
    assert answer == 42, answer

check_exercise(check_answer, answer, name="answer")"""

CELLS = [
    "md:# Statistics",
    "#default_exp stats",
    HELPER,
    MEAN,
    CHECK_MEAN,
    SPREAD,
    CHECK_SPREAD,
    COUNTER,
    CHECK_COUNTER,
    ANSWER,
    CHECK_ANSWER,
]
NAMES = ["mean", "spread", "Counter", "answer"]


def write_mutants(root: Path, text: str = MUTANTS, module: str = "stats") -> None:
    """Write a file of known mistakes into a project."""
    folder = root / "tests" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(text, encoding="utf-8")


def write_attempt(path: Path, name: str, source: str) -> None:
    """Let a student write an exercise of a notebook."""
    data = json.loads(path.read_text(encoding="utf-8"))
    for cell in data["cells"]:
        text = "".join(cell["source"])
        if text.startswith("#| exercise") and (f" {name}" in text or f"\n{name} =" in text):
            cell["source"] = f"#| exercise\n{source}"
            break
    else:
        raise AssertionError(f"there is no exercise {name}")
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def lesson() -> str:
    """The text of the full notebook."""
    return notebook(*CELLS)


def make_course(make_project: Callable[..., Project]) -> Project:
    """A project with one lesson, and its known mistakes."""
    project = make_project({"01_stats": lesson()})
    write_mutants(project.root)
    return project


def make_student_edition(project: Project) -> Path:
    """The student's edition of a project."""
    folder = project.root / "exercises"
    make_edition(project, project_notebooks(project), folder)
    return folder


def run_cells(path: Path) -> dict[str, Any]:
    """Run the code cells of a notebook in this process, up to the first that fails.

    Their names in tracebacks are those that the runner gives to cells. Returns the variables.
    """
    variables: dict[str, Any] = {"__name__": "__main__"}
    for cell in read_notebook(path).cells:
        if cell.type == "code":
            name = f"{path}:cell {cell.index + 1} ({cell.id})"
            lines = cell.source.splitlines(keepends=True)
            linecache.cache[name] = len(cell.source), None, lines, name
            exec(compile(cell.source, name, "exec", dont_inherit=True), variables)
    return variables
