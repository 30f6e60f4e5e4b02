"""Our lines in .gitattributes, and everything else in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.vcs.attributes import our_lines, read_attributes, with_lines, write_attributes

LINES = ["*.ipynb merge=literate", "/lib/**/*.py merge=literate-modules"]


@given(st.text(alphabet="a*# \n\r\t=", max_size=60))
def test_all_else_stays_to_the_character(text):
    installed = with_lines(text, LINES)
    assert our_lines(installed) == LINES
    assert with_lines(installed, LINES) == installed
    assert with_lines(installed, []) == text


@given(st.text(alphabet="a\n", max_size=20), st.text(alphabet="b\n", max_size=20))
def test_what_was_added_below_our_lines_stays(above, below):
    installed = with_lines(above, LINES) + below
    assert with_lines(installed, ["*.ipynb diff=literate"]).endswith(below)
    assert with_lines(installed, []).endswith(below)


def test_without_lines_of_ours_nothing_changes():
    assert our_lines("*.py text\n") == []
    assert with_lines("*.py text\n", []) == "*.py text\n"


def test_an_end_that_somebody_has_removed_ends_nothing_else():
    text = with_lines("", LINES).replace("# literate: end\n", "") + "*.png binary\n"
    assert "*.png binary\n" in with_lines(text, [])


def test_a_file_is_written_only_if_it_changes(tmp_path):
    path = tmp_path / ".gitattributes"
    assert read_attributes(path) == ""
    assert write_attributes(path, "a\n")
    assert not write_attributes(path, "a\n")
    assert read_attributes(path) == "a\n"
    assert write_attributes(path, "")
    assert not path.exists()
    assert not write_attributes(path, "")


def test_bytes_that_are_not_text_stay(tmp_path):
    path = tmp_path / ".gitattributes"
    path.write_bytes(b"\xff text\n")
    write_attributes(path, with_lines(read_attributes(path), LINES))
    write_attributes(path, with_lines(read_attributes(path), []))
    assert path.read_bytes() == b"\xff text\n"


def test_a_folder_in_its_place_is_an_error(tmp_path):
    with pytest.raises(IsADirectoryError):
        read_attributes(tmp_path)
