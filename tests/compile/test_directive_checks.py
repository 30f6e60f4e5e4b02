"""Checks of directives: what looks like a directive and does not work as one is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import notebook, parse

from literate.compile.directive_checks import check_directives
from literate.directives import dialect_of, parse_cells
from literate.project import Project

PROJECT = Project(Path(), Path(), Path())
TO_THE_HEAD = "move it to the head of the cell"
OWN_LINE = "put a remark on a line of its own"
COMMENT = "make it a plain comment, or add the word to tst_flags in settings.ini"


def problems(*cells: str, known: tuple[str, ...] = ()) -> list[tuple[int, int, str, str]]:
    """Cell, line, code and hint of each problem in a notebook with these cells."""
    read = parse(notebook(*cells))
    dialect = dialect_of(read, PROJECT)
    found = check_directives(read.path, parse_cells(read, dialect), dialect, frozenset(known))
    return [(problem.cell, problem.line, problem.code, problem.hint) for problem in found]


@pytest.mark.parametrize(
    ("source", "line", "code", "hint"),
    [
        ("#exprot\nx = 1", 1, "unknown-directive", "did you mean #export?"),
        ("#expert\nx = 1", 1, "unknown-directive", "did you mean #export?"),
        ("# a remark\n#exprot\nx = 1", 2, "unknown-directive", "did you mean #export?"),
        ("#| exprot\nx = 1", 1, "unknown-directive", "did you mean export?"),
        ("#| export, hide\nx = 1", 1, "unknown-directive", "did you mean export?"),
        ("#| my_word\nx = 1", 1, "unknown-directive", COMMENT),
        ("#| export: mod\nx = 1", 1, "unknown-directive", "write #| export without the colon"),
        ("x = 1\n#export", 2, "misplaced-directive", TO_THE_HEAD),
        ("#| hide\nx = 1\n#| export\ny = 1", 3, "misplaced-directive", TO_THE_HEAD),
        ("#| hide\n#| Export\nx = 1", 2, "unknown-directive", None),
        ("#| export\n#| exporti\nx = 1", 2, "two-exports", "keep one of them"),
        ("#| export a b\nx = 1", 1, "bad-module", OWN_LINE),
        ("#export a b\nx = 1", 1, "bad-module", OWN_LINE),
        ("#| default_exp\nx = 1", 1, "bad-module", "write #default_exp name"),
    ],
)
def test_a_look_alike_is_reported(source, line, code, hint):
    ((found_cell, found_line, found_code, found_hint),) = problems("md:# Title", source)
    assert (found_cell, found_line, found_code) == (1, line, code)
    if hint is not None:
        assert found_hint == hint


def test_a_plain_directive_in_a_marked_notebook_is_reported():
    found = problems("#| export\nx = 1", "#export\ny = 1")
    assert found == [(1, 1, "mixed-dialects", "write #| export")]


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
def test_other_comments_and_directives_are_not_reported(source):
    assert problems(source) == []


def test_words_of_the_project_are_not_reported():
    assert problems("#| mine\nx", known=("mine",)) == []
