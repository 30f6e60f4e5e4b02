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
from literate.files import (
    ChangedMeanwhileError,
    Lock,
    delete_file,
    is_temporary,
    read_file,
    read_state_file,
    replace_files,
    write_atomically,
    write_state_file,
)

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
    print("holds it", lock.may_have_leftovers, flush=True)
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

    descriptor = os.open(lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_two_processes_take_turns(tmp_path):
    path = tmp_path / "lock"
    with holder(path) as first:
        assert first.stdout.readline() == "holds it True\n"  # a new file knows of no past
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
    with Lock(path):
        pass
    with holder(path) as process:
        assert process.stdout.readline() == "holds it False\n"
        process.kill()
        process.wait()
    with Lock(path) as lock:
        assert lock.may_have_leftovers
        assert not is_free(path)
        assert path.read_text() == f"{os.getpid()}\n"
    with Lock(path) as lock:
        assert not lock.may_have_leftovers


def test_an_exception_is_not_an_interruption(tmp_path):
    path = tmp_path / "folder" / "lock"
    with pytest.raises(ZeroDivisionError), Lock(path):
        raise ZeroDivisionError
    assert is_free(path)
    with Lock(path) as lock:
        assert not lock.may_have_leftovers


def test_without_fcntl_the_lock_is_that_of_filelock(tmp_path, monkeypatch):
    """As on Windows."""
    filelock = pytest.importorskip("filelock")
    monkeypatch.setattr(files, "_import_fcntl", lambda: None)
    path = tmp_path / "lock"
    with Lock(path) as lock:
        assert not lock.may_have_leftovers
        assert not is_free(path)
        with pytest.raises(filelock.Timeout):
            filelock.FileLock(path).acquire(timeout=0)
    filelock.FileLock(path).acquire(timeout=0)


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "hard link", "text"])
def test_whatever_has_the_name_of_the_lock_hinders_nothing_and_stays(tmp_path, kind):
    path = tmp_path / "state" / "lock"
    path.parent.mkdir()
    other = tmp_path / "other"
    other.write_bytes(b"\xff precious")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(other)
    elif kind == "hard link":
        path.hardlink_to(other)
    else:
        path.write_bytes(b"\xff not a number")
    with Lock(path) as lock:
        assert lock.may_have_leftovers == (kind == "text")
        assert not is_free(path if kind == "text" else path.parent)
    assert is_free(path.parent)
    assert other.read_bytes() == b"\xff precious"


# --- links that lead out -----------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which may be written, beside one in which not."""
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").write_text("precious")
    return tmp_path / "project"


def test_a_link_inside_is_followed_and_stays_a_link(project):
    (project / "a").symlink_to("data/a")
    (project / "sub").symlink_to("data")
    write_atomically(project / "a", "one", [project])
    write_atomically(project / "sub" / "deep" / "b", "two", [project])
    assert (project / "a").is_symlink()
    assert (project / "data" / "a").read_text() == "one"
    assert (project / "data" / "deep" / "b").read_text() == "two"


@pytest.mark.parametrize("name", ["a", "new", "sub/a", "sub/deep/b", "../elsewhere/a", "git"])
def test_a_link_that_leads_out_is_refused_and_named(project, name):
    (project / "a").symlink_to("../elsewhere/a")
    (project / "new").symlink_to("../elsewhere/new")
    (project / "sub").symlink_to(project.parent / "elsewhere")
    (project / "git").symlink_to(".git/hooks/post-commit")
    path = project / name
    with pytest.raises(PermissionError, match="it leads out of the project") as error:
        write_atomically(path, "new", [project])
    assert error.value.filename == str(path)
    with pytest.raises(PermissionError):
        replace_files({path: ("precious", "new")}, [project])
    assert names_in(project.parent / "elsewhere") == ["a"]
    assert (project.parent / "elsewhere" / "a").read_text() == "precious"


def test_one_of_several_folders_may_be_elsewhere(project):
    elsewhere = project.parent / "elsewhere"
    write_atomically(elsewhere / "a", "new", [project, elsewhere])
    assert (elsewhere / "a").read_text() == "new"


