"""The pytest plugin: each notebook is a test.

It is on with `--notebooks`, or with `notebooks = true` in pytest's configuration. Notebooks do not
run in pytest's process, which has threads, hooks and captured streams. `literate.execute` runs them
in processes of their own, several at once, and each test waits for the result of its notebook.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from .command import Flag, check_minimum
from .diagnostics import UsageError
from .execute.options import parse_options, plugin_flags

if TYPE_CHECKING:  # a session without notebooks does not load the runner
    from typing import Any

    from _pytest._code.code import TerminalRepr, TracebackStyle

    from .execute.options import Options
    from .execute.results import Event, NotebookResult
    from .execute.serving import NotebookServer
    from .project import Project

    Hook = Generator[None, Any, Any]

# The settings of the plugin, by name: numbers and texts. Each is an option of pytest's command line
# and a line of its configuration.
_SETTINGS = {f"notebook_{flag.name}": flag for flag in plugin_flags()}

_OPTIONS = pytest.StashKey["Options"]()
_RUNS = pytest.StashKey["Runs"]()
_AHEAD = pytest.StashKey[ExitStack]()


# --- configuration -----------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings, as options and as lines of the configuration."""
    group = parser.getgroup("notebooks", "notebooks as tests")
    group.addoption("--notebooks", action="store_true", help="collect notebooks, each as a test")
    parser.addini("notebooks", "collect notebooks, each as a test", type="bool", default=False)
    for name, flag in _SETTINGS.items():
        group.addoption(
            f"--{name.replace('_', '-')}",
            type=flag.kind,
            help=_help(flag),
            metavar=name.rpartition("_")[2].upper(),
        )
        parser.addini(name, _help(flag))


