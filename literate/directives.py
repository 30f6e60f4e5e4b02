"""Directives: what a cell says about itself in the comments at its head.

A directive is spelled `#export` or `#| export`, with or without spaces. Its line is removed from
the code. Two kinds of lines at the head of a cell stay in the code: cell magics, and in nbdev 2's
layout Quarto's options (`#| eval: false`).

This file only parses. `compile/directive_checks.py` checks whether directives make sense.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from .notebook import Cell, Notebook
from .project import NBDEV3, Project
from .records import dataclass

EXPORTS = ("export", "exports", "exporti", "exportd")
COMPILER_DIRECTIVES = ("default_exp", *EXPORTS)

# The words that nbdev, Quarto and the runner understand. A word with a colon is an option of
# Quarto, and every option is accepted.
KNOWN_DIRECTIVES = frozenset(
    {
        *COMPILER_DIRECTIVES,
        *("hide", "hide_line", "hide_input", "hide_output", "hide_all", "filter_stream"),
        *("show_input", "show_output", "collapse", "collapse_input", "collapse_output"),
        *("default_cls_lvl", "exec_doc", "skip_showdoc", "include", "label", "echo", "output"),
        *("eval", "notest", "skip", "skip_exec", "slow", "cuda", "raises", "reads", "timeout"),
        *("solution", "test"),
    }
)

# The words that are directives in the plain dialect; some of them are nbdev 1's.
_PLAIN_DIRECTIVES = frozenset(
    {
        *COMPILER_DIRECTIVES,
        *("hide", "skip", "notest", "slow", "cuda", "hide_input", "hide_output"),
        *("default_cls_lvl", "collapse", "collapse_hide", "collapse_show"),
        *("collapse_input", "collapse_output"),
    }
)


class Dialect:
    """How a notebook spells its directives.

    The values are plain strings, because an Enum would be hashed in Python code for every cell.
    """

    PLAIN = "#export"
    MARKED = "#| export, as nbdev 2 reads it"
    MARKED_3 = "#| export, as nbdev 3 reads it, and directives in metadata"


@dataclass(frozen=True)
class Directive:
    """One word at the head of a cell, with its arguments."""

    name: str  # "export", or "eval:" for an option that is written with a colon
    args: tuple[str, ...]
    line: int  # in the cell, from 1; 0 for a directive in the metadata


@dataclass(frozen=True)
class ParsedCell:
    """A cell, taken apart into its directives and the code below them."""

    cell: Cell
    directives: tuple[Directive, ...] = ()
    code: str = ""
    lines: Sequence[int] = ()  # for each line of `code`, its line in the cell

    def get(self, *names: str) -> Directive | None:
        """The last directive that has one of these names; as in nbdev, the last one counts."""
        for directive in reversed(self.directives):
            if directive.name in names:
                return directive
        return None

    def option(self, name: str) -> Directive | None:
        """A directive that may be written with a colon, such as `#| timeout: 30`."""
        return self.get(name, f"{name}:")

    def line(self, number: int) -> int:
        """The line in the cell of a line of `code`; both are counted from 1."""
        if not self.lines:
            return 1
        last = len(self.lines)
        return self.lines[min(max(number, 1), last) - 1]

    @property
    def is_switched_off(self) -> bool:
        """Whether the cell says `#| eval: false`."""
        return _is_false(self.option("eval"))

    @property
    def compares_outputs(self) -> bool:
        """Whether the cell's outputs may be compared: it does not say `#| check_outputs: false`."""
        return not _is_false(self.option("check_outputs"))

    @property
    def expected_exception(self) -> str:
        """The exception that the cell has to raise by `#| raises: ValueError`, or ""."""
        directive = self.option("raises")
        if directive is None or not directive.args:
            return ""
        return directive.args[0]


def _is_false(directive: Directive | None) -> bool:
    if directive is None:
        return False
    return [word.lower() for word in directive.args] == ["false"]


_READS = r"(?m)^[ \t]*#[ \t]*\|[ \t]*reads[ \t]*:(.*)$"


