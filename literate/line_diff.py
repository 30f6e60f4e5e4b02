"""The differences between two lists of lines, in a time that does not grow with their square.

Short lists, and lists with few equal lines, are compared by `difflib`. Longer ones are taken apart
at the lines that both contain exactly once, as git's "patience" does. What is left over is compared
by the algorithm of Myers, as long as there are not too many differences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Lines = Sequence[str]
Block = tuple[int, int, int]  # equal lines: where they begin in both lists, and how many they are
Opcode = tuple[str, int, int, int, int]

# `difflib` looks at each line and at each pair of equal lines, for each block that it finds.
_MOST_PAIRS = 2_000

_MOST_DIFFERENCES = 400  # of a part that is compared by the algorithm of Myers


def opcodes(old: Lines, new: Lines) -> list[Opcode]:
    """The differences of two lists of lines, in the form of `SequenceMatcher.get_opcodes`."""
    found: list[Opcode] = []
    old_at = new_at = 0
    for old_start, new_start, size in [*_joined(_blocks(old, new)), (len(old), len(new), 0)]:
        if old_at < old_start or new_at < new_start:
            kind = "replace"
            if old_at == old_start:
                kind = "insert"
            elif new_at == new_start:
                kind = "delete"
            found.append((kind, old_at, old_start, new_at, new_start))
        old_at, new_at = old_start + size, new_start + size
        if size:
            found.append(("equal", old_start, old_at, new_start, new_at))
    return found


def matching_lines(old: Lines, new: Lines) -> dict[int, int]:
    """For the lines of `old` that stand in `new` too, and in the same order: their places there."""
    pairs: dict[int, int] = {}
    for old_start, new_start, size in _blocks(old, new):
        for offset in range(size):
            pairs[old_start + offset] = new_start + offset
    return pairs


def common_blocks(base: Lines, one: Lines, other: Lines) -> Iterator[tuple[int, int, int, int]]:
    """The lines that three versions share: where they begin in each one, and how many they are.

    The last block is empty, and begins at the ends.
    """
    in_one = matching_lines(base, one)
    in_other = matching_lines(base, other)
    start = 0
    while start < len(base):
        if start not in in_one or start not in in_other:
            start += 1
            continue
        size = 1
        while (
            in_one.get(start + size) == in_one[start] + size
            and in_other.get(start + size) == in_other[start] + size
        ):
            size += 1
        yield start, in_one[start], in_other[start], size
        start += size
    yield len(base), len(one), len(other), 0


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks; those that follow each other in both lists are one."""
    last = (0, 0, 0)
    for old, new, size in blocks:
        if (old, new) == (last[0] + last[2], last[1] + last[2]):
            last = (last[0], last[1], last[2] + size)
            continue
        if last[2]:
            yield last
        last = (old, new, size)
    if last[2]:
        yield last


def _blocks(old: Lines, new: Lines) -> Iterator[Block]:
    """The blocks of equal lines, in their order."""
    waiting = [(0, len(old), 0, len(new))]  # the parts that are still to be compared, last first
    while waiting:
        part = waiting.pop()
        old_start, old_end, new_start, new_end = part
        head = _length_of_head(old, new, part)
        if head:
            yield old_start, new_start, head
        inner = (old_start + head, old_end, new_start + head, new_end)
        tail = _length_of_tail(old, new, inner)
        inner = (inner[0], old_end - tail, inner[2], new_end - tail)
        if tail and (inner[0] < inner[1] or inner[2] < inner[3]):
            waiting.append((inner[1], old_end, inner[3], new_end))
        elif tail:
            yield inner[1], inner[3], tail
        if inner[0] == inner[1] or inner[2] == inner[3]:
            continue
        if _has_few_pairs(old[inner[0] : inner[1]], new[inner[2] : inner[3]]):
            yield from _blocks_by_difflib(old, new, inner)
            continue
        anchors = _anchors(old, new, inner)
        if anchors:
            waiting += reversed(_parts_between(anchors, inner))
        else:
            yield from _blocks_by_myers(old, new, inner)


Part = tuple[int, int, int, int]  # some lines of both lists: from where to where


def _length_of_head(old: Lines, new: Lines, part: Part) -> int:
    """How many equal lines a part begins with."""
    old_start, old_end, new_start, new_end = part
    size = 0
    while size < min(old_end - old_start, new_end - new_start):
        if old[old_start + size] != new[new_start + size]:
            break
        size += 1
    return size


def _length_of_tail(old: Lines, new: Lines, part: Part) -> int:
    """How many equal lines a part ends with."""
    old_start, old_end, new_start, new_end = part
    size = 0
    while size < min(old_end - old_start, new_end - new_start):
        if old[old_end - 1 - size] != new[new_end - 1 - size]:
            break
        size += 1
    return size


