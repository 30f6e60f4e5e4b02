"""Which cell of one version of a notebook is which cell of another version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..line_diff import opcodes
from ..records import dataclass

_WORD = re.compile(r"\w+|[^\w\s]")

_SIMILAR = 0.5  # of two cells in the same place: how much of their words they have in common
_SIMILAR_ELSEWHERE = 0.75  # the same for a cell that may have been moved
_SIMILAR_WITH_ID = 0.25  # below this, an id may be one that was given by position
_MOST_COMPARISONS = 20_000

Pairs = dict[int, int]


@dataclass(frozen=True)
class Key:
    """What a cell is known by."""

    id: str  # "" without one
    type: str
    source: str

    @property
    def token(self) -> str:
        """A text that is equal for cells with the same content."""
        return f"{self.type}\0{self.source}"


def pair_cells(old: Sequence[Key], new: Sequence[Key]) -> Pairs:
    """For the cells of one version, the same cells of another version.

    Cells are known by their ids, then by equal content in the same order, and then by equal content
    anywhere. What is left over is paired by similarity.
    """
    return _Pairing(old, new).find()


class _Pairing:
    def __init__(self, old: Sequence[Key], new: Sequence[Key]) -> None:
        self._old = old
        self._new = new
        self._pairs: Pairs = {}
        self._taken: set[int] = set()
        self._words: dict[str, Counter[str]] = {}
        self._comparisons = 0

    def find(self) -> Pairs:
        by_id = self._pairs_by_id()
        for old, new in by_id:
            if may_be_same(self._old[old], self._new[new]):
                self._add(old, new)
        self._pair_equal_in_order()
        for old, new in by_id:
            self._add(old, new)
        self._pair_equal_anywhere()
        for old_cells, new_cells in self._gaps():
            self._pair_similar(old_cells, new_cells, _SIMILAR)
        self._pair_similar(*self._left_over(), _SIMILAR_ELSEWHERE)
        return self._pairs

    def _add(self, old: int, new: int) -> None:
        if old not in self._pairs and new not in self._taken:
            self._pairs[old] = new
            self._taken.add(new)

    def _left_over(self) -> tuple[list[int], list[int]]:
        old = [index for index in range(len(self._old)) if index not in self._pairs]
        return old, [index for index in range(len(self._new)) if index not in self._taken]

    # --- ids and equal cells -------------------------------------------------------------------

    def _pairs_by_id(self) -> list[tuple[int, int]]:
        """The cells with the same id, if no other cell of their version has it."""
        old_places, new_places = _places_of_ids(self._old), _places_of_ids(self._new)
        found = []
        for cell_id, places in old_places.items():
            others = new_places.get(cell_id, [])
            if len(places) == len(others) == 1:
                found.append((places[0], others[0]))
        return found

    def _pair_equal_in_order(self) -> None:
        for kind, old_start, old_end, new_start, _ in self._opcodes():
            if kind == "equal":
                for offset in range(old_end - old_start):
                    self._add(old_start + offset, new_start + offset)

    def _opcodes(self) -> list[tuple[str, int, int, int, int]]:
        """The differences of both versions, in which cells that are paired are equal."""
        old_tokens = [key.token for key in self._old]
        new_tokens = [key.token for key in self._new]
        for old, new in self._pairs.items():
            old_tokens[old] = new_tokens[new] = f"\0pair {old}"
        return opcodes(old_tokens, new_tokens)

    def _pair_equal_anywhere(self) -> None:
        """Pair cells that moved: their content is that of no other cell that is left over."""
        old, new = self._left_over()
        old_counts = Counter(self._old[index].token for index in old)
        new_counts = Counter(self._new[index].token for index in new)
        place_of = {self._new[index].token: index for index in new}
        for index in old:
            token = self._old[index].token
            if old_counts[token] == new_counts[token] == 1 and self._old[index].source.strip():
                self._add(index, place_of[token])

    # --- similar cells -------------------------------------------------------------------------

    def _gaps(self) -> list[tuple[list[int], list[int]]]:
        """The cells that are left over between two pairs, for each place where there are some."""
        gaps = []
        for kind, old_start, old_end, new_start, new_end in self._opcodes():
            if kind == "replace":
                old = [index for index in range(old_start, old_end) if index not in self._pairs]
                new = [index for index in range(new_start, new_end) if index not in self._taken]
                gaps.append((old, new))
        return gaps

    def _pair_similar(self, old: list[int], new: list[int], least: float) -> None:
        """Pair cells whose sources are similar, the most similar ones first."""
        scores = []
        for one in old:
            for other in new:
                self._comparisons += 1
                if self._comparisons > _MOST_COMPARISONS:
                    break
                score = self._similarity(one, other)
                if score >= least:
                    scores.append((-score, abs(one - other), one, other))
        for _, _, one, other in sorted(scores):
            self._add(one, other)

    def _similarity(self, old: int, new: int) -> float:
        """How much of their words two cells have in common, from 0 to 1."""
        return _overlap(self._words_of(self._old[old]), self._words_of(self._new[new]))

    def _words_of(self, key: Key) -> Counter[str]:
        if key.source not in self._words:
            self._words[key.source] = _words(key)
        return self._words[key.source]


def may_be_same(one: Key, other: Key) -> bool:
    """Whether two cells with the same id have anything in common, or one of them is empty.

    Some programs give ids by position. Then a new cell has the id of another one.
    """
    if one.source == other.source or not one.source.strip() or not other.source.strip():
        return True
    return _overlap(_words(one), _words(other)) >= _SIMILAR_WITH_ID


def _words(key: Key) -> Counter[str]:
    return Counter(_WORD.findall(key.source))


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    """How much two bags of words have in common, from 0 to 1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _places_of_ids(keys: Sequence[Key]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        if key.id:
            places.setdefault(key.id, []).append(index)
    return places
