"""The pytest plugin: with `--notebooks`, or `notebooks = true` in pytest's configuration, each notebook is a test.

The notebooks do not run in pytest's process, which has threads, hooks and captured streams: `literate.execute` runs
them, several at once, and a test waits for the result of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

if TYPE_CHECKING:  # a session without notebooks loads nothing of the runner
    from .execute import Event, ForkServerClient, NotebookResult, Options
    from .project import Project

_SETTINGS = {  # name -> its type and its help, both as an option and as a line of the configuration
    "notebook_workers": (int, "notebooks to run at once; 0 means one for each core"),
    "notebook_timeout": (
        float,
        "seconds that a notebook may take; 0 means no limit (default: 600)",
    ),
    "notebook_cell_timeout": (float, "seconds that a cell may take; 0 means no limit"),
    "notebook_flags": (str, 'test flags whose cells run too, such as "slow gpu"'),
}
_OPTIONS = pytest.StashKey["Options"]()
_RUNS = pytest.StashKey["Runs"]()
_AHEAD = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("notebooks", "notebooks as tests")
    group.addoption("--notebooks", action="store_true", help="collect notebooks, each as a test")
    parser.addini("notebooks", "collect notebooks, each as a test", type="bool", default=False)
    for name, (kind, text) in _SETTINGS.items():
        group.addoption(
            f"--{name.replace('_', '-')}",
            type=kind,
            help=text,
            metavar=name.rpartition("_")[2].upper(),
        )
        parser.addini(name, text)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("notebooks") or config.getini("notebooks"):
        config.stash[_OPTIONS] = _options(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> NotebookFile | None:
    if file_path.suffix != ".ipynb" or _OPTIONS not in parent.config.stash:
        return None
    if file_path.name[0] in "_." and not parent.session.isinitpath(file_path):
        return None
    _start_ahead(parent.config)
    return NotebookFile.from_parent(parent, path=file_path)


def _start_ahead(config: pytest.Config) -> None:
    """There are notebooks: the process that runs them gets ready while pytest collects."""
    if not config.option.collectonly and _AHEAD not in config.stash:
        from .execute.server.launch import started_ahead

        config.stash[_AHEAD] = stack = ExitStack()
        stack.enter_context(started_ahead())
        config.add_cleanup(stack.close)


class NotebookFile(pytest.File):
    """A notebook as pytest collects it."""

    def collect(self) -> Iterator[pytest.Item]:
        from .diagnostics import UserError
        from .project import find_project

        try:
            project = find_project(self.path.parent)
        except UserError as error:
            raise self.CollectError(str(error)) from None
        yield NotebookItem.from_parent(self, name="notebook", project=project)


class NotebookItem(pytest.Item):
    """A notebook as a test."""

    def __init__(self, *, project: Project, **kwargs) -> None:
        super().__init__(**kwargs)
        self.project = project
        self.seconds: float | None = (
            None  # what it took by itself: the test may only have waited for the rest of it
        )

    def runtest(self) -> None:
        result = self.session.stash.setdefault(_RUNS, Runs(self.session)).result(self)
        self.seconds = result.seconds
        if result.notes:
            self.add_report_section("call", "notes", "\n".join(result.notes))
        if result.outcome == "skipped":
            raise pytest.skip.Exception(result.reason, _use_item_location=True)
        if result.outcome == "failed":
            raise NotebookFailure(result)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None
    ) -> object:
        """The failing cells, in a form that survives the way from a worker of pytest-xdist."""
        if not isinstance(excinfo.value, NotebookFailure):
            return super().repr_failure(excinfo, style)
        from .report.failure import describe_failure

        lines = [text for _, text in describe_failure(excinfo.value.result)]
        message = lines[0].partition(".ipynb:")[2].strip() or lines[0]
        crash = ReprFileLocation(str(self.path), 1, message)
        entry = ReprEntryNative([f"{line}\n" for line in lines])
        return ReprExceptionInfo(
            reprtraceback=ReprTraceback([entry], None, "native"), reprcrash=crash
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.nodeid.rpartition("::")[0]


class NotebookFailure(Exception):
    """A notebook failed; `result` says how."""

    def __init__(self, result: NotebookResult) -> None:
        super().__init__(result.path)
        self.result = result


class Runs:
    """The runs behind a session's tests: one for each project, begun when the first of its notebooks is due."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._options = session, session.config.stash[_OPTIONS]
        self._events: dict[Path, Iterator[Event]] = {}  # by the project's root
        self._results: dict[Path, NotebookResult] = {}
        self._due: set[Path] = set()  # notebooks of which a run will bring a result
        self._parent: ForkServerClient | None = None

    def result(self, item: NotebookItem) -> NotebookResult:
        """The result of a notebook, as soon as it is there; who asks a second time has it run again."""
        while item.path not in self._results:
            if item.path not in self._due:
                self._start(item)
            event = next(self._events[item.project.root], None)
            if event is None:  # the run was interrupted, as by a time limit of another plugin's
                self.close()
            elif result := getattr(event, "result", None):
                self._results[Path(result.path)] = result
        self._due.discard(item.path)
        return self._results.pop(item.path)

    def _start(self, item: NotebookItem) -> None:
        """Begin a run: of all notebooks of the project, or of this one alone where only it is known to be next."""
        from .execute import run, start_server

        root, on_xdist = item.project.root, "PYTEST_XDIST_WORKER" in os.environ
        paths = [item.path]
        if root not in self._events and not on_xdist:
            items = [i for i in self._session.items if isinstance(i, NotebookItem)]
            paths = list(dict.fromkeys(i.path for i in items if i.project.root == root))
        if on_xdist and not self._parent:
            self._parent = start_server(int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
        if root in self._events:
            self._events[root].close()
        self._due |= set(paths)
        self._events[root] = run(item.project, paths, self._options, self._parent)

    def close(self) -> None:
        """End everything that still runs."""
        for events in self._events.values():
            events.close()
        if self._parent:
            self._parent.close()
        self._parent = None
        self._due.clear()


@pytest.hookimpl(
    wrapper=True, trylast=True
)  # inside of pytest-cov's, which wants all data when the last test is over
def pytest_runtestloop(session: pytest.Session):
    try:
        return (yield)
    finally:
        if runs := session.stash.get(_RUNS, None):
            runs.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if isinstance(item, NotebookItem) and call.when == "call" and item.seconds is not None:
        report.duration = item.seconds
    return report


def _options(config: pytest.Config) -> Options:
    from .execute import Options

    values = {name.removeprefix("notebook_"): _setting(config, name) for name in _SETTINGS}
    given = {name: value for name, value in values.items() if value is not None}
    if "flags" in given:
        given["flags"] = frozenset(given["flags"].replace(",", " ").split())
    if "PYTEST_XDIST_WORKER" in os.environ:
        given["workers"] = 1
    return Options(**given)


def _setting(config: pytest.Config, name: str) -> object:
    """An option, or else the line of the configuration; None where neither is given."""
    kind, _ = _SETTINGS[name]
    value = config.getoption(name)
    if value is None and (text := config.getini(name)):
        try:
            value = kind(text)
        except ValueError:
            raise pytest.UsageError(f"{name} = {text} in the configuration is no number") from None
    if not isinstance(value, (str, type(None))) and value < 0:
        raise pytest.UsageError(f"{name} takes numbers from 0, not {value:g}")
    return value
