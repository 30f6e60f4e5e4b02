"""The command `literate exercises`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SOLUTION = '#| solution\n#export\ndef double(x):\n    "Twice x."\n    return 2 * x'
CHECK = """from literate.exercises import check_exercise

def check(double):
    assert double(3) == 6

check_exercise(check, double)"""
CELLS = ["#default_exp sums", SOLUTION, CHECK]
MUTANTS = 'MUTANTS = {"double": {"squares": ("2 * x", "x * x"), "adds": ("2 *", "2 +")}}\n'


def literate(*words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "literate", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def course(make_project):
    project = make_project({"01_sums": CELLS, "02_more": ["x = 1"]})
    folder = project.root / "tests" / "mutants"
    folder.mkdir(parents=True)
    (folder / "sums.py").write_text(MUTANTS)
    return project


def write(project, code: str) -> None:
    """Let a student write the exercise."""
    path = project.root / "exercises" / "01_sums.ipynb"
    text = path.read_text()
    data = json.loads(text)
    data["cells"][1]["source"] = f"#| exercise\n{code}"
    path.write_text(json.dumps(data, indent=1))


def test_a_student_from_the_first_run_to_the_last(course):
    code, out, err = literate("exercises", "nbs", "-o", "exercises/")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "exercises/01_sums.ipynb",
        "exercises/02_more.ipynb",
        "1 exercises: 2 notebooks written, 0 unchanged",
    ]

    code, out, _ = literate("test", "exercises")
    assert code == 1
    assert "literate.exercises.ExerciseError: double is still to be written.\n" in out
    assert "checking.py" not in out  # only lines of the notebook are shown

    write(course, "def double(x):\n    return 1 + x + 1")
    code, out, _ = literate("test", "exercises/01_sums.ipynb")
    assert code == 1
    assert "double is not right yet. Your double behaves like one that adds.\n" in out
    assert "The check fails here: assert double(3) == 6\n" in out
    assert literate("exercises", "--progress")[1].splitlines()[-1] == "all            0 of 1"

    write(course, "def double(x):\n    return x + x")
    code, out, _ = literate("test", "exercises", "--verbose")
    assert code == 0
    assert "double: right. 2 of 2 known mistakes are told apart." in out
    assert literate("exercises", "--progress") == (
        0,
        "notebook         done  next exercise\n01_sums.ipynb  1 of 1\nall            1 of 1\n",
        "",
    )

    code, out, _ = literate("exercises")
    assert out.splitlines() == [
        "exercises/01_sums.ipynb: kept, because somebody has written into it",
        "1 exercises: 0 notebooks written, 1 unchanged, 1 kept",
    ]


def test_the_full_edition_passes_and_leaves_no_progress(course):
    assert literate("test")[0] == 0
    assert not (course.root / ".literate" / "exercises.json").exists()


def test_the_solution(course):
    literate("exercises")
    expected = 'def double(x):\n    "Twice x."\n    return 2 * x\n'
    assert literate("exercises", "--solution", "double") == (0, expected, "")
    code, out, err = literate("exercises", "--solution", "duoble")
    assert (code, out) == (1, "")
    assert "no exercise has the name 'duoble'; did you mean double?" in err


def test_json(course):
    made = json.loads(literate("exercises", "--json")[1])
    assert made[0] == {
        "notebook": "01_sums.ipynb",
        "exercises": 1,
        "state": "new",
        "lost_links": [],
    }
    progress = json.loads(literate("exercises", "--progress", "--json")[1])
    assert progress == [{"notebook": "01_sums.ipynb", "names": ["double"], "done": []}]
    solution = json.loads(literate("exercises", "--solution=double", "--json")[1])
    assert solution["name"] == "double"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--progress"], 1, "exercises is not a student's edition"),
        (["--solution", "double"], 1, "exercises is not a student's edition"),
        (["--progress", "--solution", "double"], 2, "do not go together"),
        (["--progress", "nbs"], 2, "--progress takes no notebooks"),
        (["nbs", "-o", "nbs"], 2, "holds the notebooks themselves"),
        (["nosuch"], 2, "nosuch"),
        (["--force"], 2, "unknown flag --force"),
        (["-o"], 2, "--output"),
    ],
)
def test_wrong_words(course, words, code, message):
    result, out, err = literate("exercises", *words)
    assert (result, out) == (code, "")
    assert message in err
    assert "Traceback" not in err
    assert not (course.root / "exercises").exists()


def test_a_link_that_leads_nowhere_is_named(make_project):
    project = make_project({"01_a": ["md:[text](../about.md)"]})
    (project.root / "about.md").write_text("")
    out = literate("exercises", "-o", "deep/exercises")[1]
    assert "deep/exercises/01_a.ipynb: the link ../about.md leads nowhere from this folder" in out
    assert "leads nowhere" not in literate("exercises", "-o", "other")[1]


def test_a_broken_solution_stops_with_one_line(make_project):
    project = make_project({"01_a": ["#| solution\nprint(1)"]})
    code, out, err = literate("exercises")
    assert (code, out) == (1, "")
    assert err.startswith("nbs/01_a.ipynb:cell 1 (00000000):1: ")
    assert err.count("\n") == 1
    assert not (project.root / "exercises").exists()


def test_importing_the_checks_loads_little():
    code = "import literate.exercises, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"IPython", "fastcore", "nbformat", "numpy", "torch", "rich", "fire"}


def test_marked_notebooks_run_too(make_project):
    cells = ["#| default_exp sums", SOLUTION.replace("#export", "#| export"), CHECK]
    project = make_project({"01_sums": cells})
    folder = project.root / "tests" / "mutants"
    folder.mkdir(parents=True)
    (folder / "sums.py").write_text(MUTANTS)
    assert literate("test")[0] == 0
    assert literate("exercises")[0] == 0
    assert "double is still to be written." in literate("test", "exercises")[1]


def test_jupyter_kernels_run_them_too(make_project):
    project = make_project({"01_sums": CELLS})
    folder = project.root / "tests" / "mutants"
    folder.mkdir(parents=True)
    (folder / "sums.py").write_text(MUTANTS)
    code, out, err = literate("test", "--kernel", "python3")
    assert code == 0, out + err
    literate("exercises")
    write(project, "def double(x):\n    return x * x")
    out = literate("test", "exercises", "--kernel", "python3")[1]
    assert out.count("Your double behaves like one that squares.") == 1


def test_the_notebook_is_valid(course):
    import nbformat

    literate("exercises")
    nbformat.validate(json.loads((course.root / "exercises" / "01_sums.ipynb").read_text()))
