"""The event loop of a worker: a copy of the server's, with descriptors of its own.

To make an event loop takes a tenth of the time of a small notebook. So the server makes one, which
it never runs, and each worker has a copy of it, as of everything else in the memory of the server.
What a process shares with the process that forked it are descriptors: those are replaced.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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


def _replace_descriptors(poll: int, reader: int, writer: int) -> None:
    """Let these numbers stand for a new epoll object, and for the ends of a new pair of sockets."""
    own_poll = select.epoll()
    own_reader, own_writer = socket.socketpair()
    own_reader.setblocking(False)
    own_writer.setblocking(False)
    for own, number in ((own_poll, poll), (own_reader, reader), (own_writer, writer)):
        os.dup2(own.fileno(), number, inheritable=False)
        own.close()
