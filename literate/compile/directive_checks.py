"""Checks of directives: what looks like a directive, and does not do what its author expects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import WARNING, Diagnostic
from ..directives import (
    COMPILER_DIRECTIVES,
    EXPORTS,
    KNOWN_DIRECTIVES,
    Dialect,
    Directive,
    ParsedCell,
    is_module_name,
    is_plain_directive,
    match_plain,
)
from ..notebook import Cell
from ..spelling import nearest
from .checks import in_cell

_MARKED_OPTION = r"\s*#\s*\|\s*[^\s:]+\s*:"

# No two neighbours in this pattern match the same characters, so that no line is searched twice.
_LATE_DIRECTIVE = re.compile(
    rf"^[ \t]*#[ \t]*(?:(\|)[ \t]*)?({'|'.join(COMPILER_DIRECTIVES)})\b(?!:)"
    r"(?:[ \t]+(\S+))?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)

# Directives that stand alone. No module has such a name.
_ALONE = frozenset(
    {
        *("hide", "hide_line", "hide_input", "hide_output", "hide_all", "show_input"),
        *("show_output", "collapse_input", "collapse_output", "notest", "skip", "skip_exec"),
        *("skip_showdoc", "exec_doc", "slow", "cuda"),
    }
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
            found += _check_second_words(path, parsed, dialect, _ALONE | known)
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
        yield in_cell("unknown-directive", message, path, parsed.cell, directive.line, hint)


def _is_option(directive: Directive, cell: Cell) -> bool:
    """Whether nbdev 3 reads a directive as an option: in metadata, or written `key: value`."""
    if not directive.line:
        return True
    line = cell.source.split("\n")[directive.line - 1]
    return bool(re.match(_MARKED_OPTION, line))


def _check_second_words(
    path: Path, parsed: ParsedCell, dialect: str, alone: frozenset[str]
) -> Iterator[Diagnostic]:
    """Warnings for `#| hide export`: only the first word of a line is a directive.

    `alone` are the directives without arguments.
    """
    for directive in parsed.directives:
        if directive.name not in alone or (
            dialect is Dialect.MARKED_3 and _is_option(directive, parsed.cell)
        ):
            continue
        for word in directive.args:
            if word.strip(",") in EXPORTS:
                yield _not_first(path, parsed, directive.line, f"#| {word.strip(',')}")
                break


def _not_first(path: Path, parsed: ParsedCell, line: int, directive: str) -> Diagnostic:
    message = f"{directive} counts only as the first word of a line: the cell is not exported"
    hint = f"write {directive} on a line of its own"
    return in_cell("misplaced-directive", message, path, parsed.cell, line, hint)


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
        second = _second_directive(word, arguments)
        if second:
            yield _not_first(path, parsed, number, f"#{second}")
            continue
        if len(arguments) > 1 or not all(map(is_module_name, arguments)):  # prose
            continue
        near = nearest(word.lower(), frozenset(COMPILER_DIRECTIVES))
        if near:
            message = f"#{word} is not a directive"
            hint = f"did you mean #{near}?"
            yield in_cell("unknown-directive", message, path, parsed.cell, number, hint)


def _second_directive(word: str, arguments: list[str]) -> str | None:
    """The directive that is lost in `#hide export`, a line of nothing but directives."""
    words = [each.strip(",").lower() for each in (word, *arguments)]
    if words[0] not in _ALONE or not all(map(is_plain_directive, words)):
        return None
    return next((each for each in words if each in EXPORTS), None)


def _check_exports(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    """Diagnostics for two exports in one cell, and for arguments that do not name one module."""
    cell = parsed.cell
    exports = [directive for directive in parsed.directives if directive.name in EXPORTS]
    names = [directive.name for directive in exports]
    if len(set(names)) > 1:
        message = f"{' and '.join(names)} in one cell"
        yield in_cell("two-exports", message, path, cell, exports[-1].line)
    for directive in parsed.directives:
        problem = _check_arguments(path, parsed, directive)
        if problem:
            yield problem


def _check_arguments(path: Path, parsed: ParsedCell, directive: Directive) -> Diagnostic | None:
    """What is wrong with the arguments of a directive of the compiler."""
    name = directive.name
    severity = ""
    if name not in COMPILER_DIRECTIVES:
        return None
    if name == "default_exp" and not directive.args:
        message = "default_exp does not name a module"
        hint = "write #default_exp name"
    elif len(directive.args) > 1:
        message = f"{name} takes one module, not {' '.join(directive.args)!r}"
        hint = "put a remark on a line of its own"
    elif directive.args and directive.args[0] in _ALONE:
        message = f"{name} {directive.args[0]} exports to a module with the name of a directive"
        hint = f"write {directive.args[0]} on a line of its own"
        severity = WARNING
    else:
        return None
    line = directive.line
    return in_cell("bad-module", message, path, parsed.cell, line, hint, severity)


def _check_misplaced(path: Path, parsed: ParsedCell, dialect: str) -> Iterator[Diagnostic]:
    """Warnings for lines that are spelled like a directive, but have no effect where they stand."""
    source = parsed.cell.source
    if "exp" not in source.lower():  # all of these words contain it
        return
    lines_in_use = {directive.line for directive in parsed.directives}
    comments: frozenset[int] | None = None
    line, counted = 1, 0
    for match in _LATE_DIRECTIVE.finditer(source):
        line += source.count("\n", counted, match.start())
        counted = match.start()
        if line in lines_in_use or _is_prose(match):
            continue
        if comments is None:
            comments = comment_lines(source)
        if line not in comments:
            continue
        yield _misplaced(path, parsed, dialect, match, line)


def _misplaced(
    path: Path, parsed: ParsedCell, dialect: str, match: re.Match[str], line: int
) -> Diagnostic:
    """What to say about one directive without effect."""
    spelled = match[0].strip()
    has_bar = bool(match[1])
    is_plain = dialect is Dialect.PLAIN
    if _is_repeated(match, parsed):
        message = f"{spelled} is repeated, and has no effect here"
        return in_cell("repeated-directive", message, path, parsed.cell, line)
    if not has_bar and not is_plain:
        message = f"{spelled} does nothing in a notebook that uses #| directives"
        hint = f"write #| {match[2].lower()}"
        return in_cell("mixed-dialects", message, path, parsed.cell, line, hint)
    message = f"{spelled} must come before the first line of code"
    return in_cell("misplaced-directive", message, path, parsed.cell, line)


def _is_repeated(match: re.Match[str], parsed: ParsedCell) -> bool:
    """Whether the head of the cell has the same directive, so that nothing is lost."""
    arguments = (match[3],) if match[3] else ()
    directive = parsed.get(match[2].lower())
    return directive is not None and directive.args == arguments


def _is_prose(match: re.Match[str]) -> bool:
    """Whether a comment only begins like a directive: `# export the`, `#export it!`."""
    argument = match[3]
    if not argument:
        return False
    has_space = re.match(r"#\s", match[0].strip())
    return bool(has_space) or not is_module_name(argument)


def comment_lines(source: str) -> frozenset[int]:
    """The lines that are comments, and not parts of strings."""
    import io
    import tokenize

    lines = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                lines.add(token.start[0])
    except (tokenize.TokenError, SyntaxError):
        # The code is not Python: a needless warning is better than none.
        return frozenset(range(1, source.count("\n") + 2))
    return frozenset(lines)
