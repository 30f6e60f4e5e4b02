"""The IPython shell that runs cells: nothing read from a profile, nothing stored, everything shown reported as data."""

from __future__ import annotations

import ast
import asyncio
import base64
import fnmatch
import linecache
import math
import subprocess
import sys
import threading
from codecs import getincrementaldecoder
from contextlib import contextmanager, suppress
from functools import cached_property

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets.config import Config

from ..protocol import ClearOutput, Display, ShowResult, UpdateDisplay

# As they are before a notebook patches them.
_set_running_loop, _get_ident = asyncio._set_running_loop, threading.get_ident


class CellCompiler(CachingCompiler):
    """Compiles cells under names of their own, with line numbers as in the cell, also below `%%capture`."""

    name = source = ""
    lines: dict[
        int, int
    ] = {}  # the lines to number the cell's lines with, where it counts as a part of a module
    _offset = 0

    def begin(self, name: str, source: str, lines: dict[int, int]) -> None:
        """Name the cell that is about to run."""
        self.name, self.source, self.lines = name, source, lines

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        code = (transformed_code if raw_code is None else raw_code).strip()
        self._offset = 0
        if not code or not self.source.rstrip().endswith(code):  # code that a cell has IPython run
            return super().cache(transformed_code, number, raw_code)
        self._offset = self.source.count("\n", 0, self.source.rindex(code))
        if not self.lines:
            lines = [line + "\n" for line in self.source.split("\n")]
            linecache.cache[self.name] = len(self.source), None, lines, self.name
        return self.name

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        offset = self._offset if filename == self.name else 0
        try:
            tree = super().ast_parse(source, filename, symbol)
        except SyntaxError as error:
            error.lineno = error.lineno and error.lineno + offset
            raise
        if offset:
            ast.increment_lineno(tree, offset)
        return _renumbered(tree, self.lines) if self.lines and filename == self.name else tree


def _renumbered(tree: ast.AST, lines: dict[int, int]) -> ast.AST:
    """The tree with other line numbers; lines that have none keep their distance to the first that has."""
    shift = next(there - here for here, there in lines.items())
    for node in ast.walk(tree):
        for name in ("lineno", "end_lineno"):
            if number := getattr(node, name, None):
                setattr(node, name, lines.get(number, max(1, number + shift)))
    return tree


def keeping_lines(transformer: type) -> type:
    """IPython's rewriting of a magic, less its side effect that one over several lines moves up the lines below it."""

    class Kept(transformer):
        def transform(self, lines: list[str]) -> list[str]:
            after = super().transform(lines)
            end = self.start_line + 1
            return after[:end] + ["\n"] * (len(lines) - len(after)) + after[end:]

    return Kept


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id")
        name = None if display_id is None else str(display_id)
        message = UpdateDisplay if update else Display
        self.shell.report(message(_plain(data), _plain(metadata or {}), name))

    def clear_output(self, wait=False):
        self.shell.report(ClearOutput(bool(wait)))


class _ResultHook(DisplayHook):
    def start_displayhook(self):
        self._is_active = True

    def write_output_prompt(self): ...

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.report(ShowResult(_plain(format_dict), _plain(md_dict or {}), self.prompt_count))

    def log_output(self, format_dict): ...

    def finish_displayhook(self):
        self._is_active = False


