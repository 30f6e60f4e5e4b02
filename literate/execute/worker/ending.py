"""How a notebook's process ends: as a Python program ends.

A program that has come to its last line waits for its threads, runs the handlers of `threading`
and of `atexit`, and writes what is still in buffers. A pool of processes that is left open ends in
these steps. A worker does the same, but it ends by `os._exit`: to take down the interpreter would
take time and change nothing.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import traceback
import weakref
from contextlib import suppress
from shutil import rmtree

from .shell import NotebookShell

# Bound before a notebook can patch them.
_wait_for_threads = threading._shutdown  # type: ignore[attr-defined]  # typeshed leaves it out
_run_handlers = atexit._run_exitfuncs
_list_threads = threading.enumerate
_main_thread = threading.main_thread
_print_exception = traceback.print_exc


# What an object needs that ends together with the names of the notebook.
_KEPT_NAMES = {"__builtin__", "__builtins__", "__name__"}


def forget_exit_handlers(shell: NotebookShell) -> None:
    """Forget what the server would do at its own end, and keep what every notebook does.

    A library that the server has loaded may remove its temporary files at the end. One notebook
    must not do this while others run.
    """
    atexit._clear()
    atexit.register(logging.shutdown)
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing._finalizer_registry.clear()
        atexit.register(multiprocessing._exit_function)
    for finalizer in list(weakref.finalize._registry):  # type: ignore[attr-defined]
        finalizer.atexit = False
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    atexit.register(let_go, shell)


def let_go(shell: NotebookShell) -> None:
    """Let go of everything that the cells have made, and remove the shell's temporary files.

    This is what IPython does at its end, in the same order. IPython also makes itself ready for
    more cells, which takes a tenth of the time of a small notebook.
    """
    shell.last_execution_result = None
    for results in ("output_hist", "outputs", "exceptions"):  # IPython 8 has only the first
        getattr(shell.history_manager, results, {}).clear()
    if shell.displayhook.do_full_cache:
        shell.displayhook.flush()
    names = shell.user_ns
    for name in names.keys() - _KEPT_NAMES:
        names.pop(name, None)
    shell.user_ns_hidden.clear()
    shell.clear_main_mod_cache()
    for file in shell.tempfiles:
        file.unlink(missing_ok=True)
    for folder in shell.tempdirs:
        rmtree(folder, ignore_errors=True)


def wait_for_threads() -> None:
    """Wait until all threads have ended that are not daemons.

    Only an interrupt ends the wait before. The server sends it after a while.
    """
    try:
        _wait_for_threads()
    except KeyboardInterrupt:
        pass
    except BaseException:  # of a handler that was registered with `threading`
        with suppress(Exception):  # the notebook has patched what is needed to print it
            _print_exception()


def running_threads() -> list[str]:
    """The names of the threads that Python would still wait for."""
    running = []
    for thread in _list_threads():
        if not thread.daemon and thread is not _main_thread():
            running.append(thread.name)
    return running


def run_exit_handlers() -> None:
    """Run the handlers of `atexit`. Python prints the exceptions that they raise."""
    _run_handlers()
