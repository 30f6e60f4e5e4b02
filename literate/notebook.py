"""A notebook as bytes and as cells: read it, replace the source of a cell, write a file atomically."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path

from .diagnostics import Diagnostic, UserError
from .values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_JSON = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


@dataclass(frozen=True)
class Cell:
    """One cell; `source` has LF line ends whatever the file has."""

    index: int  # position among all cells, from 0
    given_id: str  # "" in notebooks from before nbformat 4.5, and where it is none
    type: str   # "code", "markdown" or "raw"
    source: str
    metadata: Mapping

    @cached_property
    def id(self) -> str:
        """Its own id, or one derived from position and content: the same from run to run while the cell stays as it is."""
        if self.given_id:
            return self.given_id
        from hashlib import sha256

        return sha256(f"{self.index}\0{self.source}".encode("utf-8", "surrogatepass")).hexdigest()[:8]

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
        raise UserError(Diagnostic(code, message, path, line=line, hint=hint)) from None

    try:
        raw = read_file(path)
        data = _parse(raw)
    except OSError as error:
        hint = "remove it, or give it another name" if error.errno == errno.EINVAL else "check the path and its permissions"
        fail("unreadable", error.strerror or str(error), hint)
    except UnicodeDecodeError as error:
        fail("not-utf8", f"not UTF-8: byte {error.start} cannot be decoded", "save it again as UTF-8")
    except (ValueError, RecursionError) as error:  # a ValueError, too: a number of 5000 digits
        text = raw.decode("utf-8-sig")
        if marker := re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.MULTILINE):
            line = text.count("\n", 0, marker.start()) + 1
            fail("merge-conflict", "merge-conflict markers", "resolve the merge, then run again", line)
        fail("not-json", f"not JSON: {error}", "is it saved completely?", getattr(error, "lineno", None))
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        fail("no-notebook", "JSON, but no notebook: it has no list of cells", "is it another kind of file?")
    if data.get("nbformat", 4) != 4:
        fail("old-format", f"nbformat {str(data['nbformat'])[:20]}, not 4", "open it in JupyterLab and save it, or use jupyter nbconvert --to notebook")
    check_kinds(path, None, data, metadata=dict, nbformat_minor=int)
    check_kinds(path, None, data.get("metadata", {}), kernelspec=dict, language_info=dict)
    return Notebook(path, raw, data, tuple(_cell(path, index, cell) for index, cell in enumerate(data["cells"])))


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
        if raw[start:end].isascii() and raw[end - 1] != ord("\\"):  # that would be a quote of the content's
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
    if not (isinstance(kind, str) and isinstance(given_id, str) and isinstance(metadata, dict) and isinstance(source, (str, list))):
        _refuse_cell(path, index, raw)
    if not given_id.isprintable() or " " in given_id or "#" in given_id:  # no marker in a module could hold it
        given_id = ""
    return Cell(index, given_id, kind, text.replace("\r\n", "\n").replace("\r", "\n"), metadata)


def _refuse_cell(path: Path, index: int, raw: object) -> NoReturn:
    """Say what is wrong with a cell that cannot be read."""
    if not isinstance(raw, dict) or "cell_type" not in raw:
        refuse_shape(path, index, "it is no cell")
    check_kinds(path, index, {name: value for name, value in raw.items() if value is not None}, cell_type=str, id=str, metadata=dict)
    refuse_shape(path, index, "its source is neither a string nor a list of strings")


def check_kinds(path: Path, cell: int | None, values: dict, **kinds: type) -> None:
    """A `UserError` if one of these values is there and of another kind."""
    for name, kind in kinds.items():
        if name in values and not isinstance(value := values[name], kind):
            refuse_shape(path, cell, f"its {name} is {_JSON.get(type(value), 'a number')}, not {_JSON.get(kind, 'a number')}")


def refuse_shape(path: Path, cell: int | None, message: str) -> NoReturn:
    """A `UserError`: the JSON is not shaped as the format says."""
    raise UserError(Diagnostic("no-notebook", message, path, cell, hint="is it another kind of file, or written by a program?"))


def replace_sources(text: str, sources: Mapping[int, str]) -> str:
    """The notebook's text with new sources for some cells, by index; every other character stays as it is."""
    pieces, done = [], 0
    for index, spans in enumerate(_member_spans(text)):
        if index in sources:
            start, end = spans.get("source", spans[""])
            value = _source_json(sources[index], text, start, end)
            pieces += text[done:start], value if start < end else f'"source": {value}, '  # a cell that had none
            done = end
    return "".join([*pieces, text[done:]])


