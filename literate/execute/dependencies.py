"""What a notebook depends on: its cells, the files that they import, read or name, and what the run itself is.

Found by reading the code, not by running it. Where that is not enough to be sure (`importlib`, `exec`), everything in
reach counts: a notebook that runs once too often costs seconds, one that is left out hides a failure.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from ..diagnostics import UserError
from ..notebook import read_notebook
from ..project import Project
from ..records import dataclass, field
from .selection import NotebookPlan

_LARGE = 1 << 25  # bytes: of a larger file, size and time of change stand for the content
_LIBRARIES = tuple(
    sorted({path for path in sys.path if path.endswith(("site-packages", "dist-packages"))})
)
_DYNAMIC = re.compile(
    r"\b(?:importlib|__import__|runpy|pkgutil)\b|(?<![.\w])(?:exec|eval|compile)\("
)
_COMMENT = re.compile(r"#.*")
_FROM = re.compile(
    r"(?:^|[;:])[ \t]*from(?:[ \t]|\\\n)+([.\w]+)(?:[ \t]|\\\n)+import[ \t]*(\([^)]*\)|(?:[^\n;\\]|\\\n)+)",
    re.MULTILINE,
)
_IMPORT = re.compile(r"(?:^|[;:])[ \t]*import(?:[ \t]|\\\n)+((?:[^\n;\\]|\\\n)+)", re.MULTILINE)
_READS = re.compile(r"^[ \t]*#[ \t]*\|[ \t]*reads[ \t]*:(.*)$", re.MULTILINE)
_QUOTED = re.compile(r"""(["'])([^"'\n]{1,200})\1""")
_COMMAND = re.compile(r"^[ \t]*(?:[\w, ]+=[ \t]*)?[!%]+(.*)$", re.MULTILINE)


@dataclass
class Node:
    """A file, or the code of a notebook, and the files that it leads to."""

    path: Path
    leads_to: list[Path] = field(default_factory=list)


class Graph:
    """The files that notebooks of a project depend on; each file is read once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._texts: dict[Path, str] = {}
        self._digests: dict[Path, str] = {}
        self._edges: dict[tuple[Path, Path], list[Path]] = {}
        self._roots: dict[str, Path | None] = {}

    def nodes(self, plan: NotebookPlan) -> dict[Path, Node]:
        """Everything that a notebook leads to, itself first."""
        notebook = plan.notebook.path
        code = "\n\n".join(step.cell.source for step in plan.steps)
        nodes = {notebook: Node(notebook, self._leads_to(notebook, code, notebook.parent))}
        waiting = [path for path in nodes[notebook].leads_to]
        while waiting:
            path = waiting.pop()
            if path not in nodes:
                nodes[path] = Node(path)
                if path.suffix in (".py", ".ipynb"):
                    nodes[path].leads_to = self._leads_to(path, self._text(path), notebook.parent)
                waiting += nodes[path].leads_to
        return nodes

    def parts(self, plan: NotebookPlan, options: str, outputs: bool = False) -> dict[str, str]:
        """What the outcome of a notebook depends on, by name, and a digest of each."""
        stored = plan.notebook.data["cells"] if outputs else {}
        cells = [
            (
                step.cell.source,
                step.skip,
                step.raises,
                step.cell.tags,
                stored and stored[step.cell.index].get("outputs"),
            )
            for step in plan.steps
        ]
        parts = {
            "its cells": _digest(repr((cells, plan.kernel))),
            "the options of the run": _digest(options),
        }
        parts |= self._machine
        for path in self.nodes(plan).keys() - {plan.notebook.path}:
            parts[self.label(path)] = self._digest_of(path)
        return parts

    def label(self, path: Path) -> str:
        """A file as people know it."""
        return (
            path.relative_to(self.project.root).as_posix()
            if path.is_relative_to(self.project.root)
            else str(path)
        )

    @cached_property
    def _machine(self) -> dict[str, str]:
        ends = (".dist-info", ".egg-info")
        installed = [
            name for folder in _LIBRARIES for name in _names(folder) if name.endswith(ends)
        ]
        runner = [
            (path.name, path.read_bytes()) for path in sorted(Path(__file__).parent.rglob("*.py"))
        ]
        return {
            "Python": f"{sys.version} {sys.platform}",
            "the installed packages": _digest(repr(sorted(installed))),
            "the runner": _digest(repr(runner)),
            "the project's settings": _digest(repr(self.project)),
        }

    def _leads_to(self, path: Path, code: str, cwd: Path) -> list[Path]:
        """The files that a piece of code imports, reads or names. It runs in the folder `cwd`."""
        if (path, cwd) not in self._edges:
            self._edges[path, cwd] = self._found_in(path, code, cwd)
        return self._edges[path, cwd]

    def _found_in(self, path: Path, code: str, cwd: Path) -> list[Path]:
        found = [
            file
            for name, level in set(imported(code))
            for file in self._modules(name, level, path, cwd)
        ]
        if _DYNAMIC.search(code):
            found += self._everything(cwd)
        for text in _READS.findall(code):
            found += [
                file
                for name in re.split(r"[\s,]+", text.strip())
                if name
                for file in self._declared(name, cwd)
            ]
        names = {match[2] for match in _QUOTED.finditer(code)}
        names |= {word for line in _COMMAND.findall(code) for word in line.split()}
        folders = {str(cwd), str(path.parent)}
        found += [
            Path(folder, name)
            for name in names
            for folder in folders
            if _is_file(os.path.join(folder, name))
        ]
        return sorted({Path(os.path.normpath(file)) for file in found} - {path})

    def _modules(self, name: str, level: int, path: Path, cwd: Path) -> Iterator[Path]:
        """The files of a dotted name and of the packages it lies in; the last part may be a name in a module instead."""
        if level:
            folder = path.parent if path.suffix == ".py" else self.project.lib_path
            return _walk(folder.joinpath(*[".."] * (level - 1)), name)
        top = name.partition(".")[0]
        roots = [cwd, self.project.root, *filter(None, [self._installed_at(top)])]
        return (file for root in roots for file in _walk(root, name))

    def _installed_at(self, top: str) -> Path | None:
        """Where a package lies that is neither Python's nor an installed one: installed as a link to its sources."""
        if top not in self._roots:
            self._roots[top] = None
            own = any((self.project.root / f"{top}{end}").exists() for end in ("", ".py"))
            if not own and top not in sys.stdlib_module_names:
                spec = _spec(top)
                places = (
                    [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []
                )
                if places and places[0] and not places[0].startswith(_LIBRARIES):
                    self._roots[top] = Path(places[0]).parent
        return self._roots[top]

    def _everything(self, cwd: Path) -> list[Path]:
        """Every module that a notebook could import without naming it."""
        own = [
            Path(folder, name)
            for folder, _, files in os.walk(self.project.lib_path)
            for name in files
        ]
        beside = [folder / name for folder in (cwd, self.project.root) for name in _names(folder)]
        return [path for path in own + beside if path.suffix == ".py"]

    def _declared(self, name: str, cwd: Path) -> list[Path]:
        """The files of `#| reads: name`: a file, a folder, a pattern; one that is not there counts too, as missing."""
        found = (
            [path for folder in (cwd, self.project.root) for path in folder.glob(name)]
            if name[0] not in "/~"
            else []
        )
        return found or [Path(os.path.expanduser(cwd / name))]

    def _text(self, path: Path) -> str:
        if path not in self._texts:
            try:
                code = (
                    [cell.source for cell in read_notebook(path).cells]
                    if path.suffix == ".ipynb"
                    else None
                )
                self._texts[path] = (
                    "\n".join(code) if code else path.read_text(encoding="utf-8", errors="replace")
                )
            except (OSError, UserError):
                self._texts[path] = ""
        return self._texts[path]

    def _digest_of(self, path: Path) -> str:
        if path not in self._digests:
            files = (
                sorted(file for file in path.rglob("*") if file.is_file())
                if path.is_dir()
                else [path]
            )
            self._digests[path] = _digest(
                repr([(str(file.relative_to(path)), _content(file)) for file in files])
            )
        return self._digests[path]


def imported(code: str) -> Iterator[tuple[str, int]]:
    """The dotted names that a piece of code imports, and how many dots stand before each; rather too many than too few.

    By pattern: it is fast, and magics, broken syntax and imports within strings of code are no hindrance.
    """
    for text in (code, _COMMENT.sub("", code)):
        for module, names in _FROM.findall(text):
            yield from _names_from(module, re.findall(r"\w+", names))
        for modules in _IMPORT.findall(text):
            yield from ((name, 0) for name in re.findall(r"[\w.]+", modules))


def _names_from(module: str, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    name = module.lstrip(".")
    level = len(module) - len(name)
    yield name, level
    yield from ((f"{name}.{each}".lstrip("."), level) for each in names)


def _walk(root: Path, name: str) -> Iterator[Path]:
    """The files below a folder that belong to a dotted name."""
    parts = [part for part in name.split(".") if part and part != "*"]
    for end in range(len(parts) + 1):
        place = root.joinpath(*parts[:end])
        for file in (
            place / "__init__.py",
            *([place.with_name(place.name + ".py")] if end else []),
        ):
            if _is_file(file):
                yield file
        if end:
            compiled = re.compile(rf"{re.escape(place.name)}\.(.*\.)?(so|pyd)")
            yield from (
                place.parent / each for each in _names(place.parent) if compiled.fullmatch(each)
            )


def _spec(name: str):
    try:
        return find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None


def _is_file(path: str | Path) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:  # a NUL in a name
        return False


def _names(folder: str | Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _content(path: Path) -> object:
    try:
        stat = path.stat()
        return (stat.st_size, stat.st_mtime_ns) if stat.st_size > _LARGE else path.read_bytes()
    except OSError:
        return "missing"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
