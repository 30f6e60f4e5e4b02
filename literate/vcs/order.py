"""The order of the cells of a merged notebook: new and moved cells of both sides find places."""

from __future__ import annotations

from collections.abc import Sequence

from ..line_diff import longest_rise
from ..records import dataclass
from .pairing import Key, Pairs, may_be_same, pair_cells


@dataclass(frozen=True)
class Triple:
    """One cell in up to three versions: its index in each; None where a version lacks it."""

    base: int | None
    ours: int | None
    theirs: int | None


def align(base: Sequence[Key], ours: Sequence[Key], theirs: Sequence[Key]) -> list[Triple]:
    """All cells of three versions in the order of the merged notebook.

    Cells that one side or both deleted are among them: their content decides whether they stay.
    """
    return _Alignment(base, ours, theirs).triples()


class _Alignment:
    def __init__(self, base: Sequence[Key], ours: Sequence[Key], theirs: Sequence[Key]) -> None:
        self._base_size = len(base)
        self._ours = _Side(base, ours)
        self._theirs = _Side(base, theirs)
        self._added_by_both = _pair_added(ours, theirs, self._ours, self._theirs)

    def triples(self) -> list[Triple]:
        """The cells of the base stay in their order. Behind each one comes what was put there."""
        after_ours = self._put_by_ours()
        after_theirs = self._put_by_theirs()
        moved = self._ours.moved | self._theirs.moved
        merged = _interleave(after_ours.get(-1, []), after_theirs.get(-1, []))
        for index in range(self._base_size):
            if index not in moved:
                merged.append(self._triple(index))
            merged += _interleave(after_ours.get(index, []), after_theirs.get(index, []))
        return merged

    def _triple(self, base: int) -> Triple:
        return Triple(base, self._ours.pairs.get(base), self._theirs.pairs.get(base))

    def _put_by_ours(self) -> dict[int, list[Triple]]:
        """The cells that our side added or moved, by the cell of the base that they follow."""
        placed: dict[int, list[Triple]] = {}
        place = -1
        for index, base in enumerate(self._ours.origins):
            if base is None:
                added = Triple(None, index, self._added_by_both.get(index))
                placed.setdefault(place, []).append(added)
            elif base in self._ours.moved:
                placed.setdefault(place, []).append(self._triple(base))
            elif base not in self._theirs.moved:
                place = base
        return placed

    def _put_by_theirs(self) -> dict[int, list[Triple]]:
        """The same for their side. Where both sides moved a cell, it is where ours put it."""
        twin_of = {theirs: ours for ours, theirs in self._added_by_both.items()}
        placed: dict[int, list[Triple]] = {}
        place = -1
        for index, base in enumerate(self._theirs.origins):
            if base is None:
                added = Triple(None, twin_of.get(index), index)
                placed.setdefault(place, []).append(added)
            elif base in self._ours.moved:
                continue
            elif base in self._theirs.moved:
                placed.setdefault(place, []).append(self._triple(base))
            else:
                place = base
        return placed


class _Side:
    """How one side arranged the cells of the base."""

    def __init__(self, base: Sequence[Key], side: Sequence[Key]) -> None:
        self.pairs: Pairs = pair_cells(base, side)
        self.origins: list[int | None] = [None] * len(side)
        for old, new in self.pairs.items():
            self.origins[new] = old
        kept = sorted(self.pairs)
        in_order = longest_rise([self.pairs[index] for index in kept])
        self.moved = {index for index in kept if self.pairs[index] not in in_order}


def _pair_added(ours: Sequence[Key], theirs: Sequence[Key], left: _Side, right: _Side) -> Pairs:
    """The cells that both sides added, from our index to theirs.

    They have the same id, or they stand between the same cells of the base and are equal or
    similar.
    """
    by_place: dict[int, tuple[list[int], list[int]]] = {}
    for number, side in enumerate((left, right)):
        place = -1
        for index, base in enumerate(side.origins):
            if base is None:
                by_place.setdefault(place, ([], []))[number].append(index)
            elif base not in left.moved and base not in right.moved:
                place = base
    added_ours = {ours[index].id: index for index in _added(left) if ours[index].id}
    added_theirs = {theirs[index].id: index for index in _added(right) if theirs[index].id}
    pairs: Pairs = {}
    for cell_id, index in added_ours.items():
        twin = added_theirs.get(cell_id)
        if twin is not None and may_be_same(ours[index], theirs[twin]):
            pairs[index] = twin
    taken = set(pairs.values())
    for mine, other in by_place.values():
        mine = [index for index in mine if index not in pairs]
        other = [index for index in other if index not in taken]
        found = pair_cells([ours[index] for index in mine], [theirs[index] for index in other])
        for one, two in found.items():
            pairs[mine[one]] = other[two]
    return pairs


def _added(side: _Side) -> list[int]:
    return [index for index, base in enumerate(side.origins) if base is None]


def _interleave(ours: list[Triple], theirs: list[Triple]) -> list[Triple]:
    """What both sides put into the same place: each cell once, and ours before theirs.

    Cells that both sides put there in the same order divide the others.
    """
    numbers = {triple: number for number, triple in enumerate(ours)}
    shared = [triple for triple in theirs if triple in numbers]
    in_order = longest_rise([numbers[triple] for triple in shared])
    merged: list[Triple] = []
    waiting: list[Triple] = []
    done = 0
    for triple in theirs:
        if numbers.get(triple) in in_order:
            place = numbers[triple]
            merged += [*ours[done:place], *waiting, triple]
            waiting = []
            done = place + 1
        elif triple.base is not None or triple.ours is None:
            waiting.append(triple)
    return [*merged, *ours[done:], *waiting]
