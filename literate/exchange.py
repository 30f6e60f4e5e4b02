"""Exchanging two files in one step. Python has no function for it, so that of the system is called.

A file that is replaced is gone, whatever it has become since it was looked at. A file that is
exchanged can still be looked at.
"""

from __future__ import annotations

import errno
import os

_CURRENT_FOLDER = -100  # AT_FDCWD: relative paths begin in the current folder
_EXCHANGE = 2  # RENAME_EXCHANGE

# What says that the system, or the file system, cannot exchange files.
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.EPERM)


def exchange(one: str, other: str) -> bool:
    """Exchange two files of one file system; False if this cannot be done here.

    It can be done on Linux, and on most file systems. A link is exchanged itself.
    """
    try:
        import ctypes

        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, TypeError, AttributeError):  # Windows, macOS, old systems
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_CURRENT_FOLDER, paths[0], _CURRENT_FOLDER, paths[1], _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), other)
