"""What Linux knows about processes and Python does not offer.

On other systems (macOS), each function does as much as is possible there: a process that has left
the process group of its notebook is neither noticed nor ended. On Windows, there is no server and
no worker, and this file only answers questions.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress


def _is_linux() -> bool:
    """Whether this system offers what Linux does.

    Old kernels and sandboxes have the names of some functions and not the functions: then as much
    is done as on macOS.
    """
    if not all(hasattr(os, name) for name in ("fork", "pidfd_open", "waitid")):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
        with suppress(ChildProcessError):
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        os.stat("/proc/self/stat")
    except OSError:
        return False
    return True


IS_LINUX = _is_linux()

# The signals that a notebook could send to the server.
_NAMES = ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "TSTP")
IGNORED = tuple(signal.Signals[f"SIG{name}"] for name in _NAMES if hasattr(signal, f"SIG{name}"))

# Numbers of requests to prctl, from <sys/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

# The places of fields in the list of `_status`, from proc_pid_stat(5).
_PARENT, _SIZE, _ENVIRONMENT_START, _ENVIRONMENT_END = 1, 20, 47, 48

# How long to wait for a process that replaces its program: a thousandth of a second, and how often.
_LOOK_AGAIN = 0.001
_MOST_LOOKS = 1000

# A worker uses these functions after its notebook has run, and the notebook may have patched them.
_getpid = os.getpid
_listdir = os.listdir
_open = open
_sleep = time.sleep
if IS_LINUX:
    _prctl = ctypes.CDLL(None, use_errno=True).prctl
    _waitid = os.waitid


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- this process ------------------------------------------------------------------------------


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, also of those in other sessions."""
    if IS_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leave_orphans() -> None:
    """Let a process further up become the parent of descendants whose own parent ends."""
    if IS_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def die_with(parent: int) -> None:
    """Let the kernel end this process when its parent ends."""
    if IS_LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before the request
        os._exit(1)


def ignore_signals() -> None:
    """Ignore all signals that a notebook could send to this process, its parent, to end it."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)


def heed_signals() -> None:
    """React to signals as any Python process does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in IGNORED:
        if number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)


def limit_memory(limit: int) -> None:
    """Limit the bytes that this process, and each process that it starts, may allocate.

    0 means no limit. An allocation beyond the limit raises `MemoryError`.
    """
    if limit:
        import resource  # Windows does not have it

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # If the machine runs out of memory, the kernel is to end a notebook and not the server, which
    # reports the end of the notebook.
    with suppress(OSError):
        descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)  # `open` takes twice as long
        try:
            os.write(descriptor, b"500")
        finally:
            os.close(descriptor)


def threads() -> int:
    """Return how many threads of this process the operating system runs."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:  # nobody can say, and no process is forked here
        return 1


def threads_after_a_fork() -> int:
    """Fork once, and return how many threads this process still has.

    Some libraries (OpenBLAS) end their threads before a fork; these are safe.
    """
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return threads()


def has_children() -> bool:
    """Return whether this process has children, including ended ones that were not waited for."""
    if not IS_LINUX:
        return False
    try:
        _waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children() -> set[int]:
    """Return the process ids of this process's children, found in the process table."""
    me = _getpid()
    return {pid for pid in _process_ids() if _parent(pid) == me}


# --- other processes ---------------------------------------------------------------------------


def _process_ids() -> list[int]:
    """Return the ids of all processes."""
    return [int(name) for name in _listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int:
    """Return the id of a process's parent; 0 if the process has ended."""
    try:
        return int(_status(pid)[_PARENT])
    except OSError:
        return 0


def _status(pid: int) -> list[bytes]:
    """What the process table says of a process, field by field, from its state on."""
    with _open(f"/proc/{pid}/stat", "rb") as file:
        text = file.read()
    # pid (name) state parent ...: the name may contain spaces and parentheses
    return text.rpartition(b")")[2].split()


def command_line(pid: int) -> str:
    """Return the command that a process runs; "" if it is not known."""
    try:
        with _open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read().rstrip(b"\0")
    except OSError:
        return ""
    return arguments.replace(b"\0", b" ").decode(errors="replace")


def kill(pid: int) -> None:
    """Send SIGKILL to a process.

    Where the processes that it leaves cannot be found afterwards, its process group is ended too.
    """
    with suppress(ProcessLookupError, PermissionError):
        if IS_LINUX:
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGKILL)


def reap(pid: int) -> bool:
    """Return whether a child has ended; if so, it no longer exists afterwards."""
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return True
    return ended == pid


def kill_marked(mark: str) -> None:
    """Send SIGKILL to every process with a mark ("NAME=value") in its environment.

    A process may start another one while the process table is read, so this is repeated until no
    marked process is left.
    """
    if not IS_LINUX:
        return
    while marked := [pid for pid in _process_ids() if _is_marked(pid, mark.encode())]:
        for pid in marked:
            kill(pid)


def _is_marked(pid: int, mark: bytes) -> bool:
    """Whether the environment of a process contains "NAME=value"."""
    for _ in range(_MOST_LOOKS):
        try:
            environment = _environment(pid)
        except OSError:  # it has ended, or it belongs to another user
            return False
        if environment is not None:
            return mark in environment.split(b"\0")
        _sleep(_LOOK_AGAIN)
    return False


def _environment(pid: int) -> bytes | None:
    """The environment of a process; None while the process replaces its program.

    In the middle of `exec`, a process has no environment for an instant. Its program may have an
    empty one for good, and a process that has ended has no memory at all.
    """
    with _open(f"/proc/{pid}/environ", "rb") as file:
        environment = file.read()
    if environment:
        return environment
    fields = _status(pid)
    has_memory = int(fields[_SIZE]) > 0
    start, end = int(fields[_ENVIRONMENT_START]), int(fields[_ENVIRONMENT_END])
    is_empty = start == end > 0
    return None if has_memory and not is_empty else b""
