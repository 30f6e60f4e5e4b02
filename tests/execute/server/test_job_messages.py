"""What the server makes of a worker's messages, of what it prints, and of its end."""

from __future__ import annotations

import os

import pytest
from conftest import make_task

from literate.execute.protocol import (
    GO_ON,
    STOP,
    CellBegins,
    CellEnded,
    CellEnds,
    CellReport,
    CellsDone,
    CellStarted,
    ClearOutput,
    Display,
    NotebookEnded,
    OutputsUpdated,
    Refuse,
    ServerReady,
    ShowResult,
    StreamText,
    Sync,
    UpdateDisplay,
    WorkerEnds,
    pack,
)
from literate.execute.server import job as jobs

REPORT = CellReport(ok=True, seconds=0.5, execution_count=1, error=None, remarks=[])


class Worker:
    """A job of the server, and what its worker does to the pipes, without a process."""

    def __init__(self, **task: object) -> None:
        self.told: list[object] = []
        self.job = jobs.Job(3, make_task(**task), self.told.append)
        self.job.pipes.open()
        self.ends = self.job.pipes.worker_ends
        os.set_blocking(self.ends["answers"], False)

    def write(self, name: str, data: bytes) -> None:
        """Write into a pipe that the server has not read yet."""
        os.write(self.ends[name], data)

    def send(self, *messages: object) -> None:
        """Send messages, which the server reads one by one."""
        for message in messages:
            self.write("frames", pack(message))
            self.read("frames")

    def read(self, name: str) -> bool:
        """Let the server read a pipe."""
        return self.job.read(self.job.pipes.server_ends[name])

    def answers(self) -> bytes:
        """The answers that wait for the worker."""
        try:
            return os.read(self.ends["answers"], 99)
        except BlockingIOError:
            return b""

    def end(self, status: int = 0):
        """How the front learns that the process has ended."""
        self.job.finish(status)
        told = self.told[-1]
        assert isinstance(told, NotebookEnded) and told.number == 3
        return told.end


@pytest.fixture
def killed(monkeypatch):
    """The processes that a job kills."""
    found: list[int] = []
    monkeypatch.setattr(jobs, "kill", found.append)
    return found


@pytest.fixture
def start_worker():
    """Makes workers, and closes their pipes at the end."""
    workers: list[Worker] = []

    def start(**task: object) -> Worker:
        workers.append(Worker(**task))
        return workers[-1]

    yield start
    for worker in workers:
        worker.job.close()


def shown(outputs) -> list[str]:
    """The text of each output."""
    return [item["text"] if "text" in item else item["data"]["text/plain"] for item in outputs]


def plain(text: str) -> dict[str, object]:
    return {"text/plain": text}


def test_a_cell_from_its_beginning_to_its_end(start_worker):
    worker = start_worker()
    worker.send(CellBegins(0))
    assert worker.told == [CellStarted(3, 0)]
    assert worker.answers() == b""
    worker.write("stdout", b"hello\n")
    worker.send(CellEnds(0, REPORT))
    assert worker.answers() == GO_ON
    output = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
    assert worker.told[1:] == [CellEnded(3, 0, REPORT, [output], "")]


def test_outputs_are_those_of_their_cell(start_worker):
    worker = start_worker()
    for index in range(2):
        worker.send(CellBegins(index))
        worker.write("stdout", b"cell %d" % index)
        worker.send(CellEnds(index, REPORT))
    ended = [message for message in worker.told if isinstance(message, CellEnded)]
    assert [shown(message.outputs) for message in ended] == [["cell 0"], ["cell 1"]]


def test_text_comes_before_what_is_displayed_after_it(start_worker):
    worker = start_worker()
    worker.send(CellBegins(0))
    worker.write("stdout", b"a")
    worker.send(Display(plain("b"), {"k": 1}, None))
    worker.write("stderr", b"c")
    worker.send(ShowResult(plain("d"), {}, 5))
    worker.write("stdout", b"e")
    worker.send(Sync(), StreamText("stdout", "f\udcff"), CellEnds(0, REPORT))
    outputs = worker.told[-1].outputs
    assert shown(outputs) == ["a", "b", "c", "d", "ef?"]
    assert outputs[1] == {
        "output_type": "display_data",
        "data": plain("b"),
        "metadata": {"k": 1},
    }
    assert outputs[3] == {
        "output_type": "execute_result",
        "data": plain("d"),
        "metadata": {},
        "execution_count": 5,
    }


def test_outputs_are_cleared(start_worker):
    worker = start_worker()
    worker.send(CellBegins(0), Display(plain("a"), {}, None), ClearOutput(wait=True))
    worker.write("stdout", b"b")
    worker.send(CellEnds(0, REPORT))
    assert shown(worker.told[-1].outputs) == ["b"]


def test_a_later_cell_updates_a_display(start_worker):
    worker = start_worker()
    worker.send(CellBegins(0), Display(plain("old"), {}, "id"), CellEnds(0, REPORT))
    worker.send(CellBegins(1), Display(plain("other"), {}, "x"), CellEnds(1, REPORT))
    worker.send(CellBegins(2), Display(plain("mine"), {}, "id"))
    before = len(worker.told)
    worker.send(UpdateDisplay(plain("new"), {}, "id"))
    (updated,) = worker.told[before:]
    assert isinstance(updated, OutputsUpdated) and (updated.number, updated.index) == (3, 0)
    assert shown(updated.outputs) == ["new"]
    worker.send(CellEnds(2, REPORT))
    assert shown(worker.told[-1].outputs) == ["new"]


