"""Which files the cells of a notebook use, and when a cell changes a file that others have used.

A snapshot holds what cells have read from files. It is of no use after such a file has changed:
neither if somebody has edited it, nor if a later cell has written it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from contextlib import suppress

from ...stamps import UNKNOWN, Stamp, Stamps, numbers, stamp
from ..snapshot_messages import SnapshotsSpoiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Bound before a notebook can patch them.
_abspath, _isabs, _fsdecode = os.path.abspath, os.path.isabs, os.fsdecode
_getpid, _time_ns = os.getpid, time.time_ns

_LARGE = 1 << 25  # bytes
_MOST_FILES = 5000  # that are remembered; a notebook that uses more gets no more snapshots

# The events of `sys.audit` for changes of files, and how many of their arguments are paths.
_CHANGES = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
    "sqlite3.connect": 1,
}
# The events of processes that may change any file.
_COMMANDS = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ANY_FILE = ""  # stands for the files that a command has used

# Files of Python itself, of installed packages and of the system, which nobody edits meanwhile.
_STANDARD = sysconfig.get_paths()
_IGNORED = (
    os.path.join(_STANDARD["stdlib"], ""),
    os.path.join(_STANDARD["platstdlib"], ""),
    *("/proc/", "/dev/", "/sys/"),
)
_IGNORED_FOLDERS = ("/site-packages/", "/dist-packages/", "/__pycache__/")


class UsedFiles:
    """The files that the cells have used so far, each with the first cell that used it."""

    def __init__(self, folder: str, tell: Callable[[SnapshotsSpoiled], object]) -> None:
        self._own_folder = os.path.join(folder, "") if folder else ""  # for temporary files
        self._tell = tell
        self._owner = _getpid()
        self._first_use: dict[str, int] = {}  # by path
        self._first_change: dict[str, int] = {}  # the first cell that has changed it, by path
        self._stamps: Stamps = {}  # of what was read or imported
        self._modules = set(sys.modules)
        self._position = 0  # of the cell that runs
        self._cell_began = _time_ns()
        self._is_listening = False
        self.is_paused = False

    @property
    def are_too_many(self) -> bool:
        """Whether not all files are remembered."""
        return len(self._first_use) > _MOST_FILES

    @property
    def stamps(self) -> Stamps:
        """The stamps of the files that were read or imported."""
        return dict(self._stamps)

    def listen(self) -> None:
        """Note from now on what is opened. This cannot be switched off again."""
        sys.addaudithook(self._audit)
        self._is_listening = True

    def move_to(self, process: int) -> None:
        """Go on in a copy of the process."""
        self._owner = process

    def begin_cell(self, position: int) -> None:
        """Note that the cell at this position begins."""
        self._position = position
        self._cell_began = _time_ns()

    def end_cell(self) -> None:
        """Note the modules that the cell has imported."""
        if len(sys.modules) == len(self._modules):
            return
        new = sys.modules.keys() - self._modules
        self._modules.update(new)
        for name in new:
            file = getattr(sys.modules.get(name), "__file__", None)
            # A relative name is made up: torch gives such names to modules that have no file.
            if isinstance(file, str) and _isabs(file):
                self._note_module(_abspath(file))

    def _note_module(self, path: str) -> None:
        """Note a module. It counts as changed if it was written while the cell ran."""
        if self._is_ignored(path):
            return
        found = stamp(path)
        is_newer = not found or max(found[1], found[2]) >= self._cell_began
        self._stamps.setdefault(path, UNKNOWN if is_newer else found)

    def _is_ignored(self, path: str) -> bool:
        if path.startswith(_IGNORED) or any(folder in path for folder in _IGNORED_FOLDERS):
            return True
        return bool(self._own_folder) and path.startswith(self._own_folder)

    # --- what Python tells about files ---------------------------------------------------------

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The hook of `sys.audit`. It must not raise, and it is called very often."""
        if event == "open":
            paths = arguments[:1]
        elif event in _CHANGES:
            paths = arguments[: _CHANGES[event]]
        elif event in _COMMANDS:
            paths = ()
        else:
            return
        if self.is_paused or _getpid() != self._owner:
            return
        self.is_paused = True  # what is done here opens files, too
        try:
            self._take(event, arguments, paths)
        except Exception:  # a notebook may have patched what is needed here
            self._first_use.update(dict.fromkeys(map(str, range(_MOST_FILES + 1)), 0))
        finally:
            self.is_paused = False

    def _take(self, event: str, arguments: tuple[Any, ...], paths: tuple[Any, ...]) -> None:
        if event in _COMMANDS:
            self._note_change(_ANY_FILE)
        for given in paths:
            path = _path_of(given)
            if path is None or self._is_ignored(path):
                continue
            if event == "open" and not _is_writing(arguments):
                self._note_read(path)
            else:
                self._note_change(path)

    def _note_read(self, path: str) -> None:
        self._first_use.setdefault(path, self._position)
        if path not in self._stamps and not self.are_too_many:
            self._stamps[path] = _stamp_of(path)

    def _note_change(self, path: str) -> None:
        """Tell which snapshots a change of this file spoils.

        A command may change what other cells have changed. If it changes what they have only read,
        then the stamps of these files say so.
        """
        if path == _ANY_FILE:
            first = min(self._first_change.values(), default=self._position)
        else:
            command = self._first_change.get(_ANY_FILE, self._position)
            first = min(self._first_use.get(path, self._position), command)
        self._first_use.setdefault(path, self._position)
        self._first_change.setdefault(path, self._position)
        self._stamps.pop(path, None)
        if first < self._position:
            self._tell(SnapshotsSpoiled(first + 1, self._position))


def _stamp_of(path: str) -> Stamp:
    """The stamp of a file; no digest is made of a large one, even if it is new."""
    with suppress(OSError):
        if os.stat(path).st_size > _LARGE:
            return numbers(path)
    return stamp(path)


def _path_of(given: object) -> str | None:
    """The absolute path that a file was opened by; None for a descriptor."""
    if isinstance(given, int) or given is None:
        return None
    with suppress(TypeError, ValueError):
        return _abspath(_fsdecode(given))  # type: ignore[arg-type]  # a TypeError is expected
    return None


def _is_writing(arguments: tuple[Any, ...]) -> bool:
    """Whether the arguments of the event "open" say that the file will be written."""
    _, mode, flags = arguments
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & _WRITING)
