"""The folders that code may add to the places where it looks for modules and files.

`sys.path.append("../src")`, `os.chdir(Path("..") / "src")` and `%cd ../src` can be written in many
ways. So the code is not understood: each text in it that names a folder counts, from the folders
above the notebook too. One folder too many does no harm, unless it has a module of the same name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# The words without which no code adds a folder.
_MOVES = re.compile(
    r"\bsys\s*\.\s*path\b|\bpath\s*\.\s*(?:append|insert|extend)\b"
    r"|\bchdir\b|\baddsitedir\b|^[ \t]*+[!%]?+cd\b|PYTHONPATH",
    re.MULTILINE,
)
_QUOTED = re.compile(r"""(["'])([^"'\n]{1,200})\1""")
_CD = re.compile(r"^[ \t]*+[!%]?+cd[ \t]++(\S.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{[^{}]{0,100}\}")  # in an f-string
_MOST_PARTS = 3  # of a path that a line puts together: os.path.join("..", "src", "lib")
_MOST_TEXTS = 12  # of a line that are looked at


def search_folders(code: str, folder: Path, root: Path) -> Iterator[Path]:
    """The folders that a piece of code may add; `folder` is that of its file."""
    if not _MOVES.search(code):
        return
    bases = _bases(folder, root)
    yield from bases
    for name in set(_names(code)):
        for base in bases:
            path = os.path.normpath(os.path.join(base, os.path.expanduser(name)))
            if _is_folder(path):
                yield Path(path)


def _bases(folder: Path, root: Path) -> list[Path]:
    """The folder, and those above it up to the root of the project."""
    bases = [folder]
    while bases[-1] != root and root in bases[-1].parents:
        bases.append(bases[-1].parent)
    return bases


def _names(code: str) -> Iterator[str]:
    """The texts in a piece of code that may be the names of folders."""
    for line in code.split("\n"):
        texts = [match[2] for match in _QUOTED.finditer(line)][:_MOST_TEXTS]
        texts = [_PLACEHOLDER.sub("", text) for text in texts]
        for count in range(1, _MOST_PARTS + 1):
            for start in range(len(texts) - count + 1):
                first, *others = texts[start : start + count]
                rest = [other.lstrip("/") for other in others]
                yield os.path.join(first, *rest)
                if first.startswith("/"):  # something may stand before it: here + "/../src"
                    yield os.path.join(first.lstrip("/"), *rest)
    for match in _CD.finditer(code):
        yield match[1].strip().strip("\"'")


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:  # the name contains a NUL
        return False
