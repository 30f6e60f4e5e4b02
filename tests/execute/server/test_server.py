"""The loop of the server, and a real server that is given commands."""

from __future__ import annotations

import os
import select
import signal
import tempfile
from pathlib import Path

import pytest
from conftest import (
    PATIENCE,
    is_alive,
    make_cells,
    make_task,
    printed_by,
    reports_until,
    running,
    sleeper,
    wait_for,
)

from literate.execute.protocol import (
    CHUNK,
    CellEnded,
    CellStarted,
    FrameReader,
    NotebookEnded,
    Preload,
    ProtocolError,
    RunNotebook,
    ServerReady,
    SetEnvironment,
    Sync,
    pack,
)
from literate.execute.server.client import ServerDiedError, start_server
from literate.execute.server.launch import Start

SLEEPER = sleeper(22)
PRINT_PID = "import os\nprint(os.getpid())"
FOREVER = "import time\nwhile True: time.sleep(9999)"


# --- the loop, without a process ---------------------------------------------------------------


class Front:
    """A server in this process that does not run yet, and the other ends of its pipes."""

    def __init__(self) -> None:
        # Imported late: this brings IPython.
        from literate.execute.server.server import ForkServer

        commands, self.commands = os.pipe()
        self.reports, reports = os.pipe()
        self.server = ForkServer(commands, reports, None, None)

    def take(self) -> list[object]:
        """What has been reported since the last call."""
        return list(FrameReader().feed(os.read(self.reports, CHUNK)))

    def close(self) -> None:
        for descriptor in (self.commands, self.server.commands, self.server.reports):
            os.close(descriptor)
        if self.reports >= 0:
            os.close(self.reports)


@pytest.fixture
def front():
    made = Front()
    yield made
    made.close()


class FakeJob:
    """A job as far as the loop needs one."""

    def __init__(self, pid: int, due: float) -> None:
        self.pid = pid
        self.due = due


def test_a_report_is_written_at_once(front):
    front.server.tell(ServerReady(["a"]))
    assert front.take() == [ServerReady(["a"])]


def test_reports_wait_until_the_front_reads(front):
    server = front.server
    messages = [ServerReady([str(number), "x" * 50_000]) for number in range(9)]
    for message in messages:
        server.tell(message)  # this blocks nowhere
    reader = FrameReader()
    found = []
    while len(found) < len(messages):
        found += reader.feed(os.read(front.reports, CHUNK))
        if server._outbox:
            assert server._wait() == [server.reports]
            server._handle_ready(server.reports)
    assert found == messages
    server._sweep_due = 0.0  # so that the next line does not wait
    assert server._wait() == []  # with nothing to write, the pipe is not waited for


def test_reports_to_a_front_that_has_ended_are_dropped(front):
    os.close(front.reports)
    front.reports = -1
    front.server.tell(ServerReady(["a"]))
    front.server.tell(ServerReady(["b"]))
    assert front.server._outbox == b""


def test_commands_are_taken_last(front):
    server = front.server
    os.write(front.commands, b"x")
    descriptors = [os.pipe() for _ in range(3)]
    for receiver, sender in descriptors:
        os.write(sender, b"x")
        server._poll.register(receiver, select.POLLIN)
    ready = server._wait()
    assert ready[-1] == server.commands
    assert sorted(ready[:-1]) == sorted(receiver for receiver, _ in descriptors)
    for pair in descriptors:
        os.close(pair[0])
        os.close(pair[1])


