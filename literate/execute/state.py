"""Files in the state folder, `.literate`, that several runs write at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Whoever reads a file here, to write it anew with something added, takes turns with others who do."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # on the folder itself: no file is left for it
        yield
    finally:
        os.close(descriptor)