def _has_few_pairs(old: Lines, new: Lines) -> bool:
    """Whether there are so few lines, and so few are equal to others, that `difflib` is fast."""
    counts, others = Counter(old), Counter(new)
    pairs = sum(count * others[line] for line, count in counts.items() if line in others)
    return len(old) + pairs <= _MOST_PAIRS


def _blocks_by_difflib(old: Lines, new: Lines, part: Part) -> Iterator[Block]:
    old_start, old_end, new_start, new_end = part
    matcher = SequenceMatcher(None, old[old_start:old_end], new[new_start:new_end], autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.size:
            yield old_start + block.a, new_start + block.b, block.size


# --- patience ----------------------------------------------------------------------------------


def _anchors(old: Lines, new: Lines, part: Part) -> list[tuple[int, int]]:
    """Lines that stand once in both sides of a part: the longest selection in the same order."""
    old_start, old_end, new_start, new_end = part
    counts = Counter(old[old_start:old_end])
    others = Counter(new[new_start:new_end])
    place_of: dict[str, int] = {}
    for number in range(new_start, new_end):
        place_of[new[number]] = number
    pairs = []
    for number in range(old_start, old_end):
        if counts[old[number]] == others[old[number]] == 1:
            pairs.append((number, place_of[old[number]]))
    rising = longest_rise([place for _, place in pairs])
    return [pair for pair in pairs if pair[1] in rising]


def longest_rise(numbers: Sequence[int]) -> set[int]:
    """The longest selection of different numbers that is in rising order."""
    from bisect import bisect_left

    ends: list[int] = []  # the smallest number at which a rise of each length ends
    before: dict[int, int | None] = {}  # for each number, the one before it in its rise
    for number in numbers:
        place = bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    rise: set[int] = set()
    number_in_rise = ends[-1] if ends else None
    while number_in_rise is not None:
        rise.add(number_in_rise)
        number_in_rise = before[number_in_rise]
    return rise


def _parts_between(anchors: list[tuple[int, int]], part: Part) -> list[Part]:
    """The parts into which the anchors divide a part; each but the first begins with an anchor."""
    starts = [(part[0], part[2]), *anchors]
    ends = [*anchors, (part[1], part[3])]
    parts = []
    for (old_start, new_start), (old_end, new_end) in zip(starts, ends, strict=True):
        parts.append((old_start, old_end, new_start, new_end))
    return parts


# --- Myers -------------------------------------------------------------------------------------


def _blocks_by_myers(old: Lines, new: Lines, part: Part) -> list[Block]:
    """The blocks that a part has in common; none if there are too many differences.

    See "An O(ND) Difference Algorithm and Its Variations" by E. W. Myers. A diagonal is the place
    in `old` minus that in `new`. For each number of differences, `reached` has the furthest place
    in `old` on each diagonal.
    """
    old_start, old_end, new_start, new_end = part
    goal = (old_end - old_start) - (new_end - new_start)
    reached = {1: 0}
    history: list[dict[int, int]] = []
    for count in range(_MOST_DIFFERENCES + 1):
        history.append(dict(reached))
        for diagonal in range(-count, count + 1, 2):
            x = _start_on(diagonal, count, reached)
            while (
                old_start + x < old_end
                and new_start <= new_start + x - diagonal < new_end
                and old[old_start + x] == new[new_start + x - diagonal]
            ):
                x += 1
            reached[diagonal] = x
        if reached.get(goal, -1) >= old_end - old_start:
            return _way_back(history, old_start, new_start, old_end - old_start, goal)
    return []


def _start_on(diagonal: int, count: int, reached: dict[int, int]) -> int:
    """Where a diagonal is entered: from the neighbour that has come further."""
    below, above = reached.get(diagonal + 1, -1), reached.get(diagonal - 1, -1) + 1
    if diagonal == -count or (diagonal != count and above <= below):
        return below
    return above


def _way_back(
    history: list[dict[int, int]], old_start: int, new_start: int, x: int, diagonal: int
) -> list[Block]:
    """The equal lines on the way to a place, from the end to the beginning."""
    blocks: list[Block] = []
    for count in range(len(history) - 1, -1, -1):
        entered = _start_on(diagonal, count, history[count]) if count else 0
        if x > entered:
            place = old_start + entered, new_start + entered - diagonal
            blocks.append((*place, x - entered))
        if not count:
            break
        is_insertion = entered == history[count].get(diagonal + 1, -1) and (
            diagonal == -count
            or (diagonal != count and history[count].get(diagonal - 1, -1) + 1 <= entered)
        )
        diagonal += 1 if is_insertion else -1
        x = entered if is_insertion else entered - 1
    return blocks[::-1]
