"""Helpers for all tests: small projects, and a session that does not depend on the machine."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import literate.files
from literate.discovery import project_notebooks
from literate.execute import NotebookResult, Options, run_notebooks
from literate.execute.protocol import (
    CellEnded,
    FromServer,
    NotebookEnded,
    RunNotebook,
    Task,
    TaskCell,
)
from literate.execute.server import job as jobs
from literate.execute.server.client import ForkServerClient
from literate.notebook import Notebook, parse_notebook, read_notebook
from literate.project import Project, read_project

# How many seconds a test waits for an event. A busy machine is slow, but it must not make a test
# fail: a wait ends when its event comes, and it lasts this long only if something is wrong.
PATIENCE = 120.0

# Variables by which users and services change the behaviour of programs. Tests start programs
# without them.
SETTINGS = {
    "CI",
    "COLUMNS",
    "LINES",
    "TERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "PY_COLORS",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "LANG",
    "LANGUAGE",
    "PAGER",
    "IN_TEST",
    "BASH_ENV",
    "ENV",
    "CDPATH",
    "POSIXLY_CORRECT",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "FOUNDATIONS_CLAIMS",
}
PREFIXES = (
    "PYTHON",
    "PYTEST_",
    "COVERAGE_",
    "HYPOTHESIS_",
    "IPYTHON",
    "JUPYTER",
    "MPL",
    "MATPLOTLIB",
    "DASK_",
    "GIT_",
    "GITHUB_",
    "LITERATE_",
    "WATCHFILES_",
    "XDG_",
    "LC_",
)
# Parts of the user's home that tests use: downloads that are kept, and pip's access to the network.
KEPT = (".cache", ".config/pip", ".pip", ".netrc")


def heed_signals() -> None:
    """Let the processes that tests start receive signals as they do in a terminal.

    `nohup make test &` in a script ignores SIGINT and SIGHUP. A process inherits the signals that
    its parent ignores or blocks, but not the signals for which its parent has a handler. So a
    signal that is ignored here gets a handler that does nothing.
    """
    for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "TSTP", "CHLD"):
        number = signal.Signals[f"SIG{name}"]
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def limit_as_usual(kind: int, usual: int) -> None:
    """Set the soft limit of a resource to the usual one, as far as the hard limit allows."""
    _, hard = resource.getrlimit(kind)
    usual = usual if hard == resource.RLIM_INFINITY else min(usual, hard)
    resource.setrlimit(kind, (usual, hard))


heed_signals()
limit_as_usual(resource.RLIMIT_NOFILE, 1024)  # with a billion, closing each takes minutes
limit_as_usual(resource.RLIMIT_CORE, 0)  # a process that crashes leaves no file
os.umask(0o022)
if sys.__stdin__ is None:  # it was closed, and neither pytest nor IPython expects this
    sys.__stdin__ = open(os.devnull)

# Hypothesis has other defaults if the variable CI is set. And no example is too slow: that would
# depend on the machine.
hypothesis_settings.register_profile(
    "anywhere",
    parent=hypothesis_settings.get_profile("default"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
hypothesis_settings.load_profile("anywhere")


@pytest.fixture(scope="session", autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the session a home and an environment of its own.

    So the outcome of a test does not depend on the user's programs, settings and open applications.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        keep(Path.home(), home)
        for name in list(os.environ):
            if name in SETTINGS or name.startswith(PREFIXES):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_DIRS", str(home / "etc"))
        patch.setenv("TERM", "xterm")
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))
        yield


def keep(theirs: Path, home: Path) -> None:
    """Link the parts of the user's home that tests use into a new home."""
    for name in KEPT:
        kept = theirs / name
        top, _, rest = name.partition("/")
        variable = {".cache": "XDG_CACHE_HOME", ".config": "XDG_CONFIG_HOME"}.get(top, "")
        if os.environ.get(variable):
            kept = Path(os.environ[variable], rest)
        if name == ".cache":
            with suppress(OSError):  # without a cache, each session downloads anew
                kept.mkdir(exist_ok=True)
        if kept.exists():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).symlink_to(kept.resolve())


