"""Which cells of a notebook run, and why the others do not.

Each reason to skip a notebook or a cell is a function in `NOTEBOOK_RULES` or `CELL_RULES`. A new
reason is a new function in one of these lists.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..directives import Dialect, ParsedCell, dialect_of, parse_cells
from ..notebook import Cell, Notebook, check_kinds, read_notebook, refuse_shape
from ..project import Project
from ..records import dataclass
from . import nbval
from .results import FAILED, SKIPPED, NotebookResult


@dataclass(frozen=True)
class Step:
    """One code cell of a plan."""

    cell: Cell
    skip: str = ""  # why the cell does not run; "": it runs
    raises: str = ""  # the name of the exception that the cell has to raise, or ""
    timeout: float | None = None  # the cell's own limit in seconds; 0: no limit; None: none given
    compares_outputs: bool = True  # whether --check-outputs may compare the cell's outputs
    marks_outputs: bool = False  # whether --check-outputs=marked compares them


@dataclass(frozen=True)
class NotebookPlan:
    """A notebook that runs, with a step for each of its code cells."""

    notebook: Notebook
    steps: tuple[Step, ...]
    kernel: str = ""  # the Jupyter kernel that runs it; "": the built-in engine

    @property
    def path(self) -> str:
        """The notebook's path."""
        return str(self.notebook.path)

    @property
    def runs(self) -> tuple[Step, ...]:
        """The steps whose cells run."""
        return tuple(step for step in self.steps if not step.skip)

    def code_name(self, step: Step) -> str:
        """The file name under which a cell is compiled.

        It does not contain the notebook's folder, so that no output depends on where a project is.
        """
        return f"{self.notebook.path.name}:cell {step.cell.index + 1} ({step.cell.id})"


def plan_notebook(
    project: Project,
    path: Path,
    flags: frozenset[str] = frozenset(),
    kernel: str = "",
) -> NotebookPlan | NotebookResult:
    """The plan of a notebook, or its result if the notebook is skipped or cannot be read.

    Cells with one of the `flags` run although the project's settings name the flag in `tst_flags`.
    """
    try:
        notebook = read_notebook(path)
        _check_tags(notebook)
        return _plan(project, notebook, flags, kernel)
    except UserError as error:
        return NotebookResult(str(path), FAILED, reason=str(error))


def _check_tags(notebook: Notebook) -> None:
    for cell in notebook.cells:
        check_kinds(notebook.path, cell.index, cell.metadata, tags=list)
        if not all(isinstance(tag, str) for tag in cell.tags):
            refuse_shape(notebook.path, cell.index, "one of its tags is not a string")


def _plan(
    project: Project, notebook: Notebook, flags: frozenset[str], kernel: str
) -> NotebookPlan | NotebookResult:
    path = str(notebook.path)
    for notebook_rule in NOTEBOOK_RULES:
        reason = notebook_rule(project, notebook)
        if reason:
            return NotebookResult(path, SKIPPED, reason=reason)
    dialect = dialect_of(notebook, project)
    unwanted_flags = frozenset(project.test_flags) - flags
    steps = []
    for parsed in parse_cells(notebook, dialect):
        if _has_code(parsed.cell):
            candidate = Candidate(parsed, dialect, unwanted_flags)
            steps.append(_step(notebook.path, candidate))
    if all(step.skip for step in steps):
        return NotebookResult(path, SKIPPED, reason="no cell of it is to run")
    return NotebookPlan(notebook, tuple(steps), kernel or _kernel(notebook))


def _has_code(cell: Cell) -> bool:
    """Whether this is a code cell that is not empty. Any other cell is not a step of the plan."""
    return cell.type == "code" and bool(cell.source.strip())


def _kernel(notebook: Notebook) -> str:
    """The kernel of a notebook that the built-in engine cannot run, or ""."""
    if notebook.language == "python":
        return ""
    return str(notebook.metadata.get("kernelspec", {}).get("name") or notebook.language)


# --- why a notebook is skipped: each rule returns the reason, or "" ----------------------------


def _lies_below_notest(project: Project, notebook: Notebook) -> str:
    """A `.notest` file stands in a folder of the notebook, up to the root of the project."""
    for folder in notebook.path.parents:
        if (folder / ".notest").exists():
            return f"{folder.name} has a .notest file"
        if folder == project.root:
            break
    return ""


