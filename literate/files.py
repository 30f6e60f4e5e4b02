"""Files: read a regular file, replace a file in one step, take a lock, tell whether a file changed.

Everything that the tools write goes through `write_atomically`. This file imports only modules that
Python has loaded when it starts, because an unchanged project is recognized with it.
"""

from __future__ import annotations

import errno
import io
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import ModuleType

Stamp = list[int]  # size and time of change; empty for a file that does not exist


def stamp(path: str | Path) -> Stamp:
    """Size in bytes and time of the last change in nanoseconds; an empty list without a file."""
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def stamps(paths: Iterable[str | Path]) -> dict[str, Stamp]:
    """The stamp of each path."""
    return {str(path): stamp(path) for path in paths}


def read_file(path: Path) -> bytes:
    """All bytes of a regular file.

    Raises `OSError` if the file cannot be read. This includes files that would never end: pipes,
    sockets and devices.
    """
    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):  # for a folder, reading gives the right error
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return path.read_bytes()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step: after a crash, the file has the old content or the new content.

    The file keeps its mode, and a link stays a link. Missing folders are made.
    """
    target = os.path.realpath(path) if os.path.islink(path) else str(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with _create(temporary) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            _copy_mode(target, file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        _remove(temporary)
        if isinstance(error, OSError) and error.filename in (None, temporary):
            error.filename = target  # the error of a full disk does not name a file
        raise


def _create(path: str) -> io.BufferedWriter:
    """A new file, in a new folder if necessary."""
    try:
        return open(path, "wb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, "wb")


def _copy_mode(source: str, descriptor: int) -> None:
    try:
        mode = stat.S_IMODE(os.stat(source).st_mode)
    except FileNotFoundError:
        return
    if hasattr(os, "fchmod"):  # Windows lacks it
        os.fchmod(descriptor, mode)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def is_temporary(name: str) -> bool:
    """Whether `write_atomically` gave a file this name: `.core.py.4711.tmp`."""
    parts = name.split(".")
    return len(parts) > 3 and not parts[0] and parts[-1] == "tmp" and parts[-2].isdigit()


class Lock:
    """An exclusive lock between processes, held in a `with` statement.

    While the lock is held, its file contains the process id of the owner. `was_interrupted` says
    that the last owner did not come to its end, so that it may have left temporary files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.was_interrupted = False

    def __enter__(self) -> Lock:
        os.makedirs(self.path.parent, exist_ok=True)
        fcntl = _import_fcntl()
        if fcntl is None:
            from filelock import FileLock

            self._lock: FileLock | io.TextIOWrapper = FileLock(self.path)
            self._lock.acquire()
            return self
        file = open(self.path, "a+")
        self._lock = file
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            file.seek(0)
            self.was_interrupted = bool(file.read())
            file.truncate(0)
            self._write_owner(file.fileno())
        except BaseException:
            file.close()
            raise
        return self

    def _write_owner(self, descriptor: int) -> None:
        try:
            os.write(descriptor, b"%d\n" % os.getpid())
        except OSError:  # a full disk: whatever is written next reports it, with its name
            pass

    def __exit__(self, *_: object) -> None:
        if isinstance(self._lock, io.TextIOWrapper):
            self._lock.truncate(0)
            self._lock.close()  # this ends the lock
        else:
            self._lock.release()


def _import_fcntl() -> ModuleType | None:
    """The module `fcntl`, which Windows lacks.

    The package filelock works everywhere, but its import takes 74 ms, a third of a cold compile.
    """
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
