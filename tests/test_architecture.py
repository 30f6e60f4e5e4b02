"""The house: who may import whom, and how much a command may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the ground up; a file imports from its own floor's folder or from the floors below.
FLOORS = [
    ["values", "diagnostics", "notebook", "project"],
    ["directives", "sourcemap", "command"],
    ["compile", "execute"],
    ["report", "publish"],
    ["__main__", "commands", "pytest_plugin", "jupyter"],
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FILES = sorted(p for p in (ROOT / "literate").rglob("*.py") if p.name != "__init__.py" or p.parent.name != "literate")


def imported(path: Path) -> set[str]:
    """The parts of literate that a file imports, at whatever depth of its code."""
    package = ["literate", *path.relative_to(ROOT / "literate").parent.parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            names = [".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("literate.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_lower_floors(path):
    own = path.relative_to(ROOT / "literate").parts[0].removesuffix(".py")
    for other in imported(path) - {own}:
        assert FLOOR[other] < FLOOR[own] or {own, other} <= set(FLOORS[0]) | set(FLOORS[1]) and FLOOR[other] == FLOOR[own], (own, other)


def test_the_rule_above_can_fail(tmp_path):
    assert imported(ROOT / "literate" / "compile" / "plan.py") >= {"diagnostics", "directives", "notebook", "project"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 420
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno < 60, node.name


HEAVY = {"IPython", "torch", "numpy", "matplotlib", "nbformat", "nbclient", "jupyter_client", "zmq", "rich", "nbdev"}


def loaded_by(*command: str, cwd: Path = ROOT) -> set[str]:
    """The top-level packages that a command has imported when it ends."""
    code = ("import os, runpy, sys, atexit\nos._exit = sys.exit\nsys.argv = sys.argv[1:]\n"
            "atexit.register(lambda: print('LOADED', *{m.split('.')[0] for m in sys.modules}))\nrunpy.run_path(sys.argv[0], run_name='__main__')")
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=cwd, capture_output=True, text=True)
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


@pytest.mark.parametrize("command", [
    ["notebook2script.py"], ["notebook2script.py", "--check"], ["notebook2script.py", "--nope"],
    ["run_notebook.py", "--help"], ["run_notebook.py", "--nope"], ["run_notebook.py", "nosuch.ipynb"],
], ids=" ".join)
def test_import_budget(command):
    loaded = loaded_by(*command)
    assert "literate" in loaded and not loaded & HEAVY
    if "--help" not in command:
        assert "fastcore" not in loaded


def test_every_rule_has_its_paragraph():
    """Each code that a diagnostic can have is explained in docs/diagnostics.md, and nothing else is."""
    import re

    sources = [p.read_text() for p in (ROOT / "literate").rglob("*.py")]
    calls = re.compile(r'(?:Diagnostic\(|fail\(|_at\(notebook, cell, [^"\n]*|report\(cell, [^"\n]*)"([a-z0-9-]+)"')
    used = {code for text in sources for code in calls.findall(text)}
    bold = re.findall(r"^\*\*([\w, \n-]+)\*\*", (ROOT / "docs" / "diagnostics.md").read_text(), re.MULTILINE)
    explained = {code for words in bold for code in re.split(r",\s*", words)} - {"error", "warning"}
    assert used == explained and len(used) > 15