_SKIP_EXEC = re.compile(r"^(?:- )?skip_exec:\s*true\s*$", re.IGNORECASE | re.MULTILINE)


def _says_skip_exec(project: Project, notebook: Notebook) -> str:
    """The front matter, in the first cell that is not a code cell, says `skip_exec: true`."""
    for cell in notebook.cells:
        if cell.type != "code":
            return "its front matter says skip_exec" if _SKIP_EXEC.search(cell.source) else ""
    return ""


def _has_no_code(project: Project, notebook: Notebook) -> str:
    """All code cells are empty, or there are none."""
    return "" if any(_has_code(cell) for cell in notebook.cells) else "it has no code"


NOTEBOOK_RULES = (
    _lies_below_notest,
    _says_skip_exec,
    _has_no_code,
)


# --- why a cell is skipped: each rule returns the reason, or "" --------------------------------


@dataclass(frozen=True)
class Candidate:
    """A code cell, and what the rules have to know about it."""

    parsed: ParsedCell
    dialect: str
    unwanted_flags: frozenset[str]  # the project's test flags that this run does not ask for


def _has_skip_tag(candidate: Candidate) -> str:
    """The cell has the tag `skip-execution`."""
    return "tag skip-execution" if "skip-execution" in candidate.parsed.cell.tags else ""


def _has_skip_word(candidate: Candidate) -> str:
    """The cell says `# NBVAL_SKIP`, or has the tag `nbval-skip`."""
    return "nbval-skip" if nbval.SKIP in nbval.nbval_words(candidate.parsed.cell) else ""


def _is_switched_off(candidate: Candidate) -> str:
    """The cell says `#| eval: false`."""
    return "eval: false" if candidate.parsed.is_switched_off else ""


def _has_unwanted_flag(candidate: Candidate) -> str:
    """A directive of the cell is a test flag that this run does not ask for, such as `slow`."""
    found = candidate.unwanted_flags & _directive_names(candidate)
    return f"directive {', '.join(sorted(found))}" if found else ""


CELL_RULES = (
    _has_skip_tag,
    _has_skip_word,
    _is_switched_off,
    _has_unwanted_flag,
)

_ONE_WORD_COMMENT = re.compile(r"#\s*(\w+)\s*$")


def _directive_names(candidate: Candidate) -> set[str]:
    """The names of a cell's directives.

    In the plain dialect, every comment of one word at the head of a cell counts (`#slow`): the
    compiler knows only its own words there, and a project is free to name its test flags.
    """
    parsed = candidate.parsed
    if candidate.dialect is not Dialect.PLAIN:
        return {directive.name for directive in parsed.directives}
    names = set()
    for line in parsed.cell.source.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        match = _ONE_WORD_COMMENT.match(line)
        if match:
            names.add(match[1].lower())
    return names


# --- how a cell runs ---------------------------------------------------------------------------


def _step(path: Path, candidate: Candidate) -> Step:
    parsed = candidate.parsed
    for cell_rule in CELL_RULES:
        reason = cell_rule(candidate)
        if reason:
            return Step(parsed.cell, skip=reason)
    words = nbval.nbval_words(parsed.cell)
    has_to_raise = "raises-exception" in parsed.cell.tags or nbval.RAISES in words
    is_marked = nbval.CHECK_OUTPUT in words or parsed.option("check_outputs") is not None
    compares = parsed.compares_outputs and nbval.IGNORE_OUTPUT not in words
    return Step(
        parsed.cell,
        raises=parsed.expected_exception or ("BaseException" if has_to_raise else ""),
        timeout=_own_timeout(path, parsed),
        compares_outputs=compares,
        marks_outputs=compares and is_marked,
    )


def _own_timeout(path: Path, parsed: ParsedCell) -> float | None:
    """The time limit in seconds that a cell gives itself by `#| timeout: 30`, or None."""
    directive = parsed.option("timeout")
    if directive is None:
        return None
    text = " ".join(directive.args)
    seconds = _parse_seconds(text)
    if seconds is None:
        cell = parsed.cell
        message = f"timeout takes seconds, not {text!r}"
        problem = diagnose("bad-timeout", message, path, cell.index, cell.id, directive.line)
        raise UserError(problem)
    return seconds


def _parse_seconds(text: str) -> float | None:
    """A number of seconds from 0; None for any other text, `nan` included."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds >= 0 else None
