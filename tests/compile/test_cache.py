"""The compile cache: what has not changed is not opened, and what has changed is not missed."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from conftest import notebook, notebook2script, rewrite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import literate.compile.plan as plan_module
from literate.compile import compile_project, write
from literate.compile.cache import CompileCache
from literate.compile.fast_path import load_report
from literate.compile.plan import make_plan
from literate.compile.snapshot import Snapshot
from literate.project import Project, find_project


def load(project: Project) -> CompileCache | None:
    """The cache as a compile that begins now finds it."""
    return CompileCache.load(Snapshot(project))


@pytest.fixture
def project(make_project):
    made = make_project(
        {
            "00_a": ["#export\nx = 1"],
            "sub/01_b": ["#default_exp sub.b", "#export\ny = 1", "#exprot\nz"],
        }
    )
    compile_project(made)
    return made


def test_the_cache_knows_notebooks_and_modules(project):
    cache = load(project)
    a, b = project.nbs_path / "00_a.ipynb", project.nbs_path / "sub" / "01_b.ipynb"
    assert not cache.is_changed(a)
    assert cache.modules_of(b) == {"sub.b"}
    assert cache.stale_modules([a, b]) == set()
    (problem,) = cache.problems(b)
    assert (problem.code, problem.path, problem.cell) == ("unknown-directive", b, 2)
    assert cache.problems(a) == []
    first, second = cache.modules()
    assert (first.name, first.path, first.notebooks) == ("a", project.lib_path / "a.py", [a])
    assert (second.public, second.symbols, second.is_owned) == (["y"], {}, True)


def test_the_cache_tells_what_has_to_be_compiled_again(project):
    a, b = project.nbs_path / "00_a.ipynb", project.nbs_path / "sub" / "01_b.ipynb"
    new = project.nbs_path / "02_new.ipynb"
    rewrite(a, notebook("#export\nx = 2"))
    cache = load(project)
    assert cache.is_changed(a) and cache.is_changed(new) and not cache.is_changed(b)
    assert cache.modules_of(new) == set()
    assert cache.stale_modules([a, b, new]) == {"a"}
    assert cache.stale_modules([a, new]) == {"a", "sub.b"}  # a notebook is gone
    rewrite(project.lib_path / "sub" / "b.py", "edited")
    assert load(project).stale_modules([a, b]) == {"a", "sub.b"}


@pytest.mark.parametrize(
    "text", ["{broken", "[]", "{}", '{"format": 2}', '{"inputs": {}}', "[" * 99_999]
)
def test_a_cache_that_cannot_be_read_is_not_used(project, text):
    (project.state_dir / "compiled.json").write_text(text)
    assert load(project) is None


def test_a_cache_in_another_format_is_not_used_and_replaced(project):
    path = project.state_dir / "compiled.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "format": state["format"] + 1}))
    assert load(project) is None
    compile_project(project)
    assert json.loads(path.read_text())["format"] == state["format"]


def test_a_pipe_in_the_place_of_the_cache_is_not_read(project):
    path = project.state_dir / "compiled.json"
    path.unlink()
    os.mkfifo(path)
    assert load(project) is None


def test_with_other_settings_the_cache_is_not_used(project):
    config = project.root / "settings.ini"
    rewrite(config, config.read_text() + "strict = True\n")
    assert load(find_project()) is None


def test_settings_that_say_the_same_keep_the_cache(project):
    config = project.root / "settings.ini"
    rewrite(config, config.read_text() + "# a comment\n")
    assert load(find_project()) is not None


def test_another_python_reads_everything_again(project, monkeypatch):
    monkeypatch.setattr(sys, "version", "3.99")
    assert load(project) is None


@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("x = 2"), lambda path: path.unlink()]
)
def test_when_a_module_written_by_hand_changes_everything_is_read_again(project, change):
    by_hand = project.lib_path / "sub" / "mine.py"
    by_hand.write_text("x = 1")
    assert load(project) is None
    compile_project(project)
    assert load(project) is not None
    change(by_hand)
    assert load(project) is None


def test_a_notebook_that_changes_while_it_is_compiled_is_compiled_again(project, monkeypatch):
    path = project.nbs_path / "00_a.ipynb"
    write_plan = write.write_plan

    def change_and_write(*arguments):
        rewrite(path, notebook("#export\nx = 3"))
        return write_plan(*arguments)

    rewrite(path, notebook("#export\nx = 2"))
    monkeypatch.setattr(write, "write_plan", change_and_write)
    compile_project(project)
    assert load(project).is_changed(path)
    assert load_report() is None


NAMES = ["00_a", "01_b", "02_c", "sub/03_d"]
CELL = st.sampled_from(
    [
        "#export\nx = 1",
        "#export b\ny = 2",
        "#export sub.e\nfrom lib.b import *\ndef f(): return z",
        "#exporti c\nw = 3",
        "z = 4",
        "#exprot\nv",
        "#default_exp b",
        "#default_exp sub.e",
        "import math",
        "#export\nmath.pi",
        "#export\n# only a comment",
    ]
)
STEP = st.tuples(st.sampled_from(NAMES), st.none() | st.lists(CELL, max_size=4))


def emptied(project: Project) -> Project:
    """The project as it was before the first compile, and without notebooks."""
    for folder in (project.nbs_path, project.lib_path, project.state_dir):
        shutil.rmtree(folder, ignore_errors=True)
    return project


def save(path: Path, cells: list[str] | None, number: int) -> None:
    """Write a notebook, or delete it if `cells` is None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if cells is None:
        path.unlink(missing_ok=True)
    else:
        path.touch()
        rewrite(path, notebook(*cells, edit=number))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_reading_only_what_changed_gives_the_same(make_project, steps):
    project = emptied(make_project({}))
    first = (NAMES[0], ["#export\nx = 0"])
    for number, (name, cells) in enumerate([first, *steps]):
        save(project.nbs_path / f"{name}.ipynb", cells, number)
        plan, _ = compile_project(project)
        whole = make_plan(project)
        assert [str(d) for d in plan.diagnostics] == [str(d) for d in whole.diagnostics]
        for file, text in whole.files.items():
            assert file.read_text() == text, file
        assert load_report()


