"""What runs after a save: several notebooks, modules, and files that come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import notebook, write_files

from literate.execute.changed import UNCHANGED
from literate.execute.options import Options
from literate.execute.results import Event, NotebookFinished, NotebookStarted
from literate.execute.runner import run_notebooks
from literate.execute.session import Session
from literate.rootfinding import bare_project

Start = Callable[[], "Watched"]


class Watched:
    """A session, and the notebooks in its folder."""

    def __init__(self, folder: Path) -> None:
        (folder / ".literate").mkdir(exist_ok=True)
        self.folder = folder
        self.session = Session(bare_project(folder), Options(workers=1))

    def look(self) -> list[str]:
        """Look at the disk; return the names of the notebooks that ran to their end."""
        paths = sorted(self.folder.glob("*.ipynb"))
        return self._finished(list(self.session.look(paths)))

    def run_again(self, only_failed: bool = False) -> list[str]:
        return self._finished(list(self.session.run_again(only_failed)))

    def _finished(self, happened: list[Event]) -> list[str]:
        reports = iter(()) if self.session.is_idle else self.session.server.reports()
        for message in reports:
            happened += self.session.take(message)
            if self.session.is_idle:
                break
        self.happened = happened
        ended = [event for event in happened if isinstance(event, NotebookFinished)]
        return sorted(Path(event.result.path).stem for event in ended)

    def outcome(self, name: str) -> str:
        result = self.session.notebooks[str(self.folder / f"{name}.ipynb")].result
        return "" if result is None else result.outcome

    def why(self, name: str) -> str:
        return self.session.notebooks[str(self.folder / f"{name}.ipynb")].why


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    started: list[Watched] = []

    def begin() -> Watched:
        started.append(Watched(tmp_path))
        return started[-1]

    yield begin
    for watched in started:
        watched.session.close()


def save(folder: Path, **notebooks: list[str]) -> None:
    write_files(folder, {f"{name}.ipynb": notebook(*cells) for name, cells in notebooks.items()})


def test_only_what_depends_on_a_change_runs(tmp_path, start):
    write_files(tmp_path, {"helper.py": "x = 1\n", "other.py": "y = 1\n"})
    save(tmp_path, a=["import helper"], b=["import other"], c=["import a_missing_one"])
    watched = start()
    assert watched.look() == ["a", "b", "c"]
    assert watched.look() == []
    (tmp_path / "helper.py").write_text("x = 22\n")
    assert watched.look() == ["a"]
    assert watched.why("a") == "helper.py changed"
    save(tmp_path, b=["import other", "1"])
    assert watched.look() == ["b"]
    assert watched.why("b") == "its cells changed"
    (tmp_path / "a_missing_one.py").write_text("")
    assert watched.look() == ["c"]
    assert watched.outcome("c") == "passed"


def test_what_passed_before_does_not_run_at_first(tmp_path, start):
    save(tmp_path, a=["x = 1"], b=["1 / 0"])
    first = start()
    assert first.look() == ["a", "b"]
    first.session.rest()
    second = start()
    assert second.look() == ["b"]
    assert second.outcome("a") == ""
    assert second.session.counts() == {"passed": 1, "failed": 1, "skipped": 0}
    assert second.session.failed == [tmp_path / "b.ipynb"]


def test_a_run_knows_what_passed_in_a_session(tmp_path, start):
    save(tmp_path, a=["x = 1"])
    watched = start()
    watched.look()
    watched.session.rest()
    options = Options(changed=True)
    results = run_notebooks(watched.session.project, [tmp_path / "a.ipynb"], options)
    assert [result.reason for result in results] == [UNCHANGED]


def test_all_or_the_failed_ones_run_again_from_the_top(tmp_path, start):
    save(tmp_path, a=["x = 1"], b=["1 / 0"])
    watched = start()
    watched.look()
    assert watched.run_again(only_failed=True) == ["b"]
    assert watched.run_again() == ["a", "b"]
    begun = [event.done for event in watched.happened if isinstance(event, NotebookStarted)]
    assert begun == [0, 0]


def test_notebooks_come_and_go(tmp_path, start):
    save(tmp_path, a=["x = 1"], b=["x = 1"])
    watched = start()
    watched.look()
    (tmp_path / "a.ipynb").rename(tmp_path / "c.ipynb")
    assert watched.look() == ["c"]
    assert {Path(path).stem for path in watched.session.notebooks} == {"b", "c"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "\x00", '{"cells": [], "nbformat": 4', '{"nbformat": 2}']
)
def test_a_notebook_that_cannot_be_read_fails_alone(tmp_path, start, text):
    save(tmp_path, a=["x = 1"], b=["x = 1"])
    watched = start()
    watched.look()
    (tmp_path / "a.ipynb").write_text(text)
    assert watched.look() == ["a"]
    assert watched.outcome("a") == "failed"
    reason = watched.session.notebooks[str(tmp_path / "a.ipynb")].result.reason
    assert "a.ipynb" in reason
    assert watched.look() == []
    save(tmp_path, a=["x = 1"])
    assert watched.look() == ["a"]
    assert watched.outcome("a") == "passed"


def test_a_notebook_that_is_skipped_is_shown_as_skipped(tmp_path, start):
    save(tmp_path, a=["x = 1"])
    watched = start()
    watched.look()
    save(tmp_path, a=["#| eval: false\nx = 1"])
    assert watched.look() == ["a"]
    assert watched.outcome("a") == "skipped"
    assert watched.session.counts()["skipped"] == 1


def test_a_save_without_a_change_runs_nothing(tmp_path, start):
    save(tmp_path, a=["x = 1"])
    watched = start()
    watched.look()
    save(tmp_path, a=["x = 1"])
    assert watched.look() == []
    save(tmp_path, a=["x = 1", "md: prose"])
    assert watched.look() == []