def test_how_long_the_loop_waits(front, monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    server = front.server
    assert server._timeout() is None
    server.jobs = {1: FakeJob(1, due=float("inf"))}
    assert server._timeout() is None
    server.jobs = {1: FakeJob(1, due=103.0), 2: FakeJob(2, due=102.0)}
    assert server._timeout() == 2001.0  # a millisecond more, so that it is due by then
    server._sweep_due = 101.0
    assert server._timeout() == 1001.0
    server._sweep_due = 99.0
    assert server._timeout() == 0.0


def test_where_no_descriptor_tells_of_an_end_the_loop_looks_often(front, monkeypatch):
    monkeypatch.setattr("literate.execute.server.server.IS_LINUX", False)
    assert front.server._timeout() is None
    front.server.jobs = {1: FakeJob(1, due=float("inf"))}
    assert front.server._timeout() < 100


def test_a_message_that_is_no_command_is_refused(front):
    with pytest.raises(ProtocolError, match="Sync"):
        front.server._run_command(Sync())


def test_a_new_folder_for_temporary_files_is_used_at_once(front, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", "/somewhere")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    front.server._set_environment({"TMPDIR": str(tmp_path)})
    assert tempfile.gettempdir() == str(tmp_path)


@pytest.fixture
def orphans(front, monkeypatch):
    """What the server does to processes 1 (a resource tracker) and 2."""
    module = "literate.execute.server.server"
    killed: list[int] = []
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    monkeypatch.setattr(f"{module}.has_children", lambda: True)
    monkeypatch.setattr(f"{module}.children", lambda: {1, 2, 3, 4})
    monkeypatch.setattr(f"{module}.reap", lambda pid: pid == 3)  # it has ended
    names = {1: "python -c resource_tracker", 2: "sleep 9"}
    monkeypatch.setattr(f"{module}.command_line", names.get)
    monkeypatch.setattr(f"{module}.kill", killed.append)
    front.server.jobs = {4: FakeJob(4, due=float("inf"))}
    return killed


@pytest.mark.parametrize("patience_ends, killed", [(100.1, [2]), (100.0, [1, 2])])
def test_the_resource_tracker_has_more_time_than_other_orphans(
    front, orphans, patience_ends, killed
):
    front.server._sweep_due = 100.0
    front.server._patience_ends = patience_ends
    front.server._sweep_if_due()
    assert sorted(orphans) == killed
    assert 100.0 < front.server._sweep_due < 101.0  # to see whether they are gone


def test_orphans_have_a_moment_to_end_by_themselves(front, orphans):
    front.server._sweep_due = 100.1
    front.server._sweep_if_due()
    assert orphans == []


def test_without_a_front_orphans_have_no_moment(front, orphans):
    front.server._sweep_due = 100.1
    front.server._front_is_connected = False
    front.server._sweep_if_due()
    assert 2 in orphans


# --- a real server -----------------------------------------------------------------------------


@pytest.fixture
def client():
    made = start_server(1)
    yield made
    made.close()


def a_notebook(folder: Path, *sources: str, **task: object):
    values = {"path": str(folder / "a.ipynb"), "folder": str(folder), "root": str(folder), **task}
    return make_task(cells=make_cells(*sources), **values)


def test_notebooks_run_one_after_the_other_and_know_nothing_of_each_other(client, tmp_path):
    assert printed_by(client, tmp_path, "x = 1", "print(x)") == ["", "1\n"]
    assert printed_by(client, tmp_path, "print('x' in globals())") == ["False\n"]


@pytest.mark.parametrize("engine", ["fork", "spawn"])
def test_a_notebook_sees_the_folder_for_temporary_files_only_as_tmpdir(client, tmp_path, engine):
    source = (
        "import os, tempfile\n"
        "print(os.environ['TMPDIR'] == tempfile.gettempdir())\n"
        "print('LITERATE_TEMPORARY' in os.environ)"
    )
    assert printed_by(client, tmp_path, source, engine=engine) == ["True\nFalse\n"]


def test_a_notebook_that_is_killed_ends_alone(client, tmp_path):
    client.send(RunNotebook(1, a_notebook(tmp_path, FOREVER)))
    client.send(RunNotebook(2, a_notebook(tmp_path, "import os\nos.kill(os.getpid(), 9)")))
    (ended,) = [m for m in reports_until(client, NotebookEnded) if isinstance(m, NotebookEnded)]
    assert (ended.number, ended.end.status, ended.end.cell) == (2, signal.SIGKILL, 0)
    assert printed_by(client, tmp_path, "print('well')") == ["well\n"]


def test_what_a_notebook_leaves_is_ended_while_others_run(client, tmp_path):
    leaves = f"import subprocess\nsubprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)"
    client.send(RunNotebook(1, a_notebook(tmp_path, FOREVER)))
    client.send(RunNotebook(2, a_notebook(tmp_path, leaves)))
    reports_until(client, NotebookEnded)
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))
    assert printed_by(client, tmp_path, "print('well')") == ["well\n"]


