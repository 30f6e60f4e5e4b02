"""The start of the server, and its end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, wait_for

from literate.execute.protocol import CHUNK, FrameReader, Preload, ServerReady, pack
from literate.execute.server.launch import Start, start, started_ahead


@pytest.fixture
def server():
    """A server that is getting ready."""
    made = Start()
    yield made
    if not is_gone(made):
        made.end()


def is_gone(server: Start) -> bool:
    """Whether a server has ended, and its parent has taken note."""
    try:
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def environment_of(server: Start) -> dict[str, str]:
    path = Path(f"/proc/{server.pid}/environ")
    text = wait_for(path.read_text)  # for a moment after its start, a process has none
    return dict(entry.split("=", 1) for entry in text.rstrip("\0").split("\0"))


def test_a_server_ends_when_its_commands_end(server):
    assert server.end(PATIENCE) == 0
    assert is_gone(server)


def test_reports_that_were_not_read_do_not_delay_the_end(server):
    os.write(server.commands, pack(Preload([])))
    assert list(FrameReader().feed(os.read(server.reports, CHUNK))) == [ServerReady([])]
    os.write(server.commands, pack(Preload([])) * 9)
    assert server.end(PATIENCE) == 0


def test_a_server_that_was_stopped_goes_on(server):
    os.kill(server.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, server.pid, os.WSTOPPED)
    server.let_go_on()
    assert server.end(PATIENCE) == 0


def test_a_server_that_is_stopped_can_be_killed(server):
    os.kill(server.pid, signal.SIGSTOP)
    server.kill()
    assert server.end(PATIENCE) == signal.SIGKILL


def test_a_server_that_does_not_end_is_killed(server):
    os.kill(server.pid, signal.SIGSTOP)
    assert server.end() == signal.SIGKILL
    assert is_gone(server)


def test_a_server_that_has_reported_and_does_not_end_is_killed(server):
    os.write(server.commands, pack(Preload([])))
    reports = select.poll()
    reports.register(server.reports, select.POLLIN)
    assert reports.poll(1000 * PATIENCE)
    os.kill(server.pid, signal.SIGSTOP)
    assert server.end() == signal.SIGKILL


def test_the_descriptors_of_a_server_that_has_ended_are_closed():
    before = set(os.listdir("/proc/self/fd"))
    Start().end()
    assert set(os.listdir("/proc/self/fd")) == before


def test_every_server_has_a_mark_of_its_own(server):
    name, _, value = server.mark.partition("=")
    assert environment_of(server)[name] == value
    other = Start()
    assert other.mark != server.mark
    other.end()


def test_the_environment_of_notebooks(monkeypatch):
    monkeypatch.setenv("PAGER", "less")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("IN_TEST", "0")
    monkeypatch.setenv("MINE", "a=b")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    server = Start()
    found = environment_of(server)
    server.end()
    assert (found["MINE"], found["COLUMNS"]) == ("a=b", "80")
    assert (found["PAGER"], found["GIT_PAGER"]) == ("cat", "cat")
    assert (found["TERM"], found["FORCE_COLOR"]) == ("xterm-color", "1")
    assert found["OMP_WAIT_POLICY"] == "PASSIVE"
    assert found["IN_TEST"] == "1"
    assert found["MPLBACKEND"] == "module://matplotlib_inline.backend_inline"


def test_a_server_is_the_leader_of_a_session_of_its_own(server):
    assert os.getsid(server.pid) == server.pid


def link_of(pid: int | str, descriptor: int) -> str:
    """What a descriptor of a process leads to; "" if it is closed."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except FileNotFoundError:
        return ""


def test_inheritable_descriptors_are_not_passed_on():
    receiver, sender = os.pipe()
    os.set_inheritable(sender, True)
    server = Start()
    assert link_of(server.pid, sender) != link_of("self", sender)
    server.end()
    os.close(receiver)
    os.close(sender)


def test_a_server_that_was_started_ahead_is_taken_once():
    with started_ahead():
        first = start()
        second = start()
    assert first.pid != second.pid
    assert not is_gone(first)  # it belongs to the one who took it
    first.end()
    second.end()


def test_a_server_that_was_started_ahead_ends_if_it_is_not_taken(monkeypatch):
    ended = []
    end = Start.end

    def note_end(server: Start, patience: float = 0.0) -> int:
        ended.append(server)
        return end(server, patience)

    monkeypatch.setattr(Start, "end", note_end)
    with started_ahead():
        pass
    (server,) = ended
    assert is_gone(server)


def test_where_no_process_can_be_started_no_server_is_started_ahead(monkeypatch):
    made = []
    monkeypatch.setattr("literate.execute.server.launch.Start", lambda: made.append(1))
    monkeypatch.setattr("literate.execute.server.launch.HAS_SERVER", False)
    with started_ahead():
        assert made == []


PRINT_LOADED = """
import sys
before = set(sys.modules)
import literate.execute.server.launch
print(*sorted(set(sys.modules) - before))
"""


def test_the_start_imports_almost_nothing():
    command = [sys.executable, "-c", PRINT_LOADED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if not name.startswith("literate")}
    assert loaded <= {"__future__"}
