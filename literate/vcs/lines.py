"""Three versions of a text, merged by line as git does it, with git's marks where they conflict."""

from __future__ import annotations

from ..line_diff import common_blocks, opcodes
from ..records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MERGE, DIFF3, ZDIFF3 = "merge", "diff3", "zdiff3"  # git's styles of conflicts
STYLES = (MERGE, DIFF3, ZDIFF3)

_FEW_LINES = 3  # so many equal lines between two conflicts do not divide them


@dataclass(frozen=True)
class Overlap:
    """Lines that both sides changed in different ways."""

    ours: list[str]
    base: list[str]
    theirs: list[str]


@dataclass(frozen=True)
class Marks:
    """How a conflict is written."""

    style: str = MERGE
    size: int = 7  # how long the marks are
    ours: str = "ours"
    base: str = "base"
    theirs: str = "theirs"


@dataclass(frozen=True)
class MergedText:
    """The result of a merge."""

    text: str
    conflicts: int


def merge_texts(base: str | None, ours: str, theirs: str, marks: Marks) -> MergedText:
    """Merge the changes that two sides made to a text; without a base, both sides wrote it."""
    if ours in (theirs, base) or theirs == base:
        return MergedText(theirs if ours == base else ours, 0)
    if base is None:
        return MergedText(whole_conflict(ours, None, theirs, marks), 1)
    lines: list[str] = []
    conflicts = 0
    for part in merge_lines(base.split("\n"), ours.split("\n"), theirs.split("\n")):
        if isinstance(part, Overlap):
            lines += conflict_lines(part, marks)
            conflicts += 1
        else:
            lines += part
    return MergedText("\n".join(lines), conflicts)


def merge_lines(
    base: list[str], ours: list[str], theirs: list[str]
) -> Iterator[list[str] | Overlap]:
    """The lines that are settled, and where both sides changed them, in the order of the text.

    Changes overlap if no unchanged line stands between them.
    """
    base_at = ours_at = theirs_at = 0
    for base_start, ours_start, theirs_start, size in common_blocks(base, ours, theirs):
        old = base[base_at:base_start]
        left = ours[ours_at:ours_start]
        right = theirs[theirs_at:theirs_start]
        if left in (old, right):
            yield right
        elif right == old:
            yield left
        else:
            yield Overlap(left, old, right)
        yield base[base_start : base_start + size]
        base_at = base_start + size
        ours_at = ours_start + size
        theirs_at = theirs_start + size


# --- conflicts ---------------------------------------------------------------------------------


def conflict_lines(overlap: Overlap, marks: Marks) -> list[str]:
    """The lines of a conflict: both versions between git's marks.

    As git does it, lines that both versions share stand outside of the marks: all of them in the
    style merge, those at the beginning and at the end in the style zdiff3, and none in diff3.
    """
    ours, theirs = overlap.ours, overlap.theirs
    if marks.style == DIFF3:
        return _marked(ours, overlap.base, theirs, marks)
    if marks.style == ZDIFF3:
        head = _length_of_head(ours, theirs)
        tail = _length_of_head(ours[head:][::-1], theirs[head:][::-1])
        inner_ours = ours[head : len(ours) - tail]
        inner_theirs = theirs[head : len(theirs) - tail]
        marked = _marked(inner_ours, overlap.base, inner_theirs, marks)
        return [*ours[:head], *marked, *ours[len(ours) - tail :]]
    lines: list[str] = []
    at = 0
    for start, end, other_start, other_end in _differences(ours, theirs):
        lines += ours[at:start]
        lines += _marked(ours[start:end], [], theirs[other_start:other_end], marks)
        at = end
    return lines + ours[at:]


def _marked(ours: list[str], base: list[str], theirs: list[str], marks: Marks) -> list[str]:
    lines = [f"{'<' * marks.size} {marks.ours}", *ours]
    if marks.style != MERGE:
        lines += [f"{'|' * marks.size} {marks.base}", *base]
    return [*lines, "=" * marks.size, *theirs, f"{'>' * marks.size} {marks.theirs}"]


def _differences(ours: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]]:
    """Where two lists of lines differ; differences with few lines between them are one."""
    found: list[tuple[int, int, int, int]] = []
    for kind, start, end, other_start, other_end in opcodes(ours, theirs):
        if kind == "equal":
            continue
        if found and start - found[-1][1] <= _FEW_LINES:
            start, _, other_start, _ = found.pop()
        found.append((start, end, other_start, other_end))
    return found


def _length_of_head(ours: list[str], theirs: list[str]) -> int:
    """With how many equal lines two lists begin."""
    size = 0
    for left, right in zip(ours, theirs, strict=False):
        if left != right:
            break
        size += 1
    return size


def whole_conflict(ours: str | None, base: str | None, theirs: str | None, marks: Marks) -> str:
    """A text in conflict as a whole; None stands for a version without it."""
    sides = [[] if text is None else text.split("\n") for text in (ours, base, theirs)]
    return "\n".join(conflict_lines(Overlap(*sides), marks))
