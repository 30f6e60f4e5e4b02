"""Checks of notebooks, cells and modules: everything that is wrong with them, as diagnostics.

The order follows the compiler's work: a notebook, the directives of its cells, names of modules,
the code of an exported cell, and the files of modules. names.py checks the names in that code.

To add a rule, add it to the table in diagnostics.py and write a check here.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import ERROR, WARNING, Diagnostic, diagnose
from ..directives import (
    COMPILER_DIRECTIVES,
    EXPORTS,
    KNOWN_DIRECTIVES,
    Dialect,
    Directive,
    ParsedCell,
    is_module_name,
    match_plain,
)
from ..files import read_file
from ..notebook import Cell, Notebook
from ..project import Project
from ..spelling import nearest
from .imports import is_dynamic_all
from .init_file import is_ours_alone
from .module import GENERATED, UNPARSABLE, Module, dotted_name, outline, parse_error


def _in_cell(
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

# git begins a conflict in a cell with `<<<<<<< HEAD`, nbdev_fix writes it between backticks.
# Rare patterns are compiled when they are used: that saves a millisecond of each compile.
_CONFLICT = r"(?m)^`?<{7} \w"


def check_notebook_folder(project: Project, notebooks: list[Path]) -> Diagnostic | None:
    """A warning if the project has no notebooks because their folder does not exist."""
    if notebooks or project.nbs_path.is_dir():
        return None
    return diagnose("no-notebooks", "there is no such folder", project.nbs_path)


def check_merge_markers(notebook: Notebook) -> Diagnostic | None:
    """An error at the first cell that contains both sides of a merge."""
    if b"<<<<<<< " not in notebook.raw:
        return None
    for cell in notebook.cells:
        match = re.search(_CONFLICT, cell.source)
        if match:
            line = cell.source.count("\n", 0, match.start()) + 1
            message = "the cell contains merge-conflict markers"
            return _in_cell("merge-conflict", message, notebook.path, cell, line)
    return None


def check_path(path: Path, project: Project) -> Diagnostic | None:
    """An error if a notebook's path cannot stand in one line, for example with a line break."""
    if str(path).isprintable() or os.path.relpath(path, project.root).isprintable():
        return None
    message = "the name of this notebook cannot be written into a module"
    return diagnose("bad-module", message, path, hint="rename the notebook")


# --- directives --------------------------------------------------------------------------------

_MARKED_OPTION = r"\|\s*[^\s:]+\s*:"
_LATE_DIRECTIVE = re.compile(
    rf"^\s*#\s*(\|?)\s*({'|'.join(COMPILER_DIRECTIVES)})\b(?!:)[ \t]*(\S*)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def check_directives(
    path: Path, cells: list[ParsedCell], dialect: str, known: frozenset[str]
) -> list[Diagnostic]:
    """Diagnostics for all that looks like a directive and does not do what its author expects.

    `known` are the words that the project defines for itself.
    """
    words = KNOWN_DIRECTIVES | known
    found: list[Diagnostic] = []
    for parsed in cells:
        if parsed.cell.type != "code" or "#" not in parsed.cell.source:
            continue
        if dialect is Dialect.PLAIN:
            found += _check_plain_words(path, parsed)
        else:
            found += _check_marked_words(path, parsed, dialect, words)
        found += _check_exports(path, parsed)
        found += _check_misplaced(path, parsed, dialect)
    return found


def _check_marked_words(
    path: Path, parsed: ParsedCell, dialect: str, words: frozenset[str]
) -> Iterator[Diagnostic]:
    """Warnings for words behind `#|` that are not directives."""
    for directive in parsed.directives:
        if dialect is Dialect.MARKED_3 and _is_option(directive, parsed.cell):
            continue
        word = directive.name
        if word.endswith(":"):
            word = word.rstrip(":")
            if word not in COMPILER_DIRECTIVES:  # an option
                continue
            message = f"#| {word}: ... is an option, not a directive"
            hint: str | None = f"write #| {word} without the colon"
        elif word not in words:
            message = f"#| {word} is not a directive"
            near = nearest(word, words)
            hint = f"did you mean {near}?" if near else None
        else:
            continue
        yield _in_cell("unknown-directive", message, path, parsed.cell, directive.line, hint)


def _is_option(directive: Directive, cell: Cell) -> bool:
    """Whether nbdev 3 reads a directive as an option: in metadata, or written `key: value`."""
    if not directive.line:
        return True
    line = cell.source.split("\n")[directive.line - 1]
    return bool(re.search(_MARKED_OPTION, line))


