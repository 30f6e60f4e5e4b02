"""One notebook, cell by cell: its exported cells go to their modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..diagnostics import ERROR, Diagnostic
from ..directives import EXPORTS, Directive, ParsedCell
from ..discovery import module_of
from ..notebook import Cell, Notebook
from ..project import Project
from ..records import replace
from .checks import check_default_modules, check_module_name, check_path, no_module
from .layouts import layout_of
from .module import Module, ModuleCell, dotted_name, outline
from .names import Unexported
from .syntax import check_statements, parse_exported


class NotebookReader:
    """Reads one notebook cell by cell, and adds its exported cells to their modules."""

    def __init__(
        self,
        project: Project,
        notebook: Notebook,
        cells: list[ParsedCell],
        modules: dict[str, Module],
        unexported: Unexported,
    ) -> None:
        self.problems: list[Diagnostic] = []
        self._project = project
        self._notebook = notebook
        self._path = notebook.path
        self._cells = cells
        self._modules = modules
        self._unexported = unexported.setdefault(self._path, [])
        self._is_implied = False  # its default module follows from its name
        self._default_is_refused = False  # its `default_exp` is an error
        self._default_module = self._find_default_module()
        self._is_finished = False  # an error was reported that each further cell would repeat

    def add_cells(self) -> None:
        """Add each exported cell to its module."""
        for parsed in self._code_cells():
            if self._is_finished:
                break
            export = _export_directive(parsed)
            if export is None:
                self._unexported.append(parsed)
            else:
                self._add_exported(parsed, export)

    def _code_cells(self) -> Iterator[ParsedCell]:
        for parsed in self._cells:
            if parsed.cell.type == "code":
                yield parsed

    def _find_default_module(self) -> str | None:
        """The module that `default_exp` names, or the one that a numbered notebook implies."""
        default_exps: list[tuple[Cell, Directive]] = []
        for parsed in self._code_cells():
            for directive in parsed.directives:
                if directive.name == "default_exp" and directive.args:
                    default_exps.append((parsed.cell, directive))
        if not default_exps:
            self._is_implied = True
            return module_of(self._path)
        problems = check_default_modules(self._notebook, default_exps)
        self.problems += problems
        if any(problem.severity == ERROR for problem in problems):
            self._default_is_refused = True
            return None
        _, last = default_exps[-1]
        return dotted_name(last.args[0])

    def _add_exported(self, parsed: ParsedCell, export: Directive) -> None:
        """Add one cell to its module, or report why it cannot be added."""
        name = self._module_name(parsed, export)
        if name is None:
            return
        tree = self._check_code(parsed)
        if tree is None:
            return
        unusable_path = check_path(self._path, self._project)
        if unusable_path:
            self.problems.append(unusable_path)
            self._is_finished = True
            return
        if self._project.black_formatting:
            parsed = replace(parsed, code=blackened(parsed.code))
            tree = outline(parsed.code)
        is_public = export.name != "exporti"
        module = self._module(name)
        module.cells.append(ModuleCell(self._path, parsed, tree, is_public))
        if self._is_implied and not export.args and self._path not in module.implied_by[-1:]:
            module.implied_by.append(self._path)

    def _module_name(self, parsed: ParsedCell, export: Directive) -> str | None:
        """The module for a cell; None if there is none, which has been reported then."""
        if len(export.args) > 1:  # check_directives has reported it
            return None
        if export.args:
            name = export.args[0]
            problem = check_module_name(self._notebook, parsed.cell, export.line, name)
            if problem:
                self.problems.append(problem)
                if problem.severity == ERROR:
                    return None
            return dotted_name(name)
        if self._default_module is None:
            self._is_finished = True
            if not self._default_is_refused:
                self.problems.append(no_module(self._notebook, parsed.cell, export.line))
        return self._default_module

    def _check_code(self, parsed: ParsedCell) -> ast.Module | None:
        """The outline of a cell's code; None after an error, which has been reported then."""
        tree = parse_exported(self._path, parsed, self._project.min_python)
        if isinstance(tree, Diagnostic):
            self.problems.append(tree)
            return None
        problems = list(check_statements(self._path, parsed, tree))
        self.problems += problems
        if any(problem.severity == ERROR for problem in problems):
            return None
        return tree

    def _module(self, name: str) -> Module:
        """The module with this name, which is made if it is new.

        The first notebook whose default module it is gives it its docstring.
        """
        module = self._modules.get(name)
        if module is None:
            file = name.replace(".", "/") + ".py"
            module = Module(name, self._project.lib_path / file, self._path)
            self._modules[name] = module
        if name == self._default_module and not module.is_owned:
            module.is_owned = True
            module.notebook = self._path
            layout = layout_of(self._project)
            module.docstring = layout.module_docstring(self._notebook, self._cells)
        return module


def _export_directive(parsed: ParsedCell) -> Directive | None:
    """The directive that exports a cell's code; None if the code stays in the notebook."""
    export = parsed.get(*EXPORTS)
    if export is None or export.name == "exportd":  # exportd goes into the docstring
        return None
    if export.args == ("false",) or not parsed.code.strip():
        return None
    return export


def blackened(code: str) -> str:
    """The code as black formats it; code that black cannot format stays, as in nbdev."""
    import black

    try:
        formatted: str = black.format_str(code, mode=black.Mode())
    except Exception:
        return code
    return formatted.strip()
