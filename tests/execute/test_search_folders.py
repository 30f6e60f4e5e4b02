"""The folders that code adds to the places where modules and files are found."""

import os
from pathlib import Path

import pytest
from conftest import notebook, write_files

from literate.execute.dependencies import DependencyGraph
from literate.execute.search_folders import search_folders
from literate.execute.selection import plan_notebook


@pytest.fixture
def root(tmp_path):
    for name in ("nbs/deep", "src/lib", "tools"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


WAYS = [
    'sys.path.append("../../src")',
    "sys.path += ['../../src']",
    'sys.path.insert(0, os.path.join("..", "..", "src"))',
    'sys.path.append(str(Path("..") / ".." / "src"))',
    'sys.path.append(os.path.abspath(".." + "/../src"))',
    'sys.path.append(f"{root}/src")',
    'root = Path.cwd().parent.parent\nsys.path.append(str(root / "src"))',
    'src = "../../src"\nfrom sys import path\npath.append(src)',
    'site.addsitedir("../../src")',
    "os.chdir('../../src')",
    "%cd ../../src",
    "%cd '../../src'",
    'os.environ["PYTHONPATH"] = "../../src"',
]


@pytest.mark.parametrize("code", WAYS)
def test_ways_to_add_a_folder(root, code):
    assert root / "src" in set(search_folders(code, root / "nbs" / "deep", root))


def test_a_folder_of_any_place(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root / "tools"))
    code = f"sys.path += ['{root}/src', '~']"
    assert {root / "src", root / "tools"} <= set(search_folders(code, Path("/nowhere"), root))


@pytest.mark.parametrize("code", ["x = '../../src'", "# the road to src", "open('../../src')"])
def test_code_that_adds_nothing(root, code):
    assert list(search_folders(code, root / "nbs" / "deep", root)) == []


def test_names_that_no_folder_can_have(root):
    assert set(search_folders("sys.path += ['a\0b', '" + "x" * 190 + "']", root, root)) == {root}


# --- in the graph of dependencies --------------------------------------------------------------


def files(project) -> set[str]:
    graph = DependencyGraph(project)
    return {graph.label(path) for path in graph.nodes(plan_of(project))} - {"nbs/00_a.ipynb"}


def plan_of(project):
    return plan_notebook(project, project.nbs_path / "00_a.ipynb")


SRC = {"src/helper.py": "import other\n", "src/other.py": "", "src/data.csv": "", "src/idle.py": ""}


def test_modules_and_files_behind_an_added_folder(make_project):
    project = make_project({"00_a": ["import sys\nsys.path.append('../src')", "import helper"]})
    write_files(project.root, SRC)
    assert files(project) == {"src/helper.py", "src/other.py"}
    cells = ["import os\nos.chdir('../src')", "open('data.csv')"]
    write_files(project.root, {"nbs/00_a.ipynb": notebook(*cells)})
    assert files(project) == {"src/data.csv"}


def test_a_module_that_adds_the_folder(make_project):
    project = make_project({"00_a": ["import setup_paths", "import helper"]})
    setup = "import os, sys\nhere = os.path.dirname(__file__)\nsys.path.append(here + '/../src')\n"
    write_files(project.root, {**SRC, "nbs/setup_paths.py": setup})
    assert files(project) == {"nbs/setup_paths.py", "src/helper.py", "src/other.py"}


def test_the_folder_may_be_a_package(make_project):
    project = make_project({"00_a": ["import sys\nsys.path.append('../lib')", "import helper"]})
    write_files(project.root, {"lib/__init__.py": "", "lib/idle.py": ""})
    assert files(project) == set()
    write_files(project.root, {"lib/helper.py": ""})
    assert files(project) == {"lib/helper.py"}
    assert os.listdir(project.lib_path)
