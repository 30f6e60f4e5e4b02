"""Which cell of one version of a notebook is which cell of another version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from ..line_diff import opcodes
from ..records import dataclass

_WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_DEFINED = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)

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
    return _Pairing(old, new, _similarity).find()


def pair_added_cells(ours: Sequence[Key], theirs: Sequence[Key]) -> Pairs:
    """The cells that two people have both added to a notebook, each one for themselves.

    No cell of the base is behind them, so they have to be more alike than two versions of a cell.
    """
    return _Pairing(ours, theirs, _similarity_of_added).find()


class _Pairing:
    def __init__(
        self, old: Sequence[Key], new: Sequence[Key], similarity: Callable[[Key, Key], float]
    ) -> None:
        self._old = old
        self._new = new
        self._similarity = similarity
        self._pairs: Pairs = {}
        self._taken: set[int] = set()
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
                score = self._similarity(self._old[one], self._new[other])
                if score >= least:
                    scores.append((-score, abs(one - other), one, other))
        for _, _, one, other in sorted(scores):
            self._add(one, other)


def may_be_same(one: Key, other: Key) -> bool:
    """Whether two cells with the same id have anything in common, or one of them is empty.

    Some programs give ids by position. Then a new cell has the id of another one.
    """
    if one.source == other.source or not one.source.strip() or not other.source.strip():
        return True
    return _similarity(one, other) >= _SIMILAR_WITH_ID


def _similarity(one: Key, other: Key) -> float:
    """How much of their words and signs two cells have in common, from 0 to 1."""
    return _overlap(_words_and_signs(one.source), _words_and_signs(other.source))


def _similarity_of_added(one: Key, other: Key) -> float:
    """The same for cells that both sides added.

    Two cells that define different names are two cells, although short functions look alike. The
    signs do not count, since all headings and all calls have the same ones.
    """
    defined, others = _defined_names(one.source), _defined_names(other.source)
    if defined and others and defined.isdisjoint(others):
        return 0.0
    return min(_similarity(one, other), _overlap(_words(one.source), _words(other.source)))


@lru_cache(maxsize=_MOST_COMPARISONS)
def _words_and_signs(source: str) -> Counter[str]:
    return Counter(_WORD_OR_SIGN.findall(source))


@lru_cache(maxsize=_MOST_COMPARISONS)
def _words(source: str) -> Counter[str]:
    return Counter(_WORD.findall(source))


def _defined_names(source: str) -> set[str]:
    """The functions and classes that a cell defines at its top level."""
    return set(_DEFINED.findall(source))


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
