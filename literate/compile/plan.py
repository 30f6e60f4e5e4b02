"""All notebooks -> all modules: what each module will hold, worked out before anything is written."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..diagnostics import ERROR, WARNING, Diagnostic, UserError
from ..directives import EXPORTS, Head, check_directives, dialect_of, is_module_name, read_heads
from ..notebook import Cell, Notebook, read_notebook
from ..project import NBDEV3, Project, module_of, project_notebooks
from .docs import LLMS_MARK, module_docstring, package_docs, with_docstring
from .index import index_text, is_indexed
from .module import GENERATED, Module, ModuleCell, module_text
from .names import Unexported, check_names

_VERSION = re.compile(r"^__version__\s*=.*$", re.MULTILINE)
_HEADER = re.compile(rf"^{GENERATED}(.+?\.ipynb)", re.MULTILINE)
_VERSION_3 = re.compile(r"^__version__\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


@dataclass
class Plan:
    """What compiling means: the text of every file, and what is wrong. Nothing has been written yet."""

    project: Project
    modules: list[Module] = field(default_factory=list)
    files: dict[Path, str] = field(default_factory=dict)  # modules first, then __init__.py files and _modidx.py
    orphans: list[Path] = field(default_factory=list)     # generated modules that no notebook makes any more
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether anything forbids writing."""
        return any(d.severity == ERROR for d in self.diagnostics)


def make_plan(project: Project, chosen: Iterable[Path] | None = None, strict: bool | None = None, prune: bool = False) -> Plan:
    """Plan the modules that the chosen notebooks (default: all) export to.

    The whole project is read whatever is chosen, since several notebooks may make one module; but only the chosen
    notebooks, and those that share a module with them, can stop the work. `strict` turns warnings into errors, and
    `prune` means that modules without a notebook will be deleted.
    """
    chosen = None if chosen is None else [Path(os.path.abspath(path)) for path in chosen]
    every = project_notebooks(project)
    outside = [path for path in chosen or [] if path not in every]
    modules: dict[str, Module] = {}
    unexported: Unexported = {}
    found: dict[Path, list[Diagnostic]] = {}
    for path in sorted([*every, *outside], key=lambda p: p.name):
        found[path] = _add_notebook(project, path, modules, unexported)
    plan = Plan(project)
    plan.modules = [m for m in modules.values() if chosen is None or any(c.notebook in chosen for c in m.cells)]
    relevant = set(chosen if chosen is not None else found) | {c.notebook for m in plan.modules for c in m.cells}
    plan.diagnostics = [d for path in found if path in relevant for d in found[path]]
    plan.diagnostics += [d for m in plan.modules if (d := _check_target(m, project))]
    if chosen is None:
        plan.orphans = _orphans(project, {m.path for m in modules.values()})
        plan.diagnostics += [] if prune else [_orphan(path) for path in plan.orphans]
    plan.diagnostics += [d for d in check_names(list(modules.values()), unexported, project.package) if d.path in relevant]
    if project.strict if strict is None else strict:
        plan.diagnostics = [_as_error(d) for d in plan.diagnostics]
    plan.diagnostics.sort(key=lambda d: d.sort_key)
    if not plan.has_errors:
        plan.files = _texts(project, plan.modules, [m for m in modules.values() if m.path.exists() or m in plan.modules])
    return plan


def _as_error(diagnostic: Diagnostic) -> Diagnostic:
    return Diagnostic(**{**vars(diagnostic), "severity": ERROR})


def _add_notebook(project: Project, path: Path, modules: dict[str, Module], unexported: Unexported) -> list[Diagnostic]:
    """Put a notebook's exported cells into their modules; return what is wrong with it."""
    try:
        notebook = read_notebook(path)
    except UserError as error:
        return list(error.problems)
    dialect = dialect_of(notebook, project)
    problems = check_directives(notebook, dialect, frozenset(project.test_flags))
    heads = read_heads(notebook, dialect)
    code = [(cell, head) for cell, head in heads if cell.type == "code"]
    default, more = _default_module(notebook, code)
    problems += more
    for cell, head in code:
        export = head.get(*EXPORTS)
        if not export or export.name == "exportd" or not head.code.strip():
            unexported.setdefault(path, []).append((cell, head))
            continue
        name = _normal(export.args[0]) if export.args else default
        if name is None and more:
            break  # a default_exp that cannot be used has been reported
        if name is None:
            problems.append(_at(notebook, cell, export.line, "no-module", "export without a module to go to",
                                "put #default_exp name into the notebook, or a number before its name", WARNING))
            break
        if not is_module_name(name):
            problems.append(_bad_module(notebook, cell, export.line, name))
            continue
        tree = _parse(notebook, cell, head, problems)
        if tree is None:
            continue
        module = modules.setdefault(name, Module(name, project.lib_path / (name.replace(".", "/") + ".py"), path))
        if name == default and not module.is_owned:
            module.notebook, module.docstring, module.is_owned = path, module_docstring(project, notebook, heads), True
        if project.black_formatting:
            head = replace(head, code=_blackened(head.code))
            tree = ast.parse(head.code)
        module.cells.append(ModuleCell(path, cell, head, tree, export.name != "exporti"))
    return problems


def _blackened(code: str) -> str:
    """The code as black formats it; what black cannot format stays, as in nbdev."""
    import black

    try:
        return black.format_str(code, mode=black.Mode()).strip()
    except Exception:
        return code


def _at(notebook: Notebook, cell: Cell, line: int, code: str, message: str, hint: str, severity: str = ERROR,
        column: int | None = None) -> Diagnostic:
    return Diagnostic(code, message, notebook.path, cell.index, cell.id, line, column, hint, severity)


