"""--save: outputs are replaced, and nothing else."""

import json
import subprocess
import sys

import nbformat
import pytest
from conftest import notebook

from literate.execute import FAILED, PASSED, Options, run_notebooks
from literate.splice import replace_outputs

pytestmark = pytest.mark.usefixtures("fonts")
CELLS = [
    "md:# Übung\n\n日本",
    "import sys\nprint('a\\nb')\nprint('err', file=sys.stderr)",
    "[1, 2]",
    "",
    "from IPython.display import HTML, JSON, display\ndisplay(HTML('<b>\\nx</b>'))\nh = display('old', display_id='d')",
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


def save(project, name="00_a"):
    path = project.nbs_path / f"{name}.ipynb"
    (result,) = run_notebooks(project, [path], Options(save=True))
    return result, path.read_bytes().decode()


def test_saved_outputs_are_valid_and_stable(make_project):
    project = make_project({"00_a": CELLS})
    result, first = save(project)
    assert result.outcome == PASSED
    assert save(project)[1] == first
    nbformat.validate(json.loads(first))
    cells = json.loads(first)["cells"]
    assert [c["execution_count"] for c in cells if c["cell_type"] == "code"] == [
        1,
        2,
        None,
        3,
        4,
        5,
        6,
    ]
    assert [p.name for p in project.nbs_path.iterdir()] == ["00_a.ipynb"]


def test_as_jupyter_writes_it(make_project):
    project = make_project({"00_a": CELLS, "01_b": CELLS})
    ours = json.loads(save(project)[1])
    theirs = project.nbs_path / "01_b.ipynb"
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--inplace",
        str(theirs),
    ]
    subprocess.run(command, capture_output=True, check=True)
    for our, their in zip(ours["cells"], json.loads(theirs.read_text())["cells"]):
        assert our["id"] == their["id"]
        if our["id"] != "raising1":  # a traceback, which Jupyter stores in colours
            assert our.get("outputs") == their.get("outputs")


def test_a_notebook_that_fails_stays_as_it_is(make_project):
    project = make_project({"00_a": ["print(1)", "1/0"]})
    before = (project.nbs_path / "00_a.ipynb").read_text()
    result, after = save(project)
    assert result.outcome == FAILED
    assert after == before


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
        expected = json.dumps(_sorted_outputs(data), **layout).replace("\n", newline) + newline
        assert replace_outputs(text, {1: (1, outputs)}) == expected
    assert json.loads(replace_outputs(text, {1: (1, outputs)})) == data
    assert replace_outputs(text, {}) == text


def _sorted_outputs(data: dict) -> dict:
    data["cells"][1]["outputs"] = [dict(sorted(o.items())) for o in data["cells"][1]["outputs"]]
    return data


def test_a_cell_that_lacks_its_outputs_gets_them():
    text = '{"cells": [{"cell_type": "code", "source": "1", "metadata": {}}], "nbformat": 4}'
    (cell,) = json.loads(replace_outputs(text, {0: (1, [])}))["cells"]
    assert (cell["execution_count"], cell["outputs"]) == (1, [])