def _check_plain_words(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    """Warnings for misspelled directives among the comments with which a code cell begins."""
    for number, line in enumerate(parsed.cell.source.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith(("#", "%%")):
            break
        match = match_plain(line)
        if match is None:
            continue
        word = match[2]
        arguments = match[3].split()
        if len(arguments) > 1 or not all(map(is_module_name, arguments)):  # prose
            continue
        near = nearest(word.lower(), frozenset(COMPILER_DIRECTIVES))
        if near:
            message = f"#{word} is not a directive"
            hint = f"did you mean #{near}?"
            yield _in_cell("unknown-directive", message, path, parsed.cell, number, hint)


def _check_exports(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    """Diagnostics for two exports in one cell, and for arguments that do not name one module."""
    cell = parsed.cell
    exports = [directive for directive in parsed.directives if directive.name in EXPORTS]
    names = [directive.name for directive in exports]
    if len(set(names)) > 1:
        message = f"{' and '.join(names)} in one cell"
        yield _in_cell("two-exports", message, path, cell, exports[-1].line)
    for directive in parsed.directives:
        name = directive.name
        if name not in COMPILER_DIRECTIVES:
            continue
        if name == "default_exp" and not directive.args:
            message = "default_exp does not name a module"
            hint = "write #default_exp name"
        elif len(directive.args) > 1:
            message = f"{name} takes one module, not {' '.join(directive.args)!r}"
            hint = "put a remark on a line of its own"
        else:
            continue
        yield _in_cell("bad-module", message, path, cell, directive.line, hint)


def _check_misplaced(path: Path, parsed: ParsedCell, dialect: str) -> Iterator[Diagnostic]:
    """Warnings for lines that are spelled like a directive, but have no effect where they stand."""
    source = parsed.cell.source
    if "exp" not in source.lower():  # all of these words contain it
        return
    lines_in_use = {directive.line for directive in parsed.directives}
    for match in _LATE_DIRECTIVE.finditer(source):
        line = source.count("\n", 0, match.start(2)) + 1
        if line in lines_in_use or _is_prose(match) or not _is_comment(source, line):
            continue
        spelled = match[0].strip()
        has_bar = bool(match[1])
        is_plain = dialect is Dialect.PLAIN
        if not has_bar and not is_plain:
            message = f"{spelled} does nothing in a notebook that uses #| directives"
            hint = f"write #| {match[2].lower()}"
            yield _in_cell("mixed-dialects", message, path, parsed.cell, line, hint)
        elif not (has_bar and is_plain):
            message = f"{spelled} must come before the first line of code"
            yield _in_cell("misplaced-directive", message, path, parsed.cell, line)


def _is_prose(match: re.Match[str]) -> bool:
    """Whether a comment only begins like a directive: `# export the`, `#export it!`."""
    argument = match[3]
    if not argument:
        return False
    has_space = re.match(r"#\s", match[0].strip())
    return bool(has_space) or not is_module_name(argument)


def _is_comment(source: str, line: int) -> bool:
    """Whether a line is a comment, and not a part of a string."""
    import io
    import tokenize

    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.start[0] == line:
                return True
    except (tokenize.TokenError, SyntaxError):
        return True  # the code is not Python: a needless warning is better than none
    return False


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
    return _in_cell("bad-module", message, notebook.path, cell, line, hint, severity)


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
            problem = _in_cell("two-default-exp", message, notebook.path, cell, directive.line)
            problems.append(problem)
    return problems


def no_module(notebook: Notebook, cell: Cell, line: int) -> Diagnostic:
    """The warning for an exported cell of a notebook that has no default module."""
    message = "the cell is exported, but the notebook names no module for it"
    return _in_cell("no-module", message, notebook.path, cell, line)


# --- the code of exported cells ----------------------------------------------------------------

_MAGIC = r"\s*(%|!|\?)|.*\?\s*$|\s*\w+\s*=\s*[!%]"
_MAGIC_HINT = "IPython's magics have no place in a module: move them to a cell that is not exported"


def parse_exported(path: Path, parsed: ParsedCell) -> ast.Module | Diagnostic:
    """The outline of a cell's code, or an error if the code is not valid in a module."""
    try:
        tree = outline(parsed.code)
        if "await" in parsed.code or "async" in parsed.code:
            _refuse_top_level_await(parsed.code)
    except UNPARSABLE as error:
        return syntax_error(path, parsed, error)
    return tree


def _refuse_top_level_await(code: str) -> None:
    """Raise a `SyntaxError` for an `await` outside of functions.

    A notebook may contain it, a module may not. The parser accepts it, the compiler does not.
    """
    import warnings

    with warnings.catch_warnings(action="ignore"):
        compile(code, "cell", "exec", dont_inherit=True)


def syntax_error(path: Path, parsed: ParsedCell, error: Exception) -> Diagnostic:
    """The error for a cell's code that the parser or the compiler refuses."""
    message, line, column = parse_error(error)
    line = line or 1
    lines = parsed.code.split("\n")
    refused = lines[min(line, len(lines)) - 1]
    hint = _MAGIC_HINT if re.match(_MAGIC, refused) else None
    return _in_cell("syntax", message, path, parsed.cell, parsed.line(line), hint, column=column)


def check_statements(path: Path, parsed: ParsedCell, tree: ast.Module) -> Iterator[Diagnostic]:
    """Diagnostics for top-level statements that do not work in a module, up to the first error."""
    for node in tree.body:
        line = parsed.line(node.lineno)
        if is_dynamic_all(node):
            message = "_all_ is not a plain list of names, so they cannot be added to __all__"
            yield _in_cell("dynamic-all", message, path, parsed.cell, line)
        if isinstance(node, ast.ImportFrom) and node.level:
            message = "a notebook does not belong to a package, so a relative import fails in it"
            yield _in_cell("relative-import", message, path, parsed.cell, line)
            return


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
