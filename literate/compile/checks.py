"""Names that exported code uses but never gets: an `import math` left behind in a cell that is not exported."""

from __future__ import annotations

import _symtable
import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import WARNING, Diagnostic, diagnose
from ..directives import COMPILER_DIRECTIVES as COMPILER
from ..directives import EXPORTS, Dialect, ParsedCell, is_module_name, match_plain
from ..directives import KNOWN_DIRECTIVES as KNOWN
from ..notebook import Cell
from ..spelling import nearest
from .module import Module, parse_error

_GIVEN = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__package__",
    "__path__",
    "__spec__",
    "__loader__",
    "__annotations__",
}

Unexported = dict[Path, list[ParsedCell]]  # the code cells of each notebook that are not exported


def check_names(
    modules: list[Module], known: list[Module], unexported: Unexported, package: str
) -> list[Diagnostic]:
    """A warning for each name that one of `modules` uses and that only an unexported cell of its notebooks binds.

    `known` are all modules of the project: star imports from them are looked up.
    """
    own = {f"{package}.{m.name}": m for m in known}
    return [problem for module in modules for problem in _check_module(module, unexported, own)]


def _check_module(
    module: Module, unexported: Unexported, own: dict[str, Module]
) -> Iterator[Diagnostic]:
    if not all(name in own for name in module.stars):
        return  # nobody knows what a star import from elsewhere brings
    others = [parsed for path in module.notebooks for parsed in unexported.get(path, [])]
    code = "\n".join(item.parsed.code for item in module.cells)
    bound, used = {name for star in module.stars for name in own[star].public}, set()
    try:
        _collect(_symtable.symtable(code, "module", "exec"), bound, used)
    except SyntaxError:  # or a `__future__` import, which may stand in a cell further down
        yield from _scope_errors(module)
        return
    for name in sorted(used - bound - _GIVEN):
        place = next((parsed.cell for parsed in others if _binds(parsed.code, name)), None)
        if place:
            yield _problem(module, name, place)


def _scope_errors(module: Module) -> Iterator[Diagnostic]:
    """What parses and still is no Python, such as a `global` below an assignment."""
    for item in module.cells:
        try:
            _symtable.symtable(item.parsed.code, "cell", "exec")
        except SyntaxError as error:
            message, line, column = parse_error(error)
            yield diagnose(
                "syntax",
                message,
                item.notebook,
                item.parsed.cell.index,
                item.parsed.cell.id,
                item.parsed.line(line or 1),
                column,
                "this cell is exported",
            )


def _collect(table, bound: set[str], used: set[str], at_top: bool = True) -> None:
    """The names that code binds in its module, and those that it looks up there, at any depth.

    Straight from the flags that `symtable` wraps: for each name an object of its own, which takes ten times as long.
    """
    for name, flags in table.symbols.items():
        scope = flags >> _symtable.SCOPE_OFF & _symtable.SCOPE_MASK
        if flags & (_symtable.DEF_LOCAL | _symtable.DEF_IMPORT) and (
            at_top or scope == _symtable.GLOBAL_EXPLICIT
        ):
            bound.add(name)
        elif flags & _symtable.USE and (
            at_top or scope in (_symtable.GLOBAL_IMPLICIT, _symtable.GLOBAL_EXPLICIT)
        ):
            used.add(name)
    for child in table.children:
        _collect(child, bound, used, at_top=False)


def _binds(code: str, name: str) -> bool:
    if name not in code:
        return False
    import symtable

    try:
        symbol = symtable.symtable(code, "cell", "exec").lookup(name)
    except (SyntaxError, ValueError, KeyError):  # magics, or a name in a comment
        return False
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _problem(module: Module, name: str, place: Cell) -> Diagnostic:
    """The warning, at the first place where the name is used."""
    uses = (
        (item, node)
        for item in module.cells
        for node in ast.walk(ast.parse(item.parsed.code))
        if isinstance(node, ast.Name) and node.id == name
    )
    item, node = next(uses, (module.cells[0], None))
    line, column = (item.parsed.line(node.lineno), node.col_offset + 1) if node else (None, None)
    return diagnose(
        "undefined-name",
        f"{name} is bound only in cell {place.index + 1} ({place.id}), which is not exported: {module.name} will lack it",
        item.notebook,
        item.parsed.cell.index,
        item.parsed.cell.id,
        line,
        column,
        "export that cell too",
        WARNING,
    )


