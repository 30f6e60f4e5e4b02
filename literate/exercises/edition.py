"""The student's edition of notebooks: their exercises without the solutions.

It is a folder of notebooks beside the full edition. Only cells with `#| solution` change, and the
outputs of what a student writes and checks. A notebook in which the student has written is never
replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from ..diagnostics import UsageError, UserError, diagnose, display_path
from ..directives import SOLUTION, Directive, ParsedCell, dialect_of, parse_cells
from ..discovery import module_of as implied_module
from ..files import read_file, replace_files
from ..notebook import Notebook, read_notebook
from ..project import Project
from ..records import dataclass
from ..splice import replace_outputs, replace_sources
from .links import linked_files, lost_links
from .mutants import FOLDER as MUTANTS_FOLDER
from .mutants import default_module
from .solutions import SolutionFile, SolvedCell, read_solutions, solution_path, solution_text
from .stripping import exercise_names, solution_code, stripped

NEW, UPDATED, UNCHANGED, KEPT, OUTDATED = "new", "updated", "unchanged", "kept", "outdated"

_DIRECTIVE = re.compile(rf"(#\s*\|\s*){SOLUTION}\b")
_CHECK = re.compile(r"\bcheck_exercise\s*\(")


@dataclass(frozen=True)
class StudentNotebook:
    """A notebook of the edition."""

    notebook: str  # its path in the edition
    exercises: int
    state: str  # what happened to its file: NEW, UPDATED, UNCHANGED, KEPT or OUTDATED
    lost_links: tuple[str, ...]  # relative links that lead nowhere from there


# --- the whole edition -------------------------------------------------------------------------


def make_edition(project: Project, paths: list[Path], output: Path) -> list[StudentNotebook]:
    """Write the student's edition of some notebooks into a folder, and say what was done.

    Nothing is written before all notebooks have been read.
    """
    _check_folder(project, output)
    changes: dict[Path, tuple[str, str]] = {}
    made = []
    for path in paths:
        notebook = read_notebook(path)
        if not path.is_relative_to(project.nbs_path):
            shown = display_path(project.nbs_path)
            raise UsageError(f"{display_path(path)} is not in the folder of the notebooks, {shown}")
        inside = path.relative_to(project.nbs_path).as_posix()
        made.append(_add_notebook(project, notebook, inside, output, changes))
        for source, target in linked_files(notebook, project.nbs_path, output):
            _add_copy(source, target, changes)
    replace_files(changes, inside=[output])
    return made


def _check_folder(project: Project, output: Path) -> None:
    """Raise a `UsageError` for a folder in which the edition would be in the way."""
    shown = display_path(output)
    if output.exists() and not output.is_dir():
        raise UsageError(f"--output: {shown} is not a folder")
    nbs_path = project.nbs_path.resolve()
    resolved = output.resolve()
    if resolved == nbs_path or nbs_path.is_relative_to(resolved):
        raise UsageError(f"--output: {shown} holds the notebooks themselves; name another folder")
    if resolved.is_relative_to(nbs_path):
        parts = resolved.relative_to(nbs_path).parts
        if not any(part.startswith(("_", ".")) for part in parts):
            raise UsageError(
                f"--output: {shown} is in the folder of the notebooks, so its notebooks would "
                "belong to the project; name a folder beside it, or one that begins with _"
            )


def _add_notebook(
    project: Project,
    notebook: Notebook,
    inside: str,
    output: Path,
    changes: dict[Path, tuple[str, str]],
) -> StudentNotebook:
    """Add the files of one notebook to the changes, unless a student's work is in the way."""
    cells = parse_cells(notebook, dialect_of(notebook, project))
    text = _student_text(notebook, cells)
    solved = _solved_cells(notebook, cells)
    solutions = SolutionFile(
        notebook=inside,
        module=default_module(cells) or implied_module(notebook.path) or "",
        edition=_digest(text),
        cells=solved,
        tables=_tables(project, solved),
    )
    target, beside = output / inside, solution_path(output, inside)
    old = _read_text(target)
    state = _state_of(old, text, beside)
    if state in (NEW, UPDATED, UNCHANGED):
        if old != text:
            changes[target] = old or "", text
    if state in (NEW, UPDATED, UNCHANGED) or _given_edition(beside) == solutions.edition:
        _add_solutions(beside, solutions, changes)
    lost = tuple(lost_links(notebook, project.nbs_path, output))
    return StudentNotebook(inside, len(solutions.names), state, lost)


