"""The front's side of the server: what it sends, and what it does when the server dies."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from conftest import (
    is_alive,
    make_cells,
    make_task,
    printed_by,
    reports_until,
    running,
    sleeper,
    wait_for,
)

from literate.execute import processes
from literate.execute.protocol import (
    CHUNK,
    CellBegins,
    FrameReader,
    Preload,
    ProtocolError,
    RunNotebook,
    ServerReady,
    SetEnvironment,
    pack,
)
from literate.execute.server import client as module
from literate.execute.server.client import ForkServerClient, ServerDiedError, start_server

SLEEPER = sleeper(21)


class FakeServer:
    """Pipes without a process behind them; `status` is the status that it ends with."""

    mark = "LITERATE_TEST=none"

    def __init__(self, status: int = 0) -> None:
        self.status = status
        commands, self.commands = os.pipe()
        self.reports, reports = os.pipe()
        self.their_commands = open(commands, "rb", buffering=0)
        self.their_reports = open(reports, "wb", buffering=0)
        self.patience: float | None = None
        self.continued = 0  # how often it was told to go on

    def received(self) -> list[object]:
        """The commands that came since the last call."""
        return list(FrameReader().feed(self.their_commands.read(CHUNK)))

    def report(self, *messages: object) -> None:
        for message in messages:
            self.their_reports.write(pack(message))

    def die(self) -> None:
        self.their_reports.close()
        self.their_commands.close()

    def let_go_on(self) -> None:
        self.continued += 1

    def end(self, patience: float = 0.0) -> int:
        self.patience = patience
        os.close(self.commands)
        os.close(self.reports)
        return self.status


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of this session's temporary files."""
    made = tmp_path / "tmp"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made


@pytest.fixture
def servers(folder, monkeypatch):
    """The servers that the client starts: without a process."""
    started: list[FakeServer] = []

    def start() -> FakeServer:
        started.append(FakeServer())
        return started[-1]

    monkeypatch.setattr(module, "start", start)
    yield started
    for server in started:
        server.die()


@pytest.fixture
def client(folder):
    """A client of a real server."""
    made = start_server(1)
    yield made
    made.close()


def kill_server(client: ForkServerClient) -> None:
    os.kill(client._process.pid, signal.SIGKILL)


# --- what is sent ------------------------------------------------------------------------------


def test_a_new_server_is_told_where_temporary_files_go(servers, folder):
    client = ForkServerClient()
    (temporary,) = folder.iterdir()
    assert servers[0].received() == [
        SetEnvironment(
            {
                "TMPDIR": str(temporary),
                "LITERATE_TEMPORARY": str(temporary),
                "TORCHINDUCTOR_CACHE_DIR": f"{folder}/torchinductor_{os.getuid()}",
            }
        )
    ]
    client.close()


