"""Stamps: what tells whether a file or a folder has changed, without opening it.

This file imports only modules that Python has loaded when it starts, because an unchanged project
is recognized with it.
"""

from __future__ import annotations

import os
import stat
from time import time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Size, time of the last change of the content, time of the last change of anything, and inode.
# Anybody can set the first time, and nobody the second one. After these numbers a digest of the
# content may follow. The list is empty for a file that does not exist.
Stamp = list[int]
Stamps = dict[str, Stamp]  # by path

# The stamp of what has to be looked at again in any case: neither a file nor a missing one has it.
UNKNOWN: Stamp = [-1]

_NUMBERS = 4  # in a stamp without a digest

# A file that changed so recently can change again without a trace: the clocks of file systems are
# coarse, and some count only every second one. git calls such a file "racy".
_RECENT = 2_000_000_000  # nanoseconds


def stamp(path: str | Path) -> Stamp:
    """The stamp of a file or a folder. Take it before you read the file.

    If the file changed in the last two seconds, the stamp contains a digest of the content.
    """
    found = numbers(path)
    if is_recent(found):
        found.append(_digest(path))
    return found


def stamps(paths: Iterable[str | Path]) -> Stamps:
    """The stamp of each path."""
    return {str(path): stamp(path) for path in paths}


def is_current(path: str | Path, known: Stamp) -> bool:
    """Whether a file has not changed since its stamp was taken."""
    if numbers(path) != known[:_NUMBERS]:
        return False
    return not has_digest(known) or _digest(path) == known[-1]


def has_digest(known: Stamp) -> bool:
    """Whether the file was so new when the stamp was taken that its content has to be compared."""
    return len(known) > _NUMBERS


def without_digest(known: Stamp) -> Stamp:
    """The same stamp, for a file that has not changed for two seconds."""
    return known[:_NUMBERS]


def is_recent(known: Stamp) -> bool:
    """Whether a file changed in the last two seconds, or, by its clock, in the future."""
    return bool(known) and time_ns() - max(known[1], known[2]) < _RECENT


def numbers(path: str | Path) -> Stamp:
    """The stamp of a file or a folder, without a digest; empty if it does not exist."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # a path with a null character is a ValueError
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _digest(path: str | Path) -> int:
    """A number that stands for the content of a file, or for the names in a folder."""
    # Python tells with this function whether a source file has changed. To import `hashlib` instead
    # would take as long as the check of a whole project.
    from _imp import source_hash

    return int.from_bytes(source_hash(0, _content(path)), "little")


def _content(path: str | Path) -> bytes:
    """All bytes of a regular file, or the names in a folder; empty if it cannot be read."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        if kind == stat.S_IFDIR:
            return b"\0".join(sorted(os.listdir(os.fsencode(path))))
        if kind == stat.S_IFREG:
            with open(path, "rb") as file:
                return file.read()
    except OSError:
        pass
    return b""
