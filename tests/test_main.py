"""The command `literate`: its words, its version, and the distribution that it comes from."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import notebook, settings_text

import literate

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


WORDS = {
    "export": "files written",
    "compile": "files written",
    "test": "1 passed",
    "run": "1 passed",
}


@pytest.mark.parametrize(("word", "printed"), WORDS.items())
def test_each_word_and_its_alias_runs_its_command(word, printed, project, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = run(word, cwd=project)
    assert done.returncode == 0 and printed in done.stdout, done.stderr
    assert (project / "lib" / "core.py").exists() == (word in ("export", "compile"))


def test_the_version_is_said_and_is_that_of_the_package():
    assert run("--version").stdout == f"literate {literate.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", literate.__version__)


def test_help_names_every_command():
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    assert all(f"  {word} " in done.stdout for word in ("export", "test"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [([], "a command is needed"), (["exprot"], "unknown command 'exprot'")],
)
def test_a_wrong_word_is_told(arguments, problem):
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr.startswith(f"error: {problem}\n")
    assert "usage: literate" in done.stderr and not done.stdout


def test_the_help_of_a_command_names_it_as_it_was_typed():
    assert "literate test" in run("test", "--help").stdout


def top_level_imports(path: Path) -> set[str]:
    """The packages that a file imports from elsewhere, at whatever depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


# Packages that come with another one: IPython brings traitlets and the inline figures of Jupyter,
# and nbclient brings nbformat and jupyter_client. pytest's own insides belong to pytest.
COME_WITH = {
    "traitlets": "ipython",
    "matplotlib_inline": "ipython",
    "nbformat": "nbclient",
    "jupyter_client": "nbclient",
    "_pytest": "pytest",
}


def test_the_tool_imports_nothing_that_its_distribution_does_not_name():
    named = [*TOOL["dependencies"], *sum(TOOL["optional-dependencies"].values(), [])]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in named}
    imported = set().union(*(top_level_imports(path) for path in (ROOT / "literate").rglob("*.py")))
    foreign = {name for name in imported - set(sys.stdlib_module_names) if name != "literate"}
    unknown = {name for name in foreign if COME_WITH.get(name, name.lower()) not in names}
    # black formats modules for projects that ask for it, and setuptools is not ours to bring
    assert unknown <= {"black"}
    assert not foreign & {"nbdev", "torch", "foundations"}


def test_no_requirement_of_the_tool_has_an_upper_bound():
    assert [requirement for requirement in TOOL["dependencies"] if "<" in requirement] == []
