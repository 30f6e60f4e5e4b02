"""`literate locate`: the cell of a line of a module, and back, also in what other tools print."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def locate(
    # lib/core.py:34, or 'nbs/00_core.ipynb:cell 7:3', or - for the output of another tool
    *places: str,
    # with -, how places are named: cell, module (where a cell has one), or file, which is the line
    # in the notebook's file
    to: str = "cell",
    # print a JSON object for each place, one a line
    json: bool = False,
) -> int:
    """Print the cell and the line that a line of a module was generated from, or the reverse.

    With -, read the output of another tool, such as mypy, and print it with each place in a module
    named as notebook, cell and line. Everything else stays as it is.

    Exit codes: 0 done, 1 a place is in no cell, 2 bad usage.
    """
    from ..diagnostics import UsageError
    from ..locate.places import CELL, FILE, MODULE

    if to not in (CELL, FILE, MODULE):
        raise UsageError(f"--to is cell, file or module, not {to!r}")
    if "-" in places:
        if len(places) > 1:
            raise UsageError("- stands alone: it reads the output of another tool")
        return _filter(to, json)
    if to != CELL:
        raise UsageError("--to goes with -, which reads the output of another tool")
    if not places:
        raise UsageError("a place is needed, such as lib/core.py:34, or - to read from a pipe")
    return _print_places(_joined(places), json)


def _joined(words: Iterable[str]) -> list[str]:
    """The places in the words of a command line.

    `nbs/00_core.ipynb:cell 7 (6fd14ecd):3` without quotes comes as several words.
    """
    places: list[str] = []
    for word in words:
        if places and (places[-1].endswith(":cell") or word.startswith("(")):
            places[-1] += f" {word}"
        else:
            places.append(word)
    return places


def _print_places(places: list[str], json: bool) -> int:
    from ..diagnostics import UserError
    from ..locate.places import as_json, other_side, parse_position
    from ..locate.tool_output import as_line

    code = 0
    for place in places:
        try:
            position = parse_position(place)
            text = as_line(as_json(position)) if json else other_side(position, place)
        except UserError as error:
            print(error, file=sys.stderr)
            code = 1
        else:
            print(text)
    return code


def _filter(world: str, json: bool) -> int:
    from ..locate.tool_output import as_line, located, rewritten

    source = sys.stdin.buffer
    if json:
        for record in located(source, world):
            print(as_line(record), flush=True)
        return 0
    for part in rewritten(source, world):
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    return 0


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(locate))
