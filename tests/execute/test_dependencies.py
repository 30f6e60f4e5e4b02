"""What a notebook depends on: the files that its code imports, reads or names."""

from pathlib import Path

import pytest
from conftest import notebook, write_files

from literate.execute import dependencies
from literate.execute.dependencies import DependencyGraph, imported
from literate.execute.preload import modules_to_preload
from literate.execute.selection import plan_notebook


def plan_of(project, name: str):
    return plan_notebook(project, project.nbs_path / f"{name}.ipynb")


def leads_to(project, name: str) -> set[str]:
    """The files that a notebook depends on, from the project's root."""
    graph = DependencyGraph(project)
    nodes = graph.nodes(plan_of(project, name))
    return {graph.label(path) for path in nodes} - {f"nbs/{name}.ipynb"}


LIB = {
    "lib/__init__.py": "",
    "lib/a.py": "from .b import x\n",
    "lib/b.py": "x = 1\n",
    "lib/c.py": "",
    "nbs/beside.py": "",
    "nbs/data.csv": "1\n",
    "nbs/tool.py": "import beside\n",
    "nbs/deep/er.txt": "x",
    "top.py": "",
}
PACKAGE = {"lib/__init__.py", "lib/a.py", "lib/b.py"}
CASES = {
    "no_import": ("1", set()),
    "import": ("import lib.a as q", PACKAGE),
    "from_import": ("from lib.a import x", PACKAGE),
    "from_package": ("from lib import (a,\n  c)", PACKAGE | {"lib/c.py"}),
    "in_a_function": ("def f():\n    from lib import b", {"lib/__init__.py", "lib/b.py"}),
    "after_a_magic": (
        "%matplotlib inline\nfrom lib import (\n  b,\n)",
        {"lib/__init__.py", "lib/b.py"},
    ),
    "two_in_a_line": ("!ls\nimport os; import lib.b", {"lib/__init__.py", "lib/b.py"}),
    "continued": ("!ls\nfrom lib import \\\n  b", {"lib/__init__.py", "lib/b.py"}),
    "beside": ("import beside", {"nbs/beside.py"}),
    "from_the_root": ("import top", {"top.py"}),
    "reads": ("#| reads: data.csv deep nosuch.txt", {"nbs/data.csv", "nbs/deep", "nbs/nosuch.txt"}),
    "reads_a_pattern": ("#| reads: *.csv", {"nbs/data.csv"}),
    "names_a_file": ("open('data.csv').read()", {"nbs/data.csv"}),
    "runs_a_file": ("%run tool.py", {"nbs/tool.py", "nbs/beside.py"}),
    "shell": ("!python tool.py", {"nbs/tool.py", "nbs/beside.py"}),
    "dynamic": (
        "import importlib\nm = importlib.import_module('lib.' + 'b')",
        PACKAGE | {"lib/c.py", "nbs/beside.py", "nbs/tool.py", "top.py"},
    ),
    "method_eval": ("model.eval(); re.compile('x')", set()),
    "installed": ("import numpy, os", set()),
    "skipped_cell_too": ("#| eval: false\nimport beside", {"nbs/beside.py"}),
    "nul_in_a_name": ("'\0'", set()),
}


@pytest.mark.parametrize("name", CASES)
def test_dependencies(make_project, name):
    code, expected = CASES[name]
    project = make_project({name: [code, "1"]})
    write_files(project.root, LIB)
    assert leads_to(project, name) == expected


def test_relative_imports_in_a_notebook_start_from_the_package(make_project):
    project = make_project({"00_a": ["from .b import x"]})
    write_files(project.root, LIB)
    assert leads_to(project, "00_a") == {"lib/__init__.py", "lib/b.py"}


def test_a_relative_import_of_a_module_in_a_deeper_package(make_project):
    project = make_project({"00_a": ["import lib.sub.m"]})
    write_files(
        project.root, {**LIB, "lib/sub/__init__.py": "", "lib/sub/m.py": "from ..c import x"}
    )
    found = leads_to(project, "00_a")
    assert found == {"lib/__init__.py", "lib/sub/__init__.py", "lib/sub/m.py", "lib/c.py"}


def test_a_compiled_module(make_project):
    project = make_project({"00_a": ["import fast"]})
    write_files(project.root, {"nbs/fast.cpython-311.so": "", "nbs/faster.so": ""})
    assert leads_to(project, "00_a") == {"nbs/fast.cpython-311.so"}


