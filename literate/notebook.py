"""A notebook as bytes and as cells: read it, replace the source of a cell, write a file atomically."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from .diagnostics import UserError, diagnose
from .files import read_file
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_JSON = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


@dataclass(frozen=True)
class Cell:
    """One cell; `source` has LF line ends whatever the file has."""

    index: int  # position among all cells, from 0
    given_id: str  # "" in notebooks from before nbformat 4.5, and where it is none
    type: str  # "code", "markdown" or "raw"
    source: str
    metadata: Mapping

    @cached_property
    def id(self) -> str:
        """Its own id, or one derived from position and content: the same from run to run while the cell stays as it is."""
        if self.given_id:
            return self.given_id
        from hashlib import sha256

        return sha256(f"{self.index}\0{self.source}".encode("utf-8", "surrogatepass")).hexdigest()[
            :8
        ]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that Jupyter's sidebar shows."""
        return tuple(self.metadata.get("tags", ()))


@dataclass(frozen=True)
class Notebook:
    """A notebook: exactly as it stands in the file, and what it says."""

    path: Path
    raw: bytes  # every byte of the file
    data: dict  # the parsed JSON, without the pixels of images
    cells: tuple[Cell, ...]

    @cached_property
    def text(self) -> str:
        """Every character of the file."""
        return self.raw.decode("utf-8")

    @property
    def metadata(self) -> dict:
        """The notebook's own metadata."""
        return self.data.get("metadata", {})

    @property
    def language(self) -> str:
        """The kernel's language, lower case; "python" where the notebook does not say."""
        spec, info = self.metadata.get("kernelspec", {}), self.metadata.get("language_info", {})
        return str(spec.get("language") or info.get("name") or "python").lower()

    def cell(self, cell_id: str) -> Cell | None:
        """The cell with this id."""
        return next((cell for cell in self.cells if cell.id == cell_id), None)


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of nbformat 4; a `UserError` names the file if it is none or cannot be read, and the cell that is no cell."""
    path = Path(path)

    def fail(code: str, message: str, hint: str, line: int | None = None):
        raise UserError(diagnose(code, message, path, line=line, hint=hint)) from None

    try:
        raw = read_file(path)
        data = _parse(raw)
    except OSError as error:
        hint = (
            "remove it, or give it another name"
            if error.errno == errno.EINVAL
            else "check the path and its permissions"
        )
        fail("unreadable", error.strerror or str(error), hint)
    except UnicodeDecodeError as error:
        fail(
            "not-utf8", f"not UTF-8: byte {error.start} cannot be decoded", "save it again as UTF-8"
        )
    except (ValueError, RecursionError) as error:  # a ValueError, too: a number of 5000 digits
        text = raw.decode("utf-8-sig")
        if marker := re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.MULTILINE):
            line = text.count("\n", 0, marker.start()) + 1
            fail(
                "merge-conflict",
                "merge-conflict markers",
                "resolve the merge, then run again",
                line,
            )
        fail(
            "not-json",
            f"not JSON: {error}",
            "is it saved completely?",
            getattr(error, "lineno", None),
        )
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        fail(
            "not-a-notebook",
            "JSON, but no notebook: it has no list of cells",
            "is it another kind of file?",
        )
    if data.get("nbformat", 4) != 4:
        fail(
            "unsupported-nbformat",
            f"nbformat {str(data['nbformat'])[:20]}, not 4",
            "open it in JupyterLab and save it, or use jupyter nbconvert --to notebook",
        )
    check_kinds(path, None, data, metadata=dict, nbformat_minor=int)
    check_kinds(path, None, data.get("metadata", {}), kernelspec=dict, language_info=dict)
    return Notebook(
        path, raw, data, tuple(_cell(path, index, cell) for index, cell in enumerate(data["cells"]))
    )


def _parse(raw: bytes) -> object:
    try:
        return json.loads(_without_pixels(raw).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return json.loads(raw.decode("utf-8-sig"))  # for an error that tells where in the file


def _without_pixels(raw: bytes) -> bytes:
    """The file without the content of its PNG images: two thirds of what real notebooks are made of, and nothing reads it."""
    key, pieces, done = b'"image/png": "', [], 0
    start = raw.find(key)
    while start >= 0:
        start += len(key)
        end = raw.find(b'"', start)
        if raw[start:end].isascii() and raw[end - 1] != ord(
            "\\"
        ):  # that would be a quote of the content's
            pieces.append(raw[done:start])
            done = end
        start = raw.find(key, end)
    return b"".join([*pieces, raw[done:]])


def _cell(path: Path, index: int, raw: dict) -> Cell:
    try:
        kind, source = raw["cell_type"], raw.get("source", "")
        given_id, metadata = raw.get("id") or "", raw.get("metadata") or {}
        text = source if isinstance(source, str) else "".join(source)
    except (TypeError, KeyError, AttributeError):
        _refuse_cell(path, index, raw)
    if not (
        isinstance(kind, str)
        and isinstance(given_id, str)
        and isinstance(metadata, dict)
        and isinstance(source, (str, list))
    ):
        _refuse_cell(path, index, raw)
    if (
        not given_id.isprintable() or " " in given_id or "#" in given_id
    ):  # no marker in a module could hold it
        given_id = ""
    return Cell(index, given_id, kind, text.replace("\r\n", "\n").replace("\r", "\n"), metadata)


def _refuse_cell(path: Path, index: int, raw: object) -> NoReturn:
    """Say what is wrong with a cell that cannot be read."""
    if not isinstance(raw, dict) or "cell_type" not in raw:
        refuse_shape(path, index, "it is no cell")
    check_kinds(
        path,
        index,
        {name: value for name, value in raw.items() if value is not None},
        cell_type=str,
        id=str,
        metadata=dict,
    )
    refuse_shape(path, index, "its source is neither a string nor a list of strings")


def check_kinds(path: Path, cell: int | None, values: dict, **kinds: type) -> None:
    """A `UserError` if one of these values is there and of another kind."""
    for name, kind in kinds.items():
        if name in values and not isinstance(value := values[name], kind):
            refuse_shape(
                path,
                cell,
                f"its {name} is {_JSON.get(type(value), 'a number')}, not {_JSON.get(kind, 'a number')}",
            )


def refuse_shape(path: Path, cell: int | None, message: str) -> NoReturn:
    """A `UserError`: the JSON is not shaped as the format says."""
    raise UserError(
        diagnose(
            "not-a-notebook",
            message,
            path,
            cell,
            hint="is it another kind of file, or written by a program?",
        )
    )
