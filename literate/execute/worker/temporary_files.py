"""The folder for the temporary files of one notebook, and copies of it that belong to snapshots."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress

# Bound before a notebook can patch them.
_copytree, _rmtree, _scandir, _mkdtemp = (
    shutil.copytree,
    shutil.rmtree,
    os.scandir,
    tempfile.mkdtemp,
)
_makedirs = os.makedirs

_PREFIX = "notebook-"  # of the names of such folders
_MOST_BYTES = 50_000_000  # that are copied
_MOST_FILES = 5000


class TooMuchError(Exception):
    """The folder holds more than is copied."""


class TemporaryFolder:
    """The folder in which a notebook finds and makes its temporary files."""

    def __init__(self) -> None:
        folder = os.environ.get("TMPDIR", "")  # the server has set it
        # Otherwise it is the folder of all notebooks, which does not belong to this one.
        self.path = folder if os.path.basename(folder).startswith(_PREFIX) else ""

    def copy(self) -> str:
        """Copy the folder. Returns the folder of the copy, or "" if there is nothing to copy.

        Raises `TooMuchError` if a copy would take long.
        """
        if not self.path or not os.path.isdir(self.path):
            return ""
        size, count = _size_of(self.path)
        if size > _MOST_BYTES or count > _MOST_FILES:
            raise TooMuchError
        if not count:
            return ""
        place = _mkdtemp(prefix="copy-", dir=os.path.dirname(self.path))
        _copytree(self.path, place, symlinks=True, dirs_exist_ok=True)
        return place

    def restore(self, copy: str) -> None:
        """Give the folder the content that it had when it was copied."""
        if not self.path:
            return
        _rmtree(self.path, ignore_errors=True)
        _makedirs(self.path, exist_ok=True)
        if copy:
            _copytree(copy, self.path, symlinks=True, dirs_exist_ok=True)
            _rmtree(copy, ignore_errors=True)


def _size_of(folder: str) -> tuple[int, int]:
    """How many bytes, and how many files and folders, a folder holds; it stops at too many."""
    size = count = 0
    waiting = [folder]
    while waiting and count <= _MOST_FILES:
        with _scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
    return size, count
