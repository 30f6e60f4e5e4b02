"""Three versions of a text, merged by line; git is the oracle."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from literate.vcs.lines import DIFF3, MERGE, STYLES, ZDIFF3, Marks, merge_texts, whole_conflict

BASE = "a\nb\nc\nd\ne"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (BASE, BASE, BASE),
        ("A\nb\nc\nd\ne", BASE, "A\nb\nc\nd\ne"),
        (BASE, "a\nb\nc\nd", "a\nb\nc\nd"),
        ("A\nb\nc\nd\ne", "a\nb\nc\nd\nE", "A\nb\nc\nd\nE"),
        ("x\na\nb\nc\nd\ne", "a\nb\nd\ne\ny", "x\na\nb\nd\ne\ny"),
        ("a\nB\nc\nd\ne", "a\nB\nc\nd\nE", "a\nB\nc\nd\nE"),
        ("", BASE, ""),
    ],
)
def test_changes_in_different_places_are_merged(ours, theirs, merged):
    for sides in ((ours, theirs), (theirs, ours)):
        found = merge_texts(BASE, *sides, Marks())
        assert (found.text, found.conflicts) == (merged, 0)


OURS = "a\nnew\nb1\nsame\nc"
THEIRS = "a\nnew\nb2\nsame\nc"
SHOWN = {
    MERGE: "a\nnew\n<<<<<<< ours\nb1\n=======\nb2\n>>>>>>> theirs\nsame\nc",
    DIFF3: "a\n<<<<<<< ours\nnew\nb1\nsame\n||||||| base\nb\n=======\nnew\nb2\nsame\n>>>>>>> "
    "theirs\nc",
    ZDIFF3: "a\nnew\n<<<<<<< ours\nb1\n||||||| base\nb\n=======\nb2\n>>>>>>> theirs\nsame\nc",
}


@pytest.mark.parametrize("style", STYLES)
def test_the_styles_of_git(style):
    found = merge_texts("a\nb\nc", OURS, THEIRS, Marks(style))
    assert (found.text, found.conflicts) == (SHOWN[style], 1)


def test_the_size_and_the_labels_of_marks():
    marks = Marks(DIFF3, 9, "HEAD", "abc", "topic")
    text = merge_texts("a", "b", "c", marks).text.split("\n")
    assert text == [
        *("<<<<<<<<< HEAD", "b", "||||||||| abc", "a"),
        *("=========", "c", ">>>>>>>>> topic"),
    ]


def test_a_side_that_deleted_everything():
    assert whole_conflict(None, "a", "b", Marks()) == "<<<<<<< ours\n=======\nb\n>>>>>>> theirs"
    assert whole_conflict("", "a", None, Marks()) == "<<<<<<< ours\n\n=======\n>>>>>>> theirs"


def test_without_a_base_only_what_differs_is_in_conflict():
    found = merge_texts(None, "1\n2\n3\n4\n5\nx\n6", "1\n2\n3\n4\n5\ny\n6", Marks())
    assert found.text == "1\n2\n3\n4\n5\n<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n6"
    assert found.conflicts == 1
    assert merge_texts(None, "1", "1", Marks()).conflicts == 0


TEXTS = st.lists(st.sampled_from("abcdef"), max_size=9).map("\n".join)


@settings(max_examples=40)
@given(TEXTS, TEXTS, TEXTS)
def test_where_git_merges_we_do_too(tmp_path_factory, base, ours, theirs):
    folder = tmp_path_factory.mktemp("merge")
    for name, text in {"base": base, "ours": ours, "theirs": theirs}.items():
        Path(folder, name).write_text(f"{text}\n")
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    found = merge_texts(base, ours, theirs, Marks())
    if done.returncode == 0 and not found.conflicts:
        assert Counter(found.text.split("\n")) == Counter(done.stdout[:-1].split("\n"))


@given(st.data())
def test_no_line_is_lost_and_none_is_doubled(data):
    base = [str(number) for number in range(data.draw(st.integers(0, 15)))]
    sides = []
    for side in "xy":
        kept = [line for line in base if data.draw(st.booleans())]
        for number in range(data.draw(st.integers(0, 4))):
            kept.insert(data.draw(st.integers(0, len(kept))), f"{side}{number}")
        sides.append(kept)
    ours, theirs = sides
    for style in STYLES:
        texts = ["\n".join(lines) for lines in (base, ours, theirs)]
        found = merge_texts(*texts, Marks(style))
        counts = Counter(found.text.split("\n"))
        for line in {*ours, *theirs} - {*base}:
            assert counts[line] == 1
        for line in base:
            assert line not in ours or line not in theirs or counts[line] >= 1
        if not found.conflicts:
            kept_by_both = [line for line in base if line in ours and line in theirs]
            in_merged = [line for line in found.text.split("\n") if line in base]
            assert in_merged == kept_by_both


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_are_equal(base, ours, theirs):
    assert merge_texts(base, ours, ours, Marks()).text == ours
    assert merge_texts(base, base, theirs, Marks()).text == theirs
    assert merge_texts(base, ours, base, Marks()).text == ours
    one = merge_texts(base, ours, theirs, Marks())
    other = merge_texts(base, theirs, ours, Marks())
    assert one.conflicts == other.conflicts
    if not one.conflicts:
        assert one.text == other.text
