"""The thread that reads what the server of a session reports."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..execute.protocol import Preload
from ..execute.server.client import ServerDiedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..execute.protocol import FromServer
    from ..execute.serving import NotebookServer

_PATIENCE = 3.0  # seconds until the thread has noticed that it is to end: it looks each second


class ReportReader:
    """Passes on the reports of a server, until it is stopped or the server dies."""

    def __init__(
        self,
        server: NotebookServer,
        take: Callable[[FromServer | None], object],
        take_death: Callable[[ServerDiedError], object],
    ) -> None:
        self._server = server
        self._take = take
        self._take_death = take_death
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Only then may the server be closed, because it closes the same pipe."""
        if not self._thread.is_alive():
            return
        self._is_over = True
        self._server.send(Preload([]))  # the server answers, and the thread wakes up
        self._thread.join(_PATIENCE)

    def _read(self) -> None:
        try:
            for message in self._server.reports():
                if self._is_over:
                    return
                self._take(message)
        except ServerDiedError as death:
            if not self._is_over:
                self._take_death(death)
