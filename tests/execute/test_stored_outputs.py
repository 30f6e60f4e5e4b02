"""`--check-outputs` and `--save`: outputs are compared, or replaced and nothing else."""

import json
import subprocess
import sys

import nbformat
import pytest
from conftest import notebook, results_of, settings_text

from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.execute.stored_outputs import same_text
from literate.project import read_project
from literate.splice import replace_outputs

pytestmark = pytest.mark.usefixtures("fonts")

# --- two texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new",
    [
        ("tensor([[1.0000,  2.5]])", "tensor([[ 1.0000, 2.5]])"),
        ("1e-8", "1.0e-8"),
        ("<Foo at 0x7f3a>", "<Foo at 0x99bb01>"),
        ("took 1.2 s", "took 700 ms"),
        ("12 µs ± 3 ns", "9 µs ± 4 ns"),
        ("2024-01-02 10:11:12.5", "2025-11-21"),
        ("at 9:05", "at 10:17:01"),
        ("/tmp/a1/x", "/tmp/b/y"),
        (
            "id 123e4567-e89b-12d3-a456-426614174000",
            "id 00000000-0000-4000-8000-000000000000",
        ),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a  b", "a b"),
    ],
)
def test_differences_that_do_not_count(old, new):
    assert same_text(old, new)


@pytest.mark.parametrize(
    "old, new",
    [
        ("1.5", "-1.5"),
        ("x", "y"),
        ("1 2", "1 2 3"),
        ("1 2 3", "1 2"),
        ("a", "A"),
        ("v1", "v2"),
        ("nan", "1.0"),
    ],
)
def test_differences_that_count(old, new):
    assert not same_text(old, new)


@pytest.mark.parametrize(
    "old, new, same",
    [
        ("0.9731", "0.9732", True),
        ("0.97", "0.98", True),
        ("0.97", "0.99", False),
        ("0.3", "0.4", True),  # as binary fractions, they differ by more than 0.1
        ("0.5", "0.6011", False),
        ("0.5", "0.5999", True),  # by the last digit of the shorter number
        ("1e-8", "2e-8", True),
        ("1e-8", "3e-8", False),
        ("1.25e3", "1.26e3", True),
        ("1.25e3", "1.27e3", False),
        ("2.", "3.", True),
        ("2.", "4.", False),
    ],
)
def test_the_last_digit_may_differ_by_one(old, new, same):
    assert same_text(old, new) == same
    assert same_text(new, old) == same


@pytest.mark.parametrize(
    "old, new, same",
    [
        ("100.0", "100.05", True),
        ("1000.00", "1000.95", True),
        ("1000.000", "1001.0005", True),  # a thousandth of the larger number
        ("1000.00", "1001.02", False),
        ("-1000.00", "-1000.95", True),
        ("-1000.00", "-1001.02", False),
    ],
)
def test_decimal_numbers_may_differ_by_a_thousandth(old, new, same):
    assert same_text(old, new) == same
    assert same_text(new, old) == same


@pytest.mark.parametrize(
    "old, new, same",
    [
        ("3", "4", False),
        ("1000", "1001", False),
        ("1_000", "1000", True),
        ("10", "10.5", False),
        ("10", "10.0", True),
    ],
)
def test_whole_numbers_have_to_be_equal(old, new, same):
    assert same_text(old, new) == same
    assert same_text(new, old) == same


# --- compare the outputs of notebooks ----------------------------------------------------------


def cell(source: str, *outputs: object, count: int | None = 1) -> dict:
    return {
        "cell_type": "code",
        "id": "cell0001",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def printed(text: object, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def result(text: str) -> dict:
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text},
    }


def displayed(**data: str) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": data}


