"""Our lines in a file of attributes, which tells git how to treat which files.

They stand between two comments, so that they can be found again. Everything else in the file stays
as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..files import read_file, write_atomically

_BEGIN = "# literate: notebooks are cleaned, compared and merged by cell"
_END = "# literate: end"
_ENDS = {_END: "\n", f"{_END}; the line above these had no end": ""}  # and the end of that line


def with_lines(text: str, lines: list[str]) -> str:
    """The text with these lines as ours; without lines, the text without ours."""
    above, ours, below = _split(text)
    if not lines:
        return above + below
    end = _END
    if above and not above.endswith("\n"):
        end = next(marker for marker, newline in _ENDS.items() if not newline)
        above += "\n"
    return above + "".join(f"{line}\n" for line in [_BEGIN, *lines, end]) + below


def our_lines(text: str) -> list[str]:
    """The lines of ours that a text has."""
    return _split(text)[1]


def _split(text: str) -> tuple[str, list[str], str]:
    """The text above our lines, our lines without the comments, and the text below."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    bare = [line.strip() for line in lines]
    if _BEGIN not in bare:
        return text, [], ""
    first = bare.index(_BEGIN)
    last = next((n for n in range(first, len(bare)) if bare[n] in _ENDS), first)
    above = "".join(lines[:first])
    if _ENDS.get(bare[last]) == "":
        above = above.removesuffix("\n")
    return above, bare[first + 1 : last], "".join(lines[last + 1 :])


def read_attributes(path: Path) -> str:
    """The text of a file of attributes; "" if there is none."""
    try:
        return read_file(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def write_attributes(path: Path, text: str) -> bool:
    """Write the text, and say whether something changed. A file without any text is removed."""
    old = read_attributes(path)
    if text == old:
        return False
    if text:
        write_atomically(path, text)
    else:
        path.unlink()
    return True
