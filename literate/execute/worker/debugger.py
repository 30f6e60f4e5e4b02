"""The debugger at the place where a cell fails (`--pdb`), on the terminal that the run was started from."""

from __future__ import annotations

import linecache
import pdb
import traceback


class _Debugger(pdb.Pdb):
    def canonic(self, filename: str) -> str:
        """A cell's file name is no path: made one, its lines would not be found."""
        return filename if filename in linecache.cache else super().canonic(filename)


def debug(exception: BaseException, terminal: str) -> None:
    """Show an exception and answer questions about its frames, until whoever sits at the terminal is done."""
    with (
        open(terminal, encoding="utf-8", errors="replace") as keyboard,
        open(terminal, "w", encoding="utf-8", errors="replace") as screen,
    ):
        print("", *traceback.format_exception(exception), sep="", file=screen, flush=True)
        if exception.__traceback__:
            debugger = _Debugger(stdin=keyboard, stdout=screen, nosigint=True)
            debugger.reset()
            debugger.interaction(None, exception.__traceback__)
