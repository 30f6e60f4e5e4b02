"""What is to run of a notebook: which cells, which not and why."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..directives import Dialect, ParsedCell, dialect_of, parse_cells
from ..notebook import Cell, Notebook, check_kinds, read_notebook, refuse_shape
from ..project import Project
from ..records import dataclass
from .results import FAILED, SKIPPED, NotebookResult

_SKIP_NOTEBOOK = re.compile(r"^(?:- )?skip_exec:\s*true\s*$", re.IGNORECASE | re.MULTILINE)
_COMMENT = re.compile(r"#\s*(\w+)\s*$")


@dataclass(frozen=True)
class Step:
    """One code cell of a plan."""

    cell: Cell
    skip: str = ""  # why it does not run
    raises: str = ""  # the name of the exception that it has to raise
    timeout: float | None = None  # seconds that it may take, if it says so itself; 0: no limit


@dataclass(frozen=True)
class NotebookPlan:
    """A notebook, and what of it will run."""

    notebook: Notebook
    steps: tuple[Step, ...]
    kernel: str = ""  # the Jupyter kernel that runs it; "": the built-in engine

    @property
    def path(self) -> str:
        """The notebook's path."""
        return str(self.notebook.path)

    def code_name(self, step: Step) -> str:
        """The file name of a cell's code: without its folder, so that no output depends on where a project lies."""
        return f"{self.notebook.path.name}:cell {step.cell.index + 1} ({step.cell.id})"

    @property
    def runs(self) -> tuple[Step, ...]:
        """The cells that run."""
        return tuple(step for step in self.steps if not step.skip)


def plan_notebook(
    project: Project,
    path: Path,
    flags: frozenset[str] = frozenset(),
    kernel: str = "",
) -> NotebookPlan | NotebookResult:
    """NotebookPlan a notebook; one that is broken or left out is a result already."""
    try:
        notebook = read_notebook(path)
        _check_tags(notebook)
        return _plan(project, notebook, flags, kernel)
    except UserError as error:
        return NotebookResult(str(path), FAILED, reason=str(error))


def _plan(
    project: Project, notebook: Notebook, flags: frozenset[str], kernel: str
) -> NotebookPlan | NotebookResult:
    path = notebook.path
    if reason := _skip_notebook(project, notebook):
        return NotebookResult(str(path), SKIPPED, reason=reason)
    dialect = dialect_of(notebook, project)
    words = frozenset(project.test_flags) - flags
    code = (
        parsed
        for parsed in parse_cells(notebook, dialect)
        if parsed.cell.type == "code" and parsed.cell.source.strip()
    )
    steps = [
        _step(path, parsed.cell, parsed, words & _words(parsed.cell, parsed, dialect))
        for parsed in code
    ]
    if all(step.skip for step in steps):
        return NotebookResult(
            str(path), SKIPPED, reason="no cell of it is to run" if steps else "it has no code"
        )
    return NotebookPlan(notebook, tuple(steps), kernel or _kernel(notebook))


def _check_tags(notebook: Notebook) -> None:
    for cell in notebook.cells:
        check_kinds(notebook.path, cell.index, cell.metadata, tags=list)
        if not all(isinstance(tag, str) for tag in cell.tags):
            refuse_shape(notebook.path, cell.index, "its tags hold something else than strings")


def _kernel(notebook: Notebook) -> str:
    """The kernel of a notebook that the built-in engine cannot run, or ""."""
    if notebook.language == "python":
        return ""
    return str(notebook.metadata.get("kernelspec", {}).get("name") or notebook.language)


def _skip_notebook(project: Project, notebook: Notebook) -> str:
    """Why a notebook does not run, or ""."""
    for folder in notebook.path.parents:
        if (folder / ".notest").exists():
            return f"{folder.name} has a .notest file"
        if folder == project.root:
            break
    head = next((cell for cell in notebook.cells if cell.type != "code"), None)
    if head and _SKIP_NOTEBOOK.search(head.source):
        return "its front matter says skip_exec"
    return ""


def _step(path: Path, cell: Cell, head: ParsedCell, unwanted: frozenset[str]) -> Step:
    if "skip-execution" in cell.tags:
        return Step(cell, skip="tag skip-execution")
    if (switch := head.get("eval:", "eval")) and [word.lower() for word in switch.args] == [
        "false"
    ]:
        return Step(cell, skip="eval: false")
    if unwanted:
        return Step(cell, skip=f"directive {', '.join(sorted(unwanted))}")
    expected = head.get("raises:", "raises")
    by_tag = "BaseException" if "raises-exception" in cell.tags else ""
    return Step(
        cell,
        raises=expected.args[0] if expected and expected.args else by_tag,
        timeout=_own_timeout(path, cell, head),
    )


def _own_timeout(path: Path, cell: Cell, head: ParsedCell) -> float | None:
    """The seconds that a cell takes by its own account: `#| timeout: 30`."""
    if not (said := head.get("timeout:", "timeout")):
        return None
    try:
        seconds = float(" ".join(said.args))
        if not seconds >= 0:
            raise ValueError
    except ValueError:
        message = f"timeout takes seconds, not {' '.join(said.args)!r}"
        raise UserError(
            diagnose(
                "bad-timeout",
                message,
                path,
                cell.index,
                cell.id,
                said.line,
                hint="such as #| timeout: 30",
            )
        ) from None
    return seconds


def _words(cell: Cell, head: ParsedCell, dialect: str) -> frozenset[str]:
    """The names of a cell's directives; in the plain dialect, each comment of one word at its head is one (`#slow`)."""
    if dialect is not Dialect.PLAIN:
        return frozenset(directive.name for directive in head.directives)
    lines = takewhile(
        lambda line: not line.strip() or line.startswith("#"), cell.source.splitlines()
    )
    return frozenset(match[1].lower() for line in lines if (match := _COMMENT.match(line)))
