from __future__ import annotations

import errno

from conftest import edit_module

from literate.live import compiling
from literate.live.compiling import Compiler


def test_what_was_written_is_told(make_project):
    project = make_project({"00_core": ["#export\nx = 1"]})
    compiler = Compiler(project)
    assert compiler.notebooks() == [project.nbs_path / "00_core.ipynb"]
    first = compiler.compile()
    assert first.ok
    assert project.lib_path / "core.py" in first.written
    second = compiler.compile()
    assert second.written == ()
    assert second.unchanged == len(first.written)


def test_problems_are_data(make_project):
    compiled = Compiler(make_project({"00_core": ["#export\nx = ("]})).compile()
    assert not compiled.ok
    assert [problem.code for problem in compiled.problems] == ["syntax"]


def test_an_edited_module_is_left_alone(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compiler = Compiler(project)
    compiler.compile()
    edit_module(project, "x = 1", "x = 2")
    compiled = compiler.compile()
    assert not compiled.ok
    assert compiled.accused == {project.lib_path / "a.py"}
    assert "x = 2" in (project.lib_path / "a.py").read_text()


def test_a_full_disk_is_a_problem(make_project, monkeypatch):
    def fail(project: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "lib/core.py")

    monkeypatch.setattr(compiling, "compile_project", fail)
    compiled = Compiler(make_project({"00_core": ["x = 1"]})).compile()
    assert compiled.problems == ("error: lib/core.py: No space left on device",)


def test_a_bug_of_the_compiler_is_shown_with_its_traceback(make_project, monkeypatch):
    monkeypatch.setattr(compiling, "compile_project", lambda project: 1 / 0)
    compiled = Compiler(make_project({"00_core": ["x = 1"]})).compile()
    assert not compiled.ok
    assert "ZeroDivisionError" in str(compiled.problems[0])
