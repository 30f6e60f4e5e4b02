"""The student's edition: what changes in a notebook, and what is never replaced."""

from __future__ import annotations

import json
import os

import pytest
from conftest import notebook
from lessons import CELLS, MEAN, MUTANTS, lesson, make_course, write_attempt, write_mutants

from literate.diagnostics import UsageError, UserError
from literate.discovery import project_notebooks
from literate.exercises.edition import make_edition
from literate.exercises.solutions import read_solutions, solution_path

NAME = "01_stats.ipynb"


@pytest.fixture
def course(make_project):
    return make_course(make_project)


def make(project, output="exercises"):
    """Make the edition; the state of each notebook."""
    made = make_edition(project, project_notebooks(project), project.root / output)
    return {each.notebook: each.state for each in made}


def student_file(project, name=NAME):
    return project.root / "exercises" / name


# --- what changes ------------------------------------------------------------------------------


def test_solutions_become_exercises(course):
    assert make(course) == {NAME: "new"}
    cells = json.loads(student_file(course).read_text())["cells"]
    assert "".join(cells[3]["source"]) == (
        "#| exercise\n#export\ndef mean(numbers):\n"
        '    "The mean of some numbers."\n'
        '    raise NotImplementedError("mean is still to be written")'
    )
    assert "".join(cells[9]["source"]) == (
        "#| exercise\nanswer = ...  # answer is still to be written"
    )


def with_outputs(*sources):
    """A notebook whose cells have outputs."""
    data = json.loads(notebook(*sources))
    for number, cell in enumerate(data["cells"], 1):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["é\n"]}]
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_other_byte_stays(make_project, newline):
    text = with_outputs("md:# Übung", "x = 'é'", MEAN, CELLS[4], "print(mean([1]))")
    project = make_project({})
    (project.root / "nbs").mkdir()
    source = project.nbs_path / NAME
    source.write_bytes(text.replace("\n", newline).encode())
    make(project)
    before = source.read_bytes().split(newline.encode())
    after = student_file(project).read_bytes().split(newline.encode())
    assert not any(b"\n" in line for line in after)
    old, new = json.loads(source.read_text()), json.loads(student_file(project).read_text())
    for index in (2, 3):
        assert new["cells"][index]["outputs"] == []
        assert new["cells"][index]["execution_count"] is None
    for index in (0, 1, 4):
        assert new["cells"][index] == old["cells"][index]
    added = [line for line in after if line not in before]
    assert len(added) == 6  # the directive, the exception, and two values in each of two cells
    assert before[:20] == after[:20]


def test_notebooks_without_exercises_are_copied_as_they_are(make_project):
    project = make_project({"00_a": with_outputs("x = 1"), "sub/01_b": ["y = 2"]})
    assert make(project) == {"00_a.ipynb": "new", "sub/01_b.ipynb": "new"}
    for name in ("00_a.ipynb", "sub/01_b.ipynb"):
        assert student_file(project, name).read_bytes() == (project.nbs_path / name).read_bytes()


def test_marked_notebooks_have_exercises_too(make_project):
    cells = ["#| default_exp stats", MEAN.replace("#export", "#| export")]
    project = make_project({"01_stats": cells})
    make(project)
    assert '"#| exercise\\n",\n    "#| export\\n"' in student_file(project).read_text()
    assert read_solutions(solution_path(project.root / "exercises", NAME)).module == "stats"


def test_only_the_mistakes_of_its_exercises_come_along(course):
    write_mutants(course.root, "MUTANTS = {'other': {}}", "other")
    write_mutants(course.root, "MUTANTS = {'mean.part': {}}", "more")
    make(course)
    tables = read_solutions(solution_path(course.root / "exercises", NAME)).tables
    assert sorted(tables) == ["more", "stats"]


def test_linked_files_come_along_and_are_not_replaced(make_project):
    project = make_project({"01_a": ["md:![A picture](images/a.png)"]})
    image = project.nbs_path / "images" / "a.png"
    image.parent.mkdir()
    image.write_bytes(b"\x89PNG\xff")
    make(project)
    copy = project.root / "exercises" / "images" / "a.png"
    assert copy.read_bytes() == b"\x89PNG\xff"
    copy.write_bytes(b"drawn by the student")
    make(project)
    assert copy.read_bytes() == b"drawn by the student"


# --- what is kept ------------------------------------------------------------------------------


