"""The fast path: whether nothing has changed since the last compile, and its report if so.

This is asked before anything else is imported, and one `stat` for each file answers it.
"""

from __future__ import annotations

import os
import sys

from ..files import Stamp, read_state_file, stamp

# Importing `typing` takes longer than checking an unchanged project.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_REPORT = os.path.join(".literate", "last-report")
_CONFIGS = ("pyproject.toml", "settings.ini")
_ENVIRONMENT = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")  # where a user's settings are

# The file has four parts: the key, the number of generated files, the stamps, and the messages.
_BETWEEN_PARTS = "\0\0"
_BETWEEN_LINES = "\0"


def load_report() -> tuple[list[str], int] | None:
    """The messages of the last compile, and how many files it generated.

    None if anything has changed since in the project that the current folder belongs to.
    """
    path = os.path.join(_project_root(), _REPORT)
    try:
        text = read_state_file(path).decode("utf-8", "surrogateescape")
        key, count, stamps, messages = text.split(_BETWEEN_PARTS)
        if key != _cache_key() or not _are_current(stamps):
            return None
        return messages.split(_BETWEEN_LINES)[:-1], int(count)
    except (OSError, ValueError):
        return None


def store_report(
    root: Path, messages: Iterable[object], count: int, stamps: Mapping[str, Stamp]
) -> None:
    """Keep the report of a compile. It is valid while all files and folders keep these stamps."""
    from ..files import write_state_file

    stamp_lines = [_stamp_line(path, file_stamp) for path, file_stamp in stamps.items()]
    text = "".join([f"{message}{_BETWEEN_LINES}" for message in messages])
    printable = text.encode("utf-8", "backslashreplace").decode()  # as stderr prints it
    parts = [_cache_key(), str(count), _BETWEEN_LINES.join(stamp_lines), printable]
    write_state_file(root / _REPORT, _BETWEEN_PARTS.join(parts))


def _are_current(stamp_lines: str) -> bool:
    """Whether each file still has its stamp."""
    for line in stamp_lines.split(_BETWEEN_LINES):
        _, _, path = line.partition(" ")
        if _stamp_line(path, stamp(path)) != line:
            return False
    return True


def _stamp_line(path: str, file_stamp: Stamp) -> str:
    numbers = ".".join(map(str, file_stamp))
    return f"{numbers} {path}"


def _cache_key() -> str:
    """What a report depends on besides files.

    These are the version of Python, the current folder (messages name files relative to it), and
    where the settings of the user are.
    """
    environment = [os.environ.get(name) or "-" for name in _ENVIRONMENT]
    return _BETWEEN_LINES.join([sys.version, os.getcwd(), *environment])


def _project_root() -> str:
    """The nearest folder with a configuration file, from the current one upwards."""
    folder = os.getcwd()
    while not _has_config(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return folder


def _has_config(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in _CONFIGS)
