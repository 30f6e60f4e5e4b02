"""`--check-outputs`: which differences count."""

import pytest
from conftest import notebook

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.execute.stored_outputs import same_text

pytestmark = pytest.mark.usefixtures("fonts")


@pytest.mark.parametrize(
    "old, new",
    [
        ("0.9731", "0.9732"),
        ("tensor([[1.0000,  2.5]])", "tensor([[ 1.0000, 2.5]])"),
        ("1e-8", "1.0e-8"),
        ("<Foo at 0x7f3a>", "<Foo at 0x99bb01>"),
        ("took 1.2 s", "took 700 ms"),
        ("12 µs ± 3 ns", "9 µs ± 4 ns"),
        ("2024-01-02 10:11:12.5", "2025-11-21"),
        ("/tmp/a1/x", "/tmp/b/y"),
        ("a  b", "a b"),
        ("100.0", "100.05"),
    ],
)
def test_differences_that_do_not_count(old, new):
    assert same_text(old, new)


@pytest.mark.parametrize(
    "old, new",
    [
        ("3", "4"),
        ("0.97", "0.99"),
        ("1.5", "-1.5"),
        ("x", "y"),
        ("1 2", "1 2 3"),
        ("10", "10.5"),
        ("a", "A"),
        ("1000", "1001"),
    ],
)
def test_differences_that_count(old, new):
    assert not same_text(old, new)


def cell(source: str, *outputs: dict, count: int | None = 1) -> dict:
    return {
        "cell_type": "code",
        "id": "cell0001",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def printed(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def result(text: str, **more: str) -> dict:
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text, **more},
    }


FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1]);"
SAME = {
    "printed": cell("print('a'); print('b')", printed("a\nb\n")),
    "in_pieces": cell("print('a'); print('b')", printed("a\n"), printed("b\n")),
    "result": cell("1 + 1", result("2")),
    "stderr": cell("import sys\nprint('x', file=sys.stderr)", printed("y", "stderr")),
    "figure": cell(
        FIGURE,
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": "x", "text/plain": "?"},
        },
    ),
    "never_run": cell("2", count=None),
    "exempt": cell("#| check_outputs: false\n2", result("1")),
    "nothing": cell("x = 1"),
}
OTHER = {
    "result_changed": cell("1 + 1", result("3")),
    "printed_more": cell("print('a'); print('b')", printed("a\n")),
    "shows_nothing_now": cell("x = 1", result("3")),
    "no_figure": cell(
        "print('x')", {"output_type": "display_data", "metadata": {}, "data": {"image/png": "x"}}
    ),
    "shows_something_now": cell("1"),
    "is_no_output": cell("1", 3),
    "holds_no_text": cell("print(1)", printed([3])),
    "names_no_kind": cell("1", {"data": None}),
}


def test_stored_outputs(make_project):
    project = make_project({name: notebook(c) for name, c in {**SAME, **OTHER}.items()})
    found = run_notebooks(project, project_notebooks(project), Options(check_outputs=True))
    outcomes = {
        result.path.rpartition("/")[2].removesuffix(".ipynb"): result.outcome for result in found
    }
    assert outcomes == {**dict.fromkeys(SAME, PASSED), **dict.fromkeys(OTHER, FAILED)}
    error = next(r for r in found if "result_changed" in r.path).failures[0].error
    assert error.message.endswith("-3\n+2")
