"""The house: which file may import which, how long files are, and what a command may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "literate"

# The floors from the ground up. A file imports only from its own floor and from lower floors.
FLOORS = [
    ["records"],
    [
        *("configuration", "diagnostics", "discovery", "exchange", "files", "git", "git_config"),
        *("json_edits", "json_spans", "line_diff", "notebook", "printable", "project"),
        *("rootfinding", "rules", "spelling", "splice", "stamps"),
    ],
    ["command", "directives", "markers", "signals", "sourcemap"],
    ["compile", "execute", "exercises", "locate", "vcs"],
    ["scaffold"],
    ["docs", "report"],
    ["live"],
    ["__main__", "commands", "pytest_plugin"],
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}
SEPARATE = [
    {"compile", "execute"},
    {"execute", "exercises"},
    {"execute", "vcs"},
]  # these know nothing of each other

# In execute/, a folder is a process. What the processes share stands beside the folders.
SHARED = {"outputs", "processes", "protocol", "results", "snapshot_messages"}
MAY_IMPORT = {"worker": SHARED | {"worker", "coverage"}, "server": SHARED | {"server", "worker"}}

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_modules(path: Path) -> Iterator[tuple[str, ...]]:
    """The modules of literate that a file imports anywhere, as parts: ("execute", "results")."""
    package = ["literate", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _inside([*base, *module, alias.name])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _inside(alias.name.split("."))


def _inside(parts: list[str]) -> Iterator[tuple[str, ...]]:
    if parts[0] == "literate" and len(parts) > 1:
        yield tuple(parts[1:])


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_imports_only_from_lower_floors(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for parts in imported_modules(path):
        if parts[0] == "__version__":
            continue
        assert FLOOR_OF[parts[0]] <= FLOOR_OF[own], parts
        assert {own, parts[0]} not in SEPARATE, parts


@pytest.mark.parametrize("folder", ["server", "worker"])
def test_a_process_imports_only_what_it_needs(folder):
    for path in (PACKAGE / "execute" / folder).glob("*.py"):
        for parts in imported_modules(path):
            if parts[0] == "execute":
                assert parts[1] in MAY_IMPORT[folder], (path.name, parts)


def test_the_rules_above_see_imports():
    found = {parts[0] for parts in imported_modules(PACKAGE / "compile" / "plan.py")}
    assert found >= {"diagnostics", "directives", "notebook", "project"}
    found = {parts[1] for parts in imported_modules(PACKAGE / "execute" / "server" / "server.py")}
    assert found >= {"protocol", "worker"}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 420
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name


# A file is tested by the file of the same name. These are parts of something that is tested as a
# whole.
TESTED_BY = {
    # Two files of tests may not have the same name.
    "__main__.py": "test_main.py",
    "commands/merge.py": "commands/test_merge_command.py",  # compile/ has a test_merge.py
    "commands/watch.py": "commands/test_watch_command.py",  # compile/ has a test_watch.py
    "live/terminal.py": "live/test_live_terminal.py",  # report/ has a test_terminal.py
    "compile/circles.py": "compile/test_import_checks.py",
    "compile/edited_notebooks.py": "compile/test_planned_update.py",
    "compile/edits.py": "compile/test_write.py",
    "compile/facts.py": "compile/test_cache.py",
    "compile/head_edits.py": "compile/test_merge.py",
    "compile/module_checks.py": "compile/test_names.py",
    "compile/module_edits.py": "compile/test_merge.py",
    "compile/reader.py": "compile/test_plan.py",
    "commands/docs.py": "docs/test_site.py",
    "commands/readme.py": "docs/test_readme.py",
    "docs/draft_cache.py": "docs/test_site.py",
    "docs/exports.py": "docs/test_page.py",
    "docs/llms.py": "docs/test_site.py",
    "docs/name_index.py": "docs/test_resolve.py",
    "docs/renderer.py": "docs/test_site.py",
    "docs/sources.py": "docs/test_site.py",
    "execute/places.py": "execute/test_resuming.py",
    "execute/server/frozen.py": "execute/worker/test_snapshots.py",
    "execute/snapshot_messages.py": "execute/worker/test_snapshots.py",
    "exercises/proofs.py": "exercises/test_mutants.py",
    "live/loop.py": "commands/test_watch_command.py",
    "live/reports.py": "commands/test_watch_command.py",
    "rules.py": "test_diagnostics.py",
    "vcs/clean_files.py": "commands/test_clean.py",
    "vcs/compared.py": "commands/test_diff.py",
    "vcs/merged_cell.py": "vcs/test_merged_notebook.py",
    "vcs/noise.py": "vcs/test_cleaning.py",
    "vcs/order.py": "vcs/test_merged_notebook.py",
    "vcs/versions.py": "vcs/test_merged_notebook.py",
}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_each_file_has_its_tests(path):
    if path.name == "__init__.py":
        return
    name = path.relative_to(PACKAGE)
    mirrored = name.with_name(f"test_{name.name}")
    assert (ROOT / "tests" / TESTED_BY.get(name.as_posix(), mirrored)).exists()


HEAVY = {
    *("IPython", "torch", "numpy", "matplotlib", "nbformat", "nbclient", "jupyter_client"),
    *("zmq", "rich", "nbdev"),
}

PRINT_LOADED = """
import atexit, os, runpy, sys
os._exit = sys.exit
sys.argv = sys.argv[1:]
atexit.register(lambda: print("LOADED", *{name.split(".")[0] for name in sys.modules}))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def loaded_by(*command: str) -> set[str]:
    """The top-level packages that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_LOADED, *command], cwd=ROOT, capture_output=True, text=True
    )
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


COMMANDS = [
    ["notebook2script.py"],
    ["notebook2script.py", "--check"],
    ["notebook2script.py", "--nope"],
    ["run_notebook.py", "--help"],
    ["run_notebook.py", "--nope"],
    ["run_notebook.py", "nosuch.ipynb"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_loads_nothing_heavy(command):
    loaded = loaded_by(*command)
    assert "literate" in loaded
    assert not loaded & HEAVY
    if "--help" not in command:
        assert "fastcore" not in loaded
