"""What git's commits tell about modules: which texts were generated, and by which commit.

A module that was committed counts as unedited only if the notebooks of the same commit make it. A
repair that somebody typed into a module and committed is still an edit.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ..discovery import is_project_notebook
from ..git import files_at, last_change, text_at
from ..markers import Issued, Section, issued_by_look
from ..project import Project
from .imports import make_relative
from .module import GENERATED, UNPARSABLE, Module, issued_module

_HEAD = "HEAD"

# The commits that git brings together with HEAD while a merge, a rebase and the like go on.
_OTHERS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD", "refs/stash")


class Revisions:
    """The modules that the notebooks of commits make; each commit is compiled when it is needed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._modules: dict[str, dict[Path, Module]] = {}

    def is_unedited(self, path: Path, text: str) -> bool:
        """Whether a module has the text in HEAD, and the notebooks of a commit made this text.

        The commit is HEAD, or the one that changed the module last: a module may be out of date.
        """
        if text != self.text(_HEAD, path):
            return False
        return self._makes(_HEAD, path, text) or self._makes(last_change(path), path, text)

    def base(self, path: Path) -> Issued | None:
        """The module as HEAD's notebooks make it; None if they do not make it.

        It is HEAD's own text if the notebooks make it so, but for its form.
        """
        module = self._module(_HEAD, path)
        if module is None:
            return None
        issued = issued_module(module, self._project)
        text = self.text(_HEAD, path)
        if text is None or text == issued.text or not _is_same(text, module, self._project):
            return issued
        return issued_by_look(text)

    def sides(self, path: Path) -> list[str]:
        """The texts of a module that git is about to bring together, if notebooks made them."""
        texts = []
        for revision in (_HEAD, *_OTHERS):
            text = self.text(revision, path)
            if text is not None and self._makes(revision, path, text):
                texts.append(text)
        return texts

    def text(self, revision: str, path: Path) -> str | None:
        """The text of a file in a commit, with LF line ends; None without it."""
        text = text_at(path, revision)
        return None if text is None else plain_text(text)

    def _makes(self, revision: str, path: Path, text: str) -> bool:
        """Whether the notebooks of a commit make this text of a module."""
        module = self._module(revision, path) if revision else None
        return module is not None and _is_same(text, module, self._project)

    def _module(self, revision: str, path: Path) -> Module | None:
        if revision not in self._modules:
            self._modules[revision] = self._compile(revision)
        return self._modules[revision].get(path)

    def _compile(self, revision: str) -> dict[Path, Module]:
        """The modules that the notebooks of a commit make, with the settings of today."""
        from .plan import plan_modules

        contents: dict[Path, bytes] = {}
        for path in files_at(self._project.nbs_path, revision, ".ipynb"):
            text = text_at(path, revision) if is_project_notebook(self._project, path) else None
            if text is not None:
                contents[path] = text.encode("utf-8", "surrogateescape")
        modules = plan_modules(self._project, contents)
        return {module.path: module for module in modules}


def plain_text(text: str) -> str:
    """The text with LF line ends and without a byte order mark: these are nobody's edits."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


# --- the same module in another form -----------------------------------------------------------


def _is_same(text: str, module: Module, project: Project) -> bool:
    """Whether a text is this module, perhaps in the form in which nbdev writes it.

    nbdev makes fewer imports relative, and it names more in `__all__`. The keys in markers do not
    count: they are other ones where a merge brought cells together.
    """
    issued = issued_module(module, project)
    if text.rstrip("\n") == issued.text.rstrip("\n"):
        return True
    folder = module.path.parent
    package = [project.package, *folder.relative_to(project.lib_path).parts]
    ours = issued.sections(folder)
    first_form = _cells_of_nbdev_1(text)
    if first_form is not None:
        codes = [_plain_code(code, package) for code in first_form]
        return codes == [code for _, code in _cells(ours, package)]
    theirs = issued_by_look(text).sections(folder)
    return (
        _cells(theirs, package) == _cells(ours, package)
        and _plain_head(theirs[0].code) in (_plain_head(ours[0].code), _header(ours[0].code))
        and _listed(theirs) - _bare_names(module) == _listed(ours)
    )


def _cells(sections: list[Section], package: list[str]) -> list[tuple[Path | None, list[str]]]:
    """Notebook and code of each cell, with relative imports, and without blank lines."""
    cells = []
    for section in sections:
        if section.is_cell:
            cells.append((section.notebook, _plain_code(section.code, package)))
    return cells


def _plain_code(code: str, package: list[str]) -> list[str]:
    """The lines of a cell, with relative imports, and without blank lines and blanks at the end."""
    try:
        code = make_relative(code, ast.parse(code), package)
    except UNPARSABLE:
        pass
    return [line.rstrip() for line in code.split("\n") if line.strip()]


_HEAD_OF_NBDEV_1 = (
    rf"{re.escape(GENERATED)}\S+ \(unless otherwise specified\)\.\s*__all__ = \[[^\]]*\]\s*"
)
_MARKER_OF_NBDEV_1 = r"(?m)^# (?:(?:Internal )?Cell|Comes from \S+, cell)$"


def _cells_of_nbdev_1(text: str) -> list[str] | None:
    """The code of each cell of a module that nbdev 1 has written; None for any other text."""
    head, *cells = re.split(_MARKER_OF_NBDEV_1, text)
    return cells if re.fullmatch(_HEAD_OF_NBDEV_1, head) else None


def _plain_head(head: str) -> str:
    """The head of a module without what versions of nbdev write differently.

    These are escapes, and the address of the documentation.
    """
    address = r"(?:\n\n|(?<=^\"{3}))Docs: \S+?(?=\"{3}|\n|$)"
    return re.sub(address, "", head).replace("\\", "").strip()


def _header(head: str) -> str:
    """The last line of a head: older versions of nbdev write no docstring."""
    return head.rpartition("\n")[2]


def _listed(sections: list[Section]) -> set[str]:
    """The names in `__all__`."""
    code = "\n".join(section.code for section in sections if section.is_auto)
    try:
        body = ast.parse(code).body
    except UNPARSABLE:
        return {code}
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List):
            names.update(ast.unparse(element) for element in statement.value.elts)
        elif not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
            names.add(ast.unparse(statement))  # a person typed it
    return names


def _bare_names(module: Module) -> set[str]:
    """The names that only nbdev lists: annotated without a value, or deleted again."""
    names: set[str] = set()
    for cell in module.cells:
        for node in cell.tree.body:
            if isinstance(node, ast.AnnAssign) and node.value is None:
                names.add(repr(ast.unparse(node.target)))
            elif isinstance(node, ast.Delete):
                names.update(repr(ast.unparse(target)) for target in node.targets)
    return names