@pytest.fixture(scope="session")
def fonts(alone: None) -> None:
    """Let Matplotlib make its list of fonts now: if this takes long, a figure gets a warning."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)


def wait_for(condition: Callable[[], object]) -> object:
    """Call `condition` until it returns something true, and return that, or its last value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    """Whether a process runs. A zombie does not: it has ended, and its parent has not waited."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    state = status.rpartition(")")[2].split()[0]  # behind the name, which may contain spaces
    return state != "Z"


def sleeper(kind: int) -> str:
    """A number of seconds to sleep that no other test and no other session uses.

    So `running("sleep 9001.4711")` finds the processes of one test.
    """
    return f"{9000 + kind}.{os.getpid()}"


def running(command: str) -> list[int]:
    """The ids of the processes whose command line ends with these words."""
    words = command.replace(" ", "\0") + "\0"
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_text(errors="replace").endswith(words):
                found.append(int(path.parent.name))
        except OSError:  # the process has ended meanwhile
            pass
    return found


def rewrite(path: Path, text: str) -> None:
    """Write a file again, and give it a later time of change.

    Two writes within one tick of the clock would have the same time, and maybe the same size.
    """
    before = path.stat().st_mtime_ns
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before, before + 2_000_000_000))


def write_files(root: Path, files: dict[str, str]) -> None:
    """Write files below a folder, in new folders if necessary."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def results_of(project: Project, **options: object) -> dict[str, NotebookResult]:
    """Run all notebooks of a project; the results by the names of the notebooks."""
    results = run_notebooks(project, project_notebooks(project), Options(**options))
    return {Path(result.path).stem: result for result in results}


def save_while_waiting_for_the_lock(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, save: Callable[[], None]
) -> None:
    """Let another run save its state while the next one that saves waits for the lock.

    `module` is the one that takes the lock of the state folder, and `save` is the other run's.
    """
    take_lock = module.state_lock

    @contextmanager
    def wait_for_lock(project: Project) -> Iterator[object]:
        monkeypatch.setattr(module, "state_lock", take_lock)
        save()
        with take_lock(project) as lock:
            yield lock

    monkeypatch.setattr(module, "state_lock", wait_for_lock)


# How long the runner waits before it uses force. Its own delays are made for people. A test
# replaces them, because a slow machine may not be ready in time.
STEPS = [(delay, int(number)) for delay, number in jobs._ESCALATION]
UNHURRIED = {
    "literate.execute.server.job": {"_ESCALATION": [*STEPS[:-1], (PATIENCE, STEPS[-1][1])]}
}
TIDY = {"literate.execute.server.server": {"_PATIENCE": PATIENCE}}
SITE = """
import sys
from importlib.machinery import PathFinder

class Changed:
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name in CONSTANTS else None
        if spec:
            execute = spec.loader.exec_module
            def exec_module(module):
                execute(module)
                vars(module).update(CONSTANTS[name])
            spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Changed)
"""


@contextmanager
def constants(folder: Path, changed: dict[str, dict[str, object]]) -> Iterator[None]:
    """Give the runner's modules other constants, in all processes that are started meanwhile."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"CONSTANTS = {changed!r}\n{SITE}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield


@pytest.fixture
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let a notebook that is interrupted at a time limit end by itself, however long it takes."""
    folder = tmp_path_factory.mktemp("site") / "unhurried"
    with constants(folder, UNHURRIED), pytest.MonkeyPatch.context() as patch:
        patch.setattr("literate.execute.dispatcher._GRACE", PATIENCE)
        yield


def settings_text(extra: str = "") -> str:
    """A settings.ini. The lines of `extra` add keys or replace them."""
    lines = [
        "lib_name = lib",
        "lib_path = lib",
        "nbs_path = nbs",
        "user = me",
        "repo = lib",
        "author = me",
        "description = d",
        "author_email = a@b",
        *extra.splitlines(),
    ]
    by_key = {line.split(" = ")[0]: line for line in lines if line}
    return "\n".join(["[DEFAULT]", *by_key.values(), ""])


