"""What the outcome of a notebook depends on.

It depends on the notebook's cells, on the files that they import, read or name, and on the run
itself: its options, Python, and the installed packages. The files are found by reading the code,
not by running it. Where that is not enough to be sure (`importlib`, `exec`), every module in reach
counts: a notebook that runs once too often costs seconds, but a notebook that is wrongly left out
hides a failure.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from ..diagnostics import UserError
from ..directives import declared_reads
from ..notebook import read_notebook
from ..project import Project
from ..records import dataclass, field
from .parameters import parameters_step
from .search_folders import search_folders
from .selection import NotebookPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec

Digests = dict[str, str]  # what an outcome depends on, by name, with a digest of its content
Folders = tuple[Path, ...]  # where modules and files are found: the working folder comes first

_CODE = (".py", ".ipynb")  # files that lead to others
_OF_THE_SYSTEM = ("/proc/", "/sys/", "/dev/")  # these change all the time
_LARGE = 1 << 25  # bytes: for a larger file, size and time of change stand for the content
_INSTALLED = tuple(
    sorted({path for path in sys.path if path.endswith(("site-packages", "dist-packages"))})
)

# Code that can import modules whose names do not stand in it.
_DYNAMIC = re.compile(
    r"\b(?:importlib|__import__|runpy|pkgutil)\b|(?<![.\w])(?:exec|eval|compile)\("
)
_QUOTED = re.compile(r"""(["'])([^"'\n]{1,200})\1""")
# !command, %magic. Here and below, `++` and the like give nothing back, so that no text takes long.
_COMMAND = re.compile(r"^[ \t]*+(?:[\w, ]++=[ \t]*+)?+[!%]++(.*)$", re.MULTILINE)


@dataclass
class Node:
    """A file, or the code of a notebook, and the files that it leads to."""

    path: Path
    leads_to: list[Path] = field(default_factory=list)


class DependencyGraph:
    """The files that the notebooks of a project depend on. Each file is read once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._texts: dict[Path, str] = {}
        self._digests: dict[Path, str] = {}
        self._edges: dict[tuple[Path, Folders], list[Path]] = {}  # by file, and where it looks
        self._added: dict[tuple[Path, Path], set[Path]] = {}  # by file and working folder
        self._linked: dict[str, Path | None] = {}  # by the name of a package
        self._imports: dict[Path, set[tuple[str, int]]] = {}  # by file
        self._modules: dict[tuple[str, str], list[Path]] = {}  # by folder and dotted name
        self._names: dict[Path, list[str]] = {}  # by folder

    def forget(self, path: Path) -> None:
        """Forget what is known of a file, because it has changed. It must not be new or gone."""
        for known in (self._texts, self._digests, self._imports):
            known.pop(path, None)
        self._edges = {key: found for key, found in self._edges.items() if key[0] != path}
        self._added = {key: found for key, found in self._added.items() if key[0] != path}

    def nodes(self, plan: NotebookPlan) -> dict[Path, Node]:
        """The notebook and every file that it leads to, by path; the notebook comes first.

        The code of the notebook, and of files beside it, may add folders in which modules are
        found. Then the search begins again. Files elsewhere do not count: large packages name
        folders without end.
        """
        folder = plan.notebook.path.parent
        nodes = self._nodes(plan, (folder,))
        added: set[Path] = set()
        for path in nodes:
            if path.parent == folder:
                added |= self._added_folders(path, self._code(plan, path), folder)
        added.discard(folder)
        return self._nodes(plan, (folder, *sorted(added))) if added else nodes

    def _nodes(self, plan: NotebookPlan, folders: Folders) -> dict[Path, Node]:
        """The nodes, if modules and files are looked for in these folders."""
        nodes: dict[Path, Node] = {}
        waiting = [plan.notebook.path]
        while waiting:
            path = waiting.pop()
            if path in nodes:
                continue
            node = Node(path)
            nodes[path] = node
            if path.suffix in _CODE:
                node.leads_to = self._leads_to(path, self._code(plan, path), folders)
            waiting += node.leads_to
        return nodes

    def _code(self, plan: NotebookPlan, path: Path) -> str:
        """The code of the notebook, or of a file that it leads to; "" for a file without code."""
        if path == plan.notebook.path:
            return "\n\n".join(step.cell.source for step in plan.steps)
        return self._text(path) if path.suffix in _CODE else ""

    def _added_folders(self, path: Path, code: str, working_folder: Path) -> set[Path]:
        """The folders that code adds to the places where modules and files are found."""
        key = (path, working_folder)
        if key not in self._added:
            found: set[Path] = set()
            for folder in {working_folder, path.parent}:
                found.update(search_folders(code, folder, self.project.root))
            self._added[key] = found
        return self._added[key]

    def parts(
        self,
        plan: NotebookPlan,
        options: str,
        outputs: bool = False,
        files: Iterable[Path] | None = None,
    ) -> Digests:
        """The parts that the outcome of a notebook depends on, each with a digest.

        `options` stands for the options of the run. With `outputs`, the outputs that are stored in
        the notebook are a part, too. `files` are its nodes, if they are known.
        """
        parts = {
            "its cells": _digest(self._describe_cells(plan, outputs)),
            "the options of the run": _digest(options),
            **self._machine,
        }
        for path in self.nodes(plan) if files is None else files:
            if path != plan.notebook.path:
                parts[self.label(path)] = self._digest_of(path)
        return parts

    def label(self, path: Path) -> str:
        """The name of a file in messages: its path from the project's root, if it lies below it."""
        root = self.project.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

    def _describe_cells(self, plan: NotebookPlan, outputs: bool) -> str:
        """The cells and what their tags say to the runner; other tags are for pages and people."""
        after = parameters_step(plan)
        cells = []
        for step in plan.steps:
            compared = (step.compares_outputs, step.marks_outputs) if outputs else ()
            cells.append((step.cell.source, step.skip, step.raises, step is after, compared))
        stored = []
        if outputs:
            from .stored_outputs import stored_cells

            stored = [cell.get("outputs") for cell in stored_cells(plan.notebook)]
        return repr((cells, stored, plan.kernel))

    @cached_property
    def _machine(self) -> Digests:
        """The parts that are the same for all notebooks."""
        installed = []
        for folder in _INSTALLED:
            installed += [
                name for name in _names_in(folder) if name.endswith((".dist-info", ".egg-info"))
            ]
        runner = []
        for path in sorted(Path(__file__).parent.rglob("*.py")):
            runner.append((path.name, sha256(path.read_bytes()).hexdigest()))
        return {
            "Python": f"{sys.version} {sys.platform}",
            "the installed packages": _digest(repr(sorted(installed))),
            "the runner": _digest(repr(runner)),
            "the project's settings": _digest(repr(self.project)),
        }

    # --- the files that a piece of code leads to -----------------------------------------------

    def _leads_to(self, path: Path, code: str, folders: Folders) -> list[Path]:
        """The files that the code in a file imports, reads or names."""
        key = (path, folders)
        if key not in self._edges:
            found = {
                *self._imported_files(path, code, folders),
                *self._declared_files(code, folders[0]),
                *self._named_files(path, code, folders),
            }
            normalized = {Path(os.path.normpath(file)) for file in found}
            self._edges[key] = sorted(normalized - {path})
        return self._edges[key]

    def _imported_files(self, path: Path, code: str, folders: Folders) -> Iterator[Path]:
        if path not in self._imports:
            self._imports[path] = set(imported(code))
        for name, level in self._imports[path]:
            if level:
                yield from self._relative_module(name, level, path)
            else:
                yield from self._absolute_module(name, folders)
        if _DYNAMIC.search(code):
            yield from self._modules_in_reach(folders)

    def _relative_module(self, name: str, level: int, path: Path) -> list[Path]:
        """The files of `from ..name import x`; in a notebook, dots start from the package."""
        package = path.parent if path.suffix == ".py" else self.project.lib_path
        above = [".."] * (level - 1)
        return self._module_files(package.joinpath(*above), name)

    def _absolute_module(self, name: str, folders: Folders) -> Iterator[Path]:
        yield from self._module_files(folders[0], name)
        for added in folders[1:]:
            for file in self._module_files(added, name):
                if file != added / "__init__.py":
                    yield file
        yield from self._module_files(self.project.root, name)
        linked = self._folder_of_linked(name.partition(".")[0])
        if linked:
            yield from self._module_files(linked, name)

    def _module_files(self, folder: Path, name: str) -> list[Path]:
        """The files below a folder that belong to a dotted name. They are looked for once."""
        key = (str(folder), name)
        if key not in self._modules:
            self._modules[key] = list(_module_files(folder, name, self._names_in))
        return self._modules[key]

    def _names_in(self, folder: Path) -> list[str]:
        if folder not in self._names:
            self._names[folder] = _names_in(folder)
        return self._names[folder]

    def _folder_of_linked(self, package: str) -> Path | None:
        """The folder that contains a package which is installed as a link to its sources.

        None for a package of Python's, of the project's, or one that is installed as usual.
        """
        if package not in self._linked:
            self._linked[package] = self._find_linked(package)
        return self._linked[package]

    def _find_linked(self, package: str) -> Path | None:
        root = self.project.root
        is_own = (root / package).exists() or (root / f"{package}.py").exists()
        if is_own or package in sys.stdlib_module_names:
            return None
        spec = _find_spec(package)
        if spec is None:
            return None
        places = [*(spec.submodule_search_locations or ()), spec.origin or ""]
        place = places[0]
        if not place or place.startswith(_INSTALLED):
            return None
        return Path(place).parent

    def _modules_in_reach(self, folders: Folders) -> Iterator[Path]:
        """Every module that a notebook could import without naming it."""
        for folder, _, names in os.walk(self.project.lib_path):
            yield from _python_files(folder, names)
        for beside in (*folders, self.project.root):
            yield from _python_files(beside, _names_in(beside))

    def _declared_files(self, code: str, working_folder: Path) -> Iterator[Path]:
        """The files that `#| reads: name` declares: each name is a file, a folder or a pattern.

        A file that does not exist counts, too: the notebook has changed when the file appears.
        """
        for name in declared_reads(code):
            found: list[Path] = []
            if name[0] not in "/~":
                for folder in (working_folder, self.project.root):
                    found += folder.glob(name)
            yield from found or [Path(os.path.expanduser(working_folder / name))]

    def _named_files(self, path: Path, code: str, folders: Folders) -> Iterator[Path]:
        """The files whose names stand in the code in quotes, or in a `!command` or a magic."""
        names = {match[2] for match in _QUOTED.finditer(code)}
        for command in _COMMAND.findall(code):
            names.update(command.split())
        places = {str(folder) for folder in (*folders, path.parent)}
        for name in names:
            if name.startswith(_OF_THE_SYSTEM):
                continue
            for folder in places:
                file = os.path.join(folder, name)  # cheaper than a Path: most are not files
                if _is_file(file):
                    yield Path(file)

    # --- the content of files ------------------------------------------------------------------

    def _text(self, path: Path) -> str:
        """The code of a module or a notebook; "" if it cannot be read."""
        if path not in self._texts:
            try:
                self._texts[path] = _read_code(path)
            except (OSError, UserError):
                self._texts[path] = ""
        return self._texts[path]

    def _digest_of(self, path: Path) -> str:
        """A digest of a file, or of all files in a folder."""
        if path not in self._digests:
            files = [path]
            if path.is_dir():
                files = sorted(file for file in path.rglob("*") if file.is_file())
            contents = [(str(file.relative_to(path)), _content(file)) for file in files]
            self._digests[path] = _digest(repr(contents))
        return self._digests[path]


# --- the imports in a text ---------------------------------------------------------------------

_COMMENT = re.compile(r"#.*")
_START = r"(?:^|[;:])[ \t]*"  # of a statement
_SPACE = r"(?:[ \t]|\\\n)+"
_REST = r"(?:[^\n;\\]|\\\n)+"  # of a statement
_FROM = re.compile(
    rf"{_START}from{_SPACE}([.\w]+){_SPACE}import[ \t]*(\([^)]{{0,10000}}\)|{_REST})", re.MULTILINE
)
_IMPORT = re.compile(rf"{_START}import{_SPACE}({_REST})", re.MULTILINE)


def imported(code: str) -> Iterator[tuple[str, int]]:
    """The dotted names that a piece of code imports, each with the number of dots before it.

    In doubt, a name counts as imported. The names are found by patterns, not by a parser: that is
    fast, and it works with magics, broken syntax and imports inside of strings.
    """
    for text in (code, _COMMENT.sub("", code)):  # a "#" may also stand in a string
        for module, names in _FROM.findall(text):
            name = module.lstrip(".")
            level = len(module) - len(name)
            yield name, level
            for member in re.findall(r"\w+", names):  # each may be a module
                yield f"{name}.{member}".lstrip("."), level
        for modules in _IMPORT.findall(text):
            for name in re.findall(r"[\w.]+", modules):
                yield name, 0


# --- files -------------------------------------------------------------------------------------


def _module_files(folder: Path, name: str, names_in: Callable[[Path], list[str]]) -> Iterator[Path]:
    """The files below a folder that belong to a dotted name: of the module and of its packages."""
    parts = [part for part in name.split(".") if part and part != "*"]
    if _is_file(folder / "__init__.py"):
        yield folder / "__init__.py"
    for count in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:count])
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if _is_file(file):
                yield file
        for file_name in names_in(place.parent):
            if file_name.startswith(f"{place.name}.") and file_name.endswith((".so", ".pyd")):
                yield place.parent / file_name


def _python_files(folder: str | Path, names: list[str]) -> Iterator[Path]:
    for name in names:
        path = Path(folder, name)
        if path.suffix == ".py":
            yield path


def _find_spec(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None


def _is_file(path: str | Path) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # the name contains a NUL
        return False


def _names_in(folder: str | Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read_code(path: Path) -> str:
    if path.suffix == ".ipynb":
        return "\n".join(cell.source for cell in read_notebook(path).cells)
    return path.read_text(encoding="utf-8", errors="replace")


def _content(path: Path) -> object:
    try:
        status = path.stat()
        if status.st_size > _LARGE:
            return status.st_size, status.st_mtime_ns
        return path.read_bytes()
    except OSError:
        return "missing"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
