"""The command `literate`: its words, its version, and the distribution that it comes from."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import notebook, settings_text

import literate
from literate.__main__ import ALIASES, COMMANDS

ROOT = Path(__file__).parents[1]
TOOL = tomllib.loads((ROOT / "literate" / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "literate", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "settings.ini").write_text(settings_text())
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "00_core.ipynb").write_text(notebook("#export\nx = 1", "assert x == 1"))
    return tmp_path


PRINTED = {
    "export": "files written",
    "compile": "files written",
    "test": "1 passed",
    "run": "1 passed",
}


@pytest.mark.parametrize(("word", "printed"), PRINTED.items())
def test_each_command_and_its_alias_runs(word, printed, project, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = run(word, cwd=project)
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout
    assert (project / "lib" / "core.py").exists() == (word in ("export", "compile"))


def test_each_alias_stands_for_a_command():
    assert set(ALIASES.values()) <= COMMANDS.keys()
    assert not ALIASES.keys() & COMMANDS.keys()


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_that_of_the_package(flag):
    assert run(flag).stdout == f"literate {literate.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", literate.__version__)


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(flag):
    done = run(flag)
    assert (done.returncode, done.stderr) == (0, "")
    for command, description in COMMANDS.items():
        assert re.search(f"^  {command} +{re.escape(description)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [([], "a command is needed"), (["exprot"], "unknown command 'exprot'")],
)
def test_a_wrong_word_is_refused(arguments, problem):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {problem}\n")
    assert "usage: literate" in done.stderr


@pytest.mark.parametrize("word", ["test", "run"])
def test_the_help_of_a_command_names_it_as_it_was_typed(word):
    assert run(word, "--help").stdout.startswith(f"usage: literate {word} [FLAGS] [NOTEBOOKS...]")


def top_level_imports(path: Path) -> set[str]:
    """The packages that a file imports from other projects, anywhere in its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


# Packages that come with another one: IPython brings traitlets and the inline figures of Jupyter,
# and nbclient brings nbformat, jupyter_client and with it tornado. The module _pytest belongs to
# pytest.
COME_WITH = {
    "traitlets": "ipython",
    "matplotlib_inline": "ipython",
    "nbformat": "nbclient",
    "jupyter_client": "nbclient",
    "_pytest": "pytest",
    "comm": "ipykernel",
    "tornado": "ipykernel",
}


def required_packages() -> set[str]:
    """The packages that the distribution requires, with those of its extras."""
    requirements = list(TOOL["dependencies"])
    for extra in TOOL["optional-dependencies"].values():
        requirements += extra
    return {re.match(r"[\w-]+", requirement)[0].lower() for requirement in requirements}


def test_the_tool_imports_only_packages_that_its_distribution_requires():
    imported = set()
    for path in (ROOT / "literate").rglob("*.py"):
        imported |= top_level_imports(path)
    foreign = imported - set(sys.stdlib_module_names) - {"literate"}
    required = required_packages()
    missing = {name for name in foreign if COME_WITH.get(name, name.lower()) not in required}
    # A project that wants its modules formatted installs black, and one that wants its images
    # compared by their pixels installs Pillow. Only type checkers have _typeshed, and Python 3.12
    # has _sha2, which is part of its standard library.
    assert missing <= {"black", "PIL", "_typeshed", "_sha2"}
    assert not foreign & {"nbdev", "torch", "foundations"}


def test_no_requirement_of_the_tool_has_an_upper_bound():
    assert [requirement for requirement in TOOL["dependencies"] if "<" in requirement] == []


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_a_reader_that_has_gone_is_not_an_error(flag):
    command = [sys.executable, "-m", "literate", flag]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0