def notebook(*cells: str | dict[str, Any], **metadata: Any) -> str:
    """The text of a notebook, laid out as Jupyter does.

    A string is the source of a code cell, or with `md:` in front of a markdown cell. A dict is a
    cell as it is stored.
    """
    data = {
        "cells": [_cell(number, cell) for number, cell in enumerate(cells)],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def split_cells(text: str) -> list[str]:
    """The sources of cells, which are separated by lines with `# %%`.

    The text may be indented as a whole. Blank lines at the beginning and the end do not count.
    """
    return [source.strip("\n") for source in dedent(text).split("# %%\n")]


def tagged(source: str, *tags: str) -> dict:
    """A code cell with tags, for `notebook`."""
    return {
        "cell_type": "code",
        "id": "tagged01",
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


def _cell(number: int, cell: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(cell, dict):
        return cell
    is_code = not cell.startswith("md:")
    stored = {
        "cell_type": "code" if is_code else "markdown",
        "id": f"{number:08x}",
        "metadata": {},
        "source": cell.removeprefix("md:").splitlines(keepends=True),
    }
    if is_code:
        stored |= {"execution_count": None, "outputs": []}
    return stored


def parse(text: str) -> Notebook:
    """The notebook with this text, without a file."""
    return parse_notebook(Path("00_test.ipynb"), text.encode("utf-8"))


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Make a project on disk and go to its folder.

    `make_project({"00_core": ["#export\\nx = 1"]}, "strict = True")` makes a project with one
    notebook of one cell. Instead of a list of cells, a notebook may be given as its text.
    """

    def make(
        notebooks: dict[str, list[str | dict[str, Any]] | str], settings: str = ""
    ) -> Project | None:
        (tmp_path / "settings.ini").write_text(settings_text(settings))
        for name, cells in notebooks.items():
            path = tmp_path / "nbs" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = cells if isinstance(cells, str) else notebook(*cells)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return read_project(tmp_path / "settings.ini")

    return make


@pytest.fixture
def make_nbdev3_project(
    make_project: Callable[..., Project], tmp_path: Path
) -> Callable[..., Project]:
    """Like `make_project`, with a pyproject.toml; the second argument is a part of [tool.nbdev]."""

    def make(notebooks: dict[str, list | str], settings: str = "") -> Project:
        make_project(notebooks)
        (tmp_path / "settings.ini").unlink()
        config = tmp_path / "pyproject.toml"
        config.write_text(f'[project]\nname = "lib"\n[tool.nbdev]\n{settings}\n')
        project = read_project(config)
        assert project is not None
        return project

    return make


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a compiled project with known lines, which is the current folder."""
    from located_project import make_located_project

    root = tmp_path / "my project"
    make_located_project(root)
    monkeypatch.chdir(root)
    return root


def make_task(**changes: object) -> Task:
    """A task of a notebook without cells and limits, except for the given values."""
    values = {
        "path": "",
        "folder": "",
        "root": "",
        "state_dir": "",
        "engine": "fork",
        "kernel": "",
        "cells": (),
        "parameters": {},
        "parameters_after": None,
        "timeout": 0.0,
        "cell_timeout": 0.0,
        "own_timeouts": {},
        "max_memory": 0,
        "terminal": "",
        "allow_errors": False,
        "strict": False,
        "coverage": None,
        "module_lines": {},
    }
    return Task(**{**values, **changes})


def make_cells(*sources: str) -> tuple[TaskCell, ...]:
    """The cells of a task, for their sources."""
    return tuple(
        TaskCell(index, f"{index:08x}", f"<cell {index}>", source, "")
        for index, source in enumerate(sources)
    )


def reports_until(client: ForkServerClient, kind: type) -> list[FromServer]:
    """What a server reports, up to the first message of a kind."""
    found = []
    for message in client.reports():
        if message is not None:  # the server has said nothing for a second
            found.append(message)
        if isinstance(message, kind):
            return found
    raise AssertionError("the reports end, and no error says so")


def printed_by(client: ForkServerClient, folder: Path, *sources: str, **task: object) -> list[str]:
    """What each cell prints of a notebook that a server runs."""
    values = {"path": str(folder / "a.ipynb"), "folder": str(folder), "root": str(folder), **task}
    client.send(RunNotebook(0, make_task(cells=make_cells(*sources), **values)))
    ended = [m for m in reports_until(client, NotebookEnded) if isinstance(m, CellEnded)]
    return ["".join(output["text"] for output in message.outputs) for message in ended]


NOTEBOOK2SCRIPT = Path(__file__).parents[1] / "notebook2script.py"


def notebook2script(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the compiler's command in the current folder."""
    command = [sys.executable, str(NOTEBOOK2SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def edit_module(project: Project, old: str, new: str, name: str = "a") -> None:
    """Replace a text in a generated module, as a person does."""
    path = project.lib_path / f"{name}.py"
    text = path.read_text()
    assert old in text
    rewrite(path, text.replace(old, new))


def edit_notebook(project: Project, old: str, new: str, name: str = "00_a") -> None:
    """Replace a text in the file of a notebook."""
    path = project.nbs_path / f"{name}.ipynb"
    text = path.read_text()
    assert old in text
    rewrite(path, text.replace(old, new))


def cell_sources(project: Project, name: str = "00_a") -> list[str]:
    """The sources of all cells of a notebook."""
    return [cell.source for cell in read_notebook(project.nbs_path / f"{name}.ipynb").cells]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many mutants the notebooks killed, if they were run.

    All of them were killed: a mutant that survives fails its notebook.
    """
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for report in reports:
        for name, value in report.user_properties:
            if name == "mutants":
                terminalreporter.write_line(f"kills {value} of {value} mutants")


class Killed(Exception):
    """The process dies here."""


@contextmanager
def killed_after(count: int) -> Iterator[None]:
    """Within this block, the process dies when it has replaced so many files: `Killed`."""
    left = count

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*paths: object) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return function(*paths)

        return call

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(literate.files.os, "replace", dying(os.replace))
        patches.setattr(literate.files, "exchange", dying(literate.files.exchange))
        yield