def _source_json(source: str, text: str, start: int, end: int) -> str:
    """`source` as JSON, laid out like the value that it replaces: a string, or a list with its indentation and line ends."""
    old = text[start:end]
    ascii_only = text.isascii() and "\\u" in text
    if old.startswith('"'):
        return json.dumps(source, ensure_ascii=ascii_only)
    lines = [json.dumps(line, ensure_ascii=ascii_only) for line in re.findall(r"[^\n]*\n|[^\n]+", source)]
    before = text[text.rfind("\n", 0, start) + 1:start]
    multiline = re.match(r"\[(\r?\n)([ \t]*)\"", old)
    if multiline:
        newline, inner = multiline.groups()
    elif "\n" in text:  # an empty or one-line list in an indented file: as Jupyter writes it
        newline, outer = "\r\n" if "\r\n" in text else "\n", before[:len(before) - len(before.lstrip())]
        inner = outer + (outer[:len(outer) // 3] or " ")  # the key stands three levels deep
    else:
        return "[" + ", ".join(lines) + "]"
    outer = re.search(r"([ \t]*)\]$", old).group(1) if multiline else outer
    return "[" + newline + f",{newline}".join(inner + line for line in lines) + newline + outer + "]" if lines else "[]"


def replace_outputs(text: str, outputs: Mapping[int, tuple[int | None, list[dict]]]) -> str:
    """The notebook's text with new execution counts and outputs for some code cells, as Jupyter writes them."""
    pieces, done = [], 0
    for index, spans in enumerate(_member_spans(text)):
        if index not in outputs:
            continue
        values = dict(zip(("execution_count", "outputs"), outputs[index]))
        for key in sorted(values, key=lambda key: spans.get(key, spans[""])):
            start, end = spans.get(key, spans[""])
            value = _value_json(values[key], text, start)
            pieces += text[done:start], value if start < end else f'"{key}": {value}, '
            done = end
    return "".join([*pieces, text[done:]])


def _value_json(value: object, text: str, start: int) -> str:
    """Any value as JSON, laid out for its place in the text."""
    key = re.match(r"([ \t]+)\"", text[text.rfind("\n", 0, start) + 1:start])  # only a file with a line for each member
    unit = key and (key[1][:len(key[1]) // 3] or " ")
    layout = json.dumps(value, indent=unit, sort_keys=True, ensure_ascii=text.isascii() and "\\u" in text)
    return layout.replace("\n", ("\r\n" if "\r\n" in text else "\n") + key[1]) if key else layout


def add_ids(text: str, ids: list[str]) -> str:
    """The notebook's text with an id for each cell, as nbformat 4.5 has them."""
    pieces, done = [], 0
    for (start, _), cell_id in zip(_cell_spans(text), ids):
        space = _after_space(text, start + 1).group()
        pieces += text[done:start + 1], f'{space}"id": {json.dumps(cell_id)},'
        done = start + 1
    text = "".join([*pieces, text[done:]])
    minor = {key: (start, end) for key, start, end in _members(text, text.index("{"))}.get("nbformat_minor")
    return text[:minor[0]] + "5" + text[minor[1]:] if minor else text


def insert_cell(text: str, before: int, cell: Mapping) -> str:
    """The notebook's text with one more cell, as JSON, before the cell with that index (or after the last)."""
    spans = _cell_spans(text)
    if not spans:
        return _insert_only_cell(text, cell)
    start, end = spans[min(before, len(spans) - 1)]
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = re.search(r"[ \t]*$", text[:start]).group() if "\n" in text[:start] else None
    piece = _cell_json(cell, indent, newline)
    between = ", " if indent is None else f",{newline}{indent}"
    if before < len(spans):
        return text[:start] + piece + between + text[start:]
    return text[:end] + between + piece + text[end:]


def _insert_only_cell(text: str, cell: Mapping) -> str:
    """The text of a notebook that has no cells, with one cell."""
    members = {key: (start, end) for key, start, end in _members(text, text.index("{"))}
    start, end = members["cells"]
    if "\n" not in text[:start]:
        return f"{text[:start]}[{_cell_json(cell, None, '')}]{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = re.match(r"[ \t]*", text[text.rfind("\n", 0, start) + 1:]).group()
    piece = _cell_json(cell, 2 * outer, newline)
    return f"{text[:start]}[{newline}{2 * outer}{piece}{newline}{outer}]{text[end:]}"


def _cell_json(cell: Mapping, indent: str | None, newline: str) -> str:
    """A cell as JSON, laid out for a place with this indent; on one line if there is none."""
    if indent is None:
        return json.dumps(cell, ensure_ascii=False)
    layout = json.dumps(cell, ensure_ascii=False, indent=indent[:len(indent) // 2] or " ")
    return layout.replace("\n", newline + indent)


def remove_cell(text: str, index: int) -> str:
    """The notebook's text without one of its cells."""
    spans = _cell_spans(text)
    if len(spans) == 1:
        return text[:spans[0][0]] + text[spans[0][1]:]
    if index + 1 < len(spans):
        return text[:spans[index][0]] + text[spans[index + 1][0]:]
    return text[:spans[index - 1][1]] + text[spans[index][1]:]


def line_in_file(text: str, index: int, line: int) -> int:
    """The line of the file, from 1, on which a line of a cell's source stands; in a one-line source, the source's."""
    start, end = next(islice(_member_spans(text), index, None)).get("source", (0, 0))
    seen = 0
    if text[start:start + 1] == "[":
        for first, last in _elements(text, start):
            start, seen = first, seen + json.loads(text[first:last]).count("\n")
            if seen >= line:
                break
    return text.count("\n", 0, start) + 1


_decode = json.JSONDecoder().raw_decode
_after_space = re.compile(r"[ \t\r\n]*").match


def _member_spans(text: str) -> Iterator[dict[str, tuple[int, int]]]:
    """Where the values of each cell's members stand in the text; "" is where a member can be added."""
    for start, _ in _cell_spans(text):
        yield {"": (start + 1, start + 1), **{key: (first, last) for key, first, last in _members(text, start)}}


def _cell_spans(text: str) -> list[tuple[int, int]]:
    """Where each cell stands in the text."""
    top = {key: start for key, start, _ in _members(text, text.index("{"))}
    return list(_elements(text, top["cells"]))


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Key and span of each member of the JSON object that begins at `start`."""
    at = _after_space(text, start + 1).end()
    while text[at] != "}":
        key, at = _decode(text, at)
        at = _after_space(text, _after_space(text, at).end() + 1).end()  # over the colon
        _, end = _decode(text, at)
        yield key, at, end
        at = _after_space(text, end).end()
        at = _after_space(text, at + (text[at] == ",")).end()


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Span of each element of the JSON array that begins at `start`."""
    at = _after_space(text, start + 1).end()
    while text[at] != "]":
        _, end = _decode(text, at)
        yield at, end
        at = _after_space(text, end).end()
        at = _after_space(text, at + (text[at] == ",")).end()


def read_file(path: Path) -> bytes:
    """All of a file; an `OSError` also for what would never end: a pipe, a socket, a device."""
    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):  # of a folder, reading says that it is one
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return path.read_bytes()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step: a crash leaves the old file or the new one; its mode stays, and a link stays a link."""
    target = os.path.realpath(path) if os.path.islink(path) else str(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with _create(temporary) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename in (None, temporary):  # a full disk does not say where
            error.filename = target
        raise


def _create(path: str) -> io.BufferedWriter:
    """A new file, in a new folder if need be."""
    try:
        return open(path, "wb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, "wb")
