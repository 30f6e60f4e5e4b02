"""Lines are merged as git merges them."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literate.compile.line_merge import Overlap, merge_lines

LINES = st.lists(st.sampled_from("abcdef"), max_size=8)


@pytest.mark.parametrize(
    ("module", "notebook", "merged"),
    [
        ("abcde", "abcde", "abcde"),
        ("Abcde", "abcdE", "AbcdE"),
        ("abXcde", "abcd", "abXcd"),
        ("xabcde", "abcdey", "xabcdey"),
        ("", "abcde", ""),
        ("abde", "abde", "abde"),
        ("aXbcde", "aXbcdE", "aXbcdE"),
    ],
)
def test_changes_of_both_sides_are_taken(module, notebook, merged):
    for sides in ((module, notebook), (notebook, module)):
        result = merge_lines(list("abcde"), *map(list, sides))
        assert "".join(result.lines) == merged
        assert result.overlaps == []


def test_where_both_sides_changed_lines_the_module_counts():
    result = merge_lines(list("abcde"), list("abXde"), list("abYYdE"))
    assert "".join(result.lines) == "abXdE"
    assert result.overlaps == [Overlap((2, 3), (2, 4))]


@pytest.mark.parametrize(
    ("module", "notebook"), [("aBcde", "abCde"), ("abde", "abXde"), ("abXcde", "abYcde")]
)
def test_changes_that_touch_overlap(module, notebook):
    assert len(merge_lines(list("abcde"), list(module), list(notebook)).overlaps) == 1


@given(LINES, LINES, LINES)
def test_a_merge_keeps_each_side_where_the_other_changed_nothing(base, module, notebook):
    assert merge_lines(base, module, base).lines == module
    assert merge_lines(base, base, notebook).lines == notebook
    assert merge_lines(base, module, module).lines == module
    both = merge_lines(base, module, notebook)
    assert set(both.lines) >= set(module) - set(base)
    if not both.overlaps:
        assert set(both.lines) >= set(notebook) - set(base)


def test_git_agrees(tmp_path):
    base = [f"line {number}" for number in range(12)]
    module = [*base[:2], "module", *base[3:]]
    for changed in range(12):
        notebook = [*base[:changed], "notebook", *base[changed + 1 :]]
        versions = {"module": module, "base": base, "notebook": notebook}
        for name, lines in versions.items():
            (tmp_path / name).write_text("\n".join(lines) + "\n")
        command = ["git", "merge-file", "-p", "module", "base", "notebook"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        result = merge_lines(base, module, notebook)
        assert bool(done.returncode) == bool(result.overlaps), changed
        if not done.returncode:
            assert done.stdout == "\n".join(result.lines) + "\n"
