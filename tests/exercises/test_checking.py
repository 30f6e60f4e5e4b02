"""`check_exercise`: what it says in the full edition, and what it says to students."""

from __future__ import annotations

import random

import pytest
from conftest import notebook
from lessons import (
    CELLS,
    CHECK_MEAN,
    MUTANTS,
    make_course,
    make_student_edition,
    run_cells,
    write_attempt,
    write_mutants,
)

from literate.exercises import ExerciseError, MutantError, check_exercise
from literate.exercises.progress import progress_of

RIGHT = {
    "mean": "def mean(values):\n    return sum(values) / len(values)",
    "spread": "def spread(v):\n    m = mean(v)\n    return mean([(x - m) ** 2 for x in v]) ** 0.5",
    "Counter": "class Counter:\n    count = 0\n    def add(self, n):\n        self.count += n",
    "answer": "answer = 42",
}


@pytest.fixture
def course(make_project):
    return make_course(make_project)


@pytest.fixture
def path(course):
    """The notebook of a student."""
    return make_student_edition(course) / "01_stats.ipynb"


def write_right(path, *names):
    for name in names or RIGHT:
        write_attempt(path, name, RIGHT[name])


def message_of(path) -> str:
    with pytest.raises(ExerciseError) as caught:
        run_cells(path)
    return str(caught.value)


# --- the full edition --------------------------------------------------------------------------


def test_each_exercise_of_the_full_edition_is_proven(course, capsys):
    run_cells(course.nbs_path / "01_stats.ipynb")
    assert capsys.readouterr().out.splitlines() == [
        "mean: right. 3 of 3 known mistakes are told apart.",
        "spread: right. 2 of 2 known mistakes are told apart.",
        "Counter: right. 2 of 2 known mistakes are told apart.",
        "answer: right. 1 of 1 known mistakes are told apart.",
    ]
    assert not (course.root / ".literate").exists()


def prove(course, check: str = CHECK_MEAN, mutants: str = MUTANTS) -> None:
    """Run the full edition of the first exercise with another check, or other mistakes."""
    path = course.nbs_path / "01_stats.ipynb"
    path.write_text(notebook(*CELLS[1:4], check))
    write_mutants(course.root, mutants)
    run_cells(path)


HEAD = "from literate.exercises import check_exercise\n"


def test_a_check_that_checks_nothing(course):
    message = "^the check of mean passes while mean is still to be written$"
    with pytest.raises(AssertionError, match=message):
        prove(course, f"{HEAD}check_exercise(lambda mean: None, mean)")


def test_a_check_that_lets_a_mistake_pass(course):
    """Three zeros have the mean zero, also without the last one."""
    message = "^the check lets a wrong mean pass: one that divides by one too many$"
    with pytest.raises(AssertionError, match=message):
        prove(
            course,
            f"{HEAD}def check(mean): assert mean([0, 0, 0]) == 0\ncheck_exercise(check, mean)",
        )


HIDING = """
def check_mean(mean):
    try:
        result = mean([3, 6])
    except Exception:
        result = None
    assert result == 4.5
"""


def test_a_check_that_hides_that_the_exercise_is_unwritten(course):
    with pytest.raises(AssertionError, match="hides that mean is still to be written: it raises"):
        prove(course, f"{HEAD}{HIDING}check_exercise(check_mean, mean)")


def test_mistakes_that_cannot_be_told_apart(course):
    twin = '"gives the total": ("/ len(numbers)", "/ 1"), "gives the sum"'
    with pytest.raises(AssertionError, match="cannot tell apart a mean that gives the .*, and one"):
        prove(course, mutants=MUTANTS.replace('"gives the sum"', twin))


def test_a_mistake_that_differs_from_run_to_run(course):
    wrong = (
        '"adds anything": lambda original: lambda n: original(n) + next(numbers), "gives the sum"'
    )
    text = "import itertools\nnumbers = itertools.count(1)\n" + MUTANTS
    with pytest.raises(AssertionError, match="a mean that adds anything gets no diagnosis"):
        prove(course, mutants=text.replace('"gives the sum"', wrong))