def test_what_is_made_twice_is_unchanged(course):
    make(course)
    before = {path: path.stat().st_mtime_ns for path in student_file(course).parent.rglob("*")}
    assert make(course) == {NAME: "unchanged"}
    after = {path: path.stat().st_mtime_ns for path in student_file(course).parent.rglob("*")}
    assert after == before


def test_a_notebook_with_work_is_kept(course):
    make(course)
    write_attempt(student_file(course), "mean", "def mean(n): return 1")
    work = student_file(course).read_bytes()
    assert make(course) == {NAME: "kept"}
    assert student_file(course).read_bytes() == work


def change_course(project):
    path = project.nbs_path / NAME
    path.write_text(lesson().replace("The mean of some numbers", "The arithmetic mean"))


def test_a_notebook_with_work_keeps_its_solutions_when_the_course_changes(course):
    make(course)
    write_attempt(student_file(course), "mean", "def mean(n): return 1")
    beside = solution_path(course.root / "exercises", NAME)
    work, solutions = student_file(course).read_bytes(), beside.read_bytes()
    change_course(course)
    assert make(course) == {NAME: "outdated"}
    assert student_file(course).read_bytes() == work
    assert beside.read_bytes() == solutions


def test_a_notebook_without_work_follows_the_course(course):
    make(course)
    change_course(course)
    assert make(course) == {NAME: "updated"}
    assert "The arithmetic mean" in student_file(course).read_text()
    assert make(course) == {NAME: "unchanged"}


def test_new_mistakes_come_along_without_a_new_notebook(course):
    make(course)
    write_mutants(course.root, MUTANTS.replace("gives the sum", "gives the total"))
    assert make(course) == {NAME: "unchanged"}
    tables = read_solutions(solution_path(course.root / "exercises", NAME)).tables
    assert "gives the total" in tables["stats"]


def test_a_notebook_of_the_students_own_is_kept(course):
    student_file(course).parent.mkdir()
    student_file(course).write_text("mine")
    assert make(course) == {NAME: "kept"}
    assert student_file(course).read_text() == "mine"
    assert not solution_path(course.root / "exercises", NAME).exists()


def test_a_damaged_record_costs_no_work(course):
    make(course)
    write_attempt(student_file(course), "mean", "def mean(n): return 1")
    solution_path(course.root / "exercises", NAME).write_text("{")
    assert make(course) == {NAME: "kept"}


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["nbs", ".", "nbs/exercises"])
def test_the_notebooks_themselves_are_not_written_over(course, output):
    before = (course.nbs_path / NAME).read_bytes()
    with pytest.raises(UsageError, match="^error: --output: "):
        make(course, output)
    assert (course.nbs_path / NAME).read_bytes() == before


def test_a_hidden_folder_among_the_notebooks_is_possible(course):
    assert make(course, "nbs/_exercises") == {NAME: "new"}
    assert project_notebooks(course) == [course.nbs_path / NAME]


def test_a_file_is_not_a_folder(course):
    (course.root / "exercises").write_text("")
    with pytest.raises(UsageError, match="exercises is not a folder"):
        make(course)


def test_a_link_out_of_the_edition_is_not_followed(course, tmp_path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    student_file(course).parent.mkdir()
    os.symlink(outside, course.root / "exercises" / ".solutions")
    with pytest.raises(OSError, match="leads out of the project through a link"):
        make(course)
    assert list(outside.iterdir()) == []
    assert not student_file(course).exists()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("#| solution\nprint(1)", ":1: .* a cell without anything that a student could write"),
        ("#| solution\n\ndef f(:\n    1", ":3: .* code that is not Python: "),
    ],
)
def test_a_solution_without_an_exercise_stops_everything(course, cell, message):
    (course.nbs_path / "02_b.ipynb").write_text(notebook("x = 1", cell))
    with pytest.raises(UserError, match=rf"nbs/02_b\.ipynb:cell 2 \(00000001\){message}"):
        make(course)
    assert not (course.root / "exercises").exists()


def test_a_notebook_from_elsewhere_is_refused(course, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text(notebook("x = 1"))
    with pytest.raises(UsageError, match="is not in the folder of the notebooks"):
        make_edition(course, [other], course.root / "exercises")


def test_new_mistakes_reach_a_notebook_with_work_that_is_up_to_date(course):
    make(course)
    write_attempt(student_file(course), "mean", "def mean(n): return 1")
    write_mutants(course.root, MUTANTS.replace("gives the sum", "gives the total"))
    assert make(course) == {NAME: "kept"}
    tables = read_solutions(solution_path(course.root / "exercises", NAME)).tables
    assert "gives the total" in tables["stats"]
