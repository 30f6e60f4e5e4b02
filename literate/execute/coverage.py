"""Line coverage of notebooks: where this process is measured by `coverage`, its notebooks are too.

An exported cell then runs under the name and the lines of the module that it becomes, so that what only a notebook
executes counts for `foundations/*.py`. What the jobs measure is added to this process's own data when the run ends:
neither `coverage combine` nor a line of configuration is needed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from warnings import catch_warnings, simplefilter

from ..project import Project
from .selection import NotebookPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sourcemap import SourceMap

_OPTIONS = (
    "branch",
    "concurrency",
    "core",
    "cover_pylib",
    "include",
    "omit",
    "relative_files",
    "source",
    "source_pkgs",
    "timid",
)
_WARNINGS = [
    "already-imported",
    "module-not-imported",
    "module-not-measured",
    "no-data-collected",
    "trace-changed",
]
_OURS = ("*.ipynb:cell *", os.path.join(os.path.dirname(os.path.dirname(__file__)), "*"))
Lines = tuple[str, dict[int, int]]  # a module's file, and its line for each line of a cell


def settings() -> dict | None:
    """What a job needs to know to be measured; None where this process is not measured either."""
    module = sys.modules.get("coverage")
    current = module and module.Coverage.current()
    if not current:
        return None
    options = {f"run:{name}": current.get_option(f"run:{name}") for name in _OPTIONS}
    return {"folder": tempfile.mkdtemp(prefix="coverage-"), "cwd": os.getcwd(), "options": options}


def collect(settings: dict | None) -> None:
    """Add what the jobs have measured to what this process measures."""
    if not settings:
        return
    from coverage import Coverage, CoverageData
    from coverage.exceptions import CoverageWarning

    try:
        if not (current := Coverage.current()):
            return
        with catch_warnings():
            simplefilter(
                "ignore", CoverageWarning
            )  # a front that imports nothing of the project has no data yet
            ours = current.get_data()
        for file in sorted(Path(settings["folder"]).iterdir()):
            data = CoverageData(str(file))
            data.read()
            for name in (
                data.measured_files()
            ):  # `update` would be missed by the hash that tells data files apart
                if data.has_arcs():
                    ours.add_arcs({name: data.arcs(name) or []})
                else:
                    ours.add_lines({name: data.lines(name) or []})
            data.close()
    finally:
        shutil.rmtree(settings["folder"], ignore_errors=True)


def start(settings: dict) -> object:
    """In a job: begin to measure; the `coverage.Coverage` that does."""
    import coverage

    if other := coverage.Coverage.current():  # begun by the environment: its data would be lost
        other.stop()
    os.chdir(settings["cwd"])
    measured = coverage.Coverage(
        data_file=os.path.join(settings["folder"], str(os.getpid())), config_file=False
    )
    for name, value in settings["options"].items():
        measured.set_option(name, value)
    measured.set_option("run:disable_warnings", _WARNINGS)
    measured.set_option("run:omit", [*(measured.get_option("run:omit") or ()), *_OURS])
    measured.start()
    return measured


def exported_lines(project: Project, plan: NotebookPlan) -> dict[int, Lines]:
    """Where the exported cells of a notebook stand in modules, by index; cells edited since are left out."""
    from ..sourcemap import read_source_map

    found: dict[int, Lines] = {}
    for module in sorted(project.lib_path.rglob("*.py")):
        source = read_source_map(module)
        for index, lines in (_cells(source, plan.path) if source else {}).items():
            text = dict(enumerate(_text(module, os.stat(module).st_mtime_ns), 1))
            cell = dict(enumerate(plan.notebook.cells[index].source.split("\n"), 1))
            if all(_same(cell.get(here, ""), text.get(there, "")) for here, there in lines.items()):
                found.setdefault(index, (str(module), lines))
    return found


def _cells(source: SourceMap, notebook: str) -> dict[int, dict[int, int]]:
    cells: dict[int, dict[int, int]] = {}
    for number, place in enumerate(source.places, 1):
        if place and str(place.notebook) == notebook:
            cells.setdefault(place.cell, {})[place.line] = number
    return cells


@lru_cache(maxsize=256)
def _text(module: Path, stamp: int) -> list[str]:
    return module.read_text(encoding="utf-8").split("\n")


def _same(line: str, compiled: str) -> bool:
    """Whether the compiler makes one of the other: imports from the own package become relative."""
    return line.rstrip() == compiled.rstrip() or line.lstrip().startswith(("from ", "import "))
