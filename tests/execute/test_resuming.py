"""Runs that go on from snapshots: they equal runs from the top in fresh processes."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import constants, notebook
from edited_notebooks import Author

from literate.execute.options import Options
from literate.execute.results import (
    CANCELLED,
    CellStarted,
    Error,
    Event,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from literate.execute.runner import run_notebooks
from literate.execute.server.client import ServerDiedError
from literate.execute.session import Session
from literate.rootfinding import bare_project

EAGER = {"literate.execute.worker.snapshots": {"_PART_OF_WORK": 1e-9, "_LEAST_GAIN": 0.0}}
EDITS = 10


@pytest.fixture
def eager(tmp_path: Path) -> Iterator[None]:
    """Let workers make a snapshot before each cell."""
    with constants(tmp_path / "site", EAGER):
        yield


class Watched:
    """A notebook in a session, which is saved again and again."""

    def __init__(self, folder: Path, **options: object) -> None:
        (folder / ".literate").mkdir(parents=True)
        self.path = folder / "a.ipynb"
        self.session = Session(bare_project(folder), Options(workers=1, **options))

    def save(self, *cells: str | dict) -> list[Event]:
        """Save these cells, and return what happens until nothing runs."""
        self.path.write_text(notebook(*cells))
        return self.look()

    def look(self) -> list[Event]:
        happened = list(self.session.look([self.path]))
        return happened + self.wait()

    def wait(self) -> list[Event]:
        happened: list[Event] = []
        reports = iter(()) if self.session.is_idle else self.session.server.reports()
        for message in reports:
            happened += self.session.take(message)
            if self.session.is_idle:
                break
        return happened

    @property
    def result(self) -> NotebookResult:
        return self.session.notebooks[str(self.path)].result


@pytest.fixture
def watched(eager, tmp_path) -> Iterator[Watched]:
    made = Watched(tmp_path / "project")
    yield made
    made.session.close()


def kept(happened: list[Event]) -> list[int]:
    """How many cells kept their results, for each run that began."""
    return [event.done for event in happened if isinstance(event, NotebookStarted)]


# --- resumed equals fresh ----------------------------------------------------------------------


def essence(result: NotebookResult, folder: Path) -> object:
    """All of a result but times and folders."""
    cells = []
    for cell in result.cells:
        error = _essence_of(cell.error, str(folder))
        fields = (cell.index, cell.id, cell.source, cell.outcome, cell.reason)
        cells.append((*fields, cell.execution_count, cell.outputs, error))
    return result.outcome, result.reason, result.total, result.notes, cells


def _essence_of(error: Error | None, folder: str) -> object:
    if error is None:
        return None
    frames = []
    for frame in error.frames:
        place = (frame.file.replace(folder, ""), frame.line, frame.function, frame.text)
        frames.append((*place, frame.cell, frame.cell_id))
    related = [(word, _essence_of(each, folder)) for word, each in error.related]
    return error.name, error.message.replace(folder, ""), frames, related


def write(folder: Path, author: Author) -> None:
    for name, text in author.modules.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 205])
def test_random_edits_come_out_as_in_a_fresh_process(seed, watched, tmp_path):
    author = Author(seed)
    resumed = 0
    for step in range(EDITS):
        what = author.edit() if step else "begin"
        write(watched.path.parent, author)
        resumed += sum(count > 0 for count in kept(watched.save(*author.cells)))

        fresh = tmp_path / f"fresh{step}"
        (fresh / ".literate").mkdir(parents=True)
        write(fresh, author)
        (fresh / "a.ipynb").write_text(notebook(*author.cells))
        result = run_notebooks(bare_project(fresh), [fresh / "a.ipynb"], Options(workers=1))[0]
        assert essence(watched.result, watched.path.parent) == essence(result, fresh), what
        shutil.rmtree(fresh)
    assert resumed


# --- single edits ------------------------------------------------------------------------------


def test_an_edit_of_the_last_cell_runs_only_that_cell(watched):
    assert kept(watched.save("x = 1", "y = 2", "print(x + y)")) == [0]
    happened = watched.save("x = 1", "y = 2", "print(x * y)")
    assert kept(happened) == [2]
    assert [event.index for event in happened if isinstance(event, CellStarted)] == [2]
    assert [cell.source for cell in watched.result.cells] == ["x = 1", "y = 2", "print(x * y)"]
    assert watched.result.cells[2].outputs[0]["text"] == "2\n"
    assert watched.result.ran == 3


def test_a_cell_that_failed_is_mended(watched):
    watched.save("x = 1", "1 / 0", "y = 1")
    assert watched.result.ran == 2
    assert kept(watched.save("x = 1", "1 / 1", "y = 1")) == [1]
    assert watched.result.outcome == "passed"


def test_cells_may_be_removed_at_the_end(watched):
    watched.save("x = 1", "y = 2", "z = 3")
    happened = watched.save("x = 1", "y = 2")
    assert kept(happened) == [2]
    assert watched.result.ran == 2


def test_prose_starts_no_run_and_moves_the_places(watched):
    watched.save("x = 1", "def f():\n    1 / 0\nf()")
    assert kept(watched.save("md:new", "x = 1", "def f():\n    1 / 0\nf()")) == []
    failed = watched.result.failures[0]
    assert failed.index == 2
    assert {frame.cell for frame in failed.error.frames} == {2}
    assert failed.line == 2


def test_a_display_that_a_later_cell_has_updated_is_as_before_it(watched):
    begin = "from IPython.display import display\nhandle = display('first', display_id='d')"
    watched.save(begin, "handle.update('second')")
    assert "second" in watched.result.cells[0].outputs[0]["data"]["text/plain"]
    watched.save(begin, "pass")
    assert "first" in watched.result.cells[0].outputs[0]["data"]["text/plain"]
    watched.save(begin, "handle.update('third')")
    assert "third" in watched.result.cells[0].outputs[0]["data"]["text/plain"]


def test_a_module_that_changed_is_imported_again(watched):
    module = watched.path.parent / "helper.py"
    module.write_text("value = 1\n")
    cells = ("x = 1", "import helper", "print(helper.value)", "y = 1")
    watched.save(*cells)
    for value in (2, 3, 4):  # within a second, and of the same size
        module.write_text(f"value = {value}\n")
        assert kept(watched.look()) == [1]
        assert watched.result.cells[2].outputs[0]["text"] == f"{value}\n"


def test_a_declared_file_that_changed_leads_to_a_run_from_the_top(watched):
    data = watched.path.parent / "data.csv"
    data.write_text("1")
    watched.save("x = 1", "#| reads: data.csv\ny = 1", "z = 1")
    data.write_text("22")
    assert kept(watched.look()) == [0]


def test_a_notebook_that_writes_what_it_reads_does_not_run_for_ever(watched):
    watched.save("open('log.csv', 'a').write('x')", "y = 1")
    watched.save("open('log.csv', 'a').write('x')", "len(open('log.csv').read())")
    watched.session.rest()
    assert kept(watched.look()) == []


def test_tags_are_a_part_of_a_cell(watched):
    watched.save("x = 1", "1 / 0")
    cell = {
        "cell_type": "code",
        "id": "00000001",
        "metadata": {"tags": ["raises-exception"]},
        "outputs": [],
        "execution_count": None,
        "source": "1 / 0",
    }
    assert kept(watched.save("x = 1", cell)) == [1]
    assert watched.result.outcome == "passed"


LIBRARIES = {
    "random": ("import random\nrandom.seed(1)", "print(random.random())"),
    "numpy": (
        "import numpy as np\nnp.random.seed(1)\nown = np.random.default_rng(2)\n"
        "a = np.random.rand(300, 300)\nb = a @ a",
        "print(np.random.rand(), own.random(), b.sum())",
    ),
    "torch": (
        "import torch\ntorch.manual_seed(1)\na = torch.rand(300, 300, requires_grad=True)\n"
        "(a @ a).sum().backward()",
        "print(torch.rand(1), (a.grad @ a).sum())",
    ),
}


LIBRARIES["matplotlib"] = (
    "import matplotlib.pyplot as plt\nplt.title('a title')\nplt.show()",
    "plt.plot([1, 2])\nplt.show()",
)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_goes_on_with_the_same_numbers(name, eager, fonts, tmp_path, monkeypatch):
    pytest.importorskip(name)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    begin, draw = LIBRARIES[name]
    watched = Watched(tmp_path / "project")
    watched.save(begin, draw)
    fresh = watched.result.cells[1].outputs
    for number in range(2):
        assert kept(watched.save(begin, f"{draw}  # {number}")) == [1]
        assert watched.result.cells[1].outputs == fresh
    watched.session.close()


def test_after_a_library_has_started_threads_a_run_begins_before_it(watched):
    threads = (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    watched.save("x = 1", threads, "y = 1", "z = 1")
    assert kept(watched.save("x = 1", threads, "y = 1", "z = 2")) == [1]


def test_the_memory_of_snapshots_is_limited_while_a_notebook_runs(watched, monkeypatch):
    monkeypatch.setattr("literate.execute.resuming.memory_for_snapshots", lambda: 0)
    monkeypatch.setattr("literate.execute.resuming._LOOK_AT_MEMORY_EVERY", 0.0)
    watched.save("x = 1", "y = 1", "z = 1")
    assert watched.session._dispatcher.book.snapshots[str(watched.path)] == []
    assert kept(watched.save("x = 1", "y = 1", "z = 2")) == [0]


def test_a_running_version_is_cancelled(watched):
    watched.path.write_text(notebook("x = 1", "import time", "time.sleep(99999)"))
    happened = list(watched.session.look([watched.path]))
    for message in watched.session.server.reports():
        happened += watched.session.take(message)
        if any(isinstance(event, CellStarted) and event.index == 2 for event in happened):
            break
    happened = watched.save("x = 1", "import time", "y = 1")
    outcomes = [each.result.outcome for each in happened if isinstance(each, NotebookFinished)]
    assert outcomes == [CANCELLED, "passed"]
    assert kept(happened) == [2]


def test_a_snapshot_that_was_killed_is_replaced_by_a_run_from_the_top(watched):
    watched.save("x = 1", "y = 1")
    for snapshot in watched.session._dispatcher.book.snapshots[str(watched.path)]:
        os.kill(snapshot.pid, signal.SIGKILL)
    happened = watched.save("x = 1", "y = 2")
    assert watched.result.outcome == "passed"
    assert watched.result.ran == 2
    assert kept(happened)[-1] == 0


def test_a_snapshot_that_dies_while_it_wakes_up_is_replaced_by_a_run_from_the_top(watched):
    watched.save("x = 1", "y = 1")
    snapshot = watched.session._dispatcher.book.snapshots[str(watched.path)][0]
    os.kill(snapshot.pid, signal.SIGSTOP)
    watched.path.write_text(notebook("x = 1", "y = 2"))
    happened = list(watched.session.look([watched.path]))
    for message in watched.session.server.reports():
        happened += watched.session.take(message)
        if kept(happened):  # the server has given it its task
            break
    os.kill(snapshot.pid, signal.SIGKILL)
    happened += watched.wait()
    assert kept(happened) == [1, 0]
    assert watched.result.outcome == "passed"
    assert watched.result.ran == 2


def test_a_server_that_died_is_replaced(watched):
    watched.save("x = 1", "y = 1")
    watched.session.server.kill()
    with pytest.raises(ServerDiedError) as death:
        watched.save("x = 1", "y = 2")
    list(watched.session.recover(death.value))
    watched.wait()
    assert watched.result.outcome == "passed"
    assert kept(watched.save("x = 1", "y = 3")) == [1]


def test_without_forks_notebooks_run_from_the_top(eager, tmp_path):
    watched = Watched(tmp_path / "project", isolation="spawn")
    watched.save("x = 1", "y = 1")
    assert kept(watched.save("x = 1", "y = 2")) == [0]
    assert watched.result.outcome == "passed"
    watched.session.close()
