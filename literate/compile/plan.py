"""All notebooks -> all modules: what each module will hold, worked out before anything is written."""

from __future__ import annotations

import ast
import gc
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..diagnostics import ERROR, WARNING, Diagnostic, UserError, diagnose
from ..directives import EXPORTS, ParsedCell, dialect_of, is_module_name, parse_cells
from ..discovery import module_of, project_notebooks
from ..files import read_file
from ..notebook import Cell, Notebook, read_notebook
from ..project import Project
from ..records import dataclass, field, replace
from .cache import CompileCache
from .checks import Unexported, check_directives, check_names
from .docstrings import module_docstring
from .imports import is_unclear_all, public_names, star_imports
from .modidx import symbols_of
from .module import GENERATED, UNPARSABLE, Module, ModuleCell, outline, parse_error
from .package_files import file_texts, find_orphans


@dataclass
class CompilePlan:
    """What compiling means: the text of every file, and what is wrong. Nothing has been written yet."""

    project: Project
    modules: list[Module] = field(default_factory=list)
    kept: list[Module] = field(
        default_factory=list
    )  # modules that stay as they were written last: nothing of theirs changed
    files: dict[Path, str] = field(
        default_factory=dict
    )  # modules first, then __init__.py files and _modidx.py
    orphans: list[Path] = field(
        default_factory=list
    )  # generated modules that no notebook makes any more
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def sources(self) -> dict[Path, list[Path]]:
        """The notebooks that each planned module is made of."""
        return {module.path: module.notebooks for module in self.modules}

    @property
    def has_errors(self) -> bool:
        """Whether anything forbids writing."""
        return any(d.severity == ERROR for d in self.diagnostics)


