"""Where the values of a JSON text stand in it, so that a part can be replaced and the rest stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from .records import dataclass


@dataclass(frozen=True)
class Span:
    """The part of a text from the position `start` up to the position `end`, which is excluded."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The part of this text."""
        return text[self.start : self.end]


@dataclass(frozen=True)
class Edit:
    """A part of a text, and the text that takes its place; an empty part inserts."""

    span: Span
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after some edits, which may come in any order but must not overlap."""
    pieces = []
    copied = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start):
        pieces += [text[copied : edit.span.start], edit.text]
        copied = edit.span.end
    pieces.append(text[copied:])
    return "".join(pieces)


# --- positions ---------------------------------------------------------------------------------

_decode = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[ \t\r\n]*")


def _skip_space(text: str, position: int) -> int:
    """The next position at which JSON's white space ends."""
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _skip_comma(text: str, position: int) -> int:
    """The position of the next member or element, or of the closing bracket."""
    position = _skip_space(text, position)
    if text[position] == ",":
        position = _skip_space(text, position + 1)
    return position


def top_members(text: str) -> dict[str, Span]:
    """Where the values of the notebook's own members stand in its text."""
    return member_spans(text, text.index("{"))  # a byte order mark may stand before the brace


def cell_spans(text: str) -> list[Span]:
    """Where each cell stands in the text of a notebook."""
    return element_spans(text, top_members(text)["cells"].start)


def member_spans(text: str, brace: int) -> dict[str, Span]:
    """Where the value of each member stands, for the JSON object whose brace is at a position."""
    spans = {}
    position = _skip_space(text, brace + 1)
    while text[position] != "}":
        key, key_end = _decode(text, position)
        colon = _skip_space(text, key_end)
        start = _skip_space(text, colon + 1)
        _, end = _decode(text, start)
        spans[key] = Span(start, end)
        position = _skip_comma(text, end)
    return spans


def element_spans(text: str, bracket: int) -> list[Span]:
    """Where each element stands, for the JSON array whose bracket is at a position."""
    spans = []
    position = _skip_space(text, bracket + 1)
    while text[position] != "]":
        _, end = _decode(text, position)
        spans.append(Span(position, end))
        position = _skip_comma(text, end)
    return spans


@dataclass(frozen=True)
class Item:
    """A member of a JSON object or an element of an array: where it begins, and its value."""

    key: str | int  # an element has its index
    start: int  # a member begins with its key
    value: Span

    @property
    def end(self) -> int:
        """Where the item ends, before a comma that follows."""
        return self.value.end


def items_of(text: str, bracket: int) -> list[Item]:
    """The members of an object, or the elements of an array, in their order."""
    if text[bracket] == "[":
        elements = element_spans(text, bracket)
        return [Item(index, span.start, span) for index, span in enumerate(elements)]
    items = []
    position = _skip_space(text, bracket + 1)
    while text[position] != "}":
        key, key_end = _decode(text, position)
        start = _skip_space(text, _skip_space(text, key_end) + 1)
        _, end = _decode(text, start)
        items.append(Item(key, position, Span(start, end)))
        position = _skip_comma(text, end)
    return items
