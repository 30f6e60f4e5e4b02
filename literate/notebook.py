"""Notebooks: read a file of nbformat 4, as its bytes and as its cells."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

from .diagnostics import Diagnostic, UserError, diagnose
from .files import read_file
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook."""

    index: int  # the position among all cells, from 0
    given_id: str  # "" if the file gives no id, or an id that no marker in a module can hold
    type: str  # "code", "markdown" or "raw"
    source: str  # with LF line ends and without a byte order mark, whatever the file has
    metadata: Mapping[str, Any]

    @cached_property
    def id(self) -> str:
        """The cell's id in the file, or an id that is derived from its position and content.

        A derived id stays the same from run to run while the cell stays the same.
        """
        if self.given_id:
            return self.given_id
        return new_id(f"{self.index}\0{self.source}")

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that Jupyter's sidebar shows."""
        return tuple(self.metadata.get("tags", ()))


def new_id(content: str) -> str:
    """An id that is derived from a text."""
    digest: str = _sha256()(content.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:8]


@dataclass(frozen=True)
class Notebook:
    """A notebook: the exact bytes of its file, and what they mean."""

    path: Path
    raw: bytes  # every byte of the file
    data: dict[str, Any]  # the parsed JSON, without the content of PNG images
    cells: tuple[Cell, ...]

    @cached_property
    def text(self) -> str:
        """Every character of the file."""
        return self.raw.decode("utf-8")

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the notebook, as opposed to the metadata of its cells."""
        metadata: dict[str, Any] = self.data.get("metadata", {})
        return metadata

    @property
    def language(self) -> str:
        """The language of the kernel in lower case; "python" if it is not named."""
        kernel = self.metadata.get("kernelspec", {})
        info = self.metadata.get("language_info", {})
        return str(kernel.get("language") or info.get("name") or "python").lower()

    @property
    def is_python(self) -> bool:
        """Whether the language is Python; some kernels call it "ipython" or "python3"."""
        return self.language.removeprefix("i").startswith("python")

    def cell(self, cell_id: str) -> Cell | None:
        """The cell with this id, or None."""
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        return None


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of nbformat 4.

    Raises a `UserError` that names the file, and the cell if only a cell is wrong.
    """
    try:
        raw = read_file(path)
    except OSError as error:
        hint = "remove it, or give it another name" if error.errno == errno.EINVAL else None
        message = error.strerror or str(error)
        raise UserError(diagnose("unreadable", message, path, hint=hint)) from None
    return parse_notebook(path, raw)


def parse_notebook(path: Path, raw: bytes) -> Notebook:
    """Make a notebook from the bytes of its file; the path is only for messages."""
    data = _parse_json(path, raw)
    if not isinstance(data, dict):
        _refuse_other_json(path)
    version = data.get("nbformat", 3 if "worksheets" in data else 4)
    is_old = version != 4 and isinstance(version, int | float)  # older formats have no "cells"
    if not (is_old or isinstance(data.get("cells"), list)):
        _refuse_other_json(path)
    if version != 4:
        message = f"nbformat {str(version)[:20]}, not 4"
        raise UserError(diagnose("unsupported-nbformat", message, path))
    check_kinds(path, None, data, metadata=dict, nbformat_minor=int)
    check_kinds(path, None, data.get("metadata", {}), kernelspec=dict, language_info=dict)
    cells = [_read_cell(path, index, cell) for index, cell in enumerate(data["cells"])]
    return Notebook(path, raw, data, tuple(cells))


def _refuse_other_json(path: Path) -> NoReturn:
    refuse_shape(path, None, "JSON, but not a notebook: it has no list of cells")


# --- JSON --------------------------------------------------------------------------------------

_PNG_KEY = b'"image/png": "'
_CONFLICT_MARKER = r"(?m)^(<{7}|={7}|>{7})( |$)"


def data_with_images(notebook: Notebook) -> dict[str, Any]:
    """The parsed JSON of a notebook, with the content of its PNG images."""
    if _PNG_KEY not in notebook.raw:
        return notebook.data
    data: dict[str, Any] = json.loads(notebook.raw.decode("utf-8-sig"))
    return data


