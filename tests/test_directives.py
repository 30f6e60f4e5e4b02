"""Directives: the four spellings, the two dialects, and everything that only looks like one."""

import re

import pytest
from conftest import notebook
from hypothesis import given
from hypothesis import strategies as st
from test_notebook import parse

from literate.compile.checks import check_directives
from literate.directives import Dialect, dialect_of, parse_cell, parse_cells
from literate.project import NBDEV3, Project
from literate.spelling import nearest

V2, V3 = Project(None, None, None), Project(None, None, None, layout=NBDEV3)


def head(source: str, marked: bool = True):
    return parse_cell(parse(notebook(source)).cells[0], Dialect.MARKED if marked else Dialect.PLAIN)


def words(source: str, marked: bool) -> list:
    return [(d.name, *d.args) for d in head(source, marked).directives]


@pytest.mark.parametrize(
    "line, marked",
    [
        ("#export", False),
        ("# export", False),
        ("#Export", False),
        ("#  EXPORT  ", False),
        ("#|export", True),
        ("#| export", True),
        ("# | export", True),
        ("#\t|export  ", True),
        ("  #| export", True),
    ],
)
@pytest.mark.parametrize("before", ["", "\n\n", "%%time\n", "#|hide\n", "#hide\n"])
def test_spellings(line, marked, before):
    if before.startswith("#") and marked != ("|" in before):
        return
    found = head(f"{before}{line}\n\nx = 1\n", marked)
    assert found.get("export") and found.code == ("%%time\n" if "%%" in before else "") + "x = 1\n"


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
def test_plain_comments_stay_comments(source):
    assert not head(source, marked=False).directives and head(source, marked=False).code == source


def test_arguments():
    assert words("#| default_exp a.b\n#|export other\nx", True) == [
        ("default_exp", "a.b"),
        ("export", "other"),
    ]
    assert words("#default_exp a.b\n# export other\nx", False) == [
        ("default_exp", "a.b"),
        ("export", "other"),
    ]
    assert words("#| export:\nx", True) == [("export",)]
    assert words("#| eval: false\n#|code-fold:true\nx", True) == [
        ("eval:", "false"),
        ("code-fold:", "true"),
    ]


def test_options_and_magics_stay_in_the_code_and_nothing_is_swallowed():
    assert head("#| eval:false\n#| hide\n%%time\n\nx = 1").code == "#| eval: false\n%%time\nx = 1"
    assert head("#|hide:\nfirst = 1").code == "#|hide:\nfirst = 1"
    assert head("#| export:\nfirst = 1").code == "first = 1"
    assert head("#| export\n").code == ""


def test_lines_point_back_into_the_cell():
    found = head("\n#| export\n#| eval: false\n\nx = 1\n\ny = 2")
    assert found.code == "#| eval: false\nx = 1\n\ny = 2" and found.lines == (3, 5, 6, 7)
    assert found.line(4) == 7