def test_a_mistake_that_cannot_run(course):
    with pytest.raises(MutantError, match="'gives the sum': the wrong version cannot run"):
        prove(course, mutants=MUTANTS.replace('("/ len(numbers)", "")', '("len", "leng")'))


def test_functions_without_known_mistakes_are_refused_and_values_are_not(course):
    with pytest.raises(MutantError, match=r"stats\.py: MUTANTS has no entry 'mean'"):
        prove(course, mutants="MUTANTS = {}")


def test_values_may_have_no_known_mistakes(course, capsys):
    write_mutants(course.root, "MUTANTS = {}")

    def check(answer):
        assert answer == 42

    check_exercise(check, 42, module="stats", name="answer")
    assert capsys.readouterr().out == "answer: right.\n"


def test_a_value_needs_a_name():
    with pytest.raises(ExerciseError, match=r"^a int has no name: give it with name='...'$"):
        check_exercise(print, 42)


def test_random_numbers_go_on_as_after_one_check(course):
    random.seed(1)
    run_cells(course.nbs_path / "01_stats.ipynb")
    after = random.random()
    random.seed(1)
    assert random.random() == after  # these checks draw none, and the proofs leave no trace


# --- the student's edition ---------------------------------------------------------------------


def test_an_unwritten_exercise(path):
    assert message_of(path) == "mean is still to be written."


def test_an_unwritten_value(path):
    write_right(path, "mean", "spread", "Counter")
    assert message_of(path) == "answer is still to be written."


def test_an_exercise_that_needs_an_unwritten_one():
    variables: dict = {}
    exec("def inner(x):\n    raise NotImplementedError('inner is still to be written')", variables)
    with pytest.raises(ExerciseError, match=r"^inner is still to be written\.$"):
        check_exercise(lambda outer: outer(1), lambda x: variables["inner"](x), name="outer")


def test_an_exercise_without_a_message_of_its_own():
    def attempt(x):
        raise NotImplementedError

    with pytest.raises(ExerciseError, match=r"^attempt is still to be written\.$"):
        check_exercise(lambda attempt: attempt(1), attempt)


@pytest.mark.parametrize(
    "source",
    [
        "mean = lambda numbers: 1.0 * _total(numbers)",
        "def wrap(f):\n    return lambda n: f(n)\n@wrap\ndef mean(n):\n    return _total(n)",
        "import functools\nmean = functools.partial(lambda scale, n: scale * _total(n), 1.0)",
    ],
)
def test_attempts_that_are_not_plain_functions(path, source):
    write_attempt(path, "mean", source)
    assert "Your mean behaves like one that gives the sum." in message_of(path)


def test_all_right(path, capsys):
    write_right(path)
    run_cells(path)
    assert capsys.readouterr().out.splitlines() == [
        "mean: right. 3 of 3 known mistakes are told apart.",
        "spread: right. 2 of 2 known mistakes are told apart.",
        "Counter: right. 2 of 2 known mistakes are told apart.",
        "answer: right. 1 of 1 known mistakes are told apart.",
    ]
    (progress,) = progress_of(path.parent)
    assert progress.done == progress.names


WRONG = {
    "divides by one too many": "def mean(n):\n    return sum(n) / (1 + len(n))",
    "leaves out the last number": (
        "def mean(n):\n    t = 0\n    for i in range(len(n) - 1): t += n[i]\n    return t / len(n)"
    ),
    "gives the sum": "def mean(numbers):\n    return 1.0 * _total(numbers)",
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_known_mistake_is_named(path, sentence):
    write_attempt(path, "mean", WRONG[sentence])
    first, second = message_of(path).splitlines()[:2]
    assert first == f"mean is not right yet. Your mean behaves like one that {sentence}."
    assert second == "The check fails here: assert mean([3, 6]) == 4.5, mean([3, 6])"


def test_a_mistake_by_an_edit_that_is_a_function(path):
    write_right(path, "mean")
    source = "def spread(v):\n    m = mean(v)\n    n = len(v) - 1\n"
    write_attempt(path, "spread", f"{source}    return (sum((x - m) ** 2 for x in v) / n) ** 0.5")
    assert "one that divides by the number less one." in message_of(path)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("self.count = 1\n    def add(self, n): self.count += n", "begins at one"),
        ("self.count = 0\n    def add(self, n): self.count = n", "forgets what it had"),
    ],
)
def test_a_mistake_in_a_class(path, source, sentence):
    write_right(path, "mean", "spread")
    write_attempt(path, "Counter", f"class Counter:\n    def __init__(self): {source}")
    assert f"Your Counter behaves like one that {sentence}." in message_of(path)


