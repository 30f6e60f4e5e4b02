"""Changes deep inside of a JSON text: values are replaced or removed, and the rest stays."""

from __future__ import annotations

from .json_spans import Edit, Item, Span, apply_edits, items_of
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Remove:
    """The change that takes a member or an element away, with one comma."""


@dataclass(frozen=True)
class Rewrite:
    """The change that gives a value another text, which is made from the old one."""

    make: Callable[[str], str]


REMOVE = Remove()

if TYPE_CHECKING:
    # A mapping tells for keys of an object, or indexes of an array, what changes inside of it.
    Change = Remove | Rewrite | Mapping[str | int, "Change"]


def change_json(text: str, changes: Mapping[str | int, Change]) -> str:
    """The JSON text of an object after some changes. What they name must be there."""
    if not changes:
        return text
    return apply_edits(text, _edits(text, text.index("{"), changes))


def _edits(text: str, bracket: int, changes: Mapping[str | int, Change]) -> list[Edit]:
    """The edits that change an object or an array whose bracket is at a position."""
    items = items_of(text, bracket)
    removed = {item.key for item in items if isinstance(changes.get(item.key), Remove)}
    edits = _removals(text, bracket, items, removed)
    for item in items:
        change = changes.get(item.key)
        if change is None or isinstance(change, Remove):
            continue
        if isinstance(change, Rewrite):
            edits.append(Edit(item.value, change.make(item.value.of(text))))
        else:
            edits += _edits(text, item.value.start, change)
    return edits


def _removals(text: str, bracket: int, items: list[Item], removed: set[str | int]) -> list[Edit]:
    """The edits that take items away; what is left has one comma between two items."""
    if not removed:
        return []
    if all(item.key in removed for item in items):
        closing = text.index("]" if text[bracket] == "[" else "}", items[-1].end)
        return [Edit(Span(bracket + 1, closing), "")]
    edits = []
    has_kept_one = False
    for number, item in enumerate(items):
        if item.key not in removed:
            has_kept_one = True
        elif has_kept_one:
            edits.append(Edit(Span(items[number - 1].end, item.end), ""))
        else:
            edits.append(Edit(Span(item.start, items[number + 1].start), ""))
    return edits
