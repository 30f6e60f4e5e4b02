"""What a library finds when it looks whether it runs in Jupyter, and what it asks a kernel for.

Libraries choose their form for notebooks in many ways: by the name of the shell's class, by its
configuration, by its kernel, or by the module `ipykernel` in `sys.modules`. All of them are
answered here as in Jupyter, without a kernel, and without the time that the import of a kernel
takes.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import cached_property
from types import ModuleType

from ..protocol import ClearOutput, Display, FromWorker, ShowResult, StreamText, UpdateDisplay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shell import NotebookShell

    Content = dict[str, Any]  # the content of a message of Jupyter

# The name of the shell's class in Jupyter.
SHELL_MODULE, SHELL_NAME = "ipykernel.zmqshell", "ZMQInteractiveShell"

_PROTOCOL_VERSION = "5.4"  # of the messages of Jupyter


def message_of(kind: str, content: Content) -> FromWorker | None:
    """The message that reports an output of Jupyter. None if it is not an output."""
    transient = content.get("transient") or {}
    display_id = transient.get("display_id")
    match kind:
        case "stream":
            return StreamText(content["name"], content["text"])
        case "display_data":
            return Display(content["data"], content.get("metadata") or {}, display_id)
        case "update_display_data":
            return UpdateDisplay(content["data"], content.get("metadata") or {}, display_id)
        case "execute_result":
            metadata = content.get("metadata") or {}
            return ShowResult(content["data"], metadata, content["execution_count"])
        case "clear_output":
            return ClearOutput(bool(content.get("wait")))
    return None


class Session:
    """Makes messages as a session of Jupyter does, and reports those that are outputs."""

    key = b""
    username = "username"

    def __init__(self, shell: NotebookShell) -> None:
        self._shell = shell
        self._count = 0

    @cached_property
    def session(self) -> str:
        """The id of the session. Each notebook has its own."""
        return os.urandom(16).hex()

    def msg_header(self, msg_type: str) -> Content:
        """The header of a new message."""
        self._count += 1
        return self._header(msg_type, f"{self.session}_{os.getpid()}_{self._count}")

    def msg(
        self,
        msg_type: str,
        content: Content | None = None,
        parent: Content | None = None,
        header: Content | None = None,
        metadata: Content | None = None,
    ) -> Content:
        """A new message."""
        own_header = header or self.msg_header(msg_type)
        return {
            "header": own_header,
            "msg_id": own_header["msg_id"],
            "msg_type": own_header["msg_type"],
            "parent_header": (parent or {}).get("header", {}),
            "content": content or {},
            "metadata": metadata or {},
            "buffers": [],
        }

    def send(
        self,
        stream: object,
        msg_or_type: Content | str,
        content: Content | None = None,
        parent: Content | None = None,
        *_: object,
        **__: object,
    ) -> Content:
        """Report an output. Other messages go nowhere, because nobody listens."""
        message = msg_or_type
        if isinstance(message, str):
            message = self.msg(message, content, parent)
        output = message_of(message["msg_type"], message["content"])
        if output is not None:
            self._shell.report(output)
        return message

    def request_of_cell(self) -> Content:
        """The message by which a front-end would have asked for the cell that runs."""
        identity = f"{self.session}_cell_{self._shell.execution_count}"
        content = {
            "code": self._shell.compile.source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return self.msg("", content, header=self._header("execute_request", identity))

    def _header(self, msg_type: str, identity: str) -> Content:
        return {
            "msg_id": identity,
            "msg_type": msg_type,
            "username": self.username,
            "session": self.session,
            "date": datetime.now(UTC),
            "version": _PROTOCOL_VERSION,
        }


class NotebookKernel:
    """`get_ipython().kernel`: it answers what libraries ask a kernel for."""

    implementation = "ipython"
    iopub_socket: object = None
    iopub_thread: object = None
    shell_stream: object = None
    control_stream: object = None
    ident = b""

    def __init__(self, shell: NotebookShell) -> None:
        self.shell = shell
        self.parent: object = None  # the application; there is none
        self.session = Session(shell)

    @property
    def config(self) -> object:
        return self.shell.config

    @property
    def user_module(self) -> ModuleType:
        module: ModuleType = self.shell.user_module
        return module

    @property
    def user_ns(self) -> dict[str, object]:
        namespace: dict[str, object] = self.shell.user_ns
        return namespace

    @property
    def execution_count(self) -> int:
        count: int = self.shell.execution_count
        return count

    @property
    def log(self) -> object:
        return self.shell.log

    @property
    def comm_manager(self) -> object:
        """The manager of comms. The package `comm` is there wherever widgets are."""
        from comm import get_comm_manager

        return get_comm_manager()

    @property
    def io_loop(self) -> object:
        from tornado.ioloop import IOLoop

        return IOLoop.current()

    @property
    def _parent_header(self) -> Content:
        return self.get_parent()

    def get_parent(self, channel: str | None = None) -> Content:
        """The message that asked for what runs now."""
        return self.session.request_of_cell()

    def set_parent(self, ident: object, parent: Content, channel: str = "shell") -> None:
        """A cell cannot choose which cell its outputs belong to."""

    def send_response(
        self,
        stream: object,
        msg_or_type: Content | str,
        content: Content | None = None,
        **_: object,
    ) -> Content:
        """Report an output."""
        return self.session.send(stream, msg_or_type, content, self.get_parent())


def begin_as_kernel(shell: NotebookShell) -> None:
    """Give this process the state in which Jupyter starts a kernel."""
    # Front-ends find a kernel by this file. Here it does not exist, but libraries take the name of
    # the kernel from it.
    folder = os.environ.get("TMPDIR", "/tmp")
    connection_file = os.path.join(folder, f"kernel-{shell.kernel.session.session}.json")
    shell.config.IPKernelApp.connection_file = connection_file
    sys.argv = ["ipykernel_launcher.py", "-f", connection_file]
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    sys.breakpointhook = _pass_breakpoint


def _pass_breakpoint(*_: object, **__: object) -> None:
    """`breakpoint()` does nothing, as in a kernel that no debugger is connected to."""


def insert_notebook_path(root: str) -> None:
    """Let Python find modules beside the notebook, and those of the project, where IPython does.

    They come behind the standard library, and before installed packages. The current folder is
    written as "", as in Jupyter: after `os.chdir`, it is the new one.
    """
    paths = [path for path in sys.path if path]
    position = 0
    for index, path in enumerate(paths):
        if os.path.basename(path) in ("site-packages", "dist-packages"):
            position = index
            break
    sys.path[:] = [*paths[:position], "", root, *paths[position:]]