def test_a_mistake_in_a_value(path):
    write_right(path, "mean", "spread", "Counter")
    write_attempt(path, "answer", "answer = 41")
    first = message_of(path).splitlines()[0]
    assert first == "answer is not right yet. Your answer behaves like one that forgets to add one."


def test_an_unknown_mistake_has_no_diagnosis(path):
    write_attempt(path, "mean", "def mean(numbers):\n    return 7")
    assert message_of(path) == (
        "mean is not right yet.\nThe check fails here: assert mean([3, 6]) == 4.5, mean([3, 6])\n7"
    )


def test_an_exception_in_an_attempt_keeps_its_traceback(path):
    write_attempt(path, "mean", "def mean(numbers):\n    return numbers.total")
    with pytest.raises(ExerciseError, match="AttributeError: 'list' object has no") as caught:
        run_cells(path)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_a_notebook_shows_the_message_alone_unless_the_students_code_failed(path):
    write_attempt(path, "mean", "def mean(numbers):\n    return 7")
    with pytest.raises(ExerciseError) as caught:
        run_cells(path)
    assert caught.value._render_traceback_() == [f"ExerciseError: {caught.value}"]
    write_attempt(path, "mean", "def mean(numbers):\n    return 1 / 0")
    with pytest.raises(ExerciseError) as caught:
        run_cells(path)
    assert not hasattr(caught.value, "_render_traceback_")


def test_an_exercise_is_compared_with_the_solutions_of_earlier_ones(path):
    """The student's `mean` is wrong where its check does not look."""
    write_attempt(path, "mean", "def mean(n):\n    return sum(n) / len(n) if n[0] < 9 else 0")
    source = (
        "def spread(v):\n    m = sum(v) / len(v)\n    return sum((x - m) ** 2 for x in v) / len(v)"
    )
    write_attempt(path, "spread", source)
    assert "Your spread behaves like one that forgets the square root." in message_of(path)


def test_a_notebook_that_lost_what_the_solution_needs(path):
    """Without a diagnosis, the failure is still shown."""
    text = path.read_text().replace("def _total(numbers)", "def _other(numbers)")
    path.write_text(text)
    write_attempt(path, "mean", "def mean(numbers):\n    return 7")
    message = message_of(path)
    assert message.startswith("mean is not right yet. The solution of mean fails here, too")


def test_progress_is_taken_back(path):
    write_right(path)
    run_cells(path)
    write_attempt(path, "mean", "def mean(numbers):\n    return 7")
    message_of(path)
    (progress,) = progress_of(path.parent)
    assert progress.done == ("spread", "Counter", "answer")


def test_long_messages_are_shortened(path):
    write_attempt(path, "mean", "def mean(numbers):\n    raise ValueError('x\\n' * 100)")
    lines = message_of(path).splitlines()
    assert len(lines) == 18
    assert lines[-1] == "..."


def test_a_copy_of_a_notebook_finds_its_solutions(path):
    write_attempt(path, "mean", WRONG["gives the sum"])
    copy = path.with_name("my own.ipynb")
    copy.write_text(path.read_text())
    assert "one that gives the sum." in message_of(copy)


def test_kills_uses_the_solution_of_an_attempt(path):
    write_right(path)
    variables = run_cells(path)
    from literate.exercises import kills, wrong_versions

    assert kills(variables["check_mean"], variables["mean"]) == 3
    assert wrong_versions(variables["mean"])["gives the sum"]([1, 2]) == 3