def declared_reads(code: str) -> list[str]:
    """The names of files in `#| reads: a.csv, b.csv`, wherever these lines stand in the code."""
    names: list[str] = []
    for text in re.findall(_READS, code):
        names += text.replace(",", " ").split()
    return names


# --- the dialect of a notebook -----------------------------------------------------------------

_BYTE_ORDER_MARK = "\ufeff"  # copied text brings one along, and it cannot stand in code
_MARKED = re.compile(r"\s*#\s*\|(.*)", re.DOTALL)
_OPTION = re.compile(r"(\s*#\s*\|\s*[\w|-]+\s*:)(.*)", re.DOTALL)
_CELL_MAGIC = re.compile(r"\s*%%\w+")
_PLAIN = re.compile(r"#([ \t]*)([\w-]+)((?:[ \t]+\S+)*)$")


def dialect_of(notebook: Notebook, project: Project) -> str:
    """The dialect of a notebook.

    It is the marked one if any cell has a directive with `#|`, or if the metadata holds directives
    of nbdev 3. Then a plain `#export` does not count.
    """
    reads_metadata = project.layout == NBDEV3
    marked = Dialect.MARKED_3 if reads_metadata else Dialect.MARKED
    if any(_has_marked_directive(cell) for cell in notebook.cells):
        return marked
    if reads_metadata and _has_metadata_directive(notebook):
        return marked
    return Dialect.PLAIN


def _has_marked_directive(cell: Cell) -> bool:
    if cell.type == "raw" or "|" not in cell.source:
        return False
    return any(map(_MARKED.match, _head_lines(cell.source, _MARKED.match)))


def _has_metadata_directive(notebook: Notebook) -> bool:
    if "nbdev" in notebook.metadata:
        return True
    return any("nbdev" in cell.metadata for cell in notebook.cells)


def _head_lines(source: str, is_directive: Callable[[str], object]) -> list[str]:
    """The lines before the first line of code: blank lines, directives and cell magics.

    Lines are counted as Python counts them: `str.splitlines` would also split at form feeds.
    """
    head: list[str] = []
    position = 0
    while position < len(source):
        end = source.find("\n", position) + 1 or len(source)
        line = source[position:end]
        if not _belongs_to_head(line, is_directive):
            break
        head.append(line)
        position = end
    return head


def _belongs_to_head(line: str, is_directive: Callable[[str], object]) -> bool:
    first = line.lstrip()[:1]
    if not first:
        return True
    if first == "#":
        return bool(is_directive(line))
    return first == "%" and bool(_CELL_MAGIC.match(line))


# --- parsing -----------------------------------------------------------------------------------


def parse_cells(notebook: Notebook, dialect: str) -> list[ParsedCell]:
    """Every cell of a notebook, taken apart.

    In nbdev 3's dialect, directives also stand in metadata: those of a cell count for the cell,
    those of the notebook for its first code cell.
    """
    cells = [parse_cell(cell, dialect) for cell in notebook.cells]
    if dialect is not Dialect.MARKED_3:
        return cells
    used: set[str] = set()
    for parsed in cells:
        used.update(directive.name for directive in parsed.directives)
    extra = _metadata_directives(notebook.metadata, but=used)
    if not extra:
        return cells
    for number, parsed in enumerate(cells):
        if parsed.cell.type == "code":
            directives = extra + parsed.directives
            cells[number] = ParsedCell(parsed.cell, directives, parsed.code, parsed.lines)
            break
    return cells


def parse_cell(cell: Cell, dialect: str) -> ParsedCell:
    """Take one cell apart."""
    directives, code, lines = _parse_source(cell.source, dialect)
    if dialect is Dialect.MARKED_3 and "nbdev" in cell.metadata:
        used = {directive.name for directive in directives}
        directives += _metadata_directives(cell.metadata, but=used)
    return ParsedCell(cell, directives, code, lines)


def _metadata_directives(metadata: Mapping[str, object], but: set[str]) -> tuple[Directive, ...]:
    """The directives in `{"nbdev": {"export": ""}}`; only values that are strings count."""
    found = metadata.get("nbdev")
    if not isinstance(found, dict):
        return ()
    directives = []
    for name, value in found.items():
        if isinstance(value, str) and name not in but:
            args = () if value == "true" else tuple(value.split())
            directives.append(Directive(name, args, 0))
    return tuple(directives)