@contextmanager
def gc_paused() -> Iterator[None]:
    """No garbage collection while thousands of cells and syntax trees are made that all live to the end: a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def make_plan(
    project: Project,
    chosen: Iterable[Path] | None = None,
    strict: bool | None = None,
    prune: bool = False,
    memory: CompileCache | None = None,
    force: bool = False,
) -> CompilePlan:
    """CompilePlan the modules that the chosen notebooks (default: all) export to.

    Whatever is chosen, the whole project is read, since several notebooks may make one module; but only the chosen
    notebooks, and those that share a module with them, can stop the work. With `memory` only those are read that
    changed since, or share a module with one that did. `strict` turns warnings into errors, `prune` means that modules
    without a notebook will be deleted, and `force` that files written by hand may be replaced.
    """
    chosen = None if chosen is None else [Path(os.path.abspath(path)) for path in chosen]
    every = project_notebooks(project)
    every += [path for path in chosen or [] if path not in every]
    read = _read_all(project, every) if memory is None else _read_changed(project, every, memory)
    plan = CompilePlan(project, kept=read.kept)
    plan.modules = [
        m for m in read.modules.values() if chosen is None or set(m.notebooks) & set(chosen)
    ]
    relevant = set(chosen if chosen is not None else read.problems) | {
        path for m in plan.modules for path in m.notebooks
    }
    known = [*read.modules.values(), *read.kept]
    plan.diagnostics = [
        d for path, problems in read.problems.items() if path in relevant for d in problems
    ]
    if not every and not project.nbs_path.is_dir():
        hint = "nbs_path says where the notebooks are"
        plan.diagnostics.append(
            diagnose(
                "no-notebooks",
                "there is no such folder",
                project.nbs_path,
                hint=hint,
                severity=WARNING,
            )
        )
    plan.diagnostics += [d for m in plan.modules if (d := _check_target(m, force))]
    plan.diagnostics += [
        d
        for d in check_names(list(read.modules.values()), known, read.unexported, project.package)
        if d.path in relevant
    ]
    read.unexported.clear()  # a quarter of what has been read, and of no more use
    if chosen is None and not plan.has_errors:  # a notebook that cannot be read may make any module
        plan.orphans = find_orphans(project, every, {m.path for m in known})
        plan.diagnostics += [] if prune else [_orphan(path) for path in plan.orphans]
    if project.strict if strict is None else strict:
        plan.diagnostics = [replace(d, severity=ERROR) for d in plan.diagnostics]
    plan.diagnostics.sort(key=lambda d: d.sort_key)
    if not plan.has_errors:
        planned = {m.path for m in plan.modules}
        try:
            plan.files = file_texts(
                project, plan.modules, [m for m in known if m.path in planned or m.path.exists()]
            )
        except UserError as error:
            plan.diagnostics += error.problems
    return plan


@dataclass
class _Read:
    """What the notebooks say."""

    modules: dict[str, Module] = field(default_factory=dict)
    kept: list[Module] = field(default_factory=list)
    problems: dict[Path, list[Diagnostic]] = field(default_factory=dict)
    unexported: Unexported = field(default_factory=dict)


def _read_all(project: Project, paths: list[Path]) -> _Read:
    read = _Read()
    for path in sorted(paths, key=lambda p: p.name):
        read.problems[path] = _add_notebook(project, path, read.modules, read.unexported)
    for module in read.modules.values():
        module.notebooks = list(dict.fromkeys(item.notebook for item in module.cells))
        module.public = public_names(item.tree for item in module.cells if item.is_public)
        module.symbols = symbols_of(module, project.nbs_path)
        module.stars = star_imports(
            item.parsed.code for item in module.cells if "import *" in item.parsed.code
        )
    return read


def _read_changed(project: Project, paths: list[Path], memory: CompileCache) -> _Read:
    """Read the notebooks that changed, and those that share a module with them; the rest is as it was."""
    stale, opened = memory.stale_modules(paths), None
    while True:
        stale |= {
            module.name
            for module in memory.modules()
            if {f"{project.package}.{name}" for name in stale} & set(module.stars)
        }
        before, opened = (
            opened,
            [path for path in paths if memory.is_changed(path) or memory.modules_of(path) & stale],
        )
        if opened == before:
            break
        read = _read_all(project, opened)
        stale |= set(
            read.modules
        )  # what a changed notebook exports to may be made by others, too: read those as well
    read.kept = [module for module in memory.modules() if module.name not in stale]
    read.problems |= {path: memory.problems(path) for path in paths if path not in opened}
    return read


def _add_notebook(
    project: Project, path: Path, modules: dict[str, Module], unexported: Unexported
) -> list[Diagnostic]:
    """Put a notebook's exported cells into their modules; return what is wrong with it."""
    try:
        notebook = read_notebook(path)
    except UserError as error:
        return list(error.problems)
    if conflict := _merge_conflict(notebook):
        return [conflict]
    dialect = dialect_of(notebook, project)
    cells = parse_cells(notebook, dialect)
    problems = check_directives(path, cells, dialect, frozenset(project.test_flags))
    code = [parsed for parsed in cells if parsed.cell.type == "code"]
    default, more = _default_module(notebook, code)
    problems += more
    can_be_named = str(path).isprintable() or os.path.relpath(path, project.root).isprintable()
    for head in code:
        cell = head.cell
        export = head.get(*EXPORTS)
        if (
            not export
            or export.name == "exportd"
            or export.args == ("false",)
            or not head.code.strip()
        ):
            unexported.setdefault(path, []).append(head)
            continue
        name = _dotted(export.args[0]) if export.args else default
        if name is None and more:
            break  # a default_exp that cannot be used has been reported
        if name is None:
            problems.append(
                _at(
                    notebook,
                    cell,
                    export.line,
                    "no-module",
                    "export without a module to go to",
                    "put #default_exp name into the notebook, or a number before its name",
                    WARNING,
                )
            )
            break
        if len(export.args) > 1:
            continue  # reported with the directives
        if export.args and (bad := _bad_module(notebook, cell, export.line, export.args[0])):
            problems.append(bad)
            if bad.severity == ERROR:
                continue
        tree = _parse(notebook, cell, head, problems)
        if tree is None:
            continue
        if not can_be_named:
            problems.append(
                diagnose(
                    "bad-module", "its name cannot be written into a module", path, hint="rename it"
                )
            )
            break
        if name not in modules:
            modules[name] = Module(name, project.lib_path / (name.replace(".", "/") + ".py"), path)
        module = modules[name]
        if name == default and not module.is_owned:
            module.notebook, module.docstring, module.is_owned = (
                path,
                module_docstring(project, notebook, cells),
                True,
            )
        if project.black_formatting:
            head = replace(head, code=_blackened(head.code))
            tree = outline(head.code)
        module.cells.append(ModuleCell(path, head, tree, export.name != "exporti"))
    return problems


def _merge_conflict(notebook: Notebook) -> Diagnostic | None:
    """The first cell that holds both sides of a merge, as git or nbdev_fix leave them."""
    if b"<<<<<<< " not in notebook.raw:
        return None
    for cell in notebook.cells:
        if match := re.search(r"^`?<{7} \w", cell.source, re.MULTILINE):
            line = cell.source.count("\n", 0, match.start()) + 1
            return _at(
                notebook,
                cell,
                line,
                "merge-conflict",
                "merge-conflict markers",
                "resolve the merge, then run again",
            )
    return None


def _blackened(code: str) -> str:
    """The code as black formats it; what black cannot format stays, as in nbdev."""
    import black

    try:
        return black.format_str(code, mode=black.Mode()).strip()
    except Exception:
        return code


def _at(
    notebook: Notebook,
    cell: Cell,
    line: int,
    code: str,
    message: str,
    hint: str,
    severity: str = ERROR,
    column: int | None = None,
) -> Diagnostic:
    return diagnose(code, message, notebook.path, cell.index, cell.id, line, column, hint, severity)


