"""`--changed`: what a notebook depends on, and that none is left out whose outcome has changed."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, SKIPPED, Options, explain, run_notebooks
from literate.execute.changed import UNCHANGED, PassHistory
from literate.execute.dependencies import DependencyGraph, imported
from literate.execute.selection import plan_notebook


def write(project, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def leads_to(project, name: str) -> set[str]:
    """The files that a notebook depends on, from the project's root."""
    graph = DependencyGraph(project)
    nodes = graph.nodes(plan_notebook(project, project.nbs_path / f"{name}.ipynb"))
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
}


@pytest.mark.parametrize("name", CASES)
def test_dependencies(make_project, name):
    project = make_project({name: [CASES[name][0], "1"]})
    write(project, LIB)
    assert leads_to(project, name) == CASES[name][1]


def test_a_package_installed_as_a_link_to_its_sources(make_project, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "linked.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(elsewhere))
    assert leads_to(make_project({"00_a": ["import linked"]}), "00_a") == {
        str(elsewhere / "linked.py")
    }


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
    assert {("", 1), ("i", 1), ("j", 2), ("j.k", 2)} <= set(
        imported("from . import i\nfrom ..j import k, *")
    )


def changed(project, **options) -> dict[str, str]:
    """What a run with `changed` makes of each notebook: its outcome, or why it ran."""
    results = run_notebooks(project, project_notebooks(project), Options(changed=True, **options))
    return {
        Path(r.path).stem: r.reason if r.outcome == SKIPPED else f"{r.outcome}: {r.notes[0]}"
        for r in results
    }


def test_only_what_changed_runs(make_project):
    project = make_project(
        {"00_a": ["from lib.b import x"], "01_b": ["md:words", "y = 1"], "02_bad": ["1/0"]}
    )
    write(project, LIB)
    first = changed(project)
    assert all(why.endswith("no pass of it is on record") for why in first.values())
    assert changed(project) == {
        "00_a": UNCHANGED,
        "01_b": UNCHANGED,
        "02_bad": f"{FAILED}: no pass of it is on record",
    }
    write(project, {"lib/b.py": "x = 2\n", "nbs/01_b.ipynb": notebook("md:other words", "y = 1")})
    told = changed(project)
    assert (told["00_a"], told["01_b"]) == (f"{PASSED}: lib/b.py changed", UNCHANGED)
    write(project, {"nbs/01_b.ipynb": notebook("y = 2"), "lib.py": "", "nbs/lib.py": "x = 1"})
    told = changed(project)
    assert told["01_b"] == f"{PASSED}: its cells changed"
    assert "lib.py is new" in told["00_a"]
    assert "the options of the run changed" in changed(project, strict=True)["01_b"]


def test_explain(make_project):
    project = make_project({"00_a": ["import lib.a"], "01_none": ["#| eval: false\n1"]})
    write(project, LIB)
    told = list(explain(project, project_notebooks(project)))
    assert told == [
        "nbs/00_a.ipynb: would run: no pass of it is on record",
        "  lib/__init__.py",
        "  lib/a.py",
        "    lib/__init__.py",
        "    lib/b.py",
        "nbs/01_none.ipynb: skipped: no cell of it is to run",
    ]


def test_the_command_says_how_many_it_left_out(make_project):
    make_project({"00_a": ["1"], "01_b": ["2"]})
    command = [sys.executable, Path(__file__).parents[2] / "run_notebook.py", "--changed"]
    first, second = (subprocess.run(command, capture_output=True, text=True) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 passed" in first.stdout and "\n2 unchanged in " in second.stdout
    assert "nothing ran, as nothing has changed since it passed" in second.stdout


def test_a_flaky_pass_proves_nothing(make_project):
    flaky = "from pathlib import Path\nif not Path('seen').exists():\n    Path('seen').write_text('x')\n    1/0"
    project = make_project({"00_a": [flaky]})
    changed(project, retries=1)
    assert changed(project)["00_a"] == f"{PASSED}: no pass of it is on record"


EDITABLE = {
    "lib/__init__.py": ["", "from .a import x", "from . import c"],
    "lib/a.py": ["x = 1", "from .b import x", "from .c import y as x", "x = ("],
    "lib/b.py": ["x = 2", "x = 3", "from lib.c import y as x"],
    "lib/c.py": ["y = 4", "import helper\ny = helper.z", "y = 5", None],
    "nbs/helper.py": ["z = 6", "z = 7", "from other import z", None],
    "nbs/other.py": ["z = 8", None],
    "helper.py": ["z = 9", None],
    "nbs/data.txt": ["10", "11", None],
    "nbs/a.py": ["x = 12", None],
}
NOTEBOOKS = {
    "00_a": ["from lib.a import x\nx"],
    "01_b": ["import lib.b\nlib.b.x"],
    "02_all": ["import lib\nsorted(vars(lib))[-3:]"],
    "03_data": ["open('data.txt').read()"],
    "04_dynamic": ["m = __import__('lib.' + 'c')\nm.c.y"],
    "05_magic": ["%precision 3\nfrom lib import (\n  a,\n)\na.x"],
    "06_try": ["try:\n    import a\nexcept ImportError:\n    a = None\ngetattr(a, 'x', None)"],
    "07_reads": ["#| reads: *.txt\nimport glob\n[open(f).read() for f in glob.glob('*.t' + 'xt')]"],
    "08_alone": ["13"],
}


@pytest.mark.parametrize("seed", range(2))
def test_no_notebook_is_left_out_whose_outcome_changed(make_project, seed):
    """Random edits; after each, whatever `changed` would leave out comes out as before."""
    chance = random.Random(seed)
    project = make_project(NOTEBOOKS)
    write(project, {name: texts[0] for name, texts in EDITABLE.items() if name.startswith("lib/")})
    before, left_out = {}, 0
    for _ in range(9):
        for name in chance.sample(sorted(EDITABLE), chance.randint(1, 2)):
            text = chance.choice(EDITABLE[name])
            (project.root / name).unlink(missing_ok=True)
            if text is not None:
                write(project, {name: f"{text}\n"})
        record, options = PassHistory(project, Options().fingerprint), Options()
        plans = [plan_notebook(project, path) for path in project_notebooks(project)]
        unchanged = {plan.path for plan in plans if not record.why(plan)}
        now = {}
        for result in run_notebooks(project, [Path(plan.path) for plan in plans], options):
            now[result.path] = (result.outcome, result.cells[-1].outputs)
        for path in unchanged:
            assert now[path] == before[path], path
        before, left_out = now, left_out + len(unchanged)
    assert left_out > 9  # or the test would prove nothing
