"""What is given up is shown and kept."""

from conftest import edit_module

from literate.compile import compile_project
from literate.compile.history import dropped_lines, given_up_lines, keep_versions
from literate.project import KEPT_VERSIONS


def test_each_line_is_shown(tmp_path):
    (remark,) = given_up_lines(tmp_path / "a.py", ["x = 1", "", "y = 2"])
    assert remark.message == "2 lines are given up"
    assert remark.detail == "    - x = 1\n    - y = 2"
    assert given_up_lines(tmp_path / "a.py", [" "]) == []


def test_lines_that_were_generated_or_stay_are_not_given_up(tmp_path):
    (remark,) = dropped_lines(tmp_path / "a.py", "old\nkept\ntyped", "new\nkept", ["old"])
    assert remark.detail == "    - typed"


def test_the_latest_versions_are_kept(make_project):
    project = make_project({"00_a": ["#export\nx = 0"]})
    compile_project(project)
    path = project.lib_path / "a.py"
    for number in range(KEPT_VERSIONS + 3):
        keep_versions(project, {path: f"x = {number}"})
    folder = project.state_dir / "history" / "lib" / "a.py"
    versions = {int(file.stem): file.read_text() for file in folder.iterdir()}
    expected = range(4, KEPT_VERSIONS + 4)
    assert versions == {number: f"x = {number - 1}" for number in expected}


def test_a_forced_compile_keeps_what_it_replaces(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 'typed'")
    edited = (project.lib_path / "a.py").read_text()
    _, result = compile_project(project, prefer="notebook")
    assert [remark.detail for remark in result.given_up] == ["    - x = 'typed'"]
    kept = project.state_dir / "history" / "lib" / "a.py" / "1.py"
    assert kept.read_text() == edited
    edit_module(project, "y = 1", "y = 'typed'", "b")
    (project.nbs_path / "01_b.ipynb").unlink()
    _, result = compile_project(project, force=True, prune=True)
    assert [remark.detail.splitlines()[-1] for remark in result.given_up] == ["    - y = 'typed'"]
    assert compile_project(project)[1].given_up == ()
