"""From all notebooks to all modules: what each module will contain, before anything is written."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..diagnostics import ERROR, REMARK, Diagnostic, UserError
from ..directives import dialect_of, parse_cells
from ..discovery import project_notebooks
from ..notebook import parse_notebook, read_notebook
from ..project import Project
from ..records import dataclass, field, replace
from .checks import (
    check_language,
    check_merge_markers,
    check_notebook_folder,
    check_target,
    orphan,
)
from .directive_checks import check_directives
from .import_checks import IMPORT_RULES
from .imports import public_names
from .modidx import symbols_of
from .module import Module
from .module_checks import check_modules
from .names import Unexported
from .package_files import file_texts, find_orphans
from .reader import NotebookReader
from .teaching_checks import check_teaching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .cache import CompileCache

    Contents = Mapping[Path, bytes]  # the bytes of notebooks


@dataclass
class CompilePlan:
    """The text of every file that compiling will write, and what is wrong with the notebooks."""

    project: Project
    modules: list[Module] = field(default_factory=list)
    kept: list[Module] = field(default_factory=list)  # unchanged since the last run, not read again
    files: dict[Path, str] = field(default_factory=dict)  # modules, then __init__.py and _modidx.py
    old_texts: dict[Path, str] = field(default_factory=dict)  # of files that keep a part of theirs
    orphans: list[Path] = field(default_factory=list)  # modules that no notebook makes any more
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def sources(self) -> dict[Path, list[Path]]:
        """The notebooks of each planned module."""
        return {module.path: module.notebooks for module in self.modules}

    @property
    def has_errors(self) -> bool:
        """Whether a diagnostic is an error, so that nothing may be written."""
        return any(diagnostic.severity == ERROR for diagnostic in self.diagnostics)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Switch garbage collection off while the block runs.

    A compile makes thousands of cells and syntax trees that all live to its end. Searching them
    for garbage takes a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# --- the plan ----------------------------------------------------------------------------------


def make_plan(
    project: Project,
    chosen: Iterable[Path] | None = None,
    strict: bool | None = None,
    prune: bool = False,
    memory: CompileCache | None = None,
    force: bool = False,
    contents_of: Contents | None = None,
) -> CompilePlan:
    """Plan the modules to which the chosen notebooks (default: all) export.

    The whole project is read in any case, because several notebooks may make one module. But only
    problems of the chosen notebooks, and of those that share a module with them, are reported.

    With `memory`, the last compilation, only notebooks that changed since are read, and those that
    share a module with them. `strict` makes errors of warnings (by default, the settings decide),
    `prune` says that orphans will be deleted, and `force` that files written by hand may be
    replaced. `contents_of` gives the contents of notebooks as they would be, in place of their
    files.
    """
    notebooks = project_notebooks(project)
    if chosen is not None:
        chosen = [Path(os.path.abspath(path)) for path in chosen]
        for path in chosen:
            if path not in notebooks:
                notebooks.append(path)
    if memory is None:
        contents = _read_all(project, notebooks, contents_of or {})
    else:
        contents = _read_changed(project, notebooks, memory)
    known = [*contents.modules.values(), *contents.kept]

    plan = CompilePlan(project, _modules_of(contents, chosen), contents.kept)
    plan.diagnostics += _relevant_problems(plan, contents, chosen)
    plan.diagnostics += _problems_of_files(plan, notebooks, force)
    contents.unexported.clear()  # a quarter of the memory, and no longer needed
    if chosen is None and not plan.has_errors:  # a notebook with errors may make any module
        plan.orphans = find_orphans(project, notebooks, {module.path for module in known})
        if not prune:
            plan.diagnostics += map(orphan, plan.orphans)

    if strict is None:
        strict = project.strict
    if strict:
        plan.diagnostics = [_as_error(each) for each in plan.diagnostics]
    plan.diagnostics.sort(key=lambda diagnostic: diagnostic.sort_key)
    if not plan.has_errors:
        _add_files(plan, known, force)
    return plan


def plan_modules(project: Project, contents_of: Contents) -> list[Module]:
    """The modules that some notebooks make, whatever is on the disk; what is wrong is left out."""
    return list(_read_all(project, list(contents_of), contents_of).modules.values())


def _as_error(diagnostic: Diagnostic) -> Diagnostic:
    """A warning as an error; a remark stays a remark."""
    if diagnostic.severity == REMARK:
        return diagnostic
    return replace(diagnostic, severity=ERROR)


def _modules_of(contents: _ProjectContents, chosen: list[Path] | None) -> list[Module]:
    """The modules that contain a cell of a chosen notebook."""
    modules = list(contents.modules.values())
    if chosen is None:
        return modules
    return [module for module in modules if not set(chosen).isdisjoint(module.notebooks)]


def _relevant_problems(
    plan: CompilePlan, contents: _ProjectContents, chosen: list[Path] | None
) -> list[Diagnostic]:
    """What is wrong with the chosen notebooks, and with those that share a module with them."""
    relevant = set(contents.problems if chosen is None else chosen)
    for module in plan.modules:
        relevant.update(module.notebooks)
    found: list[Diagnostic] = []
    for path, problems in contents.problems.items():
        if path in relevant:
            found += problems
    modules = list(contents.modules.values())
    problems = check_modules(
        plan.project, modules, contents.kept, contents.unexported, contents.problems
    )
    return found + [problem for problem in problems if problem.path in relevant]


def _problems_of_files(plan: CompilePlan, notebooks: list[Path], force: bool) -> list[Diagnostic]:
    """A missing folder for notebooks, and files that must not be replaced by modules."""
    problems = [check_notebook_folder(plan.project, notebooks)]
    problems += [check_target(module, force) for module in plan.modules]
    return [problem for problem in problems if problem is not None]


def _add_files(plan: CompilePlan, known: list[Module], force: bool) -> None:
    """Add the text of every file to a plan without errors."""
    planned = {module.path for module in plan.modules}
    existing = [module for module in known if module.path in planned or module.path.exists()]
    try:
        plan.files, plan.old_texts = file_texts(plan.project, plan.modules, existing, force)
    except UserError as error:
        plan.diagnostics += _diagnostics_of(error)


def _diagnostics_of(error: UserError) -> list[Diagnostic]:
    return [problem for problem in error.problems if isinstance(problem, Diagnostic)]


# --- reading notebooks -------------------------------------------------------------------------


@dataclass
class _ProjectContents:
    """What the notebooks of a project contain."""

    modules: dict[str, Module] = field(default_factory=dict)  # by name
    kept: list[Module] = field(default_factory=list)  # known from the last run
    problems: dict[Path, list[Diagnostic]] = field(default_factory=dict)  # for each notebook
    unexported: Unexported = field(default_factory=dict)


def _read_all(project: Project, notebooks: list[Path], contents_of: Contents) -> _ProjectContents:
    """Read notebooks in the order of their names, and make modules of them."""
    contents = _ProjectContents()
    for path in sorted(notebooks, key=lambda path: path.name):
        raw = contents_of.get(path)
        contents.problems[path] = _read_notebook(project, path, contents, raw)
    for module in contents.modules.values():
        cells = module.cells
        module.notebooks = list(dict.fromkeys(item.notebook for item in cells))
        module.public = public_names(item.tree for item in cells if item.is_public)
        module.symbols = symbols_of(module, project.nbs_path)
    return contents


def _read_changed(
    project: Project, notebooks: list[Path], memory: CompileCache
) -> _ProjectContents:
    """Read the notebooks that changed, and those whose modules depend on them.

    A notebook is read if it changed since the last run, if it shares a module with one that is
    read, or if its module imports everything from such a module. Each notebook that is read can
    bring others with it, so this repeats until no notebook is added.
    """
    remembered = memory.modules()
    stale = memory.stale_modules(notebooks)
    opened: list[Path] | None = None
    while True:
        stale |= _star_importers(remembered, stale, project.package)
        to_open = []
        for path in notebooks:
            if memory.is_changed(path) or memory.modules_of(path) & stale:
                to_open.append(path)
        if to_open == opened:
            break
        opened = to_open
        contents = _read_all(project, opened, {})
        stale |= contents.modules.keys()
    contents.kept = [module for module in remembered if module.name not in stale]
    for path in notebooks:
        if path not in contents.problems:
            remembered_problems = memory.problems(path)
            contents.problems[path] = [
                each for each in remembered_problems if each.code not in IMPORT_RULES
            ]
    return contents


def _star_importers(modules: list[Module], imported: set[str], package: str) -> set[str]:
    """The modules that import everything from one of the modules `imported`."""
    full_names = {f"{package}.{name}" for name in imported}
    return {module.name for module in modules if not full_names.isdisjoint(module.star_imports)}


def _read_notebook(
    project: Project, path: Path, contents: _ProjectContents, raw: bytes | None
) -> list[Diagnostic]:
    """Add a notebook's exported cells to their modules; return what is wrong with the notebook.

    `raw` is the content of the notebook, unless it is that of its file.
    """
    try:
        notebook = read_notebook(path) if raw is None else parse_notebook(path, raw)
    except UserError as error:
        return _diagnostics_of(error)
    conflict = check_merge_markers(notebook)
    if conflict:
        return [conflict]
    dialect = dialect_of(notebook, project)
    if not notebook.is_python:
        remark = check_language(notebook, dialect)
        return [remark] if remark else []
    cells = parse_cells(notebook, dialect)
    problems = check_directives(path, cells, dialect, frozenset(project.test_flags))
    problems += check_teaching(path, cells)
    reader = NotebookReader(project, notebook, cells, contents.modules, contents.unexported)
    reader.add_cells()
    return problems + reader.problems
