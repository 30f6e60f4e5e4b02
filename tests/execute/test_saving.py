"""`--save`: outputs are replaced, and nothing else."""

import json
import subprocess
import sys

import nbformat
import pytest
from conftest import notebook, results_of
from stored_cells import cell, result

from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.splice import replace_outputs

pytestmark = pytest.mark.usefixtures("fonts")

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


# A notebook that changes its own file while it runs.
SPOILERS = {
    "gone": "import os\nos.remove('00_a.ipynb')",
    "not_json": "open('00_a.ipynb', 'w').write('no JSON')",
    "empty": "open('00_a.ipynb', 'w').close()",
    "pipe": "import os\nos.remove('00_a.ipynb')\nos.mkfifo('00_a.ipynb')",
    "folder": "import os\nos.remove('00_a.ipynb')\nos.mkdir('00_a.ipynb')",
}


@pytest.mark.parametrize("name", SPOILERS)
def test_a_notebook_that_cannot_be_saved_fails_alone(make_project, name):
    project = make_project({"00_a": [SPOILERS[name]], "01_b": ["2 * 3"]})
    results = results_of(project, save=True, workers=1)
    assert results["00_a"].outcome == FAILED
    assert results["00_a"].reason.startswith("its outputs cannot be saved: ")
    assert [cell.outcome for cell in results["00_a"].cells] == [PASSED]
    assert results["01_b"].outcome == PASSED
    assert '"6"' in (project.nbs_path / "01_b.ipynb").read_text()


def test_a_folder_that_cannot_be_written(make_project, monkeypatch):
    def fail(path, text):
        raise PermissionError(13, "Permission denied", str(path))

    project = make_project({"00_a": ["1"]})
    monkeypatch.setattr("literate.execute.saving.write_atomically", fail)
    assert save(project)[0].reason == "its outputs cannot be saved: Permission denied"


def test_a_text_that_no_file_can_hold(make_project):
    shows = "from IPython.display import display\ndisplay({'text/plain': '\\ud800'}, raw=True)"
    result, _ = save(make_project({"00_a": [shows]}))
    assert result.outcome in (PASSED, FAILED)


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


def test_proofs_and_hidden_inputs_are_folded(make_project):
    tagged = {
        "cell_type": "code",
        "id": "tagged01",
        "execution_count": None,
        "metadata": {"tags": ["a"]},
        "outputs": [],
        "source": ["#hide_input\n", "print(2)"],
    }
    project = make_project({"00_a": ["x = 1", "#| proof: x is one\nassert x == 1", tagged]})
    result, first = save(project)
    assert result.outcome == PASSED
    cells = json.loads(first)["cells"]
    folded = {"jupyter": {"source_hidden": True}}
    assert [each["metadata"] for each in cells] == [{}, folded, {**folded, "tags": ["a"]}]
    assert save(project)[1] == first