PNG = {"image/png": "x", "text/plain": "?"}
SAME = {
    "printed": cell("print('a'); print('b')", printed("a\nb\n")),
    "in_lines": cell("print('a'); print('b')", printed(["a\n", "b\n"])),
    "in_pieces": cell("print('a'); print('b')", printed("a\n"), printed("b\n")),
    "result": cell("1 + 1", result("2")),
    "stderr": cell("import sys\nprint('x', file=sys.stderr)", printed("y", "stderr")),
    "figure": cell("import matplotlib.pyplot as plt\nplt.plot([1]);", displayed(**PNG)),
    "never_run": cell("2", count=None),
    "exempt": cell("#| check_outputs: false\n2", result("1")),
    "exempt_in_capitals": cell("#| check_outputs: False\n2", result("1")),
    "skipped": cell("#| eval: false\n2", result("1")),
    "nothing": cell("x = 1"),
    "a_blank_line": cell("print()"),
}
OTHER = {
    "result_changed": cell("1 + 1", result("3")),
    "printed_more": cell("print('a'); print('b')", printed("a\n")),
    "printed_what_is_a_result_now": cell("print('a')\n2", printed("a\n2")),
    "shows_nothing_now": cell("x = 1", result("3")),
    "no_figure": cell("print('x')", displayed(**{"image/png": "x"})),
    "shows_something_now": cell("1"),
    "compared": cell("#| check_outputs: true\n2", result("1")),
    "is_no_output": cell("1", 3),
    "holds_no_text": cell("print(1)", printed([3])),
    "names_no_kind": cell("1", {"data": None}),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory, fonts):
    """The results of all notebooks above, each with a second cell that always passes."""
    root = tmp_path_factory.mktemp("compared")
    (root / "settings.ini").write_text(settings_text())
    (root / "nbs").mkdir()
    for name, first in {**SAME, **OTHER}.items():
        (root / "nbs" / f"{name}.ipynb").write_text(notebook(first, cell("x = 1")))
    return results_of(read_project(root / "settings.ini"), check_outputs=True)


@pytest.mark.parametrize("name", SAME)
def test_outputs_that_are_the_stored_ones(compared, name):
    assert compared[name].outcome == PASSED


@pytest.mark.parametrize("name", OTHER)
def test_outputs_that_are_not_the_stored_ones(compared, name):
    assert compared[name].outcome == FAILED
    (failed,) = compared[name].failures
    assert (failed.index, failed.error.name) == (0, "OutputChanged")


def message(result) -> str:
    return result.failures[0].error.message


def test_the_message_shows_the_difference(compared):
    assert message(compared["result_changed"]).endswith("--- stored\n+++ now\n@@ -1 +1 @@\n-3\n+2")
    assert message(compared["no_figure"]).endswith("-<image>\n+x")


@pytest.mark.parametrize("name", ["is_no_output", "holds_no_text", "names_no_kind"])
def test_the_message_about_stored_outputs_that_are_not_valid(compared, name):
    assert "the stored outputs are not valid: run the notebook with --save" in message(
        compared[name]
    )


# --- save --------------------------------------------------------------------------------------

CELLS = [
    "md:# Übung\n\n日本",
    "import sys\nprint('a\\nb')\nprint('err', file=sys.stderr)",
    "[1, 2]",
    "",
    "from IPython.display import HTML, JSON, display\n"
    "display(HTML('<b>\\nx</b>'))\n"
    "h = display('old', display_id='d')",
    "h.update('né')\nJSON({'b': 1, 'a': [1.5, None]})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    {
        "cell_type": "code",
        "id": "raising1",
        "metadata": {"tags": ["raises-exception"]},
        "outputs": [],
        "execution_count": 7,
        "source": "1/0",
    },
]


def save(project, name: str = "00_a"):
    """Run a notebook with --save: its result, and its text afterwards."""
    path = project.nbs_path / f"{name}.ipynb"
    (result,) = run_notebooks(project, [path], Options(save=True))
    return result, path.read_bytes().decode()


