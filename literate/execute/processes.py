"""What Linux knows of processes and Python does not offer."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

_prctl = ctypes.CDLL(None, use_errno=True).prctl
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, sessions notwithstanding."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """Let the kernel end this process when its parent ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def limit_memory(limit: int) -> None:
    """Bytes that this process, and each that it starts, may ask for; 0: no limit. Beyond, `MemoryError`."""
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")  # if the machine runs out of memory, a notebook goes, and not the one who would report it


def kill_marked(mark: str) -> None:
    """SIGKILL to every process in whose environment `mark` stands, the way that has no gaps: until none is left."""
    found = {0}
    while found:
        found = {pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_marked(pid, mark.encode())}
        for pid in found:
            kill(pid)


def _is_marked(pid: int, mark: bytes) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return mark in file.read().split(b"\0")
    return False


def command_line(pid: int) -> str:
    """The command that a process runs."""
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")[:80]
    return ""


def has_children() -> bool:
    """Whether this process has any child, ended ones that nobody waited for among them."""
    with suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    return False


def children() -> set[int]:
    """The process ids of this process's children, by a walk through the process table."""
    me, found = os.getpid(), set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            parent = int(file.read().rpartition(b")")[2].split()[1])
            if parent == me:
                found.add(int(name))
    return found


def threads() -> int:
    """How many threads the operating system runs for this process."""
    return len(os.listdir("/proc/self/task"))


def kill(pid: int, group: bool = False) -> None:
    """SIGKILL to a child, or to its whole process group."""
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def reap(pid: int) -> bool:
    """Whether a child has ended, and is now gone."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
