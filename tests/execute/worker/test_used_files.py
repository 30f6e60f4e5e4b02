from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from literate.execute.snapshot_messages import SnapshotsSpoiled
from literate.execute.worker.used_files import UsedFiles
from literate.stamps import is_current


@pytest.fixture
def told() -> list[SnapshotsSpoiled]:
    return []


@pytest.fixture
def files(told, tmp_path, monkeypatch):
    """The files of a notebook; the hook is called by the test, as a real one stays for ever."""
    monkeypatch.chdir(tmp_path)
    return UsedFiles(str(tmp_path / "own"), told.append)


def opened(files: UsedFiles, path: object, mode: str | None = "r", flags: int = 0) -> None:
    files._audit("open", (path, mode, flags))


def test_a_file_that_was_read_has_a_stamp(files, tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("1")
    opened(files, "data.txt")
    assert is_current(path, files.stamps[str(path)])
    path.write_text("22")
    assert not is_current(path, files.stamps[str(path)])


def test_a_missing_file_counts_too(files, tmp_path):
    opened(files, tmp_path / "nosuch")
    assert files.stamps == {str(tmp_path / "nosuch"): []}


@pytest.mark.parametrize(
    "path", ["own/temporary", "__pycache__/a.pyc", "/proc/self/maps", os.__file__, 3, None, b"\0"]
)
def test_some_files_do_not_count(files, tmp_path, path):
    (tmp_path / "own").mkdir()
    opened(files, str(tmp_path / path) if isinstance(path, str) and path[0] != "/" else path)
    opened(files, str(tmp_path / path) if isinstance(path, str) and path[0] != "/" else path, "w")
    assert [name for name in files.stamps if "\0" not in name] == []


@pytest.mark.parametrize("mode", ["w", "a", "x", "r+"])
def test_a_change_spoils_the_snapshots_since_the_first_use(files, told, mode):
    files.begin_cell(2)
    opened(files, "log")
    files.begin_cell(5)
    opened(files, "log", mode)
    assert told == [SnapshotsSpoiled(3, 5)]


def test_a_change_by_flags_is_noticed(files, told):
    opened(files, "log", None, os.O_RDONLY)
    files.begin_cell(1)
    opened(files, "log", None, os.O_WRONLY | os.O_CREAT)
    assert told == [SnapshotsSpoiled(1, 1)]


def test_uses_in_one_cell_spoil_nothing(files, told):
    files.begin_cell(3)
    opened(files, "log", "w")
    opened(files, "log", "r")
    opened(files, "log", "a")
    files._audit("os.remove", ("log", -1))
    assert told == []


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("os.remove", ("a", -1)),
        ("os.rename", ("a", "b", -1, -1)),
        ("os.rename", ("b", "a", -1, -1)),
        ("os.mkdir", ("a", 0o777, -1)),
        ("sqlite3.connect", ("a",)),
    ],
)
def test_other_changes_are_noticed(files, told, event, arguments):
    opened(files, "a")
    files.begin_cell(1)
    files._audit(event, arguments)
    assert told == [SnapshotsSpoiled(1, 1)]


@pytest.mark.parametrize("event", ["subprocess.Popen", "os.system", "os.fork"])
def test_a_command_may_change_what_cells_have_changed(files, told, event):
    opened(files, "read")
    files.begin_cell(1)
    opened(files, "written", "w")
    files.begin_cell(4)
    files._audit(event, ("a command",))
    assert told == [SnapshotsSpoiled(2, 4)]
    files.begin_cell(6)
    opened(files, "read", "w")  # the command may have used it
    assert told[1:] == [SnapshotsSpoiled(1, 6)]


def test_nothing_counts_while_it_is_paused_or_in_another_process(files):
    files.is_paused = True
    opened(files, "a")
    files.is_paused = False
    files.move_to(os.getpid() + 1)
    opened(files, "a")
    assert files.stamps == {}


def test_too_many_files_are_noticed(files, monkeypatch):
    monkeypatch.setattr("literate.execute.worker.used_files._MOST_FILES", 3)
    for number in range(4):
        assert not files.are_too_many
        opened(files, f"file {number}")
    assert files.are_too_many


def test_an_error_in_the_hook_ends_the_snapshots_and_not_the_cell(files, monkeypatch):
    def refuse(path: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("literate.execute.worker.used_files._path_of", refuse)
    opened(files, "a")
    assert files.are_too_many


def test_a_module_that_was_imported_has_a_stamp(files, tmp_path, monkeypatch):
    path = tmp_path / "used_by_a_test.py"
    path.write_text("x = 1\n")
    os.utime(path, (1, 1))
    monkeypatch.syspath_prepend(tmp_path)
    files.begin_cell(1)
    files._cell_began += 10**12  # the change of its inode is recent
    __import__("used_by_a_test")
    files.end_cell()
    assert is_current(path, files.stamps[str(path)])
    sys.modules.pop("used_by_a_test")


def test_a_module_with_a_name_that_is_made_up_does_not_count(files, monkeypatch):
    module = types.ModuleType("made_up")
    module.__file__ = "_made_up.py"
    monkeypatch.setitem(sys.modules, "made_up", module)
    files.end_cell()
    assert files.stamps == {}


def test_a_module_that_was_written_by_the_cell_is_never_sound(files, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    files.begin_cell(1)
    files._cell_began -= 10**9
    path = tmp_path / "written_by_a_test.py"
    path.write_text("x = 1\n")
    __import__("written_by_a_test")
    files.end_cell()
    assert not is_current(path, files.stamps[str(path)])
    sys.modules.pop("written_by_a_test")


def test_the_hook_hears_python():
    script = """
import tempfile, os
from literate.execute.worker.used_files import UsedFiles
files = UsedFiles("", print)
files.listen()
folder = tempfile.mkdtemp()
path = os.path.join(folder, "a")
open(path, "w").close()
files.begin_cell(1)
open(path).close()
files.begin_cell(2)
os.remove(path)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "SnapshotsSpoiled(first=1, last=2)\n"