def _bad_module(notebook: Notebook, cell: Cell, line: int, name: str) -> Diagnostic | None:
    """What is wrong with a module's name: an error if it is none, a warning if it is probably not what was meant."""
    message, hint, severity = (
        f"{name!r} is no module of the package",
        "write a name, or names joined by dots, such as core or data.images",
        ERROR,
    )
    if _dotted(name) == "_modidx":
        message, hint = "_modidx is the package's index", "choose another name"
    elif name.endswith(".py") and is_module_name(name):
        message, hint, severity = (
            f"{name!r} is the module py in a folder",
            f"write {name[:-3]}",
            WARNING,
        )
    elif is_module_name(name):
        return None
    elif is_module_name(re.sub(r"(^|[./])(?=\d)", r"\1_", name)):
        message, hint, severity = (
            f"no import statement can name the module {name!r}",
            "begin each part of it with a letter",
            WARNING,
        )
    return _at(notebook, cell, line, "bad-module", message, hint, severity)


def _dotted(name: str) -> str:
    """nbdev also takes `a/b` for `a.b`."""
    return name.replace("/", ".")


def _default_module(
    notebook: Notebook, heads: list[ParsedCell]
) -> tuple[str | None, list[Diagnostic]]:
    """The module that the notebook's cells go to: what default_exp says, or else the numbered file's own name."""
    named = [
        (head.cell, d)
        for head in heads
        for d in head.directives
        if d.name == "default_exp" and d.args
    ]
    problems = [bad for cell, d in named if (bad := _bad_module(notebook, cell, d.line, d.args[0]))]
    if not named or any(bad.severity == ERROR for bad in problems):
        return None if problems else module_of(notebook.path), problems
    last = named[-1][1].args[0]
    problems += [
        _at(
            notebook,
            cell,
            d.line,
            "two-default-exp",
            f"default_exp {d.args[0]}, but {last} further down",
            "keep one; a cell can still say #export other_module",
            WARNING,
        )
        for cell, d in named
        if d.args[0] != last
    ]
    return _dotted(last), problems


def _parse(
    notebook: Notebook, cell: Cell, head: ParsedCell, problems: list[Diagnostic]
) -> ast.Module | None:
    """The cell's code as a tree; what cannot stand in a module is added to the problems."""
    try:
        tree = outline(head.code)
        if "await" in head.code or "async" in head.code:
            _refuse_top_level_await(head.code)
    except UNPARSABLE as error:
        message, number, column = parse_error(error)
        number = number or 1
        line = (head.code.split("\n") + [""])[min(number, head.code.count("\n") + 1) - 1]
        is_magic = re.match(r"\s*(%|!|\?)|.*\?\s*$|\s*\w+\s*=\s*[!%]", line)
        hint = (
            "IPython's magics have no place in a module: move them to a cell that is not exported"
            if is_magic
            else "this cell is exported"
        )
        problems.append(
            _at(notebook, cell, head.line(number), "syntax", message, hint, ERROR, column)
        )
        return None
    for node in tree.body:
        if is_unclear_all(node):
            problems.append(
                _at(
                    notebook,
                    cell,
                    head.line(node.lineno),
                    "dynamic-all",
                    "_all_ is no plain list of names, so they cannot get into __all__",
                    "write _all_ = ['name', other_name]",
                    WARNING,
                )
            )
        if isinstance(node, ast.ImportFrom) and node.level:
            problems.append(
                _at(
                    notebook,
                    cell,
                    head.line(node.lineno),
                    "relative-import",
                    "a notebook has no package to import from",
                    "import from the package by its name; the module gets a relative import",
                )
            )
            return None
    return tree


def _refuse_top_level_await(code: str) -> None:
    """A notebook may await outside of functions, a module may not: parsing doesn't tell, compiling does."""
    import warnings

    with warnings.catch_warnings(action="ignore"):
        compile(code, "cell", "exec", dont_inherit=True)


def _check_target(module: Module, force: bool) -> Diagnostic | None:
    """A file that exists and was not generated is somebody's own, which only `force` replaces."""
    first = module.cells[0]
    try:
        text = read_file(module.path).decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        return diagnose(
            "unreadable",
            error.strerror or str(error),
            module.path,
            hint="check the path and its permissions",
        )
    except UnicodeDecodeError:
        return (
            None
            if force
            else diagnose(
                "not-utf8",
                "not UTF-8",
                module.path,
                hint="save it again as UTF-8, or replace it with --force",
            )
        )
    if force or GENERATED in text or not text.strip() or module.path.name == "__init__.py":
        return None
    return diagnose(
        "not-generated",
        f"{module.path.name} exists and was not made from a notebook",
        module.cells[0].notebook,
        first.parsed.cell.index,
        first.parsed.cell.id,
        hint="rename it, choose another module for the notebook, or replace it with --force",
    )


def _orphan(path: Path) -> Diagnostic:
    return diagnose(
        "orphan",
        "no notebook makes this module any more",
        path,
        hint="--prune deletes it",
        severity=WARNING,
    )
