"""Whether anything has changed since the last compilation: asked before anything else is imported, and told by a `stat` for each file."""

from __future__ import annotations

import os
import sys

from ..files import stamp

TYPE_CHECKING = (
    False  # as in typing, which takes longer to import than an unchanged project to check
)
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RECORD = os.path.join(".literate", "last-report")
_CONFIGS = ("pyproject.toml", "settings.ini")


def still_said() -> tuple[list[str], int] | None:
    """What the last compilation of the current folder's project found wrong, and how many files it made, if nothing has changed since."""
    try:
        with open(
            os.path.join(_root(), _RECORD), encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            key, count, stamps, said = file.read().split("\0\0")
        if key == _key() and all(
            _line(line.partition(" ")[2]) == line for line in stamps.split("\0")
        ):
            return said.split("\0")[:-1], int(count)
    except (OSError, ValueError):
        pass
    return None


def remember_said(
    root: Path, said: Iterable[object], count: int, stamps: dict[str, list[int]]
) -> None:
    """Keep what a compilation said for as long as these files and folders stay as they are."""
    from ..files import write_atomically

    lines = "\0".join(f"{_word(stamp)} {path}" for path, stamp in stamps.items())
    words = (
        "".join(f"{line}\0" for line in said).encode("utf-8", "backslashreplace").decode()
    )  # as stderr prints it
    write_atomically(root / _RECORD, "\0\0".join([_key(), str(count), lines, words]))


def _line(path: str) -> str:
    return f"{_word(stamp(path))} {path}"


def _word(stamp: list[int]) -> str:
    return ".".join(map(str, stamp))


def _key() -> str:
    """What else decides what is said: who says it and where, and where a user's settings are."""
    return "\0".join(
        [
            sys.version,
            os.getcwd(),
            *(
                os.environ.get(name) or "-"
                for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")
            ),
        ]
    )


def _root() -> str:
    folder = os.getcwd()
    while not any(
        os.path.exists(os.path.join(folder, name)) for name in _CONFIGS
    ) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder
