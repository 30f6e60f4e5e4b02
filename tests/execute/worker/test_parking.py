"""Modules loaded in the warm parent: quick to import, and otherwise as if they were not there."""

import json

import pytest

from literate.discovery import project_notebooks
from literate.execute import PASSED, Options, run_notebooks
from literate.execute.import_times import Imports
from literate.execute.preload import modules_to_preload
from literate.execute.selection import plan_notebook

FILES = {
    "heavy/__init__.py": "import os, helper\nPID = os.getpid()\nclass Thing: pass\n",
    "heavy/sub.py": "import heavy\nvalue = 1\n",
    "helper/__init__.py": "value = 2\n",
    "helper/part.py": "",
    "lib/__init__.py": "INSTALLED = 1\n",
    "needs_lib.py": "import lib\n",
    "noisy.py": "print('noise')\nraise ImportError('no')\n",
}
CHECKS = {
    "not_there_before_its_import": [
        "import os, sys\nassert not {'heavy', 'heavy.sub', 'helper'} & set(sys.modules)",
        "import heavy\nassert heavy.PID == os.getppid()\nassert sys.modules['heavy'] is heavy and 'helper' in sys.modules",
        "assert 'heavy.sub' not in sys.modules and not hasattr(heavy, 'sub')",
        "import heavy.sub\nassert heavy.sub.value == 1",
    ],
    "submodule_first": [
        "from heavy.sub import value, heavy as h\nimport heavy\nassert h is heavy and heavy.sub.value == value"
    ],
    "dependency_alone": [
        "import sys, helper\nassert helper.value == 2 and 'heavy' not in sys.modules"
    ],
    "find_spec_imports_nothing": [
        "import importlib.util, sys\nspec = importlib.util.find_spec('heavy')\n"
        "assert spec.origin.endswith('__init__.py') and 'heavy' not in sys.modules and 'helper' not in sys.modules",
        "import heavy\nassert heavy.__spec__.name == 'heavy' and heavy.__spec__.loader is heavy.__loader__",
    ],
    "missing_module": [
        "try: import heavy.nosuch\nexcept ModuleNotFoundError: pass\nelse: assert 0"
    ],
    "pickle_and_source": [
        "import inspect, pickle, heavy\nassert type(pickle.loads(pickle.dumps(heavy.Thing()))) is heavy.Thing",
        "assert 'Thing' in inspect.getsource(heavy)",
    ],
    "reload": [
        "import importlib, os, heavy\nimportlib.reload(heavy)\nassert heavy.PID == os.getpid()"
    ],
    "another_one_first_on_the_path": [
        "import os, sys\nos.makedirs('vendored')\nopen('vendored/heavy.py', 'w').write('vendored = 1')\n"
        "sys.path.insert(0, 'vendored')\nimport heavy\nassert heavy.vendored",
    ],
    "the_project_comes_first": [
        "import needs_lib, lib\nassert needs_lib.lib is lib and not lib.INSTALLED"
    ],
    "broken": [
        "try: import noisy\nexcept ImportError as error: assert str(error) == 'no'\nelse: assert 0"
    ],
}


@pytest.fixture
def project(make_project, monkeypatch, tmp_path_factory):
    packages = tmp_path_factory.mktemp("packages")
    for name, text in FILES.items():
        (packages / name).parent.mkdir(exist_ok=True)
        (packages / name).write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    project = make_project(CHECKS, "preload = heavy.sub needs_lib noisy")
    project.lib_path.mkdir()
    (project.lib_path / "__init__.py").write_text("INSTALLED = 0\n")
    return project


def test_parked_modules(project):
    found = run_notebooks(project, project_notebooks(project), Options())
    assert {
        result.path: [c.error.message for c in result.failures]
        for result in found
        if result.outcome != PASSED
    } == {}
    assert "needs_lib" in Imports(project).unsafe


def test_a_neighbours_imports_do_not_help(make_project):
    needs = "import xml\ntry: xml.dom.minidom\nexcept AttributeError: pass\nelse: assert 0"
    matplotlib = "import matplotlib\nassert not hasattr(matplotlib, 'pyplot')"
    project = make_project(
        {"00_a": ["import matplotlib.pyplot"], "01_b": [matplotlib], "02_c": [needs]}
    )
    assert {
        result.outcome for result in run_notebooks(project, project_notebooks(project), Options())
    } == {PASSED}


def test_random_numbers_differ_between_notebooks(make_project):
    project = make_project(
        {f"{n}_a": ["import numpy as np\nnp.random.rand()"] for n in range(3)},
        "preload = numpy.random",
    )
    found = run_notebooks(project, project_notebooks(project), Options())
    assert len({result.cells[0].outputs[0]["data"]["text/plain"] for result in found}) == 3


def test_what_is_worth_loading_is_learned(make_project):
    project = make_project(
        {"00_a": ["import numpy"], "01_b": ["import numpy, sympy"], "02_c": ["1"]}
    )
    run_notebooks(project, project_notebooks(project), Options())
    imports = Imports(project)
    assert {"numpy", "sympy"} <= imports.of(str(project.nbs_path / "01_b.ipynb")).keys()
    plans = [plan_notebook(project, path) for path in project_notebooks(project)]
    assert modules_to_preload(project, plans) == ["numpy", "sympy"]
    imports._data["notebooks"] = {}
    imports.note(plans[0].path, {"numpy": 0.2})
    imports.note(plans[1].path, {"numpy": 0.2, "sympy": 0.9})
    imports.note(plans[2].path, {})
    loaded = modules_to_preload(project, plans, imports)
    assert "numpy" in loaded and "sympy" not in loaded  # only one notebook needs it
    imports.refuse(["numpy"])
    assert "numpy" not in modules_to_preload(project, plans, imports)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"notebooks": 1, "unsafe": []}', json.dumps({"notebooks": {}})]
)
def test_a_broken_memory_is_an_empty_one(make_project, text):
    project = make_project({"00_a": ["1"]})
    project.state_dir.mkdir()
    (project.state_dir / "import-times.json").write_text(text)
    assert Imports(project).of("x") is None and Imports(project).unsafe == frozenset()