def test_a_folder_that_becomes_a_link_while_a_file_is_written(project, monkeypatch):
    """Just before the temporary file is made."""
    urandom = os.urandom

    def swap_and_draw(size: int) -> bytes:
        (project / "data").rename(project / "old")
        (project / "data").symlink_to(project.parent / "elsewhere")
        return urandom(size)

    monkeypatch.setattr(os, "urandom", swap_and_draw)
    with pytest.raises(OSError):
        write_atomically(project / "data" / "a", "new", [project])
    assert names_in(project.parent / "elsewhere") == ["a"]
    assert (project.parent / "elsewhere" / "a").read_text() == "precious"


def test_a_state_file_replaces_a_link(project):
    path = project / ".state" / "a"
    path.parent.mkdir()
    path.symlink_to("../../elsewhere/a")
    with pytest.raises(OSError):
        read_state_file(path)
    write_state_file(path, "new")
    assert not path.is_symlink()
    assert read_state_file(path) == b"new"
    assert (project.parent / "elsewhere" / "a").read_text() == "precious"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(1 << 40)  # it takes no room on the disk
    for read in (read_file, read_state_file):
        with pytest.raises(OSError, match="it has more than"):
            read(tmp_path / "a")


# --- several files together --------------------------------------------------------------------


def test_files_are_replaced_together_and_new_ones_are_made(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "empty").touch()
    new = {"a": ("old", "new"), "empty": ("", "new"), "sub/b": ("", "new")}
    replace_files({tmp_path / name: texts for name, texts in new.items()}, [tmp_path])
    for name in new:
        assert (tmp_path / name).read_text() == "new"
    assert names_in(tmp_path) == ["a", "empty", "sub"]


@pytest.mark.parametrize("saved", ["other", None])
def test_if_one_of_them_has_changed_none_is_replaced(tmp_path, saved):
    (tmp_path / "a").write_text("old")
    if saved:
        (tmp_path / "b").write_text(saved)
    changes = {tmp_path / "a": ("old", "new"), tmp_path / "b": ("old", "new")}
    with pytest.raises(ChangedMeanwhileError) as error:
        replace_files(changes, [tmp_path])
    assert error.value.path == tmp_path / "b"
    assert (tmp_path / "a").read_text() == "old"
    assert names_in(tmp_path) == (["a", "b"] if saved else ["a"])


def test_if_one_of_them_cannot_be_written_none_is_replaced(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "file").touch()
    changes = {tmp_path / "a": ("old", "new"), tmp_path / "file" / "b": ("", "new")}
    with pytest.raises(NotADirectoryError):
        replace_files(changes, [tmp_path])
    assert (tmp_path / "a").read_text() == "old"
    assert names_in(tmp_path) == ["a", "file"]


def test_a_file_is_deleted_only_as_it_was_read(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(ChangedMeanwhileError):
        delete_file(path, "other", [tmp_path])
    assert path.exists()
    delete_file(path, "old", [tmp_path])
    assert not path.exists()


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write(", and precious")


def rename(path: Path) -> None:
    """Save as most editors do: another file takes the place of the old one."""
    saved = path.with_name("saved")
    saved.write_text("old, and precious")
    os.rename(saved, path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, files cannot be exchanged")
@pytest.mark.parametrize("save", [append, rename])
def test_what_is_saved_in_the_last_moment_is_not_lost(tmp_path, monkeypatch, save):
    path = tmp_path / "a"
    path.write_text("old")
    exchange = files.exchange

    def save_and_exchange(one: str, other: str) -> bool:
        monkeypatch.undo()
        save(path)
        return exchange(one, other)

    monkeypatch.setattr(files, "exchange", save_and_exchange)
    with pytest.raises(ChangedMeanwhileError):
        replace_files({path: ("old", "new")}, [tmp_path])
    assert path.read_text() == "old, and precious"
    assert names_in(tmp_path) == ["a"]


def test_where_files_cannot_be_exchanged_they_are_replaced(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")
    monkeypatch.setattr(files, "exchange", lambda *_: False)
    replace_files({path: ("old", "new")}, [tmp_path])
    assert path.read_text() == "new"
    assert names_in(tmp_path) == ["a"]
