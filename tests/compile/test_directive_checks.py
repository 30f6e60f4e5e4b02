"""Checks of directives: what looks like a directive and does not work as one is reported."""

from __future__ import annotations

import time
import timeit
from functools import partial
from pathlib import Path

import pytest
from conftest import notebook, parse

from literate.compile.directive_checks import check_directives
from literate.diagnostics import Diagnostic
from literate.directives import dialect_of, parse_cells
from literate.notebook import Notebook
from literate.project import Project

PROJECT = Project(Path(), Path(), Path())
TO_THE_HEAD = "move it to the head of the cell"
OWN_LINE = "put a remark on a line of its own"
COMMENT = "make it a plain comment, or add the word to tst_flags in settings.ini"


def problems(*cells: str, known: tuple[str, ...] = ()) -> list[tuple[int, int, str, str]]:
    """Cell, line, code and hint of each problem in a notebook with these cells."""
    found = check_notebook(parse(notebook(*cells)), known)
    return [(problem.cell, problem.line, problem.code, problem.hint) for problem in found]


def check_notebook(read: Notebook, known: tuple[str, ...] = ()) -> list[Diagnostic]:
    dialect = dialect_of(read, PROJECT)
    return check_directives(read.path, parse_cells(read, dialect), dialect, frozenset(known))


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
        ("#| export hide\nx = 1", 1, "bad-module", "write hide on a line of its own"),
        ("#export notest\nx = 1", 1, "bad-module", "write notest on a line of its own"),
        ("#| hide export\nx = 1", 1, "misplaced-directive", "write #| export on a line of its own"),
        ("#|hide  exporti\nx", 1, "misplaced-directive", "write #| exporti on a line of its own"),
        ("\n#| notest, export", 2, "unknown-directive", "did you mean notest?"),
        ("#hide export\nx = 1", 1, "misplaced-directive", "write #export on a line of its own"),
        ("x = 1\n#|export", 2, "misplaced-directive", TO_THE_HEAD),
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


@pytest.mark.parametrize(
    "source",
    [
        "#| label: export",
        "#| filter_stream export",
        "#| echo export",
        "# hide the export button",
        "# the slow exports",
        "#| collapse show",
    ],
)
def test_export_as_an_argument_is_not_reported(source):
    assert problems(source) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("#| export\nx = 1\n#| export\ny = 2", 3),
        ("#|export\nx = 1\n\n#| export\n", 4),
        ("#export\nx = 1\n#export", 3),
        ("#| export b\nx = 1\n#| export b", 3),
        ("#| export\nx = 1\n#export", 3),
    ],
)
def test_a_repeated_directive_is_remarked_upon(source, line):
    assert problems(source) == [(0, line, "repeated-directive", "repeated; delete it")]


@pytest.mark.parametrize("late", ["#| export b", "#| exporti"])
def test_another_directive_further_down_is_not_a_repetition(late):
    ((_, line, code, _),) = problems(f"#| export\nx = 1\n{late}")
    assert (line, code) == (3, "misplaced-directive")


def test_a_byte_order_mark_above_a_directive_is_not_code():
    read = parse(notebook("\ufeff#| export\nx = 1", "#| export\n\ufeffy = 1"))
    parsed = parse_cells(read, dialect_of(read, PROJECT))
    assert [cell.code for cell in parsed] == ["x = 1", "y = 1"]
    assert [cell.directives[0].name for cell in parsed] == ["export", "export"]


# --- growth ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        lambda n: "exp = 1\n#" + " " * n + "y",
        lambda n: "exp = 1\n#" + "\t" * n + "y",
        lambda n: "exp = 1" + "\n" * n + "y = 1",
        lambda n: "exp = 1\n#export" + " " * n + "a b",
        lambda n: "exp = 1\n#export " + "a" * n + " b",
        lambda n: "exp\n" + "#export\n" * n,
        lambda n: "#| hide\nexp\n" + "#| export\n" * n,
        lambda n: "#" + "|" * n + " exp",
        lambda n: "#| hide " + "exp " * n,
        lambda n: "#" + " exp" * n,
        lambda n: "#| a" + " " * n + "exp",
    ],
)
def test_the_work_grows_with_the_length_of_a_cell(cell):
    """Eight times the length takes about eight times as long. With its square, it would be 64."""

    def seconds(length: int) -> float:
        read = parse(notebook(cell(length)))
        check = partial(check_notebook, read)
        return min(timeit.repeat(check, timer=time.process_time, number=1, repeat=5))

    assert seconds(16_000) < 30 * max(seconds(2_000), 0.0001)


def test_a_cell_is_split_into_tokens_once(monkeypatch):
    calls = []

    def count(source: str) -> frozenset[int]:
        calls.append(source)
        return frozenset()

    monkeypatch.setattr("literate.compile.directive_checks.comment_lines", count)
    problems("x\n" + "#export\n" * 50)
    assert len(calls) == 1


def test_words_of_the_project_are_not_reported():
    assert problems("#| mine\nx", known=("mine",)) == []
