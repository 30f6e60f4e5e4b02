"""Checks of notebooks and of the files of modules, and what all checks share.

Each other subject has a file of its own: directive_checks.py, syntax.py, names.py,
import_checks.py and definitions.py.

To add a rule, add it to the table in rules.py and write a check.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

from ..diagnostics import ERROR, WARNING, Diagnostic, diagnose
from ..directives import COMPILER_DIRECTIVES, Directive, is_module_name, parse_cell
from ..files import read_file
from ..notebook import Cell, Notebook
from ..project import Project
from .init_file import is_ours_alone
from .module import GENERATED, UNPARSABLE, Module, dotted_name


def in_cell(
    code: str,
    message: str,
    path: Path,
    cell: Cell,
    line: int,
    hint: str | None = None,
    severity: str = "",
    column: int | None = None,
) -> Diagnostic:
    """A diagnostic about a line of a cell; its rule gives the hint and the severity by default."""
    return diagnose(code, message, path, cell.index, cell.id, line, column, hint, severity)


# --- notebooks ---------------------------------------------------------------------------------

# What git, nbdime and nbdev write; some programs write < and > as \u003c and \u003e into JSON.
# Rare patterns are compiled when they are used: that saves a millisecond of each compile.
_MARKERS = (b"<<<<<<< ", b"=======", b">>>>>>> ")
_MARKER = r"<{7} \S.*|={7}|>{7} \S.*"
_MARKER_CELL = rf"`({_MARKER})`|<span[^>\n]*><b>({_MARKER})</b></span>|<{{7}} \S.*|>{{7}} \S.*"
_MARKER_IN_CODE = r"(?m)^<{7} \w"


def check_notebook_folder(project: Project, notebooks: list[Path]) -> Diagnostic | None:
    """A warning if the project has no notebooks because their folder does not exist."""
    if notebooks or project.nbs_path.is_dir():
        return None
    return diagnose("no-notebooks", "there is no such folder", project.nbs_path)


def check_merge_markers(notebook: Notebook) -> Diagnostic | None:
    """An error at the first marker of a merge that was not finished.

    nbdime and nbdev write each marker into a cell of its own, git writes it between lines of code.
    """
    raw = notebook.raw
    if not any(marker in raw for marker in _MARKERS) and rb"\u003" not in raw:
        return None
    for cell in notebook.cells:
        position = _merge_marker(cell)
        if position is not None:
            line = cell.source.count("\n", 0, position) + 1
            message = "the cell contains merge-conflict markers"
            return in_cell("merge-conflict", message, notebook.path, cell, line)
    return None


def _merge_marker(cell: Cell) -> int | None:
    """The position of a marker in a cell; None for prose about merges, and for a string."""
    if re.fullmatch(_MARKER_CELL, cell.source.strip("\n")):
        return 0
    match = re.search(_MARKER_IN_CODE, cell.source)
    if cell.type != "code" or match is None or _is_python(cell.source):
        return None
    return match.start()


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except UNPARSABLE:
        return False
    return True


def check_language(notebook: Notebook, dialect: str) -> Diagnostic | None:
    """A remark about a notebook in another language that has directives."""
    for cell in notebook.cells:
        if cell.type != "code":
            continue
        parsed = parse_cell(cell, dialect)
        directive = parsed.get(*COMPILER_DIRECTIVES)
        if directive:
            message = f"this notebook is written in {notebook.language}, so it makes no module"
            return in_cell("other-language", message, notebook.path, cell, directive.line)
    return None


def check_path(path: Path, project: Project) -> Diagnostic | None:
    """An error if a notebook's path cannot stand in one line, for example with a line break."""
    if str(path).isprintable() or os.path.relpath(path, project.root).isprintable():
        return None
    message = "the name of this notebook cannot be written into a module"
    return diagnose("bad-module", message, path, hint="rename the notebook")


# --- names of modules --------------------------------------------------------------------------

_DIGIT_AT_START = r"(^|[./])(?=\d)"  # of a part of a dotted name


_LONGEST_NAME = 200  # file systems refuse longer names, and no person writes them


def check_module_name(notebook: Notebook, cell: Cell, line: int, name: str) -> Diagnostic | None:
    """An error for a name that cannot be a module, a warning for one that is probably not meant."""
    message = f"{name!r} cannot be a module of the package"
    hint: str | None = None
    severity = ERROR
    if len(name) > _LONGEST_NAME:
        message = f"{name[:40]}... is too long for the name of a module"
        hint = f"choose a name with at most {_LONGEST_NAME} characters"
    elif dotted_name(name) == "_modidx":
        message = "_modidx is the package's index"
        hint = "choose another name"
    elif is_module_name(name):
        if not name.endswith(".py"):
            return None
        message = f"{name!r} is the module py in a folder"
        hint = f"write {name[:-3]}"
        severity = WARNING
    elif is_module_name(re.sub(_DIGIT_AT_START, r"\1_", name)):
        message = f"no import statement can name the module {name!r}"
        hint = "begin each part of the name with a letter"
        severity = WARNING
    return in_cell("bad-module", message, notebook.path, cell, line, hint, severity)


def check_default_modules(
    notebook: Notebook, default_exps: list[tuple[Cell, Directive]]
) -> list[Diagnostic]:
    """Diagnostics for the `default_exp` directives of a notebook.

    Each name is checked, and a warning says that only the last one counts.
    """
    problems = []
    for cell, directive in default_exps:
        problem = check_module_name(notebook, cell, directive.line, directive.args[0])
        if problem:
            problems.append(problem)
    if any(problem.severity == ERROR for problem in problems):
        return problems
    last = default_exps[-1][1].args[0]
    for cell, directive in default_exps:
        name = directive.args[0]
        if name != last:
            message = f"default_exp {name}, but {last} further down"
            problem = in_cell("two-default-exp", message, notebook.path, cell, directive.line)
            problems.append(problem)
    return problems


def no_module(notebook: Notebook, cell: Cell, line: int) -> Diagnostic:
    """The warning for an exported cell of a notebook that has no default module."""
    message = "the cell is exported, but the notebook names no module for it"
    return in_cell("no-module", message, notebook.path, cell, line)


# --- the files of modules ----------------------------------------------------------------------


def check_target(module: Module, force: bool) -> Diagnostic | None:
    """An error if a module's file cannot be read, or if it was written by hand.

    With `force`, a file that was written by hand may be replaced.
    """
    path = module.path
    try:
        text = read_file(path).decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        return diagnose("unreadable", error.strerror or str(error), path)
    except UnicodeDecodeError:
        if force:
            return None
        hint = "save it again as UTF-8, or replace it with --force"
        return diagnose("not-utf8", "not UTF-8", path, hint=hint)
    is_generated = GENERATED in text or not text.strip()
    if path.name == "__init__.py":
        is_generated = is_generated or is_ours_alone(text)
    if force or is_generated:
        return None
    first = module.cells[0]
    cell = first.parsed.cell
    message = f"{path.name} exists and was not made from a notebook"
    return diagnose("not-generated", message, first.notebook, cell.index, cell.id)


def orphan(path: Path) -> Diagnostic:
    """The warning for a generated module that no notebook makes any more."""
    return diagnose("orphan", "no notebook makes this module any more", path)
