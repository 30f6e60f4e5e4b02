"""Which section of one version of a module is which section of another version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher

from ..line_diff import opcodes
from ..markers import Section

_SIMILAR = 0.5  # code that has so much in common with other code may be its edited version
_MOST_COMPARISONS = 2_000  # of code with other code: more of them would take minutes

Pairs = dict[int, int]  # from the index of a section to the index of the same section


def match_on_disk(base: list[Section], disk: list[Section]) -> Pairs:
    """The sections of cells in `base` that stand in an edited module.

    They have the same marker. Where several sections have it, their code decides.
    """
    groups: dict[str, tuple[list[int], list[int]]] = {}
    for index, section in enumerate(base):
        if section.notebook is not None:
            groups.setdefault(section.marker, ([], []))[0].append(index)
    for index, section in enumerate(disk):
        if section.marker in groups:
            groups[section.marker][1].append(index)
    pairs: Pairs = {}
    for old, new in groups.values():
        _pair_up(pairs, base, disk, old, new)
        if len(old) == 1 and new:  # a person copied a section, and edited both
            pairs.setdefault(old[0], new[0])
    return pairs


def match_in_notebooks(base: list[Section], new: list[Section]) -> Pairs:
    """The sections of `base` in the text that the notebooks generate now.

    Cells are known by their ids, in whichever notebook they are. Other cells are matched by their
    code and their order, in the same notebook or in one that was renamed. The number of a cell does
    not count: it changes when a cell comes or goes.
    """
    pairs: Pairs = {}
    for identify in (_id_in_notebook, _id_anywhere):
        _match_unique(pairs, base, new, identify)

    old_rest, new_rest = _rest(pairs, base, new)
    for notebook in dict.fromkeys(base[index].notebook for index in old_rest):
        old = [index for index in old_rest if base[index].notebook == notebook]
        fresh = [index for index in new_rest if new[index].notebook == notebook]
        without_id = [index for index in fresh if not new[index].cell_id]
        _pair_up(pairs, base, new, [n for n in old if not base[n].cell_id], without_id)
        _pair_up(pairs, base, new, *_unpaired(pairs, old, fresh), only_equal=True)

    gone = {each.notebook for each in base} - {each.notebook for each in new}
    come = {each.notebook for each in new} - {each.notebook for each in base}
    old_rest, new_rest = _rest(pairs, base, new)
    old = [index for index in old_rest if base[index].notebook in gone]
    fresh = [index for index in new_rest if new[index].notebook in come]
    _pair_up(pairs, base, new, old, fresh)
    return pairs


# --- by id -------------------------------------------------------------------------------------


def _id_of(section: Section) -> str:
    """The id that the notebook or the marker gives to a cell, or ""."""
    if section.cell_id:
        return section.cell_id
    return section.key.removeprefix("#") if section.key.startswith("#") else ""


def _id_in_notebook(section: Section) -> object:
    return (section.notebook, _id_of(section)) if _id_of(section) else None


def _id_anywhere(section: Section) -> object:
    return _id_of(section) or None


def _match_unique(
    pairs: Pairs, base: list[Section], new: list[Section], identify: Callable[[Section], object]
) -> None:
    """Add the pairs of sections that have the same identity, if no other section has it."""
    old_rest, new_rest = _rest(pairs, base, new)
    old_counts = Counter(identify(base[index]) for index in old_rest)
    new_counts = Counter(identify(new[index]) for index in new_rest)
    index_of = {identify(new[index]): index for index in new_rest}
    for index in old_rest:
        identity = identify(base[index])
        if identity is not None and old_counts[identity] == new_counts[identity] == 1:
            pairs[index] = index_of[identity]


def _rest(pairs: Pairs, base: list[Section], new: list[Section]) -> tuple[list[int], list[int]]:
    """The sections of cells that are not in a pair yet."""
    old = [index for index, section in enumerate(base) if section.notebook is not None]
    fresh = [index for index, section in enumerate(new) if section.notebook is not None]
    return _unpaired(pairs, old, fresh)


def _unpaired(pairs: Pairs, old: Iterable[int], new: Iterable[int]) -> tuple[list[int], list[int]]:
    taken = set(pairs.values())
    return [n for n in old if n not in pairs], [n for n in new if n not in taken]


# --- by code -----------------------------------------------------------------------------------


def _pair_up(
    pairs: Pairs,
    base: list[Section],
    other: list[Section],
    old: list[int],
    new: list[int],
    only_equal: bool = False,
) -> None:
    """Add pairs among some sections of `base` and `other`.

    Equal code comes first, in its order and then anywhere. Where some sections were replaced by as
    many others, these are pairs too, and where the numbers differ, similar ones are.
    """
    if len(old) == len(new) == 1 and not only_equal:
        pairs[old[0]] = new[0]
        return
    old_codes = [base[index].code for index in old]
    new_codes = [other[index].code for index in new]
    gaps: list[tuple[list[int], list[int]]] = []
    for kind, old_start, old_end, new_start, new_end in opcodes(old_codes, new_codes):
        if kind == "equal":
            pairs.update(zip(old[old_start:old_end], new[new_start:new_end], strict=True))
        else:
            gaps.append((old[old_start:old_end], new[new_start:new_end]))
    old_rest, new_rest = _unpaired(pairs, old, new)
    places: dict[str, list[int]] = {}
    for index in reversed(new_rest):
        places.setdefault(other[index].code, []).append(index)
    for index in old_rest:
        if places.get(base[index].code):
            pairs[index] = places[base[index].code].pop()
    if only_equal:
        return
    for gap in gaps:
        old_in_gap, new_in_gap = _unpaired(pairs, *gap)
        if len(old_in_gap) == len(new_in_gap):
            pairs.update(zip(old_in_gap, new_in_gap, strict=True))
    _pair_similar(pairs, base, other, *_unpaired(pairs, old, new))


def _pair_similar(
    pairs: Pairs, base: list[Section], other: list[Section], old: list[int], new: list[int]
) -> None:
    """Add pairs of sections whose code is similar, the most similar ones first.

    Of too many sections, each one is compared only with those near to it.
    """
    reach = _MOST_COMPARISONS // max(1, len(old))
    scores: list[tuple[float, int, int]] = []
    for number, old_index in enumerate(old):
        middle = number * len(new) // len(old)
        for new_index in new[max(0, middle - reach) : middle + reach + 1]:
            matcher = SequenceMatcher(None, base[old_index].code, other[new_index].code)
            if matcher.quick_ratio() >= _SIMILAR:
                scores.append((matcher.ratio(), old_index, new_index))
    scores.sort(key=lambda score: (-score[0], score[1], score[2]))
    taken: set[int] = set()
    for ratio, old_index, new_index in scores:
        if ratio >= _SIMILAR and old_index not in pairs and new_index not in taken:
            pairs[old_index] = new_index
            taken.add(new_index)
