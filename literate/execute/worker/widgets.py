"""Widgets: what a cell prints and shows inside of an Output widget goes into the widget.

In Jupyter, the widget tells the front-end by a comm that it takes the outputs from now on. The
front-end collects them, and sends them to the widget when the cell has ended. Here the worker is
the front-end.
"""

from __future__ import annotations

import traceback
from contextlib import suppress

from ..outputs import Outputs
from ..protocol import FromWorker, Output
from .postponed import postpone_import, when_loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from comm.base_comm import BaseComm

    State = dict[str, Any]  # traits of a widget, by name

_OUTPUT_MODEL = "OutputModel"


class OutputWidget:
    """The Output widget at the other end of a comm, and what it has taken."""

    def __init__(self, comm: BaseComm) -> None:
        self._comm = comm
        self.outputs = Outputs()
        self.has_news = False

    def replace(self, items: Sequence[Output]) -> None:
        """Begin anew with these outputs: the cell has set them itself."""
        self.outputs = Outputs()
        for item in items:
            self.outputs.add(dict(item))

    def deliver(self) -> None:
        """Tell the widget what it has taken."""
        self.has_news = False
        state = {"outputs": self.outputs.items()}
        data = {"method": "update", "state": state, "buffer_paths": []}
        content = {"comm_id": self._comm.comm_id, "data": data}
        self._comm.handle_msg({"content": content, "metadata": {}, "buffers": []})


class OutputWidgets:
    """The Output widgets of a notebook. The one that was entered last takes the outputs."""

    def __init__(self, before_change: Callable[[], object]) -> None:
        self._before_change = before_change  # writes what is in buffers to where it belongs
        self._widgets: dict[str, OutputWidget] = {}  # by the ids of their comms
        self._entered: list[OutputWidget] = []

    @property
    def taker(self) -> OutputWidget | None:
        """The widget that takes the outputs now."""
        return self._entered[-1] if self._entered else None

    def listen(self) -> None:
        """From now on, look at what widgets send."""
        postpone_import("comm")  # without it there are no widgets
        when_loaded("comm", self._replace_comms)

    def _replace_comms(self) -> None:
        """Let the worker be the other end of each comm."""
        import comm
        from comm.base_comm import BaseComm

        receive = self.receive

        class NotebookComm(BaseComm):
            """A comm whose other end is the worker."""

            def publish_msg(
                self,
                msg_type: str,
                data: State | None = None,
                metadata: State | None = None,
                buffers: list[bytes] | None = None,
                **_: object,
            ) -> None:
                receive(self, msg_type, data or {})

        comm.create_comm = NotebookComm

    def receive(self, comm: BaseComm, msg_type: str, data: State) -> None:
        """Take a message of a widget."""
        state = data.get("state")
        if msg_type == "comm_close":
            self._widgets.pop(comm.comm_id, None)
        elif isinstance(state, dict):
            if msg_type == "comm_open" and state.get("_model_name") == _OUTPUT_MODEL:
                self._widgets[comm.comm_id] = OutputWidget(comm)
            widget = self._widgets.get(comm.comm_id)
            if widget is not None and data.get("method", "update") == "update":
                self._update(widget, state)

    def _update(self, widget: OutputWidget, state: State) -> None:
        self._before_change()
        if "outputs" in state:
            widget.replace(state["outputs"])
        if state.get("msg_id"):
            self._entered.append(widget)
        elif "msg_id" in state and widget in self._entered:
            self._entered.remove(widget)

    def take_text(self, name: str, data: bytes) -> bool:
        """Take what was printed to "stdout" or "stderr", if a widget takes the outputs."""
        widget = self.taker
        if widget is None:
            return False
        widget.outputs.write(name, data)
        widget.has_news = True
        return True

    def take(self, message: FromWorker) -> bool:
        """Take what is displayed, if a widget takes the outputs."""
        widget = self.taker
        if widget is None or not widget.outputs.take(message):
            return False
        widget.has_news = True
        return True

    def take_error(self, error: BaseException) -> bool:
        """Take an exception that IPython is about to show, if a widget takes the outputs."""
        widget = self.taker
        if widget is None:
            return False
        self._before_change()
        widget.outputs.add(
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": traceback.format_exception(error),
            }
        )
        widget.has_news = True
        return True

    def end_cell(self) -> None:
        """Give the widgets what they have taken. The outputs of the next cell are its own."""
        self._before_change()
        self._entered.clear()
        for widget in list(self._widgets.values()):
            if widget.has_news:
                with suppress(Exception):  # of code that observes the widget
                    widget.deliver()
