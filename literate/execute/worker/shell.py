"""The IPython shell that runs the cells of a notebook.

It reads no profile and stores nothing. What a cell displays becomes a message of `protocol.py`.
"""

from __future__ import annotations

import asyncio
import base64
import fnmatch
import io
import math
import subprocess
import sys
import tempfile
from codecs import getincrementaldecoder
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets.config import Config

from ..protocol import FromWorker, ShowResult
from .cell_code import CellCompiler, keeping_lines
from .event_loop import is_idle, running, set_running, take_over
from .jupyter import SHELL_MODULE, SHELL_NAME, NotebookKernel, message_of
from .plain_cells import Rewriting
from .postponed import postpone_import, show_in_packages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hook = Callable[[dict[str, Any]], dict[str, Any] | None]


# --- outputs -----------------------------------------------------------------------------------


class _Publisher(DisplayPublisher):
    """Reports what a cell displays."""

    shell: NotebookShell

    def publish(
        self,
        data: dict[str, object],
        metadata: dict[str, object] | None = None,
        source: object = None,
        *,
        transient: Mapping[str, object] | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        content = {
            "data": _plain_dict(data),
            "metadata": _plain_dict(metadata or {}),
            "transient": {} if display_id is None else {"display_id": str(display_id)},
        }
        self._send("update_display_data" if update else "display_data", content)

    def clear_output(self, wait: bool = False) -> None:
        self._send("clear_output", {"wait": bool(wait)})

    def _send(self, msg_type: str, content: dict[str, Any]) -> None:
        """Report an output, if no hook takes it or changes it before."""
        if self._hooks:
            message = self.shell.kernel.session.msg(msg_type, content, self.shell.get_parent())
            for hook in self._hooks:
                changed = hook(message)
                if changed is None:
                    return
                message = changed
            content = message["content"]
        output = message_of(msg_type, content)
        assert output is not None
        self.shell.report(output)

    @cached_property
    def _hooks(self) -> list[Hook]:
        return []

    def register_hook(self, hook: Hook) -> None:
        """Call a function for each display. What it returns is displayed, if it is not None."""
        self._hooks.append(hook)

    def unregister_hook(self, hook: Hook) -> bool:
        """Forget a function. Returns whether it was known."""
        if hook not in self._hooks:
            return False
        self._hooks.remove(hook)
        return True


class _ResultHook(DisplayHook):
    """Reports the value of the last expression of a cell, and prints nothing."""

    shell: NotebookShell

    def start_displayhook(self) -> None:
        self._is_active = True

    def write_output_prompt(self) -> None: ...

    def write_format_data(
        self, format_dict: dict[str, object], md_dict: dict[str, object] | None = None
    ) -> None:
        data, metadata = _plain_dict(format_dict), _plain_dict(md_dict or {})
        self.shell.report(ShowResult(data, metadata, self.prompt_count))

    def log_output(self, format_dict: object) -> None: ...

    def finish_displayhook(self) -> None:
        self._is_active = False


def _plain(value: object) -> object:
    """The data of a display, made of builtins that both marshal and JSON can write."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return _plain_dict(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _plain_text(value)


def _plain_dict(value: Mapping[Any, object]) -> dict[str, object]:
    return {_plain_text(key): _plain(item) for key, item in value.items()}


def _plain_text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


# --- the shell ---------------------------------------------------------------------------------


class _Store(dict[str, object]):
    """Where `%store` keeps values. They are gone when the notebook ends."""

    def keys(self, pattern: str = "*") -> list[str]:  # type: ignore[override]  # as in PickleShare
        return fnmatch.filter(super().keys(), pattern)


class NotebookShell(InteractiveShell):
    """Runs the cells of one notebook. `report` and `remark` say where its outputs go.

    Libraries that look for Jupyter find its shell in this one, by the name of the class, too.
    """

    compiler_class = CellCompiler
    display_pub_class = _Publisher
    displayhook_class = _ResultHook

    compile: CellCompiler

    def __init__(self, **options: Any) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False  # no database, and no thread that writes to it
        settings.HistoryManager.hist_file = ":memory:"  # it would look into the profile
        settings.IPKernelApp.connection_file = ""  # `begin_as_kernel` gives it a name
        # IPython has no types here.
        super().__init__(config=settings, **options)  # type: ignore[no-untyped-call]
        self.report: Callable[[FromWorker], object] = lambda message: None
        self.remark: Callable[[str], object] = lambda text: None
        self.takes_error: Callable[[BaseException], bool] = lambda error: False
        self.shown: list[BaseException] = []  # exceptions that IPython showed for the running cell
        self.taken: list[BaseException] = []  # those of them that a widget has taken
        self.kernel = NotebookKernel(self)
        postpone_import("ipykernel")
        show_in_packages()
        self.loop_runner = self._run_in_loop
        self._add_jupyters_magics()
        rewriting = self.input_transformer_manager
        rewriting.token_transformers = [
            keeping_lines(transformer) for transformer in rewriting.token_transformers
        ]
        self._rewriting = Rewriting(self)
        # `name?` opens a pager, which needs a person at a screen.
        self.set_hook("show_in_pager", lambda *_, **__: None)

    def _add_jupyters_magics(self) -> None:
        """Add the magics that a notebook finds in Jupyter, but not in a bare IPython shell."""
        self.db = _Store()
        assert self.extension_manager is not None  # IPython has made it
        self.extension_manager.load_extension("storemagic")
        for name in ("autosave", "less", "man", "more"):  # without a person, these do nothing
            self.magics_manager.register_function(lambda line: None, "line", name)

    # What IPython does for a person at a terminal, and what costs time. Nothing of it is done here.

    def init_ipython_dir(self, ipython_dir: object) -> None: ...

    def init_profile_dir(self, profile_dir: object) -> None: ...

    @cached_property
    def ipython_dir(self) -> str:  # type: ignore[override]  # IPython assigns it
        """Where IPython keeps what is a user's. A notebook that asks for it gets an empty one."""
        return tempfile.mkdtemp(prefix="ipython-")

    @cached_property
    def profile_dir(self) -> ProfileDir:  # type: ignore[override]  # as above
        """The folders of a profile, for a notebook that writes into them."""
        profile: ProfileDir = ProfileDir.create_profile_dir_by_name(self.ipython_dir, "default")
        return profile

    def init_virtualenv(self) -> None: ...

    def init_completer(self) -> None: ...

    @cached_property
    def Completer(self) -> Any:  # type: ignore[override]  # IPython assigns it in init_completer
        """IPython's completer. It takes time to make, so only a notebook that uses it gets one."""
        super().init_completer()  # type: ignore[no-untyped-call]  # IPython has no types here
        return vars(self)["Completer"]

    def enable_gui(self, gui: object = None) -> None: ...

    @contextmanager
    def _tee(self, channel: object) -> Iterator[None]:
        """IPython would keep a second copy of everything that is printed."""
        yield

    def _format_exception_for_storage(
        self, exception: object, *_: object, **__: object
    ) -> dict[str, object]:
        return {}

    # What a cell does.

    def transform_cell(self, raw_cell: str) -> str:
        """Rewrite magics as Python. Most cells have none, which is found out quickly."""
        if self._rewriting.leaves(raw_cell):
            return raw_cell.removesuffix("\n") + "\n"
        transformed: str = super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
        return transformed

    def ask_exit(self) -> None:
        """`exit()` ends the notebook, and its cell fails."""
        raise SystemExit("exit() in a cell")

    def showtraceback(self, exc_tuple: Any = None, *_: object, **__: object) -> None:
        """Note the exception that IPython is about to show."""
        with suppress(ValueError):  # there is no exception
            error = self._get_exc_info(exc_tuple)[1]
            taken = self.takes_error(error)
            (self.taken if taken else self.shown).append(error)

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Note the syntax error that IPython is about to show."""
        self.showtraceback()

    def system(self, cmd: str) -> None:
        """Run `!command` and print its output as it comes.

        IPython runs commands in a pseudo terminal, which takes a tenth of a second. A pipe is fast.
        """
        decode = getincrementaldecoder("utf-8")("replace").decode
        command = self.var_expand(cmd, depth=1)  # in the variables of the code that called `system`
        process = subprocess.Popen(
            command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            assert isinstance(process.stdout, io.BufferedReader)
            while chunk := process.stdout.read1(65536):
                sys.stdout.write(decode(chunk))
        except BaseException:
            process.kill()
            raise
        status = process.wait()
        self.user_ns["_exit_code"] = status
        if status:
            self.remark(f"!{command} ended with status {status}")

    def run_source(
        self, name: str, source: str, lines: Mapping[int, int] | None = None
    ) -> BaseException | None:
        """Run a cell. Returns the exception that it raised or that IPython showed, or None.

        `name` is the file name of its code. If the cell counts as a part of a module, `name` is
        the file of the module and `lines` has the line in it for each line of the cell.
        """
        self.compile.begin(name, source, lines or {})
        # A transformer of the notebook's own, such as that of ipytest, may rewrite asserts, too.
        self.compile.keeps_values = not self.ast_transformers
        self.shown.clear()
        self.taken.clear()
        if "Completer" in source:  # for example `%config Completer.use_jedi = False`
            _ = self.Completer
        with running(self.loop, source):
            result = self.run_cell(source, store_history=True)
        loop_error = self._begin_tasks()
        errors: list[BaseException | None] = [
            result.error_before_exec,
            result.error_in_exec,
            *self.shown,
            loop_error,
        ]
        for error in errors:
            if error is not None:
                return error
        return None

    def forget_results(self) -> None:
        """Forget the results of all cells that ran, as if there had been none."""
        results = self.user_ns["_oh"]
        for name in ("_", "__", "___", *[f"_{number}" for number in results]):
            self.user_ns.pop(name, None)
            self.user_ns_hidden.pop(name, None)
        results.clear()
        none_yet = {"_": "", "__": "", "___": ""}
        vars(self.displayhook).update(none_yet)
        self.user_ns.update(none_yet)

    # What libraries ask the shell of Jupyter for.

    @property
    def parent_header(self) -> dict[str, Any]:
        return self.kernel.get_parent()

    def get_parent(self) -> dict[str, Any]:
        """The message that asked for the cell that runs."""
        return self.kernel.get_parent()

    def set_parent(self, parent: object) -> None:
        """A cell cannot choose which cell its outputs belong to."""

    # The event loop.

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The notebook's event loop: one for all of its cells."""
        if hasattr(self, "_copied_loop"):
            if take_over(self._copied_loop):
                self._loop = self._copied_loop
            del self._copied_loop
        if not hasattr(self, "_loop"):
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def prepare_loop(self) -> None:
        """Make the loop that the copies of this process, made by `os.fork`, take over."""
        self._copied_loop = asyncio.new_event_loop()

    def _begin_tasks(self) -> BaseException | None:
        """Let the tasks begin that a cell has created.

        Returns the exception if a task exits, for example by `sys.exit`. In Jupyter, this ends the
        kernel.
        """
        if is_idle(self.loop):
            return None
        try:
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        except Exception:
            # The cell has stopped or closed the loop, or patched what it needs. The next cell gets
            # a new loop.
            del self._loop
        except BaseException as error:
            return error
        return None

    def _run_in_loop(self, coroutine: Coroutine[Any, Any, object]) -> object:
        """Run a cell that awaits.

        If it is interrupted, the line that waits raises `CancelledError`, and shows where it was.
        """
        set_running(self.loop, False)
        task = self.loop.create_task(coroutine)
        try:
            return self.loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            return self.loop.run_until_complete(task)


NotebookShell.__name__ = NotebookShell.__qualname__ = SHELL_NAME
NotebookShell.__module__ = SHELL_MODULE
