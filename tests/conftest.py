"""Small projects to try things on, and a session that does not depend on the machine."""

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

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from literate.execute.server import job as jobs
from literate.notebook import read_notebook
from literate.project import Project, read_project

# Load makes everything slow, and must make nothing fail: a wait ends when its event comes, and
# only a fault makes it last so long.
PATIENCE = 120.0  # seconds

# What a user or a service sets to change the behaviour of programs: tests start them without it.
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
# In the user's home: what is downloaded once and kept, and how pip reaches the network for it.
KEPT = (".cache", ".config/pip", ".pip", ".netrc")


def heed_signals() -> None:
    """Let the processes that tests start take signals as they do in a terminal.

    `nohup make test &` in a script ignores SIGINT and SIGHUP, and whatever a process ignores or
    blocks, the processes that it starts ignore or block too. A handler they do not inherit: one
    that does nothing leaves this process as it is.
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
limit_as_usual(resource.RLIMIT_NOFILE, 1024)  # of a billion, to close each takes minutes
limit_as_usual(resource.RLIMIT_CORE, 0)  # a process that crashes leaves no file
os.umask(0o022)
if sys.__stdin__ is None:  # it was closed, which neither pytest nor IPython expects
    sys.__stdin__ = open(os.devnull)

# Where CI is set, Hypothesis has other defaults. And that an example takes long is not a fault.
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
    """A home and an environment of the session's own.

    What a user has installed, configured or opened there, such as a JupyterLab, changes no outcome.
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
    """Link what is to outlast the session into a new home."""
    for name in KEPT:
        kept = theirs / name
        top, _, rest = name.partition("/")
        variable = {".cache": "XDG_CACHE_HOME", ".config": "XDG_CONFIG_HOME"}.get(top, "")
        if os.environ.get(variable):
            kept = Path(os.environ[variable], rest)
        if name == ".cache":
            with suppress(OSError):  # where nothing can be kept, it is downloaded anew
                kept.mkdir(exist_ok=True)
        if kept.exists():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).symlink_to(kept.resolve())


@pytest.fixture(scope="session")
def fonts(alone: None) -> None:
    """Matplotlib has its list of fonts: if it takes long to make, a figure has a warning."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)


def wait_for(condition: Callable[[], object]) -> object:
    """Call `condition` until it returns something true, and return that, or its last value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    """True if a process runs. One that has ended does not, even if nobody has waited for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def sleeper(kind: int) -> str:
    """Seconds to sleep, by which a command is told from those of other tests and sessions."""
    return f"{9000 + kind}.{os.getpid()}"


def running(command: str) -> list[int]:
    """The processes whose command line ends with these words."""
    words = command.replace(" ", "\0") + "\0"
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_text(errors="replace").endswith(words):
                found.append(int(path.parent.name))
        except OSError:  # it has ended meanwhile
            pass
    return found


def rewrite(path: Path, text: str) -> None:
    """Write a file again, and give it a later time.

    A clock has ticks: after two writes within one, the time is the same, and the size may be, too.
    """
    before = path.stat().st_mtime_ns
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before, before + 2_000_000_000))


# How long the runner waits before it uses force. Its own times are meant for people; whether
# something is done within them, a test must not leave to the speed of the machine.
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
    """Processes that are started meanwhile find other constants in the runner's modules."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"CONSTANTS = {changed!r}\n{SITE}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield


@pytest.fixture
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A notebook that is interrupted at a limit has the time that it needs to end."""
    with constants(tmp_path_factory.mktemp("site") / "unhurried", UNHURRIED):
        yield


def settings_text(extra: str = "") -> str:
    """A settings.ini; the lines of `extra` add keys or replace them."""
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
    return "[DEFAULT]\n" + "".join(
        f"{line}\n" for line in {line.split(" = ")[0]: line for line in lines if line}.values()
    )


def notebook(*cells: str | dict, **metadata) -> str:
    """A notebook's text: a string is a code cell, one that begins with `md:` is markdown, a dict is taken as it is."""

    def cell(number: int, source: str | dict) -> dict:
        if isinstance(source, dict):
            return source
        kind, text = ("markdown", source[3:]) if source.startswith("md:") else ("code", source)
        code = {"execution_count": None, "outputs": []} if kind == "code" else {}
        return {
            "cell_type": kind,
            "id": f"{number:08x}",
            "metadata": {},
            "source": text.splitlines(keepends=True),
            **code,
        }

    data = {
        "cells": [cell(n, c) for n, c in enumerate(cells)],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """`make_project({"00_core": ["#export\\nx = 1"]}, "strict = True")`: a project on disk, and the current folder."""

    def make(notebooks: dict[str, list | str], settings: str = "") -> Project:
        (tmp_path / "settings.ini").write_text(settings_text(settings))
        for name, cells in notebooks.items():
            path = tmp_path / "nbs" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(cells if isinstance(cells, str) else notebook(*cells), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return read_project(tmp_path / "settings.ini")

    return make


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


def pytest_terminal_summary(terminalreporter) -> None:
    """How many mutants the notebooks killed, if they were run; one that survives fails its notebook."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for killed in (
        value for report in reports for name, value in report.user_properties if name == "mutants"
    ):
        terminalreporter.write_line(f"kills {killed} of {killed} mutants")
