"""What Linux knows of processes and Python does not offer; elsewhere (macOS), as much of it as can be done without.

There, a process that has left its notebook's process group is neither noticed nor ended.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

IS_LINUX = all(
    hasattr(os, name) for name in ("fork", "pidfd_open", "waitid")
)  # and so has /proc, and prctl
_prctl = ctypes.CDLL(None, use_errno=True).prctl if IS_LINUX else lambda *_: -1
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
IGNORED = tuple(
    getattr(signal, f"SIG{name}") for name in "HUP INT QUIT TERM USR1 USR2 ALRM TSTP".split()
)
# As they are before a notebook patches them: its process asks here what it leaves behind.
_getpid, _listdir, _waitid, _open = os.getpid, os.listdir, getattr(os, "waitid", None), open


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, sessions notwithstanding."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """Let the kernel end this process when its parent ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def ignore_signals() -> None:
    """Let no notebook end this process by a signal, as with `os.kill(os.getppid(), signal.SIGTERM)`."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)


def heed_signals() -> None:
    """Take signals as a Python process does."""
    for number in IGNORED:
        signal.signal(
            number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        )


def limit_memory(limit: int) -> None:
    """Bytes that this process, and each that it starts, may ask for; 0: no limit. Beyond, `MemoryError`."""
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(
            "500"
        )  # if the machine runs out of memory, a notebook goes, and not the one who would report it


def kill_marked(mark: str) -> None:
    """SIGKILL to every process in whose environment `mark` stands, the way that has no gaps: until none is left."""
    found = {0} if IS_LINUX else set()
    while found:
        found = {
            pid
            for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
            if _is_marked(pid, mark.encode())
        }
        for pid in found:
            kill(pid)


def _is_marked(pid: int, mark: bytes) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return mark in file.read().split(b"\0")
    return False


def command_line(pid: int) -> str:
    """The command that a process runs."""
    with suppress(OSError), _open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")[:80]
    return ""


def has_children() -> bool:
    """Whether this process has any child, ended ones that nobody waited for among them."""
    if not IS_LINUX:
        return False
    with suppress(ChildProcessError):
        _waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def children() -> set[int]:
    """The process ids of this process's children, by a walk through the process table."""
    me, found = _getpid(), set()
    for name in filter(str.isdigit, _listdir("/proc")):
        with suppress(OSError), _open(f"/proc/{name}/stat", "rb") as file:
            parent = int(file.read().rpartition(b")")[2].split()[1])
            if parent == me:
                found.add(int(name))
    return found


def threads() -> int:
    """How many threads the operating system runs for this process."""
    return len(os.listdir("/proc/self/task"))


def kill(pid: int) -> None:
    """SIGKILL to a process; where what it leaves cannot be found afterwards, to its process group."""
    with suppress(ProcessLookupError, PermissionError):
        (os.kill if IS_LINUX else os.killpg)(pid, signal.SIGKILL)


def reap(pid: int) -> bool:
    """Whether a child has ended, and is now gone."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
