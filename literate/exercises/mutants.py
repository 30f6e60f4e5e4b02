"""Known mistakes: wrong versions of a function, made from its source by small edits.

The file `tests/mutants/training.py` holds those of the module `training`, as a dict:

    MUTANTS = {
        "softmax": {
            "subtracts no maximum": ("x - x.max()", "x"),
            "sums over all rows": helper("_row_sum", "dim=1", "dim=None"),
            "always gives zeros": lambda original: lambda x: 0 * x,
        },
    }

Each sentence completes "behaves like one that ...". An edit is one of these:

- a tuple of texts, old and new in turns: ("old", "new") or ("old 1", "new 1", "old 2", "new 2").
  Each old text has to stand exactly once in the source;
- `helper("_name", "old", "new")`, which edits another function or class of the module;
- a function that takes the original and returns a wrong version of it.
"""

from __future__ import annotations

import ast
import os
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from ..directives import ParsedCell, dialect_of, parse_cells
from ..discovery import module_of as implied_module
from ..notebook import read_notebook
from ..records import dataclass
from ..rootfinding import project_around
from .sources import (
    NoSourceError,
    define,
    definition_in,
    first_line,
    functions_of,
    globals_of,
    name_of,
    notebook_of,
    rebind_functions,
    separate_globals,
    source_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Edit: TypeAlias = "tuple[str, ...] | HelperEdit | Callable[[Any], Any]"
    Edits = Mapping[str, Edit]

FOLDER = os.path.join("tests", "mutants")  # in the project's folder
TABLE = "MUTANTS"  # the dict in such a file


class MutantError(ValueError):
    """A file of known mistakes is missing, or one of its edits cannot be made."""


@dataclass(frozen=True)
class HelperEdit:
    """An edit of another function or class than the one that becomes wrong by it."""

    name: str
    texts: tuple[str, ...]


def helper(name: str, *texts: str) -> HelperEdit:
    """An edit of the function or class `name` of the same module: old and new texts in turns."""
    return HelperEdit(name, texts)


# --- the file of known mistakes ----------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A known mistake: how the source is edited."""

    edit: Edit
    method: str  # in which method of the class, as in `Linear.forward`, or ""


@dataclass(frozen=True)
class Mistakes:
    """The known mistakes of one function or class, and the file that lists them."""

    path: Path
    name: str  # of the function or class
    known: Mapping[str, Mistake]  # by their sentences

    def versions(self, original: Any) -> dict[str, Any]:
        """The wrong versions of the original, by their sentences."""
        return {sentence: self._version(original, sentence) for sentence in self.known}

    def _version(self, original: Any, sentence: str) -> Any:
        mistake = self.known[sentence]
        try:
            if callable(mistake.edit):
                return mistake.edit(original)
            return _remade(original, mistake, f"{self.name} that {sentence}")
        except (_EditError, NoSourceError) as error:
            raise self.error(sentence, str(error)) from None
        except SyntaxError as error:
            raise self.error(sentence, f"the edited source is wrong: {error}") from None

    def error(self, sentence: str, problem: str) -> MutantError:
        """An error that names the file, the function and the sentence."""
        return MutantError(f"{self.path}: {self.name}, {sentence!r}: {problem}")


def known_mistakes(
    original: Any, module: str = "", name: str = "", needed: bool = True
) -> Mistakes | None:
    """The known mistakes of a function or a class.

    Those of a class include those of its methods, which stand under `Class.method`. Unless they
    are `needed`, the file may be missing, and it need not list any.
    """
    name = name or name_of(original)
    try:
        path = _file_of(module, original) if module else _only_file_with(name)
        return select_mistakes(path, _read_table(path), name)
    except _NoMistakesError:
        if needed:
            raise
        return None


class _NoMistakesError(MutantError):
    """No known mistakes are listed."""


def select_mistakes(path: Path, table: Mapping[str, Edits], name: str) -> Mistakes:
    """The known mistakes of one name in a table of all known mistakes of a module."""
    known: dict[str, Mistake] = {}
    for key, edits in table.items():
        method = key if key.startswith(f"{name}.") else ""
        if key != name and not method:
            continue
        for sentence, edit in edits.items():
            if sentence in known:
                raise MutantError(f"{path}: {name} has two mistakes with the sentence {sentence!r}")
            known[sentence] = Mistake(edit, method)
    if not known:
        names = ", ".join(table) or "nothing"
        raise _NoMistakesError(f"{path}: {TABLE} has no entry {name!r}, only {names}")
    return Mistakes(path, name, known)


def module_of(original: Any) -> str:
    """The last part of the name of the module that something belongs to, or "".

    For what a notebook defines, this is the module that the notebook writes to, if the notebook
    can be known.
    """
    name = str(getattr(original, "__module__", "") or "")
    if name not in ("", "__main__"):
        return name.rpartition(".")[2]
    notebook = notebook_of(original)
    if notebook is not None:
        return _module_of_notebook(notebook)
    for function in functions_of(original):
        file = Path(function.__code__.co_filename)
        if file.suffix == ".py" and file.is_file():  # a cell that counts as a part of a module
            return file.stem
    return ""


def _only_file_with(name: str) -> Path:
    """The only file that lists mistakes of a name: what belongs to a module that is not known."""
    here = Path.cwd()
    folder = project_around(here, here).root / FOLDER
    found = []
    for path in sorted(folder.glob("*.py")):
        if any(key.partition(".")[0] == name for key in _read_table(path)):
            found.append(path)
    if len(found) == 1:
        return found[0]
    files = " and ".join(path.name for path in found)
    problem = f"{files} list mistakes of {name}" if found else f"no file lists mistakes of {name}"
    raise _NoMistakesError(f"{folder}: {problem}: name the module with module='...'")


def _module_of_notebook(path: Path) -> str:
    """The last part of the name of the module that a notebook writes to, or ""."""
    notebook = read_notebook(path)
    project = project_around(path.parent, path.parent)
    cells = parse_cells(notebook, dialect_of(notebook, project))
    return default_module(cells) or implied_module(path) or ""


def default_module(cells: list[ParsedCell]) -> str:
    """The last part of the name in a notebook's `default_exp`, or ""."""
    for parsed in cells:
        directive = parsed.get("default_exp")
        if directive is not None and directive.args:
            return directive.args[0].replace("/", ".").rpartition(".")[2]
    return ""


def _file_of(module: str, original: Any) -> Path:
    """The file of a module's known mistakes: in the project of this folder, or of the module."""
    here = Path.cwd()
    folders = [here]
    file = globals_of(original).get("__file__")
    if file:
        folders.append(Path(file).parent)
    paths = []
    for folder in folders:
        path = project_around(folder, folder).root / FOLDER / f"{module}.py"
        if path.is_file():
            return path
        paths.append(path)
    name = name_of(original)
    raise _NoMistakesError(f"{paths[0]}: there is no such file, so no mistakes of {name} are known")


# The table of each file, with the time and size that the file had.
_tables: dict[Path, tuple[tuple[int, int], Mapping[str, Edits]]] = {}


def _read_table(path: Path) -> Mapping[str, Edits]:
    status = path.stat()
    stamp = status.st_mtime_ns, status.st_size
    known = _tables.get(path)
    if known is None or known[0] != stamp:
        known = stamp, parse_table(path, path.read_text(encoding="utf-8"))
        _tables[path] = known
    return known[1]


def parse_table(path: Path, text: str) -> Mapping[str, Edits]:
    """The table in the text of a file of known mistakes."""
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), namespace)
    except Exception as error:
        kind = type(error).__name__
        raise MutantError(f"{path}: it cannot be run: {kind}: {error}") from error
    table: Any = namespace.get(TABLE)
    if not isinstance(table, dict):
        raise MutantError(f"{path}: it has no dict {TABLE}")
    for name, edits in table.items():
        if not isinstance(edits, dict):
            raise MutantError(f"{path}: {name!r} needs a dict of sentences and edits")
    checked: Mapping[str, Edits] = table
    return checked


