"""Files: reading, replacing in one step, and the lock between processes."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from literate import files
from literate.files import Lock, is_temporary, read_file, write_atomically

ROOT = Path(__file__).parents[1]


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that runs Python code, and that a test speaks to in lines of text."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# --- reading -----------------------------------------------------------------------------------


def test_the_bytes_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\r\n\0")
    assert read_file(tmp_path / "a") == b"\xff\r\n\0"


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is not a regular file"):
        read_file(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is not a regular file"):
        read_file(Path("/dev/null"))


def test_a_folder_and_a_missing_file_give_the_errors_of_the_system(tmp_path):
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nosuch")


# --- writing -----------------------------------------------------------------------------------


def test_a_write_keeps_mode_and_link_and_leaves_no_temporary_file(tmp_path):
    target = tmp_path / "real.txt"
    link = tmp_path / "link.txt"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new é")
    assert target.read_text("utf-8") == "new é"
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names_in(tmp_path) == ["link.txt", "real.txt"]


def test_a_link_in_another_folder_stays_a_link(tmp_path):
    (tmp_path / "data").mkdir()
    target = tmp_path / "data" / "real.txt"
    link = tmp_path / "link.txt"
    link.symlink_to(Path("data") / "real.txt")
    write_atomically(link, "new")
    assert (target.read_text(), link.is_symlink()) == ("new", True)
    assert names_in(tmp_path / "data") == ["real.txt"]


def test_missing_folders_are_made(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "c.txt", "new")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "new"


def test_bytes_that_were_read_as_surrogates_are_written_as_they_were(tmp_path):
    write_atomically(tmp_path / "a", b"\xff\r\n".decode("utf-8", "surrogateescape"))
    assert (tmp_path / "a").read_bytes() == b"\xff\r\n"


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """The system refuses to make files larger than this, as it does on a full disk."""
    old_limit, hard_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard_limit))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (old_limit, hard_limit))


def test_the_error_of_a_full_disk_names_the_file_which_stays_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError) as error, files_at_most(8):
        write_atomically(path, "new" * 9)
    assert error.value.filename == str(path)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_an_error_names_the_file_and_not_the_temporary_file(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "a.txt"
    with pytest.raises(NotADirectoryError) as error:
        write_atomically(path, "new")
    assert error.value.filename == str(path)


def test_a_failed_replacement_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


CRASH = """
import os, signal, sys
from pathlib import Path
from literate import files

def crash(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def crash_after_replacing(*paths, replace=os.replace):
    replace(*paths)
    crash()

path, moment = Path(sys.argv[1]), sys.argv[2]
if moment == "while writing":
    files._copy_mode = crash
elif moment == "before replacing":
    os.replace = crash
else:
    os.replace = crash_after_replacing
files.write_atomically(path, "new" * 9)
"""


@pytest.mark.parametrize(
    ("moment", "content"),
    [("while writing", "old"), ("before replacing", "old"), ("after replacing", "new" * 9)],
)
def test_a_crash_leaves_the_old_content_or_the_new(tmp_path, moment, content):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with start(CRASH, path, moment) as process:
        assert process.wait() == -signal.SIGKILL
    assert path.read_text() == content
    others = [name for name in names_in(tmp_path) if name != "a.txt"]
    assert all(is_temporary(name) for name in others)
    assert len(others) == (content == "old")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".literate-0123456789abcdef.tmp", True),
        (".literate-0123456789abcdef", False),
        ("literate-0123456789abcdef.tmp", False),
        (".literate-0123456789abcde.tmp", False),
        (".literate-0123456789abcdex.tmp", False),
        (".core.py.4711.tmp", False),
        ("core.py", False),
    ],
)
def test_temporary_files_are_told_by_their_names(name, expected):
    assert is_temporary(name) is expected


# --- the lock ----------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from literate.files import Lock

log = open(sys.argv[2], "a", buffering=1)
print("started", flush=True)
with Lock(Path(sys.argv[1])) as lock:
    print("holds it", lock.was_interrupted, flush=True)
    log.write("enters\\n")
    sys.stdin.readline()
    log.write("leaves\\n")
"""


@contextmanager
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that takes a lock, and gives it up when it is sent a line."""
    with start(HOLD, lock, lock.with_suffix(".log")) as process:
        try:
            assert process.stdout.readline() == "started\n"
            yield process
        finally:
            process.kill()


def is_free(lock: Path) -> bool:
    """Whether no process holds a lock."""
    import fcntl

    with open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_two_processes_take_turns(tmp_path):
    path = tmp_path / "lock"
    with holder(path) as first:
        assert first.stdout.readline() == "holds it False\n"
        assert not is_free(path)
        assert path.read_text() == f"{first.pid}\n"
        with holder(path) as second:
            first.communicate("go on\n")
            assert second.stdout.readline() == "holds it False\n"
            assert path.read_text() == f"{second.pid}\n"
            second.communicate("go on\n")
    assert (tmp_path / "lock.log").read_text().split() == ["enters", "leaves"] * 2
    assert is_free(path)
    assert path.read_text() == ""


def test_a_lock_knows_that_its_last_holder_was_killed(tmp_path):
    path = tmp_path / "lock"
    with holder(path) as process:
        assert process.stdout.readline() == "holds it False\n"
        process.kill()
        process.wait()
    with Lock(path) as lock:
        assert lock.was_interrupted
        assert not is_free(path)
        assert path.read_text() == f"{os.getpid()}\n"
    with Lock(path) as lock:
        assert not lock.was_interrupted


def test_an_exception_is_not_an_interruption(tmp_path):
    path = tmp_path / "folder" / "lock"
    with pytest.raises(ZeroDivisionError), Lock(path):
        raise ZeroDivisionError
    assert is_free(path)
    with Lock(path) as lock:
        assert not lock.was_interrupted


def test_without_fcntl_the_lock_is_that_of_filelock(tmp_path, monkeypatch):
    """As on Windows."""
    filelock = pytest.importorskip("filelock")
    monkeypatch.setattr(files, "_import_fcntl", lambda: None)
    path = tmp_path / "lock"
    with Lock(path) as lock:
        assert not lock.was_interrupted
        assert not is_free(path)
        with pytest.raises(filelock.Timeout):
            filelock.FileLock(path).acquire(timeout=0)
    filelock.FileLock(path).acquire(timeout=0)
