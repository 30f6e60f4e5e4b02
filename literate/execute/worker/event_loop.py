"""The event loop of a worker: whether it counts as running, and whether it has work to do.

To make an event loop takes a tenth of the time of a small notebook. So the server makes one, which
it never runs, and each worker has a copy of it, as of everything else in the memory of the server.
What a process shares with the process that forked it are descriptors: those are replaced.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bound before a notebook can patch them.
_set_running_loop, _get_ident = asyncio._set_running_loop, threading.get_ident


def take_over(loop: asyncio.AbstractEventLoop) -> bool:
    """Make a copied loop this process's own; return whether this loop can be used.

    Python 3.11 to 3.14 keep a loop's descriptors in these attributes. Where they are missing, a new
    loop has to be made.
    """
    parts: Any = loop
    try:
        poll, reader, writer = parts._selector._selector, parts._ssock, parts._csock
        numbers = [part.fileno() for part in (poll, reader, writer)]
        if not isinstance(poll, select.epoll):
            return False
    except AttributeError:
        return False
    _replace_descriptors(*numbers)
    # The loop reads here that another thread wants something done.
    poll.register(reader.fileno(), select.EPOLLIN)
    asyncio.set_event_loop(loop)
    return True


def is_idle(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a turn of the loop would do nothing. If in doubt, the answer is False.

    A turn takes a fifteenth of the time of a small cell, and most cells leave nothing to do.
    """
    parts: Any = loop
    try:
        is_at_work = parts._ready or parts._scheduled or parts._stopping or loop.is_closed()
        # The one descriptor that is always there tells that another thread wants something done,
        # and what it wants is in the list of what is ready.
        return not is_at_work and len(parts._selector.get_map()) == 1
    except Exception:  # another kind of loop, or the cell has patched something
        return False


def _replace_descriptors(poll: int, reader: int, writer: int) -> None:
    """Let these numbers stand for a new epoll object, and for the ends of a new pair of sockets."""
    own_poll = select.epoll()
    own_reader, own_writer = socket.socketpair()
    own_reader.setblocking(False)
    own_writer.setblocking(False)
    for own, number in ((own_poll, poll), (own_reader, reader), (own_writer, writer)):
        os.dup2(own.fileno(), number, inheritable=False)
        own.close()


@contextmanager
def running(loop: asyncio.AbstractEventLoop, source: str) -> Iterator[None]:
    """Let a loop count as running while a cell runs, so that `asyncio.create_task` works.

    Jupyter has a running loop, too. Python refuses to run a loop inside of a running loop, so a
    cell that calls `asyncio.run` itself runs without it.
    """
    set_running(loop, "asyncio.run(" not in source)
    try:
        yield
    finally:
        set_running(loop, False)


def set_running(loop: asyncio.AbstractEventLoop, is_running: bool) -> None:
    """Let a loop count as the running one or as stopped, for asyncio and for the loop itself."""
    _set_running_loop(loop if is_running else None)
    # `loop.is_running()` asks whether this is set. `run_forever` sets it in the same way.
    thread_id = _get_ident() if is_running else None
    loop._thread_id = thread_id  # type: ignore[attr-defined]  # an attribute of BaseEventLoop