def test_the_cache_of_torch_stays_where_the_user_has_it(servers, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/mine")
    client = ForkServerClient()
    (command,) = servers[0].received()
    assert command.variables["TORCHINDUCTOR_CACHE_DIR"] == "/mine"
    client.close()


def test_without_a_place_for_temporary_files_they_go_where_they_always_go(servers, monkeypatch):
    def refuse(**_: object) -> str:
        raise OSError

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    client = ForkServerClient()
    assert servers[0].received() == [SetEnvironment({})]
    client.close()


@pytest.mark.parametrize("workers, threads", [(1, "6"), (4, "1"), (9, "1")])
def test_notebooks_share_the_cores(servers, monkeypatch, workers, threads):
    monkeypatch.setattr(processes, "cores", lambda: 6)
    client = start_server(workers)
    _, command = servers[0].received()
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    assert command == SetEnvironment(dict.fromkeys(names, threads))
    client.close()


def test_a_number_of_threads_that_the_user_sets_is_kept(servers, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    client = start_server(1)
    _, command = servers[0].received()
    assert sorted(command.variables) == ["MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    client.close()


def test_a_server_that_takes_the_place_of_another_has_the_same_environment(servers, folder):
    client = start_server(1)
    before, threads = servers[0].received()
    client.restart()
    after, threads_again = servers[1].received()
    assert threads == threads_again
    assert len(threads.variables) == 3
    assert before.variables.keys() == after.variables.keys()
    assert after.variables["TMPDIR"] == str(*folder.iterdir())
    client.close()


# --- what is reported --------------------------------------------------------------------------


def test_reports_are_yielded_as_they_come(servers):
    client = ForkServerClient()
    servers[0].report(ServerReady(["a"]), ServerReady(["b"]))
    reports = client.reports()
    assert [next(reports), next(reports)] == [ServerReady(["a"]), ServerReady(["b"])]
    client.close()


def test_silence_is_reported_too(servers, monkeypatch):
    monkeypatch.setattr(module, "_SILENCE", 0.0)
    client = ForkServerClient()
    reports = client.reports()
    assert next(reports) is None
    assert servers[0].continued == 1
    servers[0].report(ServerReady([]))
    assert next(reports) == ServerReady([])
    client.close()


def test_a_message_that_a_server_never_sends_is_an_error(servers):
    client = ForkServerClient()
    servers[0].report(CellBegins(1))
    with pytest.raises(ProtocolError, match="CellBegins"):
        next(client.reports())
    client.close()


def test_the_end_of_the_reports_is_the_death_of_the_server(servers, folder):
    client = ForkServerClient()
    servers[0].status = 3 << 8  # exit code 3
    servers[0].die()
    with pytest.raises(ServerDiedError, match="ended with status 3") as death:
        next(client.reports())
    assert death.value.status == 3 << 8
    assert list(folder.iterdir()) == []


def test_a_command_for_a_dead_server_is_lost_without_an_error(servers):
    client = ForkServerClient()
    servers[0].die()
    client.send(Preload([]))
    with pytest.raises(ServerDiedError):
        next(client.reports())


# --- the end -----------------------------------------------------------------------------------


def test_a_server_that_is_not_ready_is_ended_at_once(servers, folder):
    client = ForkServerClient()
    client.close()
    assert servers[0].patience == 0
    assert list(folder.iterdir()) == []


def test_a_server_that_is_ready_may_end_everything_in_order(servers):
    client = ForkServerClient()
    servers[0].report(ServerReady([]))
    next(client.reports())
    client.close()
    assert servers[0].patience > 0
    client.restart()  # the next one is not ready
    client.close()
    assert servers[1].patience == 0


@pytest.mark.parametrize("status, marks", [(0, []), (9, [FakeServer.mark])])
def test_only_after_a_bad_end_are_processes_looked_for(servers, monkeypatch, status, marks):
    killed = []
    monkeypatch.setattr(processes, "kill_marked", killed.append)
    client = ForkServerClient()
    servers[0].status = status
    client.close()
    assert killed == marks


def test_a_client_is_closed_once(servers):
    client = ForkServerClient()
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="has ended"):
        client.send(Preload([]))


# --- a real server -----------------------------------------------------------------------------

PRINT_THREADS = "import os\nprint(os.environ['OMP_NUM_THREADS'])"


def test_a_server_that_is_killed_is_replaced_by_an_equal_one(client, tmp_path):
    before = printed_by(client, tmp_path, PRINT_THREADS)
    assert before == [f"{processes.cores()}\n"]
    for _ in range(2):
        kill_server(client)
        with pytest.raises(ServerDiedError) as death:
            list(client.reports())
        assert death.value.status == signal.SIGKILL
        client.restart()
        assert printed_by(client, tmp_path, PRINT_THREADS) == before


def test_a_server_that_dies_before_it_is_ready(client):
    kill_server(client)
    with pytest.raises(ServerDiedError):
        list(client.reports())
    client.restart()
    client.send(Preload([]))
    assert reports_until(client, ServerReady) == [ServerReady([])]


KILLS_SERVER = f"""
import os, subprocess, tempfile, time
subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)
open(tempfile.mkstemp()[1], 'w').write('x')
open('pid', 'w').write(str(os.getpid()))
os.kill(os.getppid(), 9)
time.sleep(9999)
"""


def test_a_server_that_dies_leaves_no_process_and_no_file(client, folder, tmp_path):
    values = {"path": "a.ipynb", "folder": str(tmp_path), "root": str(tmp_path)}
    client.send(RunNotebook(0, make_task(cells=make_cells(KILLS_SERVER), **values)))
    assert len(list(folder.iterdir())) == 1
    with pytest.raises(ServerDiedError):
        list(client.reports())
    worker = int(Path(tmp_path, "pid").read_text())
    assert wait_for(lambda: not is_alive(worker))
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))
    assert list(folder.iterdir()) == []
