"""Three versions of a notebook, merged by cell: `order.py` and `merged_cell.py`, too."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from conftest import notebook
from hypothesis import given, settings
from hypothesis import strategies as st

from literate.vcs.lines import DIFF3, Marks
from literate.vcs.merged_notebook import MergedNotebook, merge_notebooks
from literate.vcs.versions import read_version

CODE, MARKDOWN = "code", "markdown"


def cell(source: str, cell_id: str = "", kind: str = CODE, **members: object) -> dict:
    made: dict = {"cell_type": kind}
    if cell_id:
        made["id"] = cell_id
    made |= {"metadata": {}, "source": source.splitlines(keepends=True)}
    if kind == CODE:
        made |= {"execution_count": None, "outputs": []}
    return made | members


def printing(text: str) -> dict:
    return {"name": "stdout", "output_type": "stream", "text": [text]}


def merge(
    base: str | bytes, ours: str | bytes, theirs: str | bytes, **options: object
) -> MergedNotebook:
    """Merge three texts, and look whether the result is a valid notebook."""
    versions = []
    for text in (base, ours, theirs):
        raw = text if isinstance(text, bytes) else text.encode()
        versions.append(read_version(Path("a.ipynb"), raw))
    marks = options.pop("marks", Marks())
    found = merge_notebooks(*versions, marks, **options)
    data = json.loads(found.text)
    ids = [each["id"] for each in data["cells"] if "id" in each]
    assert len(set(ids)) == len(ids)
    return found


def merged_cells(base: str, ours: str, theirs: str) -> list[dict]:
    found = merge(base, ours, theirs)
    assert found.conflicts == []
    return json.loads(found.text)["cells"]


def sources(cells: list[dict]) -> list[str]:
    return ["".join(each["source"]) for each in cells]


def merged_sources(base: list, ours: list, theirs: list) -> list[str]:
    """The sources of merged cells, which `a:x = 1` describes with an id."""
    texts = [notebook(*map(described, cells)) for cells in (base, ours, theirs)]
    return sources(merged_cells(*texts))


def described(text: str) -> dict:
    cell_id, _, source = text.partition(":")
    return cell(source, cell_id)


# --- cells that come, go and move --------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (["a:1", "x:X", "b:2", "c:3"], ["a:1", "b:2", "c:3", "y:Y"], "1 X 2 3 Y"),
        (["a:1", "x:X", "b:2", "c:3"], ["a:1", "y:Y", "b:2", "c:3"], "1 X Y 2 3"),
        (["x:X", "a:1", "b:2", "c:3"], ["y:Y", "a:1", "b:2", "c:3"], "X Y 1 2 3"),
        (["a:1", "c:3"], ["a:1", "b:2", "c:4"], "1 4"),
        (["a:1", "c:3"], ["a:1", "b:2", "y:Y", "c:3"], "1 Y 3"),
        (["a:1", "x:X", "c:3"], ["a:1", "b:2", "y:Y", "c:3"], "1 X Y 3"),
        (["b:2", "a:1", "c:3"], ["a:5", "b:2", "c:3"], "2 5 3"),
        (["c:3", "a:1", "b:2"], ["a:1", "x:X", "b:2", "c:4"], "4 1 X 2"),
        (["a:1", "b:2", "c:3"], ["c:3", "a:1"], "3 1"),
        (["c:3", "a:1", "b:2"], ["a:1", "c:3", "b:2"], "3 1 2"),
        (["a:1", "n:N", "b:2", "c:3"], ["a:1", "n:N", "b:2", "c:3"], "1 N 2 3"),
        (["a:1", "n:N", "b:2", "c:3"], ["a:1", "m:N", "b:2", "c:3"], "1 N 2 3"),
        (["a:1", "x:X", "n:N", "b:2", "c:3"], ["a:1", "n:N", "y:Y", "b:2", "c:3"], "1 X N Y 2 3"),
        (["a:1", "x:X", "n:N", "b:2", "c:3"], ["a:1", "y:Y", "n:N", "b:2", "c:3"], "1 X Y N 2 3"),
        (["a:1", "n:N", "b:2", "c:3"], ["a:1", "b:2", "n:N", "c:3"], "1 N 2 3"),
        ([], ["a:1", "b:2", "c:3", "y:Y"], "Y"),
    ],
)
def test_cells_that_come_go_and_move(ours, theirs, expected):
    assert merged_sources(["a:1", "b:2", "c:3"], ours, theirs) == expected.split()


def test_both_sides_change_other_lines_of_a_cell():
    found = merged_sources(["a:1\n2\n3"], ["a:0\n2\n3"], ["a:1\n2\n4"])
    assert found == ["0\n2\n4"]


def test_cells_without_ids_are_known_by_their_content():
    base = notebook(cell("import os"), cell("x = 1\ny = 2\nz = 3"), cell("end"))
    ours = notebook(cell("import os"), cell("x = 1\ny = 2\nz = 4"), cell("end"))
    theirs = notebook(cell("new"), cell("import os"), cell("x = 0\ny = 2\nz = 3"), cell("end"))
    assert sources(merged_cells(base, ours, theirs)) == [
        *("new", "import os", "x = 0\ny = 2\nz = 4", "end")
    ]


def test_both_sides_added_a_similar_cell():
    lines = [f"line {number}" for number in range(9)]
    ours, theirs = "\n".join([*lines, "left"]), "\n".join([*lines, "right"])
    found = merge(
        notebook(cell("a")), notebook(cell("a"), cell(ours)), notebook(cell("a"), cell(theirs))
    )
    assert [conflict.cell for conflict in found.conflicts] == [1]
    new = sources(json.loads(found.text)["cells"])[1]
    assert new == "\n".join([*lines, "<<<<<<< ours", "left", "=======", "right", ">>>>>>> theirs"])


# --- conflicts ---------------------------------------------------------------------------------


def conflict_of(
    base: dict | None, ours: dict | None, theirs: dict | None, **options: object
) -> str:
    """The source of the only cell in conflict."""
    texts = [notebook(*([] if each is None else [each])) for each in (base, ours, theirs)]
    found = merge(*texts, **options)
    assert [(each.cell, each.parts) for each in found.conflicts] == [(0, ("source",))]
    return sources(json.loads(found.text)["cells"])[0]


def test_a_conflict_stands_in_the_source_of_its_cell():
    source = conflict_of(cell("a\nb", "1"), cell("a\nc", "1"), cell("a\nd", "1"))
    assert source == "a\n<<<<<<< ours\nc\n=======\nd\n>>>>>>> theirs"


def test_a_conflict_in_the_style_of_the_marks():
    marks = Marks(DIFF3, 7, "HEAD", "old", "topic")
    source = conflict_of(cell("a", "1"), cell("b", "1"), cell("c", "1"), marks=marks)
    assert source == "<<<<<<< HEAD\nb\n||||||| old\na\n=======\nc\n>>>>>>> topic"


def test_one_side_deleted_what_the_other_one_changed():
    source = conflict_of(cell("a", "1"), None, cell("b", "1"))
    assert source == "<<<<<<< ours\n=======\nb\n>>>>>>> theirs"
    source = conflict_of(cell("a", "1"), cell("b", "1"), None)
    assert source == "<<<<<<< ours\nb\n=======\n>>>>>>> theirs"


def test_one_side_deleted_what_the_other_one_only_ran():
    ran = cell("a", "1", execution_count=3, outputs=[printing("1")])
    base = notebook(cell("a", "1"), cell("b", "2"))
    assert sources(merged_cells(base, notebook(ran, cell("b", "2")), notebook(cell("b", "2")))) == [
        "b"
    ]


def test_both_versions_as_cells():
    texts = [notebook(cell("x", "0"), cell(source, "1")) for source in ("a", "b", "c")]
    found = merge(*texts, both_as_cells=True)
    assert [conflict.cell for conflict in found.conflicts] == [1]
    assert sources(json.loads(found.text)["cells"]) == [
        *("x", "`<<<<<<< ours`", "b", "`=======`", "c", "`>>>>>>> theirs`")
    ]


def test_a_deleted_version_as_cells():
    texts = [notebook(cell("a", "1")), notebook(), notebook(cell("b", "1"))]
    found = merge(*texts, both_as_cells=True)
    assert sources(json.loads(found.text)["cells"]) == [
        *("`<<<<<<< ours`", "`=======`", "b", "`>>>>>>> theirs`")
    ]


# --- outputs, metadata, types ------------------------------------------------------------------


def ran(source: str, count: int, printed: str) -> dict:
    return cell(source, "1", execution_count=count, outputs=[printing(printed)])


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (("a", 2, "ours"), ("a", 3, "theirs"), "ours"),
        (("a", 1, "base"), ("a", 3, "theirs"), "theirs"),
        (("a", 2, "ours"), ("a2", 3, "theirs"), "theirs"),
        (("a2", 2, "ours"), ("a", 3, "theirs"), "ours"),
        (("a2", 2, "ours"), ("a2", 3, "theirs"), "ours"),
    ],
)
def test_outputs_are_never_in_conflict(ours, theirs, expected):
    versions = [notebook(ran(*each)) for each in (("a", 1, "base"), ours, theirs)]
    found = merged_cells(*versions)[0]
    assert found["outputs"] == [printing(expected)]
    assert found["execution_count"] == {"base": 1, "ours": 2, "theirs": 3}[expected]


def test_metadata_is_merged_by_key():
    base = notebook(cell("a", "1", metadata={"tags": ["x"], "old": 1}))
    ours = notebook(cell("a", "1", metadata={"tags": ["x", "y"]}))
    theirs = notebook(cell("a", "1", metadata={"tags": ["x", "z"], "old": 1, "new": 2}))
    assert merged_cells(base, ours, theirs)[0]["metadata"] == {"tags": ["x", "y", "z"], "new": 2}


def test_metadata_in_conflict_is_ours_and_named():
    base, ours, theirs = (
        notebook(cell("a", "1", metadata={"slideshow": {"slide_type": kind}, "scrolled": kind}))
        for kind in ("slide", "skip", "notes")
    )
    found = merge(base, ours, theirs)
    assert [each.parts for each in found.conflicts] == [("metadata.slideshow.slide_type",)]
    assert not found.conflicts[0].is_marked
    metadata = json.loads(found.text)["cells"][0]["metadata"]
    assert metadata == {"slideshow": {"slide_type": "skip"}, "scrolled": "skip"}


def test_the_metadata_of_the_notebook():
    base = notebook("a", kernelspec={"name": "x"}, title="t")
    ours = notebook("a", kernelspec={"name": "y"}, title="t", ours=1)
    theirs = notebook("a", kernelspec={"name": "z"}, title="T", theirs=2)
    found = merge(base, ours, theirs)
    assert found.conflicts == []
    metadata = json.loads(found.text)["metadata"]
    assert metadata == {"kernelspec": {"name": "y"}, "title": "T", "ours": 1, "theirs": 2}
    other = merge(base, notebook("a", title="1"), notebook("a", title="2"))
    assert [(each.cell, each.parts) for each in other.conflicts] == [(None, ("metadata.title",))]


def test_a_type_that_one_side_changed():
    base = notebook(cell("a", "1"))
    ours = notebook(cell("a", "1", MARKDOWN))
    theirs = notebook(cell("b", "1", execution_count=2, outputs=[printing("x")]))
    for sides in ((ours, theirs), (theirs, ours)):
        found = merged_cells(base, *sides)[0]
        assert (found["cell_type"], found["source"]) == (MARKDOWN, ["b"])
        assert "outputs" not in found
        assert "execution_count" not in found


def test_attachments_of_both_sides():
    picture = {"image/png": "abc"}
    base = notebook(cell("a", "1", MARKDOWN))
    ours = notebook(cell("a", "1", MARKDOWN, attachments={"o.png": picture}))
    theirs = notebook(cell("a b", "1", MARKDOWN, attachments={"t.png": picture}))
    assert [*merged_cells(base, ours, theirs)[0]["attachments"]] == ["o.png", "t.png"]


# --- ids and versions of the format ------------------------------------------------------------


def with_minor(text: str, minor: int) -> str:
    return text.replace('"nbformat_minor": 5', f'"nbformat_minor": {minor}')


def test_the_other_side_brought_ids():
    base = with_minor(notebook(cell("a"), cell("b")), 4)
    ours = with_minor(notebook(cell("a"), cell("mine"), cell("b")), 4)
    theirs = notebook(cell("a", "1"), cell("b", "2"), cell("c", "3"))
    found = json.loads(merge(base, ours, theirs).text)
    assert found["nbformat_minor"] == 5
    assert sources(found["cells"]) == ["a", "mine", "b", "c"]
    ids = [each["id"] for each in found["cells"]]
    assert [ids[0], *ids[2:]] == ["1", "2", "3"]
    assert ids[1]


def test_ids_are_left_out_where_the_format_has_none():
    base = with_minor(notebook(cell("a")), 4)
    theirs = with_minor(notebook(cell("a"), cell("b", "5")), 4)
    found = json.loads(merge(base, with_minor(notebook(cell("a"), cell("x")), 2), theirs).text)
    assert (found["nbformat_minor"], sources(found["cells"])) == (2, ["a", "x", "b"])
    assert all("id" not in each for each in found["cells"])


def test_two_new_cells_with_the_same_id_get_two_ids():
    base = notebook(cell("a", "1"), cell("b", "2"))
    ours = notebook(cell("a", "1"), cell("b", "2"), cell("an end", "3"))
    theirs = notebook(cell("some beginning", "3"), cell("a", "1"), cell("b", "2"))
    found = merged_cells(base, ours, theirs)
    assert sources(found) == ["some beginning", "a", "b", "an end"]
    assert [each["id"] for each in found[1:]] == ["1", "2", "3"]


# --- bytes -------------------------------------------------------------------------------------

LAYOUTS = {
    "as Jupyter does": {"indent": 1, "ensure_ascii": False},
    "four blanks": {"indent": 4, "ensure_ascii": False},
    "escapes": {"indent": 1, "ensure_ascii": True},
    "tabs": {"indent": "\t"},
    "one line": {},
    "no blanks": {"separators": (",", ":")},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_result_has_the_layout_of_ours(layout, end):
    def laid_out(*cells: dict, **metadata: object) -> str:
        text = json.dumps(json.loads(notebook(*cells, **metadata)), **layout) + end
        return text.replace("\n", "\r\n") if end == "\r\n" else text

    first, second = cell("é = 1\nb", "1"), cell("ü", "2")
    base = laid_out(first, second)
    ours = laid_out(cell("é = 2\nb", "1"), second)
    theirs = notebook(first, second, cell("ö", "3"), new="ß")
    joined = laid_out(cell("é = 2\nb", "1"), second, cell("ö", "3"), new="ß")
    assert merge(base, ours, theirs).text == joined
    assert merge(base, base, theirs).text == laid_out(first, second, cell("ö", "3"), new="ß")


def test_what_nobody_touched_keeps_its_bytes():
    odd = notebook(cell("a", "1"), cell("b", "2"), cell("c", "3"))
    odd = odd.replace('"metadata": {}', '"metadata" : { }', 1).replace('"a"', '"\\u0061"')
    theirs = notebook(cell("a", "1"), cell("b", "2"), cell("changed", "3"))
    new = merge(notebook(cell("a", "1"), cell("b", "2"), cell("c", "3")), odd, theirs).text
    assert new == odd.replace('"c"', '"changed"')


def test_sources_that_are_texts_stay_texts():
    base, ours, theirs = (
        notebook({**cell("", "1"), "source": source})
        for source in ("a\nb\nc", "A\nb\nc", "a\nb\nC")
    )
    assert merged_cells(base, ours, theirs)[0]["source"] == "A\nb\nC"


def test_a_half_of_a_character_is_written_as_an_escape():
    base, ours, theirs = (
        notebook(cell(source, "1")) for source in ("a\nb\nHALF", "A\nb\nHALF", "a\nB\nHALF")
    )
    texts = [text.replace("HALF", "\\ud800") for text in (base, ours, theirs.replace("B", "c"))]
    found = merge(*texts)
    assert "\\ud800" in found.text
    assert found.text.encode("utf-8")


def test_a_side_without_any_bytes():
    text = notebook("a")
    assert merge(b"", text, text).text == text
    assert merge(text, b"", text).text == text
    assert sources(merged_cells(b"", notebook(cell("a")), notebook(cell("a"), cell("b")))) == [
        "a",
        "b",
    ]


def test_a_notebook_without_cells():
    assert sources(merged_cells(notebook(), notebook(), notebook(cell("a", "1")))) == ["a"]
    assert merged_cells(notebook(cell("a", "1")), notebook(), notebook(cell("a", "1"))) == []


# --- whatever happens --------------------------------------------------------------------------

LINES = [f"word{number} = {number}" for number in range(6)]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict], list[dict], list[dict], bool]:
    """A notebook, and how two people changed it; each of them writes lines of their own."""
    with_ids = draw(st.booleans())
    base = []
    for number in range(draw(st.integers(0, 5))):
        lines = [
            f"{line} + {number}" for line in draw(st.lists(st.sampled_from(LINES), max_size=4))
        ]
        base.append(cell("\n".join(lines), f"id{number}" if with_ids else ""))
    sides = []
    for side in ("left", "right"):
        cells = [each for each in base if draw(st.integers(0, 5))]
        if draw(st.booleans()):
            cells = draw(st.permutations(cells))
        cells = [edited(draw, each, f"{side} {place}") for place, each in enumerate(cells)]
        for number in range(draw(st.integers(0, 2))):
            new = cell(f"{side} new {number}", f"{side}{number}" if with_ids else "")
            cells.insert(draw(st.integers(0, len(cells))), new)
        sides.append(cells)
    return base, sides[0], sides[1], with_ids


def edited(draw: st.DrawFn, each: dict, line: str) -> dict:
    lines = "".join(each["source"]).split("\n")
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), line)
    if draw(st.integers(0, 4)) == 0:
        del lines[draw(st.integers(0, len(lines) - 1))]
    return {**each, "source": "\n".join(lines).splitlines(keepends=True)}


def count_lines(cells: list[dict]) -> Counter[str]:
    return Counter(line for source in sources(cells) for line in source.split("\n"))


@settings(max_examples=60)
@given(histories())
def test_no_line_of_a_side_is_lost_and_none_is_doubled(history):
    base, ours, theirs, with_ids = history
    found = merge(*(notebook(*cells) for cells in (base, ours, theirs)))
    counts = count_lines(json.loads(found.text)["cells"])
    before = count_lines(base)
    for side in (ours, theirs):
        for line, count in count_lines(side).items():
            if line not in before:
                assert counts[line] == count, line
    if with_ids and not found.conflicts:
        for line in before:
            assert counts[line] <= max(count_lines(side)[line] for side in (base, ours, theirs))


@settings(max_examples=40)
@given(histories())
def test_merges_with_itself_and_with_the_base(history):
    base, ours, theirs = (notebook(*cells) for cells in history[:3])
    assert merge(base, ours, ours) == MergedNotebook(ours, [])
    assert merge(base, ours, base) == MergedNotebook(ours, [])
    data, expected = json.loads(merge(base, base, theirs).text), json.loads(theirs)
    for new, their in zip(data["cells"], expected["cells"], strict=True):
        assert new == {**their, "id": new["id"]} if "id" in new else their


@settings(max_examples=40)
@given(histories())
def test_both_directions_find_the_same(history):
    base, ours, theirs = (notebook(*cells) for cells in history[:3])
    one, other = merge(base, ours, theirs), merge(base, theirs, ours)
    assert len(one.conflicts) == len(other.conflicts)
    if not one.conflicts:
        cells = [json.loads(each.text)["cells"] for each in (one, other)]
        assert sorted(sources(cells[0])) == sorted(sources(cells[1]))
