"""Modules that the server imports ahead: quick to import, and otherwise as in a new process."""

from __future__ import annotations

import importlib
import json

import pytest
from conftest import constants, results_of, split_cells, write_files

from literate.execute import PASSED
from literate.execute.import_times import ImportTimes
from literate.execute.worker.parking import _would_be_found

# Packages for the server to import ahead. `heavy` needs two others, one of which needs the other.
PACKAGES = {
    "heavy/__init__.py": "import os, helper, needs_helper\nPID = os.getpid()\nclass Thing: pass\n",
    "heavy/sub.py": "import heavy\nvalue = 1\n",
    "helper/__init__.py": "value = 2\n",
    "helper/part.py": "",
    "needs_helper.py": "import helper\n",
    "lib/__init__.py": "INSTALLED = 1\n",
    "needs_lib.py": "import lib\n",
    "noisy.py": "print('noise')\nraise ImportError('no')\n",
}

CHECKS = {
    "not_there_before_its_import": """
        import os, sys
        assert not {'heavy', 'heavy.sub', 'helper'} & set(sys.modules)
        # %%
        import heavy
        assert heavy.PID == os.getppid()  # it is the server's
        assert sys.modules['heavy'] is heavy
        assert 'helper' in sys.modules
        # %%
        assert 'heavy.sub' not in sys.modules
        assert not hasattr(heavy, 'sub')
        # %%
        import heavy.sub
        assert heavy.sub.value == 1
    """,
    "submodule_first": """
        from heavy.sub import value, heavy as h
        import heavy
        assert h is heavy
        assert heavy.sub.value == value
    """,
    "dependency_alone": """
        import sys, helper
        assert helper.value == 2
        assert 'heavy' not in sys.modules
    """,
    "dependency_of_two": """
        import sys, needs_helper
        assert sys.modules['helper'] is needs_helper.helper
        assert 'heavy' not in sys.modules
    """,
    "find_spec_imports_nothing": """
        import importlib.util, sys
        spec = importlib.util.find_spec('heavy')
        assert spec.origin.endswith('__init__.py')
        assert 'heavy' not in sys.modules
        assert 'helper' not in sys.modules
        # %%
        import heavy
        assert heavy.__spec__.name == 'heavy'
        assert heavy.__spec__.loader is heavy.__loader__
    """,
    "loader_of_a_spec": """
        import importlib.util
        spec = importlib.util.find_spec('heavy')
        assert 'class Thing' in spec.loader.get_source('heavy')
        assert not hasattr(spec.loader, 'nosuch')
        # %%
        import sys
        heavy = importlib.util.module_from_spec(spec)
        assert heavy.Thing
        assert 'heavy' not in sys.modules
    """,
    "missing_module": """
        try:
            import heavy.nosuch
        except ModuleNotFoundError:
            pass
        else:
            assert False
    """,
    "pickle_and_source": """
        import inspect, pickle, heavy
        assert type(pickle.loads(pickle.dumps(heavy.Thing()))) is heavy.Thing
        # %%
        assert 'Thing' in inspect.getsource(heavy)
    """,
    "reload": """
        import importlib, os, heavy
        importlib.reload(heavy)
        assert heavy.PID == os.getpid()
    """,
    "imported_anew": """
        import os, sys, heavy
        del sys.modules['heavy']
        # %%
        import heavy
        assert heavy.PID == os.getpid()
        # %%
        import heavy.sub  # parked is a submodule of the other `heavy`
        assert heavy.sub.heavy is heavy
    """,
    "another_one_first_on_the_path": """
        import os, sys
        os.makedirs('vendored')
        open('vendored/heavy.py', 'w').write('vendored = 1')
        sys.path.insert(0, 'vendored')
        import heavy
        assert heavy.vendored
    """,
    "another_dependency_first_on_the_path": """
        import os, sys
        os.makedirs('other')
        open('other/helper.py', 'w').write('value = 3')
        sys.path.insert(0, 'other')
        import heavy
        assert heavy.PID == os.getpid()
        assert heavy.helper.value == 3
    """,
    "the_project_comes_first": """
        import needs_lib, lib
        assert needs_lib.lib is lib
        assert not lib.INSTALLED
    """,
    "broken": """
        try:
            import noisy
        except ImportError as error:
            assert str(error) == 'no'
        else:
            assert False
    """,
}


@pytest.fixture
def project(make_project, monkeypatch, tmp_path_factory):
    """A project with a notebook for each check, and with a package `lib` of its own."""
    packages = tmp_path_factory.mktemp("python") / "site-packages"
    write_files(packages, PACKAGES)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    notebooks = {name: split_cells(text) for name, text in CHECKS.items()}
    project = make_project(notebooks, "preload = heavy.sub needs_lib noisy")
    write_files(project.lib_path, {"__init__.py": "INSTALLED = 0\n"})
    return project


def failures(project, **options: object) -> dict[str, list[str]]:
    """The messages of each notebook that does not pass."""
    messages = {}
    for name, result in results_of(project, **options).items():
        if result.outcome != PASSED:
            messages[name] = [cell.error.message for cell in result.failures] or [result.reason]
    return messages


def test_a_notebook_finds_modules_as_in_a_new_process(project):
    assert failures(project) == {}
    assert "needs_lib" in ImportTimes(project).unsafe


def test_a_module_is_handed_out_if_it_is_the_one_that_python_finds(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    write_files(tmp_path, {"module_on_path.py": ""})
    module = importlib.import_module("module_on_path")
    assert _would_be_found("module_on_path", module)
    assert not _would_be_found("module_on_path", json)
    # Only another finder knows it, for example the one of an editable installation.
    assert _would_be_found("module_of_another_finder", module)


def test_a_neighbours_imports_do_not_help(make_project):
    notebooks = {
        "00_a": "import matplotlib.pyplot",
        "01_b": """
            import matplotlib
            assert not hasattr(matplotlib, 'pyplot')
        """,
        "02_c": """
            import xml
            assert not hasattr(xml, 'dom')
        """,
    }
    project = make_project({name: split_cells(text) for name, text in notebooks.items()})
    assert failures(project) == {}


def test_random_numbers_differ_between_notebooks(make_project):
    draw = split_cells("""
        import numpy as np
        np.random.rand()
    """)
    project = make_project({f"{n}_a": draw for n in range(3)}, "preload = numpy.random")
    numbers = set()
    for result in results_of(project).values():
        numbers.add(result.cells[0].outputs[0]["data"]["text/plain"])
    assert len(numbers) == 3


THIRD_PARTY = {
    "third_party/__init__.py": "import json\nfrom third_party import part\n",
    "third_party/part.py": "",
    "other.py": "import other_part\n",
    "other_part.py": "",
}


@pytest.mark.parametrize("preload", ["third_party", "json"])  # it is parked, and it is not
def test_the_imports_of_third_party_modules_are_timed(make_project, tmp_path_factory, preload):
    project = make_project(
        {"00_a": ["import json, own_module, third_party", "import third_party.part, other"]},
        f"preload = {preload}",
    )
    write_files(project.nbs_path, {"own_module.py": "import own_part\n", "own_part.py": ""})
    installed = tmp_path_factory.mktemp("site") / "installed"
    parking = {"_LIBRARY_FOLDERS": (str(installed),), "_CHEAP": 0.0}
    with constants(installed, {"literate.execute.worker.parking": parking}):
        write_files(installed, THIRD_PARTY)
        assert failures(project) == {}
    times = ImportTimes(project).of(str(project.nbs_path / "00_a.ipynb"))
    assert times.keys() == {"third_party", "other"}
