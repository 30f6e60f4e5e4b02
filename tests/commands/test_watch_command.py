"""The command itself: its events, its keys, and that nothing of it is left behind."""

from __future__ import annotations

import json
import os
import pty
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    PATIENCE,
    constants,
    is_alive,
    notebook,
    running,
    settings_text,
    sleeper,
    wait_for,
)

ROOT = Path(__file__).parents[2]
SLEEPER = f"sleep {sleeper(71)}"
COMMAND = [sys.executable, "-m", "literate", "watch"]
Event = dict[str, Any]


def python_path() -> str:
    """Where Python finds this repository, and what a test wants it to find."""
    return os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])


class Watcher:
    """A running `literate watch --json`, and the events that it has printed."""

    def __init__(self, folder: Path, *arguments: str, **more: Any) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--json", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": python_path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )
        self._events: queue.Queue[Event | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def until(self, is_meant: Callable[[Event], bool]) -> list[Event]:
        """The events up to the first one that is meant."""
        found: list[Event] = []
        while True:
            event = self._events.get(timeout=PATIENCE)
            assert event is not None, (found, self.process.stderr.read())
            found.append(event)
            if is_meant(event):
                return found

    def until_idle(self, **wanted: object) -> list[Event]:
        """The events up to the next idle one that has these values."""
        return self.until(
            lambda event: event["event"] == "idle" and wanted.items() <= event.items()
        )

    def press(self, key: str) -> None:
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(PATIENCE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "settings.ini").write_text(settings_text())
    (tmp_path / "nbs").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def watch(folder: Path) -> Iterator[Callable[..., Watcher]]:
    started: list[Watcher] = []

    def start(*arguments: str, **more: Any) -> Watcher:
        started.append(Watcher(folder, *arguments, **more))
        return started[-1]

    yield start
    for watcher in started:
        if watcher.process.poll() is None:
            watcher.process.kill()
            watcher.process.wait()


def save(folder: Path, name: str, *cells: str) -> None:
    (folder / "nbs" / f"{name}.ipynb").write_text(notebook(*cells))


def of(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["event"] == kind]


def ended(events: list[Event]) -> dict[str, str]:
    """The outcome of each notebook that ended, by its name."""
    return {Path(event["notebook"]).stem: event["outcome"] for event in of(events, "notebook")}


def test_an_edit_is_compiled_and_what_depends_on_it_runs(folder, watch):
    save(folder, "00_core", "#export\ndef double(x):\n    return 2 * x", "assert double(2) == 4")
    save(folder, "01_user", "from lib.core import double\nassert double(3) == 6")
    save(folder, "02_alone", "x = 1")
    watcher = watch()
    first = watcher.until_idle()
    assert first[0]["event"] == "watching"
    assert first[0]["notebooks"] == ["nbs/00_core.ipynb", "nbs/01_user.ipynb", "nbs/02_alone.ipynb"]
    assert ended(first) == {"00_core": "passed", "01_user": "passed", "02_alone": "passed"}
    assert (folder / "lib" / "core.py").exists()

    save(folder, "00_core", "#export\ndef double(x):\n    return 3 * x", "assert double(2) == 4")
    events = watcher.until_idle()
    assert ended(events) == {"00_core": "failed", "01_user": "failed"}
    failed = next(event for event in of(events, "cell") if event["outcome"] == "failed")
    assert failed["error"]["name"] == "AssertionError"
    assert of(events, "idle")[0]["ok"] is False

    save(folder, "00_core", "#export\ndef double(x):\n    return 2 * x", "assert double(2) == 4")
    assert ended(watcher.until_idle()) == {"00_core": "passed", "01_user": "passed"}
    watcher.press("q")
    assert watcher.end() == 0


def test_what_is_unchanged_since_it_passed_does_not_run_at_the_start(folder, watch):
    save(folder, "00_core", "x = 1")
    watcher = watch()
    watcher.until_idle()
    watcher.press("q")
    watcher.end()
    again = watch()
    assert of(again.until_idle(passed=1), "started") == []
    again.press("r")
    assert ended(again.until_idle()) == {"00_core": "passed"}


def test_a_broken_cell_is_a_problem_of_the_compile_and_no_module_is_lost(folder, watch):
    save(folder, "00_core", "#export\nx = 1")
    watcher = watch()
    watcher.until_idle()
    before = (folder / "lib" / "core.py").read_text()
    save(folder, "00_core", "#export\nx = (")
    events = watcher.until_idle()
    compiled = of(events, "compiled")[-1]
    assert not compiled["ok"]
    assert compiled["diagnostics"][0]["code"] == "syntax"
    assert (folder / "lib" / "core.py").read_text() == before


def test_a_module_that_was_edited_is_not_written_over(folder, watch):
    save(folder, "00_core", "#export\nx = 1")
    watcher = watch()
    watcher.until_idle()
    module = folder / "lib" / "core.py"
    module.write_text(module.read_text().replace("x = 1", "x = 2"))
    save(folder, "00_core", "#export\nx = 1", "y = 1")
    events = watcher.until(lambda event: event["event"] == "compiled")
    assert not events[-1]["ok"]
    assert "x = 2" in module.read_text()
    module.write_text(module.read_text().replace("x = 2", "x = 1"))  # nobody saves a notebook
    watcher.until(lambda event: event["event"] == "compiled" and event["ok"])


def test_an_older_version_that_runs_is_ended_for_a_newer_one(folder, watch):
    save(folder, "00_core", "import time", "time.sleep(99999)")
    watcher = watch()
    watcher.until(lambda event: event["event"] == "begun" and event["cell"] == 1)
    for number in range(12):
        save(folder, "00_core", "import time", f"x = {number}")
    save(folder, "00_core", "import time", "raise ValueError('the last one')")
    events = watcher.until_idle(failed=1)
    outcomes = [event["outcome"] for event in of(events, "notebook")]
    assert outcomes[0] == "cancelled"
    assert outcomes[-1] == "failed"
    message = of(events, "notebook")[-1]["failures"][0]["message"]
    assert "the last one" in message


def test_a_torn_file_is_read_again(folder, watch):
    save(folder, "00_core", "#export\nx = 1")
    with constants(folder / "site", {"literate.live.saves": {"_PATIENCE": PATIENCE}}):
        watcher = watch()
    watcher.until_idle()
    whole = notebook("#export\nx = 2")
    with (folder / "nbs" / "00_core.ipynb").open("w") as file:
        file.write(whole[: len(whole) // 2])
        file.flush()
        os.utime(folder / "nbs" / "00_core.ipynb")
        file.write(whole[len(whole) // 2 :])
    events = watcher.until_idle()
    assert all(event["ok"] for event in of(events, "compiled"))
    assert ended(events) == {"00_core": "passed"}


def test_a_folder_and_a_notebook_may_go_and_come_back(folder, watch):
    save(folder, "00_core", "x = 1")
    save(folder, "01_more", "y = 1")
    watcher = watch()
    watcher.until_idle()
    (folder / "nbs" / "01_more.ipynb").rename(folder / "nbs" / "02_more.ipynb")
    events = watcher.until(lambda event: event["event"] == "notebook")
    assert ended(events) == {"02_more": "passed"}
    (folder / "nbs").rename(folder / "away")
    watcher.until(lambda event: event["event"] == "gone")
    (folder / "away").rename(folder / "nbs")
    save(folder, "00_core", "x = 2")
    events = watcher.until(
        lambda event: event["event"] == "notebook" and event["notebook"] == "nbs/00_core.ipynb"
    )
    assert events[-1]["outcome"] == "passed"


def test_new_settings_begin_a_new_session(folder, watch):
    save(folder, "00_core", "x = 1")
    watcher = watch()
    watcher.until_idle()
    shutil.copytree(folder / "nbs", folder / "other")
    (folder / "settings.ini").write_text(settings_text("nbs_path = other"))
    events = watcher.until(lambda event: event["event"] == "watching")
    assert events[-1]["notebooks"] == ["other/00_core.ipynb"]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_no_process_is_left(folder, watch, number, code):
    pid_file = folder / "pid"
    save(
        folder,
        "00_core",
        f"import os, pathlib\npathlib.Path({str(pid_file)!r}).write_text(str(os.getppid()))",
        f"import subprocess\nsubprocess.Popen({SLEEPER.split()!r})\nwhile True: pass",
    )
    watcher = watch()
    watcher.until(lambda event: event["event"] == "begun" and event["cell"] == 1)
    wait_for(lambda: running(SLEEPER))
    server = int(pid_file.read_text())
    assert is_alive(server)
    watcher.process.send_signal(number)
    assert watcher.end() == code
    assert wait_for(lambda: not is_alive(server))
    assert wait_for(lambda: not running(SLEEPER))


def test_it_ends_when_the_program_that_reads_it_has_ended(folder, watch):
    save(folder, "00_core", "x = 1")
    watcher = watch()
    watcher.until_idle()
    watcher.process.stdin.close()
    assert watcher.end() == 0


def test_a_project_without_settings_is_only_tested(tmp_path, watch, folder):
    (folder / "settings.ini").unlink()
    save(folder, "00_core", "#export\nx = 1")
    watcher = watch()
    events = watcher.until_idle()
    assert of(events, "compiled") == []
    assert ended(events) == {"00_core": "passed"}
    assert not (folder / "lib").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nosuch.ipynb"], "no such notebook"),
        (["--nope"], "unknown flag"),
        (["--isolation", "thread"], "--isolation takes"),
        (["--param", "1x=2"], "--param takes"),
    ],
)
def test_bad_usage_is_one_line(folder, arguments, message):
    save(folder, "00_core", "x = 1")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=environment, cwd=folder
    )
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[0]


def test_run_notebook_refuses_what_belongs_to_a_single_run(folder):
    save(folder, "00_core", "x = 1")
    command = [sys.executable, str(ROOT / "run_notebook.py"), "--watch", "--save"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --watch has no end, and --save belongs to a single run")


# --- on a terminal -----------------------------------------------------------------------------


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["PYTHONPATH"] = str(ROOT)
            os.execv(COMMAND[0], COMMAND)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until a text was shown since the last call."""
        self.shown = ""
        while text not in self.shown:
            ready, _, _ = select.select([self.descriptor], [], [], PATIENCE)
            assert ready, self.shown
            self.shown += os.read(self.descriptor, 1 << 16).decode(errors="replace")

    def press(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def end(self) -> int:
        """Read to the end; return the exit code."""
        try:
            while os.read(self.descriptor, 1 << 16):
                pass
        except OSError:  # the terminal has no other end any more
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)


def test_the_terminal_shows_failures_and_its_keys_work(folder):
    save(folder, "00_core", "x = 1", "assert x == 2")
    terminal = Terminal(folder)
    terminal.until("1 failed")
    assert "assert x == 2" in terminal.shown
    terminal.press("f")
    terminal.until("1 failed")
    terminal.press("p")
    terminal.until("(Pdb)")
    terminal.press("p x + 41\n")
    terminal.until("42")
    terminal.press("q\n")
    terminal.until("press Enter")
    terminal.press("\n")
    save(folder, "00_core", "x = 1", "assert x == 1")
    terminal.until("1 passed")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_closed_terminal_ends_it(folder):
    save(folder, "00_core", "x = 1")
    terminal = Terminal(folder)
    terminal.until("1 passed")
    os.close(terminal.descriptor)
    _, status = os.waitpid(terminal.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 129)