def _bad_module(notebook: Notebook, cell: Cell, line: int, name: str) -> Diagnostic:
    return _at(notebook, cell, line, "bad-module", f"{name!r} is no module of the package",
               "write a name, or names joined by dots, such as core or data.images")


def _normal(name: str) -> str:
    return name.replace("/", ".") if is_module_name(name) else name


def _default_module(notebook: Notebook, heads: list[tuple[Cell, Head]]) -> tuple[str | None, list[Diagnostic]]:
    """The module that the notebook's cells go to: what default_exp says, or else the numbered file's own name."""
    named = [(cell, d) for cell, head in heads for d in head.directives if d.name == "default_exp" and d.args]
    problems = [_bad_module(notebook, cell, d.line, d.args[0]) for cell, d in named if not is_module_name(d.args[0])]
    if not named or problems:
        return None if problems else module_of(notebook.path), problems
    last = named[-1][1].args[0]
    problems += [_at(notebook, cell, d.line, "two-default-exp", f"default_exp {d.args[0]}, but {last} further down",
                     "keep one; a cell can still say #export other_module", WARNING) for cell, d in named if d.args[0] != last]
    return _normal(last), problems


def _parse(notebook: Notebook, cell: Cell, head: Head, problems: list[Diagnostic]) -> ast.Module | None:
    """The cell's code as a tree; what cannot stand in a module is added to the problems."""
    try:
        tree = ast.parse(head.code)
    except (SyntaxError, ValueError) as error:
        number, column = getattr(error, "lineno", 1) or 1, getattr(error, "offset", None)
        line = (head.code.split("\n") + [""])[min(number, head.code.count("\n") + 1) - 1]
        is_magic = re.match(r"\s*(%|!|\?)|.*\?\s*$|\s*\w+\s*=\s*[!%]", line)
        hint = "IPython's magics have no place in a module: move them to a cell that is not exported" if is_magic else "this cell is exported"
        problems.append(_at(notebook, cell, head.line(number), "syntax", f"{getattr(error, 'msg', error)}", hint, ERROR, column))
        return None
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            problems.append(_at(notebook, cell, head.line(node.lineno), "relative-import", "a notebook has no package to import from",
                                "import from the package by its name; the module gets a relative import"))
            return None
    return tree


def _check_target(module: Module, project: Project) -> Diagnostic | None:
    """A file that exists and was not generated is somebody's own."""
    first = module.cells[0]
    try:
        text = module.path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return Diagnostic("unreadable", str(error), module.path, hint="move it out of the way")
    if GENERATED in text or not text.strip() or module.path.name == "__init__.py":
        return None
    return Diagnostic("not-generated", f"{module.path.name} exists and was not made from a notebook", module.cells[0].notebook,
                      first.cell.index, first.cell.id, hint="rename it, or choose another module for the notebook")


def _orphans(project: Project, planned: set[Path]) -> list[Path]:
    """Generated modules whose notebook is gone, or exports to another module now."""
    found = []
    for path in sorted(project.lib_path.rglob("*.py")) if project.lib_path.exists() else []:
        if path in planned or path.name in ("__init__.py", "_modidx.py"):
            continue
        match = _HEADER.search(path.read_text(encoding="utf-8", errors="replace")[:5000])
        if match and not any(_is_kept(project, folder / match[1]) for folder in (path.parent, project.root)):
            found.append(path)
    return found


def _is_kept(project: Project, notebook: Path) -> bool:
    """Whether a notebook exists that compiling the project leaves out, such as one whose name begins with `_`."""
    notebook = Path(os.path.normpath(notebook))
    return notebook.is_file() and notebook not in project_notebooks(project)


def _orphan(path: Path) -> Diagnostic:
    return Diagnostic("orphan", "no notebook makes this module any more", path, hint="--prune deletes it", severity=WARNING)


def _texts(project: Project, modules: list[Module], known: list[Module]) -> dict[Path, str]:
    """The text of every file to be written; `known` are all modules that will exist then."""
    files = {module.path: module_text(module, project) for module in modules}
    present = set(project.lib_path.rglob("*.py")) if project.lib_path.exists() else set()
    packages = {project.lib_path}
    for path in present | set(files):
        packages |= {folder for folder in path.parents if folder.is_relative_to(project.lib_path)}
    for folder in sorted(packages):
        init = folder / "__init__.py"
        if init not in files:
            files[init] = init.read_text(encoding="utf-8") if init in present else ""
    init = project.lib_path / "__init__.py"
    if project.put_version_in_init:
        files[init] = _with_version(files[init], project)
    others = [path for path in sorted(present) if path not in {m.path for m in known} and path != init]
    if project.layout == NBDEV3:
        docstring, llms = package_docs(project, {m.path: m.docstring for m in known}, others)
        files[init] = with_docstring(files[init], docstring, project.description)
        path = project.nbs_path / "llms.txt"
        if llms and (not path.exists() or LLMS_MARK in path.read_text(encoding="utf-8")):
            files[path] = llms
    files[project.lib_path / "_modidx.py"] = index_text(
        project, [m for m in known if is_indexed(m.path)], [path for path in others if is_indexed(path)])
    return files


def _with_version(text: str, project: Project) -> str:
    """nbdev 2 writes the version of settings.ini; in nbdev 3 the version in the file is the source, and only missing ones are added."""
    line = f'__version__ = "{project.version}"'
    if project.layout == NBDEV3 and _VERSION_3.search(text):
        return text
    return _VERSION.sub(lambda _: line, text) if project.layout != NBDEV3 and _VERSION.search(text) else f"{line}\n{text}"
