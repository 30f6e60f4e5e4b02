"""Whether a copy of this process, made by `os.fork`, would be as good as the process itself.

A copy shares with the original what the operating system keeps for it, and it lacks threads, child
processes and timers. So it would not go on as the original does if the notebook uses one of these.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
from contextlib import suppress

from ..processes import has_children, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Bound before a notebook can patch them.
_fstat, _listdir, _lseek, _open_descriptor = os.fstat, os.listdir, os.lseek, os.open
_dup2, _close, _readlink = os.dup2, os.close, os.readlink
_getsignal, _getitimer = signal.getsignal, signal.getitimer
_open = open

_HARMLESS_DEVICES = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)

# A cell with one of these names may remember what is different in a copy, or what happens there.
_IDENTITY = re.compile(
    r"\b(?:get(?:pid|ppid|sid|pgid|pgrp|tid)|get_native_id|native_id"
    r"|register_at_fork|memfd_create)\b"
)

OpenFiles = dict[int, int]  # the positions in open files, by descriptor


class NotCopyableError(Exception):
    """The reason why a copy would not be as good as this process."""


def mentions_identity(source: str) -> bool:
    """Whether the code of a cell asks for something that is different in a copy."""
    return bool(_IDENTITY.search(source))


class Descriptors:
    """The descriptors that belong to the worker, as opposed to those that cells have opened."""

    def __init__(self) -> None:
        self._own: dict[int, int] = {}  # inodes by descriptor
        self.renew()

    def renew(self) -> None:
        """Count all descriptors that are open now as the worker's own."""
        self._own = dict(_open_inodes())

    def renew_known(self) -> None:
        """Look again what the worker's own descriptors stand for."""
        open_now = dict(_open_inodes())
        self._own = {number: open_now[number] for number in self._own if number in open_now}

    def files_of_cells(self) -> OpenFiles:
        """The positions in the files that cells have opened for reading.

        Raises `NotCopyableError` for everything else that is open.
        """
        positions: OpenFiles = {}
        for number, inode in _open_inodes():
            if self._own.get(number) == inode:
                continue
            kind = _fstat(number).st_mode
            if stat.S_ISREG(kind) and not _is_writable(number):
                positions[number] = _lseek(number, 0, os.SEEK_CUR)
            elif not stat.S_ISDIR(kind) and _target(number) not in _HARMLESS_DEVICES:
                raise NotCopyableError(f"{_target(number)} is open")
        return positions


def open_anew(files: OpenFiles) -> None:
    """Open files a second time under the same numbers, so that each copy has its own position."""
    for number, position in files.items():
        try:
            new = _open_descriptor(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # a library closes its files after a fork: matplotlib its fonts
            continue
        _lseek(new, position, os.SEEK_SET)
        _dup2(new, number, inheritable=False)
        _close(new)


def check_process() -> None:
    """Raise `NotCopyableError` if the process has what a copy would lack or share with it."""
    if threads() != 1:
        raise NotCopyableError("threads run")
    if has_children():
        raise NotCopyableError("child processes run")
    if _getsignal(signal.SIGCHLD) not in (signal.SIG_DFL, None):
        raise NotCopyableError("the end of child processes is handled")
    if any(_getitimer(timer) != (0.0, 0.0) for timer in _TIMERS):
        raise NotCopyableError("a timer is set")
    if _uses_cuda():
        raise NotCopyableError("CUDA is in use")
    shared = _shared_memory()
    if shared:
        raise NotCopyableError(f"memory is shared: {shared}")


def _uses_cuda() -> bool:
    cuda = sys.modules.get("torch.cuda")
    if cuda is None:
        return False
    try:
        return bool(cuda.is_initialized())
    except Exception:  # a notebook may have patched it
        return True


def _shared_memory() -> str:
    """What is mapped into this process so that it can be written, and is shared; or ""."""
    with _open("/proc/self/maps", "rb") as file:
        for line in file:
            fields = line.split(None, 5)
            if fields[1][3:4] == b"s" and fields[1][1:2] == b"w":
                name = fields[5] if len(fields) > 5 else b"without a name"
                return name.decode(errors="replace").strip()
    return ""


def _open_inodes() -> Iterable[tuple[int, int]]:
    """The open descriptors, each with the inode that it leads to."""
    for name in _listdir("/proc/self/fd"):
        number = int(name)
        with suppress(OSError):  # it was that of the folder itself
            yield number, _fstat(number).st_ino


def _target(number: int) -> str:
    with suppress(OSError):
        return _readlink(f"/proc/self/fd/{number}")
    return "a descriptor"


def _is_writable(number: int) -> bool:
    with _open(f"/proc/self/fdinfo/{number}", "rb") as file:
        for line in file:
            if line.startswith(b"flags:"):
                return int(line.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return True