@lru_cache(maxsize=4096)
def _parse_source(source: str, dialect: str) -> tuple[tuple[Directive, ...], str, Sequence[int]]:
    """Directives, code, and for each line of the code its line in the cell."""
    if source[:1].isidentifier():  # it begins with code or prose
        return (), source, range(1, 1 + _count_lines(source))
    parse = _PARSERS[dialect]
    head = _head_lines(source, _parse_plain if dialect is Dialect.PLAIN else _MARKED.match)
    directives: list[Directive] = []
    kept: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(head, 1):
        if not line.strip():
            continue
        if _CELL_MAGIC.match(line):
            kept.append(line)
            numbers.append(number)
            continue
        found = parse(line)
        if found:
            directives.append(Directive(*found, number))
        is_option = not (found and found[0] in COMPILER_DIRECTIVES)
        if dialect is Dialect.MARKED and is_option and (option := _OPTION.match(line)):
            value = option[2].strip()
            kept.append(f"{option[1]} {value}\n" if value else f"{option[1]}\n")
            numbers.append(number)
    rest = source[sum(map(len, head)) :].removeprefix(_BYTE_ORDER_MARK)
    below = range(len(head) + 1, len(head) + 1 + _count_lines(rest))
    lines: Sequence[int] = (*numbers, *below) if numbers else below
    return tuple(directives), "".join([*kept, rest]), lines


def _count_lines(text: str) -> int:
    ends_without_newline = text[-1:] not in ("", "\n")
    return text.count("\n") + ends_without_newline


Parsed = tuple[str, tuple[str, ...]] | None  # the name and the arguments of a directive


def _parse_marked_3(line: str) -> Parsed:
    """A `#|` line as nbdev 3 reads it.

    `x y`, `x: y` and `x:y` are the same, and so are `x: true` and `x`.
    """
    text = _after_bar(line)
    match = re.match(r"([^\s:]+)\s*:?\s?(.*)$", text, re.DOTALL)
    if not match:
        return None
    name, value = match[1], match[2]
    return name, () if value == "true" else tuple(value.split())


def _parse_marked(line: str) -> Parsed:
    """A `#|` line as nbdev 2 reads it."""
    text = _after_bar(line)
    text = text.replace(":", "") if text.endswith(":") else text.replace(":", ": ")
    words = text.split()
    if not words:
        return None
    return words[0], tuple(words[1:])


def _after_bar(line: str) -> str:
    """What stands behind the bar of a `#|` line."""
    match = _MARKED.match(line)
    return match[1].strip() if match else ""


def _parse_plain(line: str) -> Parsed:
    """A plain `#export` line.

    Any other comment, such as `# export the table`, is not a directive.
    """
    match = _PLAIN.match(line.strip())
    if not match:
        return None
    name = match[2].lower().replace("-", "_")
    if name not in _PLAIN_DIRECTIVES:
        return None
    args = tuple(match[3].split())
    if args and not _takes_arguments(name, args, has_space=bool(match[1])):
        return None
    return name, args


def _takes_arguments(name: str, args: tuple[str, ...], has_space: bool) -> bool:
    """Whether these words behind a plain directive are its arguments, and not prose."""
    if name == "default_cls_lvl":
        return True
    if name not in COMPILER_DIRECTIVES:
        return False
    if not has_space or name == "default_exp":
        return True
    return len(args) == 1 and is_module_name(args[0])


_PARSERS = {
    Dialect.PLAIN: _parse_plain,
    Dialect.MARKED: _parse_marked,
    Dialect.MARKED_3: _parse_marked_3,
}


def match_plain(line: str) -> re.Match[str] | None:
    """The match of a comment that looks like a plain directive: space, word and arguments."""
    return _PLAIN.match(line.strip())


def is_plain_directive(word: str) -> bool:
    """Whether a word is a directive in the plain dialect."""
    return word in _PLAIN_DIRECTIVES


def is_module_name(name: str) -> bool:
    """Whether `a.b`, or nbdev's `a/b`, can be the name of a module of a package."""
    parts = re.split(r"[./]", name)
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
