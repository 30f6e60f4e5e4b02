"""The parameters of a run: what people type, as values, and which of them the notebooks know."""

import pytest
from conftest import tagged

from literate.diagnostics import UsageError
from literate.execute import PASSED, Options, run_notebooks
from literate.execute.parameters import check_parameters, known_parameters, parse_parameters
from literate.execute.selection import plan_notebook


@pytest.mark.parametrize(
    "text, value",
    [
        ("1", 1),
        ("-3", -3),
        (".5", 0.5),
        ("1e-3", 1e-3),
        ("None", None),
        ("True", True),
        ("false", False),
        ("null", None),
        ("word", "word"),
        ("x=y", "x=y"),
        ("", ""),
        ("it's", "it's"),
        ("f(x", "f(x"),
        ("007", "007"),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        ("''", ""),
        ("'1'", "1"),
        ("r'C:\\new dir'", "C:\\new dir"),
        ("'C:\\users\\x y'", "C:\\users\\x y"),
        ("'a\\' b'", "a' b"),
        ("[1, 2]", [1, 2]),
        ("['a', \"b ]\"]", ["a", "b ]"]),
        ("[true, null]", [True, None]),
        ("('a',)", ("a",)),
        ("{'a': [1, (2, 3)]}", {"a": [1, (2, 3)]}),
    ],
)
def test_a_value_is_what_was_typed(text, value):
    assert parse_parameters(f"a=0 b={text}  c=9 ") == {"a": 0, "b": value, "c": 9}


def test_no_parameters():
    assert parse_parameters("") == parse_parameters("  ") == {}


@pytest.mark.parametrize(
    "text, message",
    [
        ("1=2", "takes name=value, not '1=2'"),
        ("class=1", "takes name=value"),
        ("a", "takes name=value, not 'a'"),
        ("a=1 b c=2", "takes name=value, not 'b'"),
        ("=1", "takes name=value"),
        ("a='b", "a quote or a bracket is not closed"),
        ("a=[1, 2", "a quote or a bracket is not closed"),
        ("a=[x, y]", "a=.x, y. is not a value of Python; texts in it stand in quotes"),
    ],
)
def test_what_cannot_be_read(text, message):
    with pytest.raises(UsageError, match=message):
        parse_parameters(text)


# --- what the notebooks know -------------------------------------------------------------------


@pytest.fixture
def plans(make_project):
    """`plans(a=[...], b=[...])`: the plans of notebooks with these cells."""

    def make(**notebooks: list) -> list:
        project = make_project(notebooks)
        return [plan_notebook(project, project.nbs_path / f"{name}.ipynb") for name in notebooks]

    return make


@pytest.mark.parametrize(
    "source, names",
    [
        ("epochs: int = 5\nname = 'x'\na, (b, *c) = 1, (2, 3)", ["epochs", "name", "a", "b", "c"]),
        ("%matplotlib inline\n!ls\nx = 1", ["x"]),
        ("if True:\n    x = 1", ["x"]),
        ("from math import *", None),
        ("x = (", None),
    ],
)
def test_the_tagged_cell_names_the_parameters(plans, source, names):
    (plan,) = plans(a=[tagged(source, "parameters")])
    assert known_parameters(plan) == names


def test_an_unknown_name_is_refused_with_the_known_ones(plans):
    made = plans(a=["1", tagged("epochs = 1; rate = .1", "parameters")])
    check_parameters(made, {"epochs": 3})
    message = r"--param epoch: nbs/a.ipynb has no .*did you mean epochs. Known: epochs, rate"
    with pytest.raises(UsageError, match=message):
        check_parameters(made, {"epoch": 3})


def test_of_several_notebooks_one_has_to_know_a_name(plans):
    made = plans(a=[tagged("x = 1", "parameters")], b=[tagged("y = 1", "parameters")])
    check_parameters(made, {"x": 1, "y": 2})
    with pytest.raises(UsageError, match="no notebook has a parameter.*Known: x, y"):
        check_parameters(made, {"z": 1})


def test_a_notebook_without_a_tagged_cell_takes_every_name(plans):
    check_parameters(plans(a=[tagged("x = 1", "parameters")], b=["1"]), {"z": 1})
    check_parameters(plans(a=["1"]), {"z": 1})
    check_parameters([], {"z": 1})


def test_nothing_runs_with_an_unknown_name(make_project):
    project = make_project({"a": [tagged("x = 1", "parameters"), "open('ran', 'w')"]})
    paths = [project.nbs_path / "a.ipynb"]
    with pytest.raises(UsageError):
        run_notebooks(project, paths, Options(parameters={"y": 1}))
    assert not (project.nbs_path / "ran").exists()
    (result,) = run_notebooks(project, paths, Options(parameters={"x": 1}))
    assert result.outcome == PASSED
