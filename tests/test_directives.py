"""Directives: their spellings and dialects, and the code that remains below them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import notebook, parse
from hypothesis import given
from hypothesis import strategies as st

from literate.directives import (
    Dialect,
    ParsedCell,
    declared_reads,
    dialect_of,
    is_folded,
    is_module_name,
    parse_cell,
    parse_cells,
)
from literate.project import NBDEV3, Project

NBDEV2_PROJECT = Project(Path(), Path(), Path())
NBDEV3_PROJECT = Project(Path(), Path(), Path(), layout=NBDEV3)


def parsed(source: str, dialect: str = Dialect.MARKED) -> ParsedCell:
    """A code cell with this source, taken apart."""
    return parse_cell(parse(notebook(source)).cells[0], dialect)


def words(cell: ParsedCell) -> list[tuple[str, ...]]:
    """The directives of a cell, each with its arguments: [("export", "core")]."""
    return [(directive.name, *directive.args) for directive in cell.directives]


# --- spellings ---------------------------------------------------------------------------------

PLAIN_SPELLINGS = ["#export", "# export", "#Export", "#  EXPORT  "]
MARKED_SPELLINGS = ["#|export", "#| export", "# | export", "#\t|export  ", "  #| export"]


@pytest.mark.parametrize("line", PLAIN_SPELLINGS)
@pytest.mark.parametrize("before", ["", "\n\n", "#hide\n"])
def test_spellings_of_a_plain_directive(line, before):
    found = parsed(f"{before}{line}\n\nx = 1\n", Dialect.PLAIN)
    assert found.get("export")
    assert found.code == "x = 1\n"


@pytest.mark.parametrize("line", MARKED_SPELLINGS)
@pytest.mark.parametrize("before", ["", "\n\n", "#|hide\n"])
def test_spellings_of_a_marked_directive(line, before):
    found = parsed(f"{before}{line}\n\nx = 1\n")
    assert found.get("export")
    assert found.code == "x = 1\n"


@pytest.mark.parametrize(
    ("line", "dialect"), [("#export", Dialect.PLAIN), ("#| export", Dialect.MARKED)]
)
def test_a_directive_may_stand_below_a_cell_magic(line, dialect):
    found = parsed(f"%%time\n{line}\n\nx = 1\n", dialect)
    assert found.get("export")
    assert found.code == "%%time\nx = 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "# export the table",
        "# Export\u00e9",
        "x = 1\n#export",
        "# a remark\n#export\nx = 1",
        "'#export'",
        "# exported",
    ],
)
def test_other_comments_stay_comments(source):
    found = parsed(source, Dialect.PLAIN)
    assert not found.directives
    assert found.code == source


def test_arguments():
    exports = [("default_exp", "a.b"), ("export", "other")]
    assert words(parsed("#| default_exp a.b\n#|export other\nx")) == exports
    assert words(parsed("#default_exp a.b\n# export other\nx", Dialect.PLAIN)) == exports
    assert words(parsed("#| export:\nx")) == [("export",)]
    options = [("eval:", "false"), ("code-fold:", "true")]
    assert words(parsed("#| eval: false\n#|code-fold:true\nx")) == options


# --- code --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("#| eval:false\n#| hide\n%%time\n\nx = 1", "#| eval: false\n%%time\nx = 1"),
        ("#|hide:\nfirst = 1", "#|hide:\nfirst = 1"),
        ("#| export:\nfirst = 1", "first = 1"),
        ("#| export\n", ""),
    ],
)
def test_options_and_magics_stay_in_the_code_and_nothing_is_lost(source, code):
    assert parsed(source).code == code


def test_lines_of_the_code_point_back_into_the_cell():
    found = parsed("\n#| export\n#| eval: false\n\nx = 1\n\ny = 2")
    assert found.code == "#| eval: false\nx = 1\n\ny = 2"
    assert found.lines == (3, 5, 6, 7)
    assert [found.line(number) for number in (1, 2, 4)] == [3, 5, 7]


def test_a_line_outside_of_the_code_is_the_nearest_line():
    found = parsed("#| export\nx = 1\ny = 2")
    assert [found.line(number) for number in (-1, 0, 9)] == [2, 2, 3]
    assert parsed("#| export\n").line(1) == 1


LINES = [
    *("#| export", "#|hide", "#| eval: false", "#export", "#|"),
    *("%%time", "", "  ", "x = 1", "# text", "'''"),
]


@given(
    st.lists(st.sampled_from(LINES), max_size=8),
    st.sampled_from([Dialect.PLAIN, Dialect.MARKED]),
)
def test_the_code_is_the_cell_without_directives_and_blank_lines_at_its_head(lines, dialect):
    found = parsed("\n".join(lines), dialect)
    code = found.code.splitlines()
    assert len(found.lines) == len(code)
    for line, number in zip(code, found.lines, strict=True):
        assert line.split() == lines[number - 1].split()
    for number, line in enumerate(lines, 1):
        if number not in found.lines:
            assert not line.strip() or re.match(r"\s*#", line)


# --- nbdev 3 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "args"),
    [
        ("#| export", "export", ()),
        ("#|export: true", "export", ()),
        ("#| export: mod", "export", ("mod",)),
        ("#| export:mod", "export", ("mod",)),
        ("#| eval: false", "eval", ("false",)),
        ("#|hide:", "hide", ()),
        ("#| default_exp a.b", "default_exp", ("a.b",)),
    ],
)
def test_nbdev_3_reads_all_spellings_alike_and_keeps_no_line(line, name, args):
    found = parsed(f"{line}\n\n%%time\nx = 1", Dialect.MARKED_3)
    assert words(found) == [(name, *args)]
    assert found.code == "%%time\nx = 1"
    assert found.option(name).args == args


CELL_WITH_METADATA = {
    "cell_type": "code",
    "id": "a",
    "metadata": {"nbdev": {"export": "", "hide": "true", "odd": 3}},
    "source": "#| export b\nx = 1",
}


def test_nbdev_3_reads_metadata():
    nbdev = {"default_exp": "core", "export": "no"}
    read = parse(notebook("md:# Title", CELL_WITH_METADATA, "y = 2", nbdev=nbdev))
    found = [words(cell) for cell in parse_cells(read, Dialect.MARKED_3)]
    assert found == [[], [("default_exp", "core"), ("export", "b"), ("hide",)], []]


def test_the_dialect_follows_the_layout_and_the_spelling():
    marked = parse(notebook("#export\nx = 1", "#| export\ny = 2"))
    assert dialect_of(marked, NBDEV2_PROJECT) is Dialect.MARKED
    assert dialect_of(marked, NBDEV3_PROJECT) is Dialect.MARKED_3
    plain = parse(notebook("#export\nx = 1"))
    assert dialect_of(plain, NBDEV2_PROJECT) is Dialect.PLAIN
    assert dialect_of(plain, NBDEV3_PROJECT) is Dialect.PLAIN


@pytest.mark.parametrize(
    "text",
    [
        notebook("x = 1", nbdev={"default_exp": "a"}),
        notebook(CELL_WITH_METADATA | {"source": "x = 1"}),
    ],
    ids=["of the notebook", "of a cell"],
)
def test_metadata_counts_for_the_dialect_in_nbdev_3_alone(text):
    assert dialect_of(parse(text), NBDEV3_PROJECT) is Dialect.MARKED_3
    assert dialect_of(parse(text), NBDEV2_PROJECT) is Dialect.PLAIN


# --- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", [Dialect.MARKED, Dialect.MARKED_3])
def test_options_that_the_tools_read(dialect):
    found = parsed("#| eval: False\n#| check_outputs: false\n#| raises: ValueError\nx", dialect)
    assert found.is_switched_off
    assert not found.compares_outputs
    assert found.expected_exception == "ValueError"


def test_options_that_are_not_given():
    found = parsed("#| eval: true\n#| raises:\nx")
    assert not found.is_switched_off
    assert found.compares_outputs
    assert found.expected_exception == ""


def test_the_last_directive_of_a_name_counts():
    found = parsed("#| export a\n#| export b\nx")
    assert found.get("export", "exports").args == ("b",)
    assert found.get("hide") is None


def test_declared_reads_may_stand_anywhere_in_the_code():
    code = "#| reads: a.csv, b.csv\nx = 1\n  # | reads : c.csv\n#| reads:\n"
    assert declared_reads(code) == ["a.csv", "b.csv", "c.csv"]
    assert declared_reads("x = 1  #| reads: a.csv") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("core", True), ("a.b", True), ("a/b", True), ("_a", True)),
        *(("", False), ("a-b", False), ("../a", False), ("a.class", False), ("1a", False)),
    ],
)
def test_names_that_a_module_can_have(name, expected):
    assert is_module_name(name) is expected


# --- teaching ----------------------------------------------------------------------------------

TEACHING = ["#| proof: it agrees", "#| solution", "#| exercise", "# | proof", "#|proof it agrees"]


@pytest.mark.parametrize("line", TEACHING)
def test_directives_for_teaching_leave_plain_notebooks_plain(line):
    read = parse(notebook("#default_exp core", f"{line}\n#export\nx = 1", "#export\ny = 2"))
    assert dialect_of(read, NBDEV2_PROJECT) is Dialect.PLAIN
    assert dialect_of(read, NBDEV3_PROJECT) is Dialect.PLAIN
    cell = parse_cells(read, Dialect.PLAIN)[1]
    assert [directive.name.rstrip(":") for directive in cell.directives][1:] == ["export"]
    assert cell.code == "x = 1"


@pytest.mark.parametrize("dialect", [Dialect.PLAIN, Dialect.MARKED, Dialect.MARKED_3])
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("#| proof: a: b agrees, 5 shapes:", "a: b agrees, 5 shapes:"),
        ("# |  proof :  it agrees ", "it agrees"),
        ("#| proof it agrees", "it agrees"),
        ("#| proof:", ""),
        ("#| proof", ""),
    ],
)
def test_the_sentence_of_a_proof(line, sentence, dialect):
    assert parsed(f"{line}\nx = 1", dialect).proof == sentence


@pytest.mark.parametrize("source", ["x = 1", "#| solution\nx = 1", "x = 1\n#| proof: late"])
def test_a_cell_that_is_not_a_proof(source):
    assert parsed(source, Dialect.PLAIN).proof is None


def test_a_marked_directive_beside_them_still_makes_a_notebook_a_marked_one():
    read = parse(notebook("#| proof: it agrees\n#| export\nx = 1"))
    assert dialect_of(read, NBDEV2_PROJECT) is Dialect.MARKED


def test_words_that_only_begin_like_them_are_marked_directives():
    read = parse(notebook("#| solutions\nx = 1"))
    assert dialect_of(read, NBDEV2_PROJECT) is Dialect.MARKED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#| proof: it agrees\nx = 1", True),
        ("#export\n\n#hide_input\nx = 1", True),
        ("#| hide_input", True),
        ("# hide-input\nx", True),
        ("# a remark\n#|proof it agrees", True),
        ("x = 1\n#| proof: late", False),
        ("#| proofs: it agrees", False),
        ("#hide_input of the plot", False),
        ("# the proof\nx = 1", False),
        ("", False),
    ],
)
def test_cells_that_editors_fold(source, expected):
    assert is_folded(parse(notebook(source)).cells[0]) is expected


def test_only_code_cells_are_folded():
    assert not is_folded(parse(notebook("md:#| proof: it agrees")).cells[0])