def test_what_a_kernel_prints_between_cells_is_dropped(start_worker):
    worker = start_worker(engine="kernel")
    worker.write("stderr", b"for people who debug kernels")
    worker.send(CellBegins(0), CellEnds(0, REPORT))
    assert worker.told[-1].outputs == []


def test_what_a_worker_prints_before_a_cell_belongs_to_it(start_worker):
    worker = start_worker()
    worker.write("stdout", b"of a thread")
    worker.send(CellBegins(0), CellEnds(0, REPORT))
    assert shown(worker.told[-1].outputs) == ["of a thread"]


def test_after_a_limit_the_worker_is_told_to_stop(start_worker, monkeypatch):
    monkeypatch.setattr(jobs.os, "kill", lambda pid, number: None)
    worker = start_worker(cell_timeout=5.0)
    worker.send(CellBegins(0))
    worker.job.enforce(worker.job.due)
    worker.send(CellEnds(0, REPORT))
    assert worker.answers() == STOP
    assert worker.told[-1] == CellEnded(3, 0, REPORT, [], "cell")


def test_the_limit_of_the_notebook_passes_during_a_cell(start_worker, monkeypatch):
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(jobs.os, "kill", lambda pid, number: None)
    worker = start_worker(timeout=3.0, cell_timeout=5.0)
    worker.send(CellBegins(0))
    assert worker.job.due == 1003.0
    worker.job.enforce(1003.0)
    assert worker.end().limit == "notebook"


def test_a_job_without_limits_is_never_due(start_worker):
    worker = start_worker()
    worker.send(CellBegins(0))
    assert worker.job.due == float("inf")


def test_the_end_of_a_notebook_that_came_to_its_end(start_worker):
    worker = start_worker()
    report = CellReport(True, 0.5, 1, None, ["in a thread"])
    worker.send(CellBegins(0), CellEnds(0, report), WorkerEnds(["at the end"], {"a": 1.5}, ["b"]))
    assert worker.answers() == GO_ON * 2
    end = worker.end(status=0)
    assert (end.status, end.complete, end.limit, end.cell) == (0, True, "", None)
    assert (end.outputs, end.dump, end.refusal) == ((), "", "")
    assert end.remarks == ((0, "in a thread"), (None, "at the end"))
    assert (end.import_times, end.refused_modules) == ({"a": 1.5}, ("b",))


def test_the_end_of_a_notebook_that_died_in_a_cell(start_worker):
    worker = start_worker()
    worker.send(CellBegins(4))
    worker.write("stdout", b"last words")
    worker.write("dump", b"Fatal Python error\xff")
    end = worker.end(status=11)
    assert (end.status, end.complete, end.cell) == (11, False, 4)
    assert shown(end.outputs) == ["last words"]
    assert end.dump == "Fatal Python error\ufffd"


def test_messages_that_are_still_unread_at_the_end_count(start_worker):
    worker = start_worker()
    worker.write("frames", pack(CellBegins(0)) + pack(CellEnds(0, REPORT)))
    worker.write("frames", pack(WorkerEnds([], {}, [])))
    assert worker.end().complete
    assert [type(message) for message in worker.told] == [CellStarted, CellEnded, NotebookEnded]


def test_a_notebook_that_cannot_run(start_worker):
    worker = start_worker(engine="kernel")
    worker.send(Refuse("no such kernel"))
    end = worker.end()
    assert (end.refusal, end.complete, end.cell) == ("no such kernel", False, None)


def test_a_dump_is_cut(start_worker, monkeypatch):
    monkeypatch.setattr(jobs, "_DUMP_LIMIT", 10)
    worker = start_worker()
    for _ in range(3):
        worker.write("dump", b"1234567")
        worker.read("dump")
    assert worker.end().dump == "1234567123"


def test_a_pipe_is_read_until_its_end(start_worker):
    worker = start_worker()
    assert worker.read("stdout")  # empty for now
    worker.write("stdout", b"x")
    assert worker.read("stdout")
    os.close(worker.ends.pop("stdout"))
    assert not worker.read("stdout")


BROKEN = pack(Sync())[:-1] + b"?"


@pytest.mark.parametrize("data", [BROKEN, pack(ServerReady([]))], ids=["broken", "unexpected"])
def test_a_worker_that_sends_nonsense_is_killed(start_worker, killed, capsys, data):
    worker = start_worker()
    worker.job.pid = 4711
    worker.write("frames", data)
    worker.read("frames")
    assert killed == [4711]
    assert worker.answers() == b""
    assert "ProtocolError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        ({}, jobs._GRACE),
        ({"timeout": 900.0}, jobs._GRACE),
        ({"timeout": jobs._GRACE / 2}, jobs._GRACE / 2),
        ({"cell_timeout": jobs._GRACE / 2}, jobs._GRACE / 2),
    ],
)
def test_after_its_last_cell_a_notebook_has_little_time(start_worker, still_clock, limits, seconds):
    """What has to be ended then is not a failure: all cells have run."""
    worker = start_worker(**limits)
    worker.send(CellBegins(0), CellEnds(0, REPORT), CellsDone())
    assert worker.job.due == still_clock + seconds
    worker.job.enforce(worker.job.due)
    end = worker.end(status=9)
    assert (end.complete, end.limit, end.has_run_on) == (True, "", True)


def test_a_limit_that_passed_before_the_end_is_a_failure(start_worker, still_clock):
    worker = start_worker(timeout=5.0)
    worker.job.enforce(still_clock + 5.0)
    worker.send(CellsDone())
    end = worker.end(status=9)
    assert (end.complete, end.limit) == (False, "notebook")


@pytest.fixture
def still_clock(monkeypatch):
    """The time at which the clock stands still. Signals are not sent."""
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(jobs.os, "kill", lambda pid, number: None)
    return 1000.0
