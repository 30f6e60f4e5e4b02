"""A folder that a program fills: files are written only if they change, and old ones deleted."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..files import write_atomically


class Folder:
    """Writes files into a folder, and remembers which of them changed."""

    def __init__(self, path: Path) -> None:
        self.changed: set[str] = set()
        self._path = path
        self._written: set[str] = set()

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one step, unless it has this content. A link is replaced, not followed.

        Links of folders must not lead out of this folder.
        """
        self._written.add(name)
        path = self._path / name
        try:
            if not path.is_symlink() and path.read_bytes() == content:
                return
        except OSError:
            pass
        self.changed.add(name)
        write_atomically(path, content, inside=(self._path,), follows_link=False)

    def delete_others(self, below: str, among: set[str] | None = None) -> None:
        """Delete the files below a folder that were not written now, and empty folders.

        With `among`, only files with these names are deleted.
        """
        for parent, folders, names in os.walk(self._path / below, topdown=False):
            for name in names:
                path = Path(parent, name)
                relative = path.relative_to(self._path).as_posix()
                if relative not in self._written and (among is None or relative in among):
                    self.changed.add(relative)
                    path.unlink()
            for name in folders:
                with suppress(OSError):  # it is not empty, or a link
                    Path(parent, name).rmdir()
