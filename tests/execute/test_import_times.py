"""What notebooks import is learned, and decides what the server imports ahead."""

import json

import pytest
from conftest import results_of

from literate.discovery import project_notebooks
from literate.execute.import_times import Imports
from literate.execute.preload import modules_to_preload
from literate.execute.selection import plan_notebook


def test_what_is_worth_loading_is_learned(make_project):
    project = make_project(
        {"00_a": ["import numpy"], "01_b": ["import numpy, sympy"], "02_c": ["1"]}
    )
    results_of(project)
    imports = Imports(project)
    assert {"numpy", "sympy"} <= imports.of(str(project.nbs_path / "01_b.ipynb")).keys()
    plans = [plan_notebook(project, path) for path in project_notebooks(project)]
    assert modules_to_preload(project, plans) == ["numpy", "sympy"]
    imports._data["notebooks"] = {}
    imports.note(plans[0].path, {"numpy": 0.2})
    imports.note(plans[1].path, {"numpy": 0.2, "sympy": 0.9})
    imports.note(plans[2].path, {})
    loaded = modules_to_preload(project, plans, imports)
    assert "numpy" in loaded
    assert "sympy" not in loaded  # only one notebook needs it
    imports.refuse(["numpy"])
    assert "numpy" not in modules_to_preload(project, plans, imports)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"notebooks": 1, "unsafe": []}', json.dumps({"notebooks": {}})]
)
def test_a_broken_file_counts_as_an_empty_one(make_project, text):
    project = make_project({"00_a": ["1"]})
    project.state_dir.mkdir()
    (project.state_dir / "import-times.json").write_text(text)
    assert Imports(project).of("x") is None
    assert Imports(project).unsafe == frozenset()