# --- edits -------------------------------------------------------------------------------------


class _EditError(ValueError):
    """An edit that cannot be made."""


def _remade(original: Any, mistake: Mistake, label: str) -> Any:
    """The original, made again from its source with an edit."""
    namespace = separate_globals(original)
    source = source_of(original)
    if isinstance(mistake.edit, HelperEdit):
        _edit_helper(mistake.edit, namespace, label)
        rebind_functions(namespace, globals_of(original))
    else:
        source = _edited(source, mistake.method, mistake.edit)
    return define(source, original, namespace, label)


def _edit_helper(edit: HelperEdit, namespace: dict[str, Any], label: str) -> None:
    """Replace a helper in a namespace by its edited version."""
    name, _, method = edit.name.partition(".")
    if name not in namespace:
        raise _EditError(f"the module has no {name!r}")
    changed = namespace[name]
    if not isinstance(changed, type):
        changed = _undecorated(changed)
    source = _edited(source_of(changed), edit.name if method else "", edit.texts)
    own = separate_globals(changed)
    is_imported = own.get("__name__") != namespace.get("__name__")
    made = define(source, changed, own if is_imported else namespace, f"{name} of {label}")
    namespace[name] = made


def _undecorated(value: Any) -> Any:
    functions = functions_of(value)
    if not functions:
        raise _EditError(f"{value!r} is neither a function nor a class")
    return functions[0]


def _edited(source: str, method: str, texts: object) -> str:
    """The source of a function or a class with its texts replaced, only in a method if given."""
    if not _are_pairs(texts):
        raise _EditError('an edit is a tuple ("old", "new"), helper(...) or a function')
    assert isinstance(texts, tuple)
    if not method:
        return _replaced(source, texts)
    node = definition_in(ast.parse(source), method)
    if node is None:
        raise _EditError(f"the source does not define {method}")
    lines = source.splitlines(keepends=True)
    start, end = first_line(node) - 1, node.end_lineno
    own = "".join(lines[start:end])
    plain = textwrap.dedent(own)
    margin = own[: len(own) - len(own.lstrip())]
    changed = textwrap.indent(_replaced(plain, texts), margin)
    return "".join([*lines[:start], changed, *lines[end:]])


def _are_pairs(texts: object) -> bool:
    if not isinstance(texts, tuple) or not texts or len(texts) % 2:
        return False
    return all(isinstance(text, str) for text in texts)


def _replaced(source: str, texts: tuple[str, ...]) -> str:
    """The source with new texts. Each old text has to stand in it exactly once."""
    places = []
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        count = source.count(old) if old else 0
        if count != 1:
            raise _EditError(f"{old!r} stands {count} times in the source, not once")
        if old == new:
            raise _EditError(f"{old!r} is replaced by itself")
        start = source.index(old)
        places.append((start, start + len(old), new))
    places.sort()
    pieces = []
    copied = 0
    for start, end, new in places:
        if start < copied:
            raise _EditError("two of its old texts overlap")
        pieces += [source[copied:start], new]
        copied = end
    return "".join([*pieces, source[copied:]])