def test_a_notebook_that_another_one_runs(make_project):
    project = make_project({"00_a": ["%run 01_b.ipynb"], "01_b": ["import beside"]})
    write_files(project.root, LIB)
    assert leads_to(project, "00_a") == {"nbs/01_b.ipynb", "nbs/beside.py"}


def test_modules_that_import_each_other(make_project):
    project = make_project({"00_a": ["import one"]})
    write_files(project.root, {"nbs/one.py": "import two", "nbs/two.py": "import one"})
    assert leads_to(project, "00_a") == {"nbs/one.py", "nbs/two.py"}


def test_a_package_installed_as_a_link_to_its_sources(make_project, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "linked.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(elsewhere))
    project = make_project({"00_a": ["import linked"]})
    assert leads_to(project, "00_a") == {str(elsewhere / "linked.py")}


def parts_of(project, name: str, **options) -> dict[str, str]:
    return DependencyGraph(project).parts(plan_of(project, name), "", **options)


def changed_parts(before: dict[str, str], after: dict[str, str]) -> set[str]:
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def test_the_parts_name_what_has_changed(make_project):
    project = make_project({"00_a": ["#| reads: deep\nimport beside"]})
    write_files(project.root, LIB)
    before = parts_of(project, "00_a")
    assert before == parts_of(project, "00_a")
    write_files(project.root, {"nbs/deep/new.txt": "", "nbs/beside.py": "x = 2\n"})
    assert changed_parts(before, parts_of(project, "00_a")) == {"nbs/deep", "nbs/beside.py"}


def test_stored_outputs_count_only_if_they_are_compared(make_project):
    def with_output(text: str) -> str:
        output = {"output_type": "stream", "name": "stdout", "text": text}
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "print(1)"}
        return notebook({**cell, "outputs": [output], "execution_count": 1})

    project = make_project({"00_a": with_output("1")})
    parts, with_outputs = parts_of(project, "00_a"), parts_of(project, "00_a", outputs=True)
    write_files(project.root, {"nbs/00_a.ipynb": with_output("2")})
    assert parts_of(project, "00_a") == parts
    after = parts_of(project, "00_a", outputs=True)
    assert changed_parts(with_outputs, after) == {"its cells"}


def test_of_a_large_file_size_and_time_count(make_project, monkeypatch):
    project = make_project({"00_a": ["open('data.csv')"]})
    write_files(project.root, LIB)
    monkeypatch.setattr(dependencies, "_LARGE", 1)
    before = parts_of(project, "00_a")
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    assert (
        DependencyGraph(project)._digest_of(project.nbs_path / "data.csv")
        == (before["nbs/data.csv"])
    )


@pytest.mark.parametrize(
    "code, names",
    [
        ("import a, b.c as d", {"a", "b.c"}),
        ("from e.f import g as h, i", {"e.f", "e.f.g", "e.f.i"}),
        ("from a import (b, # one)\n  c)", {"a.b", "a.c"}),
        ("if x: import y", {"y"}),
        ("from a \\\n import b", {"a.b"}),
        ("x = '#'; import z", {"z"}),
        ("import a, \\\n b", {"a", "b"}),
        ("x = (\nimport q", {"q"}),
    ],
)
def test_imports_are_found_by_pattern(code, names):
    assert names <= {name for name, level in imported(code) if not level}


def test_relative_imports():
    found = set(imported("from . import i\nfrom ..j import k, *"))
    assert {("", 1), ("i", 1), ("j", 2), ("j.k", 2)} <= found


# --- texts of any size -------------------------------------------------------------------------

MANY = 300_000  # with time that grows with the square, a test would not come to its end


@pytest.mark.parametrize(
    "text",
    [
        "s = 'from " + "." * MANY + " x'",
        "\nfrom " + "." * MANY + " x",
        " " * MANY + "y = 1",
        "from" + " " * MANY,
        "from a import (\n" * (MANY // 30),
        "!" * MANY + "\n",
        "a, " * MANY,
        "import " + "\\\n" * MANY,
    ],
    ids=["dots in a text", "dots", "blanks", "from", "open", "commands", "commas", "continued"],
)
def test_no_text_takes_long(make_project, text):
    project = make_project({"00_a": [text]})
    plan = plan_notebook(project, project.nbs_path / "00_a.ipynb")
    assert DependencyGraph(project).nodes(plan)
    assert modules_to_preload(project, [plan]) == []