@given(
    st.lists(
        st.sampled_from(
            [
                "#| export",
                "#|hide",
                "#| eval: false",
                "%%time",
                "",
                "  ",
                "x = 1",
                "# text",
                "#export",
                "'''",
                "#|",
            ]
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_code_is_the_cell_without_its_directive_and_blank_head_lines(lines, marked):
    source = "\n".join(lines)
    found = head(source, marked)
    assert len(found.lines) == len(found.code.splitlines())
    for text, number in zip(found.code.splitlines(), found.lines):
        assert text.split() == source.splitlines()[number - 1].split()
    dropped = [line for n, line in enumerate(source.splitlines(), 1) if n not in found.lines]
    assert all(not line.strip() or re.match(r"\s*#", line) for line in dropped)


@pytest.mark.parametrize(
    "line, name, args",
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
def test_nbdev_3_reads_all_spellings_alike_and_keeps_none(line, name, args):
    (found,) = parse_cells(parse(notebook(f"{line}\n\n%%time\nx = 1")), Dialect.MARKED_3)
    assert [(d.name, d.args) for d in found.directives] == [
        (name, args)
    ] and found.code == "%%time\nx = 1"
    assert found.option(name).args == args


def test_nbdev_3_reads_metadata():
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"nbdev": {"export": "", "hide": "true", "odd": 3}},
        "source": "#| export b\nx = 1",
    }
    book = parse(
        notebook("md:# Title", cell, "y = 2", nbdev={"default_exp": "core", "export": "no"})
    )
    assert dialect_of(book, V3) is Dialect.MARKED_3 and dialect_of(book, V2) is Dialect.MARKED
    heads = [
        [(d.name, d.args) for d in head.directives] for head in parse_cells(book, Dialect.MARKED_3)
    ]
    assert heads == [[], [("default_exp", ("core",)), ("export", ("b",)), ("hide", ())], []]
    assert dialect_of(parse(notebook("x = 1", nbdev={"default_exp": "a"})), V3) is Dialect.MARKED_3
    assert dialect_of(parse(notebook("#export\nx = 1")), V3) is Dialect.PLAIN


def problems(*cells: str, known: tuple = ()):
    book = parse(notebook(*cells))
    return [
        (d.cell, d.line, d.code, d.hint)
        for d in check_directives(
            book.path,
            parse_cells(book, dialect_of(book, V2)),
            dialect_of(book, V2),
            frozenset(known),
        )
    ]


@pytest.mark.parametrize(
    "source, line, code, hint",
    [
        ("#exprot\nx = 1", 1, "unknown-directive", "did you mean #export?"),
        ("#expert\nx = 1", 1, "unknown-directive", "did you mean #export?"),
        ("# a remark\n#exprot\nx = 1", 2, "unknown-directive", "did you mean #export?"),
        ("#| exprot\nx = 1", 1, "unknown-directive", "did you mean export?"),
        ("#| export, hide\nx = 1", 1, "unknown-directive", "did you mean export?"),
        (
            "#| my_word\nx = 1",
            1,
            "unknown-directive",
            "make it a plain comment, or add the word to tst_flags in settings.ini",
        ),
        ("#| export: mod\nx = 1", 1, "unknown-directive", "write #| export without the colon"),
        ("x = 1\n#export", 2, "misplaced-directive", "move it to the head of the cell"),
        (
            "#| hide\nx = 1\n#| export\ny = 1",
            3,
            "misplaced-directive",
            "move it to the head of the cell",
        ),
        ("#| hide\n#| Export\nx = 1", 2, "unknown-directive", None),
        ("#| export\n#| exporti\nx = 1", 2, "two-exports", "keep one of them"),
        ("#| export a b\nx = 1", 1, "bad-module", "put a remark on a line of its own"),
        ("#export a b\nx = 1", 1, "bad-module", "put a remark on a line of its own"),
        ("#| default_exp\nx = 1", 1, "bad-module", "write #default_exp name"),
    ],
)
def test_what_looks_like_a_directive_is_reported(source, line, code, hint):
    found = problems("md:# Title", source)
    assert [(cell, at, what) for cell, at, what, _ in found] == [(1, line, code)]
    assert hint is None or found[0][3] == hint


def test_a_plain_directive_in_a_marked_notebook():
    assert problems("#| export\nx = 1", "#export\ny = 1") == [
        (1, 1, "mixed-dialects", "write #| export")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "#| export\nx = 1",
        "#| slow\nx",
        "#| eval: false\nx",
        "x = '''\n#| export\n'''",
        "#| fig-cap: a b\nplot()",
        "# report\nx",
        "#hide\nx",
        "x  # export",
        "#| export\n#| export\nx = 1",
        "x = 1\n# export the table\n",
        "#!/bin/sh",
    ],
)
def test_no_false_alarm(source):
    assert problems(source) == []
    assert problems("#| mine\nx", known=("mine",)) == []


@given(st.text("abcdefexport", max_size=9))
def test_nearest_is_one_slip_away(word):
    def slips(known):
        letters = "abcdefghijklmnopqrstuvwxyz_"
        for i in range(len(known) + 1):
            yield known[:i] + known[i + 1 :]
            yield from (known[:i] + c + known[i:] for c in letters)
            yield from (known[:i] + c + known[i + 1 :] for c in letters if i < len(known))
            yield known[:i] + known[i : i + 2][::-1] + known[i + 2 :]

    assert (nearest(word, frozenset({"export"})) == "export") == (
        word in set(slips("export")) - {"export"}
    )