def _parse_json(path: Path, raw: bytes) -> Any:
    """The JSON of a file without the content of its PNG images; a `UserError` if it is broken."""
    try:
        return json.loads(_without_pixels(raw).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        pass
    try:
        # The whole file once more: this error names the right place in the file.
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {error.start} cannot be decoded"
        problem = diagnose("not-utf8", message, path)
    except (ValueError, RecursionError) as error:  # also for a number of more than 4300 digits
        problem = _explain_broken_json(path, raw.decode("utf-8-sig"), error)
    raise UserError(problem)


def _explain_broken_json(path: Path, text: str, error: Exception) -> Diagnostic:
    marker = re.search(_CONFLICT_MARKER, text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        return diagnose("merge-conflict", "merge-conflict markers", path, line=line)
    line_of_error = getattr(error, "lineno", None)
    return diagnose("not-json", f"not JSON: {error}", path, line=line_of_error)


def _without_pixels(raw: bytes) -> bytes:
    """The file without the content of its PNG images.

    Images make up two thirds of the bytes of real notebooks, and nothing here reads them. JSON is
    parsed faster without them.
    """
    pieces = []
    copied = 0  # the bytes before this position are in `pieces`, or are left out
    start = raw.find(_PNG_KEY)
    while start >= 0:
        start += len(_PNG_KEY)
        end = raw.find(b'"', start)
        if end < 0:
            break
        has_escaped_quote = raw[end - 1] == ord("\\")  # this quote belongs to the content
        if raw[start:end].isascii() and not has_escaped_quote:
            pieces.append(raw[copied:start])
            copied = end
        start = raw.find(_PNG_KEY, end)
    pieces.append(raw[copied:])
    return b"".join(pieces)


# --- cells -------------------------------------------------------------------------------------


@cache
def _sha256() -> Callable[[bytes], Any]:
    """The function of `hashlib`, from the module that does without OpenSSL.

    To load OpenSSL takes as long as to read some notebooks.
    """
    try:
        from _sha2 import sha256  # type: ignore[import-not-found]  # from Python 3.12 on
    except ImportError:
        try:
            from _sha256 import sha256  # type: ignore[import-not-found]
        except ImportError:
            from hashlib import sha256
    function: Callable[[bytes], Any] = sha256
    return function


def _read_cell(path: Path, index: int, raw: Any) -> Cell:
    try:
        kind = raw["cell_type"]
        source = raw.get("source", "")
        given_id = raw.get("id") or ""
        metadata = raw.get("metadata") or {}
        text = source if isinstance(source, str) else "".join(source)
    except (TypeError, KeyError, AttributeError):
        _refuse_cell(path, index, raw)
    is_complete = (
        isinstance(kind, str)
        and isinstance(given_id, str)
        and isinstance(metadata, dict)
        and isinstance(source, (str, list))
    )
    if not is_complete:
        _refuse_cell(path, index, raw)
    if not _fits_into_marker(given_id):
        given_id = ""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    return Cell(index, given_id, kind, text, metadata)


def _fits_into_marker(cell_id: str) -> bool:
    """Whether a cell marker in a module can hold this id."""
    return cell_id.isprintable() and " " not in cell_id and "#" not in cell_id


def _refuse_cell(path: Path, index: int, raw: Any) -> NoReturn:
    """Raise a `UserError` that says why this cell cannot be read."""
    if not isinstance(raw, dict) or "cell_type" not in raw:
        refuse_shape(path, index, "it is not a cell")
    check_kinds(path, index, raw, cell_type=str)
    not_null = {name: value for name, value in raw.items() if value is not None}
    check_kinds(path, index, not_null, id=str, metadata=dict)
    refuse_shape(path, index, "its source is neither a string nor a list of strings")


# --- messages ----------------------------------------------------------------------------------

_JSON_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


def check_kinds(
    path: Path, cell: int | None, values: Mapping[str, Any], **kinds: type[object]
) -> None:
    """Raise a `UserError` if a value that is present has another type than the given one."""
    for name, kind in kinds.items():
        if name not in values:
            continue
        value = values[name]
        if not isinstance(value, kind):
            found, wanted = _json_name(type(value)), _json_name(kind)
            refuse_shape(path, cell, f"its {name} is {found}, not {wanted}")


def _json_name(kind: type[object]) -> str:
    return _JSON_NAMES.get(kind, "a number")


def refuse_shape(path: Path, cell: int | None, message: str) -> NoReturn:
    """Raise a `UserError`: the JSON does not have the structure of a notebook."""
    raise UserError(diagnose("not-a-notebook", message, path, cell))
