"""Lines are compared correctly, and in a time that does not grow with their square."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate import line_diff
from literate.line_diff import common_blocks, longest_rise, matching_lines, opcodes

LINES = st.lists(st.sampled_from("abcdef"), max_size=12)


@pytest.fixture(params=["difflib", "patience and Myers"])
def method(request, monkeypatch):
    if request.param != "difflib":
        monkeypatch.setattr(line_diff, "_MOST_PAIRS", 0)


def check(old, new) -> None:
    made = []
    old_at = new_at = 0
    for kind, old_start, old_end, new_start, new_end in opcodes(old, new):
        assert (old_start, new_start) == (old_at, new_at)
        old_at, new_at = old_end, new_end
        made += new[new_start:new_end]
        assert (kind == "equal") == (old[old_start:old_end] == new[new_start:new_end])
        assert (kind == "insert") == (old_start == old_end)
        assert (kind == "delete") == (new_start == new_end)
    assert (old_at, new_at) == (len(old), len(new))
    assert made == list(new)
    pairs = matching_lines(old, new)
    assert all(old[place] == new[other] for place, other in pairs.items())
    assert list(pairs.values()) == sorted(set(pairs.values()))


@given(LINES, LINES)
def test_opcodes_lead_from_one_list_to_the_other(old, new):
    check(old, new)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_diff, "_MOST_PAIRS", 0)
        check(old, new)
        patch.setattr(line_diff, "_MOST_DIFFERENCES", 2)
        check(old, new)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("abcdef", "abXcdef", "abcdef"),
        ("abcdef", "abef", "abef"),
        ("aaaaaa", "Xaaaaa", "aaaaa"),
        ("aaaaaa", "XaaaaY", "aaaa"),
        ("axaxax", "ayayay", "aaa"),
        ("abcdef", "fedcba", "f"),
        ("abc", "", ""),
        ("abcabc", "abcXabc", "abcabc"),
    ],
)
def test_as_many_lines_as_possible_stay(method, old, new, kept):
    found = matching_lines(old, new)
    assert len(found) == len(kept)
    assert Counter(old[place] for place in found) <= Counter(kept.ljust(1)) or kept == "f"


def test_without_too_many_differences_the_algorithm_of_myers_finds_the_fewest(monkeypatch):
    monkeypatch.setattr(line_diff, "_MOST_PAIRS", 0)
    old = ["x"] * 3_000
    new = ["y", *old[2:], "z"]
    assert len(matching_lines(old, new)) == len(old) - 2


def test_the_longest_rise():
    assert longest_rise([3, 1, 2, 5, 4]) in ({1, 2, 5}, {1, 2, 4})
    assert longest_rise([]) == set()


# --- growth ------------------------------------------------------------------------------------


class Line:
    """A line that counts how often it is compared."""

    compared = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        Line.compared += 1
        return isinstance(other, Line) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


SHAPES = {
    "one line": lambda n: (["x"] * n, ["x"] * (n // 2) + ["y"] + ["x"] * (n // 2)),
    "both ends": lambda n: (["x"] * n, ["y", *["x"] * n, "z"]),
    "every second one": lambda n: (["x", "y"] * n, ["x", "z"] * n),
    "reversed": lambda n: ([str(i) for i in range(n)], [str(-i) for i in range(n)]),
    "in another order": lambda n: ([str(i) for i in range(n)], [str(i ^ 5) for i in range(n)]),
    "nothing in common": lambda n: (["x"] * n, ["y"] * n),
    "some unique ones": lambda n: (
        [str(i) if i % 50 == 0 else "x" for i in range(n)],
        [str(i) if i % 50 == 0 else "xy"[i % 3 == 0] for i in range(n)],
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_the_work_grows_with_the_number_of_lines(shape):
    """Counted in comparisons, which do not depend on the machine."""

    def comparisons(count: int) -> int:
        old, new = ([Line(text) for text in lines] for lines in shape(count))
        Line.compared = 0
        opcodes(old, new)
        return Line.compared

    to_find_too_many_differences = line_diff._MOST_DIFFERENCES**2
    assert comparisons(16_000) < 30 * comparisons(2_000) + to_find_too_many_differences


def test_the_lines_that_three_versions_share():
    blocks = common_blocks("abcd", "xabcd", "abyd")
    assert list(blocks) == [(0, 1, 0, 2), (3, 4, 3, 1), (4, 5, 4, 0)]


@given(LINES, LINES, LINES)
def test_shared_blocks_are_equal_in_all_versions(base, one, other):
    *blocks, end = common_blocks(base, one, other)
    assert end == (len(base), len(one), len(other), 0)
    for start, in_one, in_other, size in blocks:
        shared = base[start : start + size]
        assert shared == one[in_one : in_one + size] == other[in_other : in_other + size]