def _add_solutions(
    path: Path, solutions: SolutionFile, changes: dict[Path, tuple[str, str]]
) -> None:
    """Add the file of solutions; a notebook without exercises has one, too, for its digest."""
    old = _read_text(path)
    text = solution_text(solutions)
    if old != text:
        changes[path] = old or "", text


def _add_copy(source: Path, target: Path, changes: dict[Path, tuple[str, str]]) -> None:
    """Add a file that a notebook links to, unless the edition has one of this name."""
    if not target.exists():
        changes[target] = "", read_file(source).decode("utf-8", "surrogateescape")


def _state_of(old: str | None, text: str, beside: Path) -> str:
    """What is to happen to a notebook with the old text, if it is to get a new one."""
    if old is None:
        return NEW
    if old == text:
        return UNCHANGED
    given = _given_edition(beside)
    if given == _digest(old):
        return UPDATED  # the student has not touched it
    return KEPT if given in ("", _digest(text)) else OUTDATED


def _given_edition(beside: Path) -> str:
    """The digest of a notebook as it was given to the student.

    It is "" if this command did not make the notebook, or if its record is damaged.
    """
    try:
        return read_solutions(beside).edition
    except UserError:
        return ""


def _read_text(path: Path) -> str | None:
    try:
        return read_file(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


# --- one notebook ------------------------------------------------------------------------------


def _student_text(notebook: Notebook, cells: list[ParsedCell]) -> str:
    """The text of a notebook's file without the solutions; all other bytes stay."""
    sources = {}
    emptied = {}
    for parsed in cells:
        cell = parsed.cell
        directive = _solution_directive(parsed)
        if directive is not None:
            sources[cell.index] = _exercise_source(notebook, parsed, directive.line)
        if directive is not None or (cell.type == "code" and _CHECK.search(cell.source)):
            emptied[cell.index] = (None, list[dict[str, object]]())
    return replace_outputs(replace_sources(notebook.text, sources), emptied)


def _solution_directive(parsed: ParsedCell) -> Directive | None:
    """The directive of a code cell that makes it a solution; it stands in the cell's source."""
    directive = parsed.option(SOLUTION)
    if directive is None or not directive.line or parsed.cell.type != "code":
        return None
    return directive


def _exercise_source(notebook: Notebook, parsed: ParsedCell, line: int) -> str:
    """The source of the exercise that is made of a solution."""
    source = _with_names(notebook, parsed, line)
    lines = stripped(source).split("\n")
    lines[line - 1] = _DIRECTIVE.sub(r"\1exercise", lines[line - 1], count=1)
    return "\n".join(lines)


def _with_names(notebook: Notebook, parsed: ParsedCell, line: int) -> str:
    """The source of a solution. Raises a `UserError` if there is nothing to take out of it."""
    source = parsed.cell.source
    try:
        names = exercise_names(source)
    except SyntaxError as error:
        line = error.lineno or line
        message = f"#| solution stands over code that is not Python: {error.msg}"
    else:
        if names:
            return source
        message = "#| solution stands over a cell without anything that a student could write"
    cell = parsed.cell
    problem = diagnose("empty-solution", message, notebook.path, cell.index, cell.id, line)
    raise UserError(problem)


def _solved_cells(notebook: Notebook, cells: list[ParsedCell]) -> tuple[SolvedCell, ...]:
    solved = []
    for parsed in cells:
        directive = _solution_directive(parsed)
        if directive is not None:
            source = _with_names(notebook, parsed, directive.line)
            solved.append(SolvedCell(tuple(exercise_names(source)), solution_code(source)))
    return tuple(solved)


def _tables(project: Project, solved: tuple[SolvedCell, ...]) -> Mapping[str, str]:
    """The files of known mistakes that mention an exercise of a notebook, by their modules."""
    names = [name for cell in solved for name in cell.names]
    mentioned = re.compile("|".join(rf"[\"']{re.escape(name)}[\"'.]" for name in names))
    tables = {}
    for path in sorted((project.root / MUTANTS_FOLDER).glob("*.py")) if names else ():
        text = read_file(path).decode("utf-8")
        if mentioned.search(text):
            tables[path.stem] = text
    return tables