def test_only_what_changed_is_opened(make_project, monkeypatch):
    project = make_project(
        {
            "00_a": ["#export\nx = 1"],
            "01_b": ["#export c\ny = 1"],
            "02_c": ["#export\nz = 1"],
            "03_d": ["#export\nw = 1"],
        }
    )
    compile_project(project)
    rewrite(project.nbs_path / "01_b.ipynb", notebook("#export c\ny = 22"))
    opened = []
    read_notebook = plan_module.read_notebook

    def read_and_note(path):
        opened.append(path.name)
        return read_notebook(path)

    monkeypatch.setattr(plan_module, "read_notebook", read_and_note)
    _, result = compile_project(project)
    assert opened == ["01_b.ipynb", "02_c.ipynb"]  # both of them make c.py
    assert [path.name for path in result.changed] == ["c.py"]
    assert result.unchanged == 4


def set_in(state: dict, *keys: object, value: object) -> None:
    *above, last = keys
    for key in above:
        state = state[key]
    state[last] = value


RUBBISH = [
    (["notebooks"], []),
    (["notebooks", "nbs/00_a.ipynb"], None),
    (["notebooks", "nbs/00_a.ipynb", "modules"], ["nosuch"]),
    (["notebooks", "nbs/00_a.ipynb", "modules"], [[]]),
    (["notebooks", "nbs/00_a.ipynb", "problems"], [{"code": "nosuch"}]),
    (["modules"], {"a": 3}),
    (["modules", "a", "path"], "../a.py"),
    (["modules", "a", "symbols"], {"x": 3}),
    (["modules", "a", "stars"], "text"),
    (["modules", "a", "is_owned"], "True"),
    (["files"], 3),
]


@pytest.mark.parametrize(("keys", "value"), RUBBISH)
def test_a_cache_of_another_structure_is_passed_over(project, keys, value):
    """A project from elsewhere may bring its state files along."""
    file = project.state_dir / "compiled.json"
    state = json.loads(file.read_text())
    assert CompileCache.load(Snapshot(project)) is not None
    set_in(state, *keys, value=value)
    file.write_text(json.dumps(state))
    assert CompileCache.load(Snapshot(project)) is None
    compile_project(project)


@pytest.mark.parametrize("name", ["compiled.json", "generated.json", "last-report"])
@pytest.mark.parametrize("kind", ["pipe", "link", "deep"])
def test_state_files_of_any_kind_hinder_nothing(project, name, kind):
    file = project.state_dir / name
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "link":
        os.mkfifo(project.root / "pipe")
        file.symlink_to("../pipe")
    else:
        file.write_text("[" * 100_000)
    for arguments in ([], ["--check"]):
        done = notebook2script(*arguments)
        assert "internal error" not in done.stderr
        assert "did you mean" in done.stderr  # it has compiled
