"""The debugger of `--pdb`: it opens on the terminal of the run, at the line where a cell failed."""

from __future__ import annotations

import linecache
import pdb
import traceback


class _CellDebugger(pdb.Pdb):
    """A debugger that can show the lines of cells."""

    def canonic(self, filename: str) -> str:
        """The name under which `linecache` knows the lines of a file.

        Pdb makes an absolute path of each file name. A cell has a name such as "a.ipynb:cell 1",
        which is not a path, and its lines are only found under this name.
        """
        if filename in linecache.cache:
            return filename
        return super().canonic(filename)


def debug(exception: BaseException, terminal: str) -> None:
    """Show an exception on a terminal and debug it there, until the person quits the debugger."""
    with (
        open(terminal, encoding="utf-8", errors="replace") as keyboard,
        open(terminal, "w", encoding="utf-8", errors="replace") as screen,
    ):
        print("".join(traceback.format_exception(exception)), file=screen, flush=True)
        if exception.__traceback__ is None:
            return
        debugger = _CellDebugger(stdin=keyboard, stdout=screen, nosigint=True)
        debugger.reset()
        debugger.interaction(None, exception.__traceback__)
