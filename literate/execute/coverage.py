"""Line coverage of notebooks: if this process is measured by `coverage`, its notebooks are, too.

An exported cell is then compiled under the file name and the lines of the module that it becomes,
so that what only a notebook executes counts for the lines of `foundations/*.py`. When the run ends,
the data of the notebooks' processes is added to the data of this process: neither `coverage
combine` nor any configuration is necessary.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from warnings import catch_warnings, simplefilter

TYPE_CHECKING = False
if TYPE_CHECKING:  # a worker imports this file and needs none of these
    from typing import Any

    from coverage import Coverage, CoverageData

    from ..project import Project
    from ..sourcemap import SourceMap
    from .selection import NotebookPlan

    Settings = dict[str, Any]  # what a worker has to know to be measured

Lines = dict[int, int]  # for each line of a cell, its line in the module

# The options of `coverage run` that a worker takes over.
_OPTIONS = (
    "branch",
    "concurrency",
    "context",
    "core",
    "cover_pylib",
    "include",
    "omit",
    "relative_files",
    "source",
    "source_pkgs",
    "timid",
)
# The warnings that are normal in a worker.
_WARNINGS = [
    "already-imported",
    "module-not-imported",
    "module-not-measured",
    "no-data-collected",
    "trace-changed",
]
# What is not measured: cells that are not exported, and this package.
_OMITTED = ("*.ipynb:cell *", os.path.join(os.path.dirname(os.path.dirname(__file__)), "*"))


# --- in the front ------------------------------------------------------------------------------


def settings() -> Settings | None:
    """What a worker has to know to be measured; None if this process is not measured either."""
    module = sys.modules.get("coverage")
    current = module.Coverage.current() if module else None
    if current is None:
        return None
    options = {f"run:{name}": current.get_option(f"run:{name}") for name in _OPTIONS}
    return {"folder": tempfile.mkdtemp(prefix="coverage-"), "cwd": os.getcwd(), "options": options}


def collect(settings: Settings | None) -> None:
    """Add what the workers have measured to the data of this process."""
    if settings is None:
        return
    from coverage import Coverage, CoverageData
    from coverage.exceptions import CoverageWarning

    try:
        current = Coverage.current()
        if current is None:
            return
        with catch_warnings():
            # A front that imports nothing of the project has no data yet, which is not a fault.
            simplefilter("ignore", CoverageWarning)
            ours = current.get_data()
        for file in sorted(Path(settings["folder"]).iterdir()):
            theirs = CoverageData(str(file))
            theirs.read()
            _add(ours, theirs)
            theirs.close()
    finally:
        shutil.rmtree(settings["folder"], ignore_errors=True)


def _add(ours: CoverageData, theirs: CoverageData) -> None:
    """Add data context by context, and file by file.

    `CoverageData.update` does not change the hash by which data files are told apart.
    """
    own_context = ours._current_context  # coverage has no public name for it
    for context in theirs.measured_contexts():
        theirs.set_query_context(context)
        ours.set_context(context)
        for name in theirs.measured_files():
            if theirs.has_arcs():
                ours.add_arcs({name: theirs.arcs(name) or []})
            else:
                ours.add_lines({name: theirs.lines(name) or []})
    ours.set_context(own_context)


# --- in a worker -------------------------------------------------------------------------------


def start(settings: Settings, notebook: str) -> Coverage:
    """Begin to measure this process. What runs counts for a context: the path of the notebook."""
    import coverage

    other = coverage.Coverage.current()
    if other:  # the environment has started it, and its data would be lost
        other.stop()
    os.chdir(settings["cwd"])
    data_file = os.path.join(settings["folder"], str(os.getpid()))
    measured = coverage.Coverage(data_file=data_file, config_file=False)
    for name, value in settings["options"].items():
        measured.set_option(name, value)
    measured.set_option("run:disable_warnings", _WARNINGS)
    measured.set_option("run:omit", [*(settings["options"]["run:omit"] or ()), *_OMITTED])
    measured.start()
    measured.switch_context(notebook)
    return measured


# --- the lines of exported cells ---------------------------------------------------------------


def exported_lines(project: Project, plan: NotebookPlan) -> dict[int, tuple[str, Lines]]:
    """For each exported cell, by index: the module that it becomes, and its lines there.

    A cell that was edited since it was compiled is left out.
    """
    from ..sourcemap import read_source_map

    found: dict[int, tuple[str, Lines]] = {}
    for module in sorted(project.lib_path.rglob("*.py")):
        source_map = read_source_map(module)
        if source_map is None:
            continue
        module_lines = _read_lines(module, os.stat(module).st_mtime_ns)
        for cell_index, lines in _lines_by_cell(source_map, plan.path).items():
            cell_lines = plan.notebook.cells[cell_index].source.split("\n")
            if cell_index not in found and _is_current(cell_lines, module_lines, lines):
                found[cell_index] = (str(module), lines)
    return found


def _lines_by_cell(source_map: SourceMap, notebook: str) -> dict[int, Lines]:
    cells: dict[int, Lines] = {}
    for number, place in enumerate(source_map.places, 1):
        if place and str(place.notebook) == notebook:
            cells.setdefault(place.cell, {})[place.line] = number
    return cells


@lru_cache(maxsize=256)
def _read_lines(module: Path, stamp: int) -> list[str]:
    """The lines of a module as it was changed last at the time `stamp`."""
    return module.read_text(encoding="utf-8").split("\n")


def _is_current(cell_lines: list[str], module_lines: list[str], lines: Lines) -> bool:
    """Whether every line of a cell stands in the module as it would be compiled now."""
    for in_cell, in_module in lines.items():
        if not _is_compiled_from(_line(cell_lines, in_cell), _line(module_lines, in_module)):
            return False
    return True


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _is_compiled_from(line: str, compiled: str) -> bool:
    """Whether the compiler makes one line of the other.

    It changes only imports: those from the own package become relative.
    """
    if line.lstrip().startswith(("from ", "import ")):
        return True
    return line.rstrip() == compiled.rstrip()
