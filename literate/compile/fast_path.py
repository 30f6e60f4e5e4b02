"""The fast path: whether nothing has changed since the last compile, and its report if so.

This is asked before anything else is imported, and one `stat` for each file answers it.
"""

from __future__ import annotations

import os
import sys

from ..files import read_state_file
from ..stamps import has_digest, is_current, is_recent, without_digest

# Importing `typing` takes longer than checking an unchanged project.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..stamps import Stamp, Stamps

_REPORT = os.path.join(".literate", "last-report")
_CONFIGS = ("pyproject.toml", "settings.ini")

# The file has five parts: the format, the key, the numbers of generated files and of remarks among
# the messages, the stamps, and the messages. A report in another format is not read.
_FORMAT = "literate report 3"
_BETWEEN_PARTS = "\0\0"
_BETWEEN_LINES = "\0"

# What decides where the settings of a user and of git are, and which packages Python finds.
_VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "PYTHONPATH"),
    *("GIT_DIR", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES"),
)


def load_report() -> tuple[list[str], int, int] | None:
    """The messages of the last compile, how many files it generated, and how many remarks it made.

    None if anything has changed since in the project that the current folder belongs to.
    """
    root = _project_root()
    try:
        text = read_state_file(os.path.join(root, _REPORT)).decode("utf-8", "surrogateescape")
        parts = text.split(_BETWEEN_PARTS, 4)
        form, key, counts, stamp_lines, messages = parts
        if form != _FORMAT or key != _cache_key():
            return None
        stamps = _stamps_of(stamp_lines)
        if not _has_settings(root, stamps):  # it was not made here: nobody foresees these numbers
            return None
        if not all(is_current(path, known) for path, known in stamps.items()):
            return None
        files, remarks = map(int, counts.split())
    except (OSError, ValueError):
        return None
    _drop_digests(root, parts, stamps)
    return messages.split(_BETWEEN_LINES)[:-1], files, remarks


def store_report(
    root: Path, messages: Iterable[object], files: int, stamps: Stamps, remarks: int = 0
) -> None:
    """Keep the report of a compile. It is valid while all files and folders keep these stamps.

    `files` is the number of generated files, and `remarks` that of the remarks among the messages.
    """
    lines = [str(message).replace(_BETWEEN_LINES, r"\0") for message in messages]
    text = "".join([f"{line}{_BETWEEN_LINES}" for line in lines])
    printable = text.encode("utf-8", "backslashreplace").decode()  # as stderr prints it
    parts = [_FORMAT, _cache_key(), f"{files} {remarks}", _stamp_lines(stamps), printable]
    _write(str(root), _BETWEEN_PARTS.join(parts))


def environment() -> list[str]:
    """What a compile depends on besides files: Python, this program, and environment variables."""
    names = [*_VARIABLES, *[name for name in os.environ if name.startswith("GIT_CONFIG")]]
    variables = [f"{name}={os.environ.get(name, '')}" for name in names]
    return [sys.version, sys.prefix, __file__, *variables]


# --- the stamps in a report --------------------------------------------------------------------


def _stamp_lines(stamps: Stamps) -> str:
    """A line for each file: the numbers of its stamp, and its path."""
    lines = [f"{'.'.join(map(str, known))} {path}" for path, known in stamps.items()]
    return _BETWEEN_LINES.join(lines)


def _has_settings(root: str, stamps: Stamps) -> bool:
    """Whether a file with the settings of the project has a stamp."""
    return any(stamps.get(os.path.join(root, name)) for name in _CONFIGS)


def _stamps_of(lines: str) -> Stamps:
    stamps: dict[str, Stamp] = {}
    for line in lines.split(_BETWEEN_LINES):
        numbers, _, path = line.partition(" ")
        stamps[path] = [int(number) for number in numbers.split(".") if number]
    return stamps


def _drop_digests(root: str, parts: list[str], stamps: Stamps) -> None:
    """Store the report again if fewer files have to be read than when it was stored.

    The stamps are current. Where a stamp is no longer recent, it tells a change without a digest.
    """
    renewed: dict[str, Stamp] = {}
    for path, known in stamps.items():
        if has_digest(known) and not is_recent(known):
            renewed[path] = without_digest(known)
    if not renewed:
        return
    parts[3] = _stamp_lines({**stamps, **renewed})
    try:
        _write(root, _BETWEEN_PARTS.join(parts))
    except OSError:  # nothing is lost: the files are read again next time
        pass


def _write(root: str, text: str) -> None:
    from pathlib import Path

    from ..files import write_state_file

    write_state_file(Path(root, _REPORT), text)


def _cache_key() -> str:
    """What a report depends on besides files.

    The current folder is a part of it, because messages name files relative to it.
    """
    return _BETWEEN_LINES.join([*environment(), os.getcwd()])


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