_LATE = re.compile(
    rf"^\s*#\s*(\|?)\s*({'|'.join(COMPILER)})\b(?!:)[ \t]*(\S*)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def check_directives(
    path: Path, cells: list[ParsedCell], dialect: str, known: frozenset[str]
) -> list[Diagnostic]:
    """Everything that looks like a directive and does not do what its author thinks; `known` are the project's own words."""
    marked = dialect is not Dialect.PLAIN
    found: list[Diagnostic] = []

    def report(
        cell: Cell, line: int, code: str, message: str, hint: str, severity: str = WARNING
    ) -> None:
        found.append(
            diagnose(code, message, path, cell.index, cell.id, line, hint=hint, severity=severity)
        )

    for head in cells:
        cell = head.cell
        if cell.type != "code" or "#" not in cell.source:
            continue
        _check_words(cell, head, dialect, KNOWN | known, report)
        _check_exports(cell, head, report)
        _check_misplaced(cell, head, marked, report)
    return found


def _check_words(cell: Cell, head: ParsedCell, dialect: str, known: frozenset[str], report) -> None:
    if dialect is not Dialect.PLAIN:
        for directive in head.directives:
            if dialect is Dialect.MARKED_3 and (
                not directive.line
                or re.search(r"\|\s*[^\s:]+\s*:", cell.source.splitlines()[directive.line - 1])
            ):
                continue  # an option, `key: value`
            if directive.name.rstrip(":") in COMPILER and directive.name.endswith(":"):
                word = directive.name.rstrip(":")
                report(
                    cell,
                    directive.line,
                    "unknown-directive",
                    f"#| {word}: ... is an option, not a directive",
                    f"write #| {word} without the colon",
                )
            elif not directive.name.endswith(":") and directive.name not in known:
                near = nearest(directive.name, known)
                report(
                    cell,
                    directive.line,
                    "unknown-directive",
                    f"#| {directive.name} is no directive",
                    f"did you mean {near}?"
                    if near
                    else "make it a plain comment, or add the word to tst_flags in settings.ini",
                )
        return
    for number, line in enumerate(
        cell.source.splitlines(), 1
    ):  # the comments that a code cell begins with
        if line.strip() and not line.lstrip().startswith(("#", "%%")):
            break
        match = match_plain(line)
        near = nearest(match[2].lower(), frozenset(COMPILER)) if match else None
        if near and all(map(is_module_name, match[3].split())) and len(match[3].split()) < 2:
            report(
                cell,
                number,
                "unknown-directive",
                f"#{match[2]} is no directive",
                f"did you mean #{near}?",
            )


def _check_exports(cell: Cell, head: ParsedCell, report) -> None:
    family = [d for d in head.directives if d.name in EXPORTS]
    if len({d.name for d in family}) > 1:
        report(
            cell,
            family[-1].line,
            "two-exports",
            f"{' and '.join(d.name for d in family)} in one cell",
            "keep one of them",
        )
    for directive in head.directives:
        if directive.name not in COMPILER:
            continue
        if directive.name == "default_exp" and not directive.args:
            report(
                cell,
                directive.line,
                "bad-module",
                "default_exp without a module",
                "write #default_exp name",
                "error",
            )
        elif len(directive.args) > 1:
            report(
                cell,
                directive.line,
                "bad-module",
                f"{directive.name} takes one module, not {' '.join(directive.args)!r}",
                "put a remark on a line of its own",
                "error",
            )


def _check_misplaced(cell: Cell, head: ParsedCell, marked: bool, report) -> None:
    """Directives below the first line of code, and plain ones in a `#|` notebook: they do nothing."""
    first = head.lines[0] if head.lines else len(cell.source.splitlines()) + 1
    for match in (
        _LATE.finditer(cell.source) if "exp" in cell.source.lower() else ()
    ):  # which all these words have in them
        line = cell.source.count("\n", 0, match.start(2)) + 1
        bar, word, argument = match.groups()
        spelled = match[0].strip()
        exact = not argument or (
            is_module_name(argument) and not re.match(r"#\s", spelled)
        )  # "# export the table" is prose
        if (
            any(d.line == line for d in head.directives)
            or not exact
            or not _is_comment(cell.source, line)
        ):
            continue
        if marked and not bar:
            report(
                cell,
                line,
                "mixed-dialects",
                f"{spelled} does nothing in a notebook that uses #| directives",
                f"write #| {word.lower()}",
            )
        elif marked or not bar:
            where = (
                "must come before the first line of code"
                if line >= first
                else "must be written in lower case"
            )
            report(
                cell,
                line,
                "misplaced-directive",
                f"{spelled} {where}",
                "move it to the head of the cell" if line >= first else f"write #| {word.lower()}",
            )


def _is_comment(source: str, line: int) -> bool:
    """Whether a line is a comment, and not part of a string."""
    import io
    import tokenize

    try:
        return any(
            t.type == tokenize.COMMENT and t.start[0] == line
            for t in tokenize.generate_tokens(io.StringIO(source).readline)
        )
    except (tokenize.TokenError, SyntaxError):
        return True  # not Python: better one warning too many