def _plain(value: object) -> object:
    """A display's data as builtins that both marshal and JSON can write."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value).encode("utf-8", "backslashreplace").decode()


class _Store(dict):
    """What `%store` keeps: until the notebook ends."""

    def keys(self, pattern: str = "*"):
        return fnmatch.filter(super().keys(), pattern)


class NotebookShell(InteractiveShell):
    """Runs the cells of one notebook; `report` is where its outputs go."""

    compiler_class = CellCompiler
    display_pub_class = _Publisher
    displayhook_class = _ResultHook

    def __init__(self, **kwargs) -> None:
        settings = Config()
        settings.HistoryManager.enabled = False  # no database, no thread
        super().__init__(profile_dir=ProfileDir(), config=settings, **kwargs)
        self.report = lambda message: None
        self.remark = lambda text: None
        self.shown: list[BaseException] = []
        self.db = _Store()
        self.extension_manager.load_extension("storemagic")  # as Jupyter does
        for name in (
            "autosave",
            "less",
            "man",
            "more",
        ):  # what Jupyter adds for a person at the screen
            self.register_magic_function(lambda line: None, "line", name)
        rewriting = self.input_transformer_manager
        rewriting.token_transformers = [
            keeping_lines(each) for each in rewriting.token_transformers
        ]
        self.loop_runner = self._run_in_loop
        self.set_hook(
            "show_in_pager", lambda *_, **__: None
        )  # `name?` asks a person's screen, and there is none

    def init_ipython_dir(self, ipython_dir) -> None: ...

    def init_virtualenv(self) -> None: ...

    def init_completer(self) -> None: ...

    @cached_property
    def Completer(self):
        """Nobody presses Tab here: it is made for those who ask for it."""
        super().init_completer()
        return vars(self)["Completer"]

    def enable_gui(self, gui=None) -> None: ...

    def ask_exit(self) -> None:
        raise SystemExit("exit() in a cell")

    @contextmanager
    def _tee(self, channel):  # IPython would keep a second copy of everything that is printed
        yield

    def _format_exception_for_storage(self, exception, *_, **__) -> dict:
        return {}

    def run_source(
        self, name: str, source: str, lines: dict[int, int] = {}
    ) -> BaseException | None:
        """Run a cell; return what it raised or what IPython showed. `name` and `lines` say where its code counts."""
        self.compile.begin(name, source, lines)
        self.shown.clear()
        if "Completer" in source:  # `%config Completer.use_jedi = False`
            _ = self.Completer
        with _inside_loop(self.loop, source):
            result = self.run_cell(source, store_history=True)
        errors = [result.error_before_exec, result.error_in_exec, *self.shown, self._begin_tasks()]
        return next((error for error in errors if error is not None), None)

    def _begin_tasks(self) -> BaseException | None:
        """Let the tasks that a cell has created begin; what ended the loop instead (in Jupyter, it ends the kernel)."""
        try:
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        except (
            Exception
        ):  # the cell has stopped the loop, or closed what it waits on, or patched what it needs
            del self._loop
        except BaseException as error:  # a task that exits
            return error
        return None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The notebook's event loop: one for all of its cells."""
        if not hasattr(self, "_loop"):
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def _run_in_loop(self, coroutine):
        """Run a cell that awaits. If it is interrupted, the error is raised where it waits."""
        _enter(None, self.loop)
        task = self.loop.create_task(coroutine)
        try:
            return self.loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            return self.loop.run_until_complete(task)

    def showtraceback(self, exc_tuple=None, *_, **__) -> None:
        with suppress(ValueError):  # there is none
            self.shown.append(self._get_exc_info(exc_tuple)[1])

    def showsyntaxerror(self, *_, **__) -> None:
        self.showtraceback()

    def system(self, cmd: str) -> None:
        """`!command`, by a pipe: IPython's own way, a pseudo terminal, takes a tenth of a second."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        command = self.var_expand(cmd, depth=1)
        process = subprocess.Popen(
            command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            while chunk := process.stdout.read1(65536):
                sys.stdout.write(decode(chunk))
        except BaseException:
            process.kill()
            raise
        self.user_ns["_exit_code"] = code = process.wait()
        if code:
            self.remark(f"!{command} ended with status {code}")


@contextmanager
def _inside_loop(loop: asyncio.AbstractEventLoop, source: str):
    """As in Jupyter, a loop is running while a cell runs: `asyncio.create_task` works in every cell.

    Only a cell that says asyncio.run itself runs outside of it, because Python refuses a loop within a loop.
    """
    _enter(loop if "asyncio.run(" not in source else None, loop)
    try:
        yield
    finally:
        _enter(None, loop)


def _enter(running: asyncio.AbstractEventLoop | None, loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop count as the running one, to itself too (`loop.is_running()`), or let it no longer."""
    _set_running_loop(running)
    loop._thread_id = running and _get_ident()