def _help(flag: Flag) -> str:
    if not flag.default_text:
        return flag.help
    return f"{flag.help} (default: {flag.default_text.removesuffix('.0')})"


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, if notebooks are to be collected."""
    if config.getoption("notebooks") or config.getini("notebooks"):
        try:
            config.stash[_OPTIONS] = _read_options(config)
        except UsageError as error:
            raise pytest.UsageError(*error.problems) from None


def _read_options(config: pytest.Config) -> Options:
    values = {}
    for name, flag in _SETTINGS.items():
        value = _setting(config, name, flag)
        if value is not None:
            values[flag.name] = value
    if "PYTEST_XDIST_WORKER" in os.environ:
        values["workers"] = 1  # pytest-xdist already runs several tests at once
    return parse_options(values)


def _setting(config: pytest.Config, name: str, flag: Flag) -> Any:
    """The value of an option, or of the line of the configuration; None if neither is given."""
    value = config.getoption(name)
    text = config.getini(name)
    if value is None and text:
        try:
            value = flag.kind(text)
        except ValueError:
            raise UsageError(f"{name} = {text} in the configuration is not a number") from None
    if value is not None:
        check_minimum(flag, value, name)
    return value


# --- collection --------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> NotebookFile | None:
    """Collect a notebook.

    As in the runner, names that begin with `_` or `.` count only if they are given by name.
    """
    if file_path.suffix != ".ipynb" or _OPTIONS not in parent.config.stash:
        return None
    if file_path.name[0] in "_." and not parent.session.isinitpath(file_path):
        return None
    _start_ahead(parent.config)
    return NotebookFile.from_parent(parent, path=file_path)


def _start_ahead(config: pytest.Config) -> None:
    """Start the process that forks the notebooks: it gets ready while pytest collects."""
    if config.option.collectonly or _AHEAD in config.stash:
        return
    from .execute.server.launch import started_ahead

    stack = ExitStack()
    stack.enter_context(started_ahead())
    config.stash[_AHEAD] = stack
    config.add_cleanup(stack.close)


class NotebookFile(pytest.File):
    """A notebook as pytest collects it: a file with one test."""

    def collect(self) -> Iterator[pytest.Item]:
        from .diagnostics import UserError
        from .rootfinding import project_around

        try:
            project = project_around(self.path.parent, self.config.rootpath)
        except UserError as error:
            raise self.CollectError(str(error)) from None
        yield NotebookItem.from_parent(self, name="notebook", project=project)


# --- tests -------------------------------------------------------------------------------------


class NotebookItem(pytest.Item):
    """A notebook as a test."""

    def __init__(self, *, project: Project, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.project = project
        # The seconds that the notebook took. The test takes more or less time: notebooks run
        # several at once, and a test only waits for the rest of its own.
        self.seconds: float | None = None

    def runtest(self) -> None:
        runs = self.session.stash.setdefault(_RUNS, Runs(self.session))
        result = runs.result(self)
        self.seconds = result.seconds
        if result.notes:
            self.add_report_section("call", "notes", "\n".join(result.notes))
        if result.outcome == "skipped":
            raise pytest.skip.Exception(result.reason, _use_item_location=True)
        if result.outcome == "failed":
            raise NotebookFailure(result)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: TracebackStyle | None = None,
    ) -> str | TerminalRepr:
        """The cells that failed, in a form that a worker of pytest-xdist can send."""
        if not isinstance(excinfo.value, NotebookFailure):
            return super().repr_failure(excinfo, style)
        from .report.failure import describe_failure

        lines = [text for _, text in describe_failure(excinfo.value.result)]
        place_in_notebook = lines[0].partition(".ipynb:")[2].strip()
        crash = ReprFileLocation(str(self.path), 1, place_in_notebook or lines[0])
        entry = ReprEntryNative([f"{line}\n" for line in lines])
        traceback = ReprTraceback([entry], None, "native")
        return ReprExceptionInfo(reprtraceback=traceback, reprcrash=crash)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.nodeid.rpartition("::")[0]


class NotebookFailure(Exception):
    """A notebook failed; `result` says how."""

    def __init__(self, result: NotebookResult) -> None:
        super().__init__(result.path)
        self.result = result


class Runs:
    """The runs behind the tests of a session.

    There is one run for each project. It begins when the first of the project's notebooks is due,
    and it runs all notebooks of the project that the session has collected.
    """

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._options = session.config.stash[_OPTIONS]
        self._events: dict[Path, Iterator[Event]] = {}  # by the root of the project
        self._results: dict[Path, NotebookResult] = {}
        self._due: set[Path] = set()  # notebooks whose results are still to come from a run
        self._server: NotebookServer | None = None

    def result(self, item: NotebookItem) -> NotebookResult:
        """The result of a notebook, as soon as it is there.

        A notebook whose result was already taken runs again.
        """
        while item.path not in self._results:
            if item.path not in self._due:
                self._start(item)
            event = next(self._events[item.project.root], None)
            if event is None:  # the run was interrupted, for example by another plugin's time limit
                self.close()
                continue
            result = getattr(event, "result", None)
            if result is not None:
                self._results[Path(result.path)] = result
        self._due.discard(item.path)
        return self._results.pop(item.path)

    def _start(self, item: NotebookItem) -> None:
        """Begin a run that will bring the result of a notebook."""
        from .execute.runner import run

        root = item.project.root
        paths = self._paths_to_run(item)
        if root in self._events:
            _close(self._events[root])
        self._due |= set(paths)
        self._events[root] = run(item.project, paths, self._options, self._shared_server())

    def _paths_to_run(self, item: NotebookItem) -> list[Path]:
        """All collected notebooks of the project, or only the notebook of this test.

        Only this notebook runs in a worker of pytest-xdist, which does not know in advance which
        tests it will get. The same holds after the first run of a project, because then a test is
        repeated.
        """
        root = item.project.root
        if root in self._events or "PYTEST_XDIST_WORKER" in os.environ:
            return [item.path]
        paths = []
        for other in self._session.items:
            if isinstance(other, NotebookItem) and other.project.root == root:
                paths.append(other.path)
        return list(dict.fromkeys(paths))

    def _shared_server(self) -> NotebookServer | None:
        """The server for all runs of a worker of pytest-xdist; otherwise each run has its own."""
        if "PYTEST_XDIST_WORKER" in os.environ and self._server is None:
            from .execute.serving import start_notebook_server

            self._server = start_notebook_server(int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
        return self._server

    def close(self) -> None:
        """End everything that still runs."""
        for events in self._events.values():
            _close(events)
        if self._server is not None:
            self._server.close()
        self._server = None
        self._due.clear()


def _close(events: Iterator[Event]) -> None:
    if isinstance(events, Generator):
        events.close()


# The hook of pytest-cov collects all data when the tests are over. By `trylast`, this hook runs
# inside of it, so that the runs are closed and their data is written before.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Hook:
    """Close the runs at the end of the tests."""
    try:
        return (yield)
    finally:
        runs = session.stash.get(_RUNS, None)
        if runs is not None:
            runs.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Hook:
    """Give the report of a test the seconds of its notebook."""
    report = yield
    if isinstance(item, NotebookItem) and call.when == "call" and item.seconds is not None:
        report.duration = item.seconds
    return report
