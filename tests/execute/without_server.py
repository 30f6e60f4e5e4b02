"""Starts a command as on Windows: run as a script, with the command's arguments.

The modules and the functions that Windows lacks are missing for the files of literate. Other
packages find them, as they have ways of their own on each system.
"""

import builtins
import os
import signal
import sys

MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"}
OF_OS = (
    *("fork", "forkpty", "posix_spawn", "setsid", "killpg", "waitid", "pidfd_open", "getuid"),
    *("uname", "ttyname", "fchmod", "set_blocking", "sched_getaffinity", "mkfifo", "getppid"),
)
OF_SIGNAL = ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTSTP", "SIGKILL")


class Narrow:
    """A module without some of its names."""

    def __init__(self, module: object, missing: tuple[str, ...]) -> None:
        self._module = module
        self._missing = missing

    def __getattr__(self, name: str) -> object:
        if name in self._missing:
            raise AttributeError(f"module {self._module} has no attribute {name!r}")
        return getattr(self._module, name)


NARROW = {"os": Narrow(os, OF_OS), "signal": Narrow(signal, (*OF_SIGNAL, "pthread_sigmask"))}
import_as_usual = builtins.__import__


def import_for_literate(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if importer.startswith("literate") and not level:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}")
        if name in NARROW and not fromlist:
            return NARROW[name]
    return import_as_usual(name, globals, locals, fromlist, level)


if __name__ == "__main__":
    sys.path[0] = sys.argv.pop(1)
    builtins.__import__ = import_for_literate
    sys.argv[0] = "literate"
    from literate.__main__ import run

    run()