def test_saved_outputs_are_valid_and_stable(make_project):
    project = make_project({"00_a": CELLS})
    result, first = save(project)
    assert result.outcome == PASSED
    assert save(project)[1] == first
    nbformat.validate(json.loads(first))
    code = [cell for cell in json.loads(first)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [1, 2, None, 3, 4, 5, 6]
    assert [path.name for path in project.nbs_path.iterdir()] == ["00_a.ipynb"]


def test_as_jupyter_writes_it(make_project):
    project = make_project({"00_a": CELLS, "01_b": CELLS})
    ours = json.loads(save(project)[1])
    path = project.nbs_path / "01_b.ipynb"
    convert = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    subprocess.run([*convert, str(path)], capture_output=True, check=True)
    theirs = json.loads(path.read_text())
    for our_cell, their_cell in zip(ours["cells"], theirs["cells"], strict=True):
        assert our_cell["id"] == their_cell["id"]
        if our_cell["id"] != "raising1":  # a traceback, which Jupyter stores in colours
            assert our_cell.get("outputs") == their_cell.get("outputs")


def test_of_a_traceback_only_the_lines_of_cells_are_saved(make_project):
    fails = "import json\njson.loads('{')"
    project = make_project({"00_a": [{**CELLS[-1], "source": fails}]})
    (stored,) = json.loads(save(project)[1])["cells"][0]["outputs"]
    assert stored["ename"] == "JSONDecodeError"
    assert stored["evalue"].startswith("Expecting property name")
    begin, line, end = stored["traceback"]
    assert (begin, line) == (
        "Traceback (most recent call last):",
        "  cell 1 (raising1), line 2: json.loads('{')",
    )
    assert end.endswith(stored["evalue"])


def test_a_skipped_cell_keeps_its_outputs(make_project):
    project = make_project({"00_a": [cell("#| eval: false\n2", result("1"), count=5), "3"]})
    skipped, ran = json.loads(save(project)[1])["cells"]
    assert (skipped["execution_count"], skipped["outputs"]) == (5, [result("1")])
    assert ran["outputs"][0]["data"] == {"text/plain": ["3"]}


def test_a_notebook_that_fails_stays_as_it_is(make_project):
    project = make_project({"00_a": ["print(1)", "1/0"]})
    before = (project.nbs_path / "00_a.ipynb").read_text()
    result, after = save(project)
    assert result.outcome == FAILED
    assert after == before


def test_outputs_that_are_not_the_stored_ones_are_not_saved(make_project):
    project = make_project({"00_a": [cell("2", result("1"))]})
    path = project.nbs_path / "00_a.ipynb"
    before = path.read_text()
    (failed,) = run_notebooks(project, [path], Options(save=True, check_outputs=True))
    assert failed.outcome == FAILED
    assert path.read_text() == before


# --- the bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layout",
    [
        {"indent": 1, "ensure_ascii": False},
        {"indent": 2},
        {"indent": "\t"},
        {"indent": 4, "sort_keys": True},
        {"separators": (",", ":")},
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_other_byte_stays(layout, newline):
    data = json.loads(notebook("md:# é", "a", "b"))
    data["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["old\n"]}]
    text = json.dumps(data, **layout).replace("\n", newline) + newline
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["ü\n", "x"]}]
    data["cells"][1] |= {"outputs": outputs, "execution_count": 1}
    if "indent" in layout:
        expected = json.dumps(with_sorted_outputs(data), **layout).replace("\n", newline) + newline
        assert replace_outputs(text, {1: (1, outputs)}) == expected
    assert json.loads(replace_outputs(text, {1: (1, outputs)})) == data
    assert replace_outputs(text, {}) == text


def with_sorted_outputs(data: dict) -> dict:
    outputs = data["cells"][1]["outputs"]
    data["cells"][1]["outputs"] = [dict(sorted(output.items())) for output in outputs]
    return data


def test_a_cell_that_lacks_its_outputs_gets_them():
    text = '{"cells": [{"cell_type": "code", "source": "1", "metadata": {}}], "nbformat": 4}'
    (cell,) = json.loads(replace_outputs(text, {0: (1, [])}))["cells"]
    assert (cell["execution_count"], cell["outputs"]) == (1, [])
