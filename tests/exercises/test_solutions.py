"""The file of solutions beside the student's edition."""

from __future__ import annotations

import json

import pytest
from lessons import MUTANTS, NAMES, make_course, make_student_edition

from literate.diagnostics import UserError
from literate.exercises.solutions import (
    SolutionFile,
    SolvedCell,
    edition_files,
    find_solution,
    read_solutions,
    solution_named,
    solution_path,
    solution_text,
)

FILE = SolutionFile(
    "01_a.ipynb",
    "a",
    "0f",
    (SolvedCell(("f", "g"), "def f(): 'ü'\n\n\ndef g(): ...\n"), SolvedCell(("x",), "x = 1\n")),
    {"a": "MUTANTS = {}\n"},
)


@pytest.fixture
def edition(make_project):
    return make_student_edition(make_course(make_project))


def test_what_is_written_can_be_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(solution_text(FILE))
    assert read_solutions(path) == FILE
    assert read_solutions(path).names == ["f", "g", "x"]


def test_nobody_reads_a_solution_by_accident(edition):
    text = solution_path(edition, "01_stats.ipynb").read_text()
    assert "spread" in text  # the names of the exercises
    for code in ("_total(numbers) / len", "return", "begins at one"):
        assert code not in text


def test_it_holds_solutions_and_mistakes(edition):
    file = read_solutions(solution_path(edition, "01_stats.ipynb"))
    assert file.names == NAMES
    assert file.module == "stats"
    assert dict(file.tables) == {"stats": MUTANTS}


DAMAGED = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "another format": solution_text(FILE).replace('"format": 1', '"format": 99'),
    "not base64": json.dumps({**json.loads(solution_text(FILE)), "mistakes": {"a": "*"}}),
    "not compressed": json.dumps({**json.loads(solution_text(FILE)), "mistakes": {"a": "AAAA"}}),
    "without cells": '{"format": 1}',
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_solutions(path)
    assert "a.json: error: this is not a file of solutions" in str(caught.value)
    assert "make the edition again with literate exercises" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"a\.json"):
        read_solutions(tmp_path / "a.json")


# --- by name -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["spread", "01_stats.ipynb:spread", "01_stats:spread"])
def test_a_solution_by_its_name(edition, name):
    found = solution_named(edition, name)
    assert (found.notebook, found.name) == ("01_stats.ipynb", "spread")
    assert found.source.startswith("def spread(numbers):\n")
    assert found.source.endswith("return mean(squares) ** 0.5\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spreat", "no exercise has the name 'spreat'; did you mean spread?"),
        ("other", "no exercise has the name 'other'"),
        ("02_b:spread", "no exercise of 02_b has the name 'spread'"),
    ],
)
def test_a_name_without_a_solution(edition, name, message):
    with pytest.raises(UserError) as caught:
        solution_named(edition, name)
    assert str(caught.value) == f"error: exercises: {message}"


def test_a_name_in_two_notebooks(edition):
    path = solution_path(edition, "02_b.ipynb")
    path.write_text(solution_text(SolutionFile("02_b.ipynb", "b", "", FILE.cells, {})))
    other = solution_path(edition, "03_c.ipynb")
    other.write_text(solution_text(SolutionFile("03_c.ipynb", "c", "", FILE.cells, {})))
    with pytest.raises(UserError, match=r"name it as 02_b\.ipynb:f or 03_c\.ipynb:f$"):
        solution_named(edition, "f")
    assert solution_named(edition, "03_c:f").notebook == "03_c.ipynb"


def test_a_folder_without_an_edition(tmp_path):
    with pytest.raises(UserError, match="is not a student's edition, because it has no folder"):
        edition_files(tmp_path)


# --- of an attempt -----------------------------------------------------------------------------


def test_the_solution_is_found_above_the_current_folder(edition, monkeypatch):
    (edition / "deep").mkdir()
    monkeypatch.chdir(edition / "deep")
    solution = find_solution(find_solution, "mean")
    assert solution is not None
    assert solution.edition == edition
    assert find_solution(find_solution, "nosuch") is None


def test_where_the_notebook_is_not_known_the_other_exercises_tell(edition, monkeypatch):
    cells = (SolvedCell(("mean", "other"), "def mean(): ...\n\n\ndef other(): ...\n"),)
    path = solution_path(edition, "02_b.ipynb")
    path.write_text(solution_text(SolutionFile("02_b.ipynb", "b", "", cells, {})))
    monkeypatch.chdir(edition)

    def solution_with(**variables):
        exec("def mean(): ...", variables)
        return find_solution(variables["mean"], "mean").file.notebook

    assert solution_with(spread=1, Counter=2) == "01_stats.ipynb"
    assert solution_with(other=1) == "02_b.ipynb"


def test_there_is_none_in_the_full_edition(edition, monkeypatch):
    monkeypatch.chdir(edition.parent / "nbs")
    assert find_solution(find_solution, "mean") is None


def test_the_mistakes_of_another_module_can_be_named(edition, monkeypatch):
    monkeypatch.chdir(edition)
    solution = find_solution(find_solution, "mean")
    assert len(solution.mistakes().known) == 3
    assert len(solution.mistakes("stats").known) == 3
    assert solution.mistakes("other") is None
