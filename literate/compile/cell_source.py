"""From code as it stands in a module to the source of a cell."""

from __future__ import annotations

from ..directives import EXPORTS, Dialect, Directive, ParsedCell, parse_cell
from ..line_diff import opcodes
from ..notebook import Cell
from .formatted import Block, blocks_of

Change = tuple[int, int, list[str]]  # the lines that are replaced, from 0, and the new ones


def edited_source(
    parsed: ParsedCell, generated: str, blank_lines: int, code: str, is_formatted: bool
) -> str | None:
    """The cell's source with new code: directives and unchanged lines stay as they are.

    `generated` is the code that is generated from the cell, below some blank lines. It differs from
    the code in the cell (relative imports, `__future__` imports that were lifted), but it has the
    same lines. So the new code is compared with the generated code, and only lines that differ are
    taken over.

    If black formatted the code, the lines are not the same. Then it is None if they cannot be told.
    """
    changes = _changes(generated.split("\n"), code.split("\n"))
    first = blank_lines
    if is_formatted:
        mapped = _unformatted(changes, parsed.code, generated)
        if mapped is None:
            return None
        changes = mapped
        first = 0
    lines = parsed.cell.source.split("\n")
    places = [number - 1 for number in parsed.lines][first:]
    kept = set() if is_formatted else _lifted_lines(places, generated, lines)
    return "\n".join(_changed_lines(lines, places, kept, changes))


def _changed_lines(
    lines: list[str], places: list[int], kept: set[int], changes: list[Change]
) -> list[str]:
    """The lines of a source after changes to its code; the code's lines stand at these places."""
    deleted: set[int] = set()
    above: dict[int, list[str]] = {}  # new lines, by the line below them
    below: dict[int, list[str]] = {}  # new lines, by the line above them
    for start, end, typed in changes:
        deleted.update(places[start:end])
        if start < end or start == 0:
            above.setdefault(places[start], []).extend(typed)
        else:
            below.setdefault(places[start - 1], []).extend(typed)
    changed: list[str] = []
    for number, line in enumerate(lines):
        changed += above.get(number, [])
        if number not in deleted or number in kept:
            changed.append(line)
        changed += below.get(number, [])
    return changed


def _changes(old: list[str], new: list[str]) -> list[Change]:
    changes = []
    for kind, old_start, old_end, new_start, new_end in opcodes(old, new):
        if kind != "equal":
            changes.append((old_start, old_end, new[new_start:new_end]))
    return changes


def _lifted_lines(places: list[int], generated: str, lines: list[str]) -> set[int]:
    """The lines of the source in whose place the generated code has a blank line."""
    lifted = set()
    for place, line in zip(places, generated.split("\n"), strict=False):
        if not line.strip() and lines[place].strip():
            lifted.add(place)
    return lifted


def _unformatted(changes: list[Change], source: str, formatted: str) -> list[Change] | None:
    """The same changes to the code before black formatted it; None if lines cannot be told.

    A change to some lines replaces the whole statements that they belong to.
    """
    blocks = blocks_of(source, formatted)
    if blocks is None:
        return None
    groups: list[tuple[int, int, list[Change]]] = []  # the first and the last block, both included
    for change in changes:
        first, last = _blocks_at(change, blocks)
        if groups and first <= groups[-1][1]:
            begin, end, earlier = groups[-1]
            groups[-1] = begin, max(last, end), [*earlier, change]
        else:
            groups.append((first, last, [change]))
    lines = formatted.split("\n")
    found: list[Change] = []
    for first, last, together in groups:
        if last < first:  # lines are added between two blocks
            place = blocks[first].source_start if first < len(blocks) else blocks[-1].source_end
            found.append((place, place, together[0][2]))
            continue
        start = blocks[first].formatted_start
        end = blocks[last].formatted_end
        spans = blocks[first].source_start, blocks[last].source_end
        found.append((*spans, _with_changes(lines, start, end, together)))
    return found


def _blocks_at(change: Change, blocks: list[Block]) -> tuple[int, int]:
    """The first and the last block that a change touches; between two blocks, the last is less."""
    start, end, _ = change
    if start == end:
        for number, block in enumerate(blocks):
            if block.formatted_start == start:
                return number, number - 1
        if start == blocks[-1].formatted_end:
            return len(blocks), len(blocks) - 1
    first = max(n for n, block in enumerate(blocks) if block.formatted_start <= start)
    last = max(n for n, block in enumerate(blocks) if block.formatted_start < max(end, start + 1))
    return first, last


def _with_changes(lines: list[str], start: int, end: int, changes: list[Change]) -> list[str]:
    """Some of the lines, with the changes to them."""
    changed: list[str] = []
    reached = start
    for change_start, change_end, typed in changes:
        changed += [*lines[reached:change_start], *typed]
        reached = change_end
    return changed + lines[reached:end]


# --- new cells ---------------------------------------------------------------------------------


def code_of(code: str, dialect: str) -> str:
    """The code without directives at its head, as the compiler would read it from a cell."""
    return parse_cell(_cell_with(code), dialect).code


def typed_directives(code: str, dialect: str) -> tuple[Directive, ...]:
    """The directives at the head of code that was typed in a module."""
    return parse_cell(_cell_with(code), dialect).directives


def _cell_with(source: str) -> Cell:
    return Cell(0, "", "code", source, {})


def new_source(code: str, dialect: str, predecessor: ParsedCell | None) -> str:
    """The source of a new cell: the code, and a directive that exports it.

    A cell exports to the module of the cell above. If the code begins with an export directive of
    its own, that one counts, in the spelling of the notebook.
    """
    export = predecessor.get("export", "exports", "exporti") if predecessor else None
    module = list(export.args[:1]) if export else []
    own = _own_export(code, dialect)
    if own is None:
        return f"{_directive('export', module, dialect)}\n{code}"
    lines = code.split("\n")
    lines[own.line - 1] = _directive(own.name, list(own.args) or module, dialect)
    return "\n".join(lines)


def code_of_new(code: str, dialect: str) -> str:
    """The code of a new cell as the compiler will read it, without its directives."""
    own = _own_export(code, dialect)
    if own is not None:
        lines = code.split("\n")
        del lines[own.line - 1]
        code = "\n".join(lines)
    return code_of(code, dialect)


def _own_export(code: str, dialect: str) -> Directive | None:
    """The export directive at the head of code, in whichever spelling."""
    other = Dialect.MARKED if dialect == Dialect.PLAIN else Dialect.PLAIN
    for spelling in (dialect, other):
        for directive in typed_directives(code, spelling):
            if directive.name in EXPORTS:
                return directive
    return None


def _directive(name: str, arguments: list[str], dialect: str) -> str:
    word = f"#{name}" if dialect == Dialect.PLAIN else f"#| {name}"
    return " ".join([word, *arguments])
