"""`--failed`: which notebooks failed when they ran last."""

import os

import pytest
from conftest import results_of

from literate.discovery import project_notebooks
from literate.execute import Options, failures, run, run_notebooks
from literate.execute.failures import failed_last_time


def failed(project) -> list[str] | None:
    found = failed_last_time(project, project_notebooks(project))
    return None if found is None else [path.stem for path in found]


CELLS = {"00_a": ["1"], "01_b": ["1/0"], "02_c": "{", "03_d": ["#| eval: false\n1"]}


def test_failures_are_on_record(make_project):
    project = make_project(CELLS)
    assert failed(project) is None
    results_of(project)
    assert failed(project) == ["01_b", "02_c"]


def test_a_notebook_that_did_not_run_again_stays_on_record(make_project):
    project = make_project(CELLS)
    results_of(project)
    make_project({"01_b": ["1"], "02_c": ["#| eval: false\n1"]})
    run_notebooks(project, [project.nbs_path / "01_b.ipynb"])
    assert failed(project) == ["02_c"]
    run_notebooks(project, [project.nbs_path / "02_c.ipynb"])
    assert failed(project) == ["02_c"]


def test_a_run_that_is_interrupted_keeps_what_it_knows(make_project):
    project = make_project({"00_a": ["1/0"], "01_b": ["1/0"]})
    events = run(project, project_notebooks(project), Options(workers=1))
    while type(next(events)).__name__ != "NotebookFinished":
        pass
    events.close()
    assert failed(project) == ["00_a"]


@pytest.mark.parametrize("kind", ["garbage", "an object", "too deep", "a folder", "a pipe"])
def test_a_record_that_is_damaged(make_project, kind):
    project = make_project(CELLS)
    results_of(project)
    file = project.state_dir / "failed.json"
    file.unlink()
    if kind == "a folder":
        file.mkdir()
    elif kind == "a pipe":
        os.mkfifo(file)
    else:
        file.write_text({"garbage": "{", "an object": "{}", "too deep": "[" * 100_000}[kind])
    assert failed(project) is None
    results_of(project)
    assert failed(project) == (None if kind == "a folder" else ["01_b", "02_c"])


def test_a_state_that_cannot_be_written_harms_nothing(make_project, monkeypatch):
    def refuse(project):
        raise PermissionError("no")

    monkeypatch.setattr(failures, "state_lock", refuse)
    project = make_project(CELLS)
    results_of(project)
    assert failed(project) is None