def test_outputs_larger_than_a_pipe_arrive_whole(client, tmp_path):
    source = "from IPython.display import display\ndisplay({'text/x': 'x' * 5_000_000}, raw=True)"
    client.send(RunNotebook(0, a_notebook(tmp_path, source)))
    ended = reports_until(client, NotebookEnded)[1]
    assert ended.outputs[0]["data"] == {"text/x": "x" * 5_000_000}


# As OpenBLAS does it.
ENDS_ITS_THREAD = """
import os, threading
event = threading.Event()
thread = threading.Thread(target=event.wait)
thread.start()
def end():
    event.set()
    thread.join()
os.register_at_fork(before=end)
"""
MODULES = {
    "starts_a_thread": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(9999,), daemon=True).start()",
    "starts_another": "import starts_a_thread",
    "ends_its_thread": ENDS_ITS_THREAD,
    "fails": "import sys\nprint('noise', file=sys.stderr)\nprint('noise')\n1/0",
    "harmless": "x = 1",
}


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Modules that a server can import."""
    folder = tmp_path / "modules"
    folder.mkdir()
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_modules_that_leave_threads_are_left_out(modules, tmp_path, monkeypatch, capfd):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    client = start_server(1)
    pid = client._process.pid
    client.send(Preload(["harmless", "starts_a_thread", "fails", "starts_another"], True))
    (ready,) = reports_until(client, ServerReady)
    assert ready.unsafe_modules == ["starts_a_thread", "starts_another"]
    source = "import os, harmless\nprint(os.getppid(), os.environ['TMPDIR'], harmless.x)"
    (printed,) = printed_by(client, tmp_path, source)
    (temporary,) = folder.iterdir()
    assert printed == f"{pid} {temporary} 1\n"
    client.close()
    assert capfd.readouterr() == ("", "")


def test_a_module_that_ends_its_threads_before_a_fork_is_safe(modules, client, tmp_path):
    client.send(Preload(["ends_its_thread"]))
    assert reports_until(client, ServerReady) == [ServerReady([])]
    source = "import ends_its_thread as module\nprint(module.thread.is_alive())"
    assert printed_by(client, tmp_path, source) == ["False\n"]


def test_a_preloaded_module_is_hidden_until_the_notebook_imports_it(modules, client, tmp_path):
    client.send(Preload(["harmless"]))
    source = "import sys\nprint('harmless' in sys.modules)\nimport harmless\nprint(harmless.x)"
    assert printed_by(client, tmp_path, source) == ["False\n1\n"]


def test_a_command_that_does_not_exist_ends_the_server(capfd):
    client = start_server(1)
    client.send(Sync())
    with pytest.raises(ServerDiedError):
        list(client.reports())
    assert "ProtocolError: the front does not send Sync" in capfd.readouterr().err


@pytest.mark.parametrize("preloaded", [[], ["starts_a_thread"]])
def test_when_the_front_ends_everything_ends(modules, tmp_path, preloaded):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (temporary / "left").touch()
    start = Start()
    commands = [
        SetEnvironment({"LITERATE_TEMPORARY": str(temporary)}),
        Preload(preloaded),
        RunNotebook(0, a_notebook(tmp_path, PRINT_PID, FOREVER)),
    ]
    reader = FrameReader()
    told: list[object] = []
    answers = [None, ServerReady(preloaded), CellStarted(0, 1)]
    for command, answer in zip(commands, answers, strict=True):
        os.write(start.commands, pack(command))
        while answer and answer not in told:
            told += reader.feed(os.read(start.reports, CHUNK))
    (cell,) = [message for message in told if isinstance(message, CellEnded)]
    worker = int(cell.outputs[0]["text"])
    assert is_alive(worker)
    assert start.end(PATIENCE) == 0
    assert not is_alive(worker)
    assert not temporary.exists()
