"""The loop of `literate watch`: it waits for saves, keys and results, and does what they ask for.

Threads bring what happens into one queue: the watcher of the notebooks' folder, the reader of the
keyboard, the reader of the server's reports, and the compiler. Everything else is done by the main
thread.

A notebook that was saved runs at once, while the project is compiled. If the compile changes a
module that the notebook depends on, it runs again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..compile.watch import GONE, events
from ..diagnostics import UserError, display_path
from ..execute.results import Event
from ..execute.server.client import ServerDiedError
from ..execute.session import Session
from ..project import Project
from ..records import dataclass
from ..stamps import Stamps, numbers
from .compiling import Compiled, Compiler
from .reports import ReportReader
from .saves import wait_until_whole
from .screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..execute.protocol import FromServer

_LOOK_EVERY = 0.3  # seconds between two looks at files that no watcher tells about

RUN_ALL, RUN_FAILED, QUIT, DEBUG = "r", "f", "q", "p"


@dataclass(frozen=True)
class Saved:
    """Notebooks may have been saved."""


@dataclass(frozen=True)
class FolderGone:
    """The folder of the notebooks is not there."""


@dataclass(frozen=True)
class SettingsSaved:
    """The settings of the project were saved."""


@dataclass(frozen=True)
class Key:
    """A person has pressed a key, or a program has written it on a line."""

    name: str


@dataclass(frozen=True)
class Reported:
    """The server has reported something; None: nothing for a second."""

    message: FromServer | None


@dataclass(frozen=True)
class Died:
    """The server has ended by itself."""

    death: ServerDiedError


@dataclass(frozen=True)
class CompileEnded:
    """The project was compiled."""

    compiled: Compiled


@dataclass(frozen=True)
class Trouble:
    """Something is wrong that a person has to know."""

    message: str


Happening = CompileEnded | Trouble | Saved | FolderGone | SettingsSaved | Key | Reported | Died


class Loop:
    """Follows the edits of a project until somebody ends it."""

    def __init__(
        self,
        project: Project,
        choose: Callable[[], list[Path]],
        session: Session,
        compiler: Compiler | None,
        screen: Screen,
        debug: Callable[[Path], None] | None = None,
    ) -> None:
        self.happenings: queue.SimpleQueue[Happening] = queue.SimpleQueue()
        self.must_read_settings = False  # whether it ended because the settings were saved
        self._project = project
        self._choose = choose
        self._session = session
        self._compiler = compiler
        self._screen = screen
        self._debug = debug
        self._compiled: Stamps = {}  # of the notebooks, when they were compiled last
        self._accused: Stamps = {}  # of the files that the last compile found something wrong with
        self._next_look = 0.0
        self._must_compile = False  # whether something was saved since the last compile began
        self._is_compiling = False
        self._has_compiled = compiler is None  # before the first compile, modules may be old
        self._is_resting = False  # whether it has said that nothing runs
        self._since = time.monotonic()  # when the last save was noticed
        self._paths: list[Path] = []
        self._reader: ReportReader | None = None
        self._is_over = False

    # --- what happens --------------------------------------------------------------------------

    def run(self) -> None:
        """Work until somebody ends it, or until the settings are saved."""
        self.read_reports()
        threading.Thread(target=self._watch, daemon=True).start()
        self._follow()
        while self._take_next():
            self._rest_if_idle()
        self._is_over = True

    def _take_next(self) -> bool:
        """Wait for what happens next, and do what it asks for; return False at the end."""
        try:
            happening = self.happenings.get(timeout=self._timeout())
        except queue.Empty:
            self._follow()
            return True
        match happening:
            case Key(name):
                return self._press(name)
            case SettingsSaved():
                self.must_read_settings = True
                return False
            case Saved():
                self._follow()
            case FolderGone():
                folder = display_path(self._project.nbs_path)
                self._screen.problem(f"{folder} is not there: waiting for it")
            case CompileEnded(compiled):
                self._end_compile(compiled)
            case Trouble(message):
                self._screen.problem(message)
            case Reported(message):
                self._show(self._session.take(message))
            case Died(death):
                self._show(self._session.recover(death))
                self.read_reports()
        return True

    def _timeout(self) -> float:
        """Seconds until the files have to be looked at."""
        return max(0.0, self._next_look - time.monotonic())

    def _press(self, key: str) -> bool:
        """Do what a key asks for; return False if it ends the loop."""
        if key == QUIT:
            return False
        if key == RUN_ALL:
            self._begin_work()
            self._show(self._session.run_again())
        elif key == RUN_FAILED:
            self._begin_work()
            self._show(self._session.run_again(only_failed=True))
        elif key == DEBUG and self._debug is not None:
            failed = self._session.failed
            if failed:
                self._debug(failed[0])
            else:
                self._screen.problem("nothing failed, so there is nothing to debug")
        return True

    def _begin_work(self) -> None:
        self._since = time.monotonic()
        self._is_resting = False

    # --- after a save --------------------------------------------------------------------------

    def _follow(self) -> None:
        """Compile what was saved, and run what depends on it."""
        try:
            self._paths = self._choose()
        except UserError as error:  # for example, a notebook is on its way to another name
            self._screen.problem(str(error))
            self._paths = [path for path in self._paths if path.exists()]
        saved = self._saved_notebooks()
        if saved:
            self._begin_work()
            wait_until_whole(saved)
            self._must_compile = self._compiler is not None
        elif self._accused_differ():  # for example, somebody has undone an edit of a module
            self._must_compile = True
        if self._has_compiled:
            self._look()
        self._begin_compile()
        self._next_look = time.monotonic() + _LOOK_EVERY

    def _look(self) -> None:
        """Run what could come out in another way now."""
        self._show(self._session.look(self._paths))
        self._screen.follow(self._session.notebooks)

    def _begin_compile(self) -> None:
        """Compile in a thread, if something was saved and no compile goes on."""
        if self._compiler is None or not self._must_compile or self._is_compiling:
            return
        self._must_compile = False
        self._is_compiling = True
        compiler = self._compiler
        threading.Thread(
            target=lambda: self.happenings.put(CompileEnded(compiler.compile())), daemon=True
        ).start()

    def _end_compile(self, compiled: Compiled) -> None:
        """Show what came of a compile, and run what depends on the modules that it wrote."""
        self._is_compiling = False
        self._has_compiled = True
        self._accused = {str(path): numbers(path) for path in compiled.accused}
        self._screen.compiled(compiled)
        self._look()
        self._begin_compile()

    def _saved_notebooks(self) -> list[Path]:
        """The notebooks that were saved since the last compile."""
        paths = {*self._paths, *(self._compiler.notebooks() if self._compiler else ())}
        now = {str(path): numbers(path) for path in paths}
        saved = [path for path in paths if self._compiled.get(str(path)) != now[str(path)]]
        gone = self._compiled.keys() - now.keys()
        self._compiled = now
        return saved or [Path(path) for path in gone]

    def _accused_differ(self) -> bool:
        """Whether a file that the last compile found something wrong with has changed."""
        return any(numbers(path) != known for path, known in self._accused.items())

    # --- what comes of it ----------------------------------------------------------------------

    def _show(self, happened: Iterator[Event]) -> None:
        for event in happened:
            self._is_resting = False
            self._screen.take(event, self._session.notebooks)

    def _rest_if_idle(self) -> None:
        """Say once that everything has run."""
        is_at_work = self._is_compiling or self._must_compile or not self._session.is_idle
        if self._is_resting or is_at_work or not self.happenings.empty():
            return
        self._is_resting = True
        self._screen.idle(self._session.counts(), time.monotonic() - self._since)
        self._session.rest()

    # --- the threads ---------------------------------------------------------------------------

    def read_reports(self) -> None:
        """Begin to read what the server reports."""
        self._reader = ReportReader(
            self._session.server,
            lambda message: self.happenings.put(Reported(message)),
            lambda death: self.happenings.put(Died(death)),
        )

    def close(self) -> None:
        """End everything that runs."""
        if self._reader is not None:
            self._reader.stop()
        self._session.close()

    def _watch(self) -> None:
        """Tell of saves; the settings end it."""
        try:
            for event in events(self._project):
                if self._is_over:
                    return
                self.happenings.put(FolderGone() if event == GONE else Saved())
        except (OSError, RuntimeError) as error:  # such as too many folders for the system
            message = f"saves are noticed later than usual: no folder can be watched ({error})"
            self.happenings.put(Trouble(message))
            return
        self.happenings.put(SettingsSaved())
