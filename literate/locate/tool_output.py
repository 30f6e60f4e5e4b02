"""What a tool prints, from its first line to its last one, with the places in it named anew."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

from .places import MODULE, Position, as_json
from .tool_json import Document
from .tool_lines import ESCAPE, Found, Rewriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A line that never ends is passed on in pieces of this size.
_LONGEST_LINE = 1 << 20
_LARGEST_DOCUMENT = 1 << 28

_SEVERITY = re.compile(r"[\s:\-]*\b(error|warning|note|information|remark)\b:?\s*")


def rewritten(source: BinaryIO, world: str) -> Iterator[bytes]:
    """The output of a tool with its places named anew.

    Each line comes as soon as it has been read. Only a JSON document that fills several lines
    has to be read to its end first.
    """
    rewriter = Rewriter(world)
    for text, document in _parts(source, takes_json=world != MODULE):
        if document is not None:
            yield document.rewritten().encode("utf-8", "surrogateescape")
        else:
            yield rewriter.rewrite(text).encode("utf-8", "surrogateescape")


def located(source: BinaryIO, world: str) -> Iterator[dict[str, Any]]:
    """The places in the output of a tool as data."""
    found: list[dict[str, Any]] = []

    def note(place: Found, rest: str) -> None:
        found.append({**as_json(place.position), **_message(rest)})

    rewriter = Rewriter(world, note)
    for text, document in _parts(source, takes_json=world != MODULE):
        if document is not None:
            found += [_of_record(*place) for place in document.places]
        else:
            rewriter.rewrite(text)
        yield from found
        found.clear()


def _parts(source: BinaryIO, takes_json: bool) -> Iterator[tuple[str, Document | None]]:
    """The lines of a text, and the JSON documents that take their place."""
    is_first = True
    while raw := source.readline(_LONGEST_LINE):
        line = raw.decode("utf-8", "surrogateescape")
        bare = line.strip()
        if takes_json and is_first and bare in ("{", "["):
            text = line + source.read(_LARGEST_DOCUMENT).decode("utf-8", "surrogateescape")
            document = _document(text)
            if document is not None:
                yield text, document
            else:
                for each in text.splitlines(keepends=True):
                    yield each, None
            continue
        if bare:
            is_first = False
        is_object = takes_json and bare.startswith(("{", "[{")) and bare.endswith(("}", "}]"))
        yield line, _document(line) if is_object else None


def _document(text: str) -> Document | None:
    try:
        return Document(text)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


def _message(rest: str) -> dict[str, Any]:
    """The severity and the message in what stands behind a place."""
    text = re.sub(ESCAPE, "", rest).strip()
    severity = _SEVERITY.match(text)
    if severity:
        return {"severity": severity[1], "message": text[severity.end() :]}
    return {"severity": "", "message": text.lstrip(":-").strip()}


def _of_record(position: Position, record: dict[str, Any]) -> dict[str, Any]:
    """A place in a JSON document, with the message of its record."""
    message = record.get("message", record.get("description", ""))
    if isinstance(message, dict):  # SARIF
        message = message.get("text", "")
    severity = record.get("severity", record.get("level", ""))
    return {**as_json(position), "severity": severity, "message": message}


def as_line(record: dict[str, Any]) -> str:
    """A record as a line of JSON."""
    # A CI service would obey `##vso[...]` in a text.
    return json.dumps(record).replace("##", r"\u0023#")
