"""`literate diff`: the differences between notebooks as text, cell by cell."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..vcs.compared import NotebookDifference
    from ..vcs.differences import CellDifference

TEXTCONV = "--textconv"

_RED, _GREEN, _CYAN, _BOLD, _RESET = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"


def diff(
    # up to two commits, and then notebooks or folders; or two notebooks to compare
    *notebooks: str,
    # only count what changed, a line for each notebook
    stat: bool = False,
    # print the one notebook that is named as text: for git
    textconv: bool = False,
    # print the differences as JSON
    json: bool = False,
) -> int:
    """Show the differences between notebooks as text, cell by cell.

    Without a commit, the notebooks are compared with HEAD, with one commit with that one, and with
    two commits these are compared. Noise is left out, and outputs are shortened.

    Exit codes: 0 done, 1 a notebook cannot be read, 2 bad usage.
    """
    from ..diagnostics import UsageError
    from ..vcs.compared import compare_names

    if textconv:
        if len(notebooks) != 1 or stat or json:
            raise UsageError("--textconv takes one notebook, and no other flag")
        return _print_as_text(notebooks[0])
    found = list(compare_names(notebooks))
    if json:
        _print_json(found)
    elif stat:
        _print_numbers(found)
    else:
        _print_differences(found)
    for difference in found:
        if difference.problem:
            print(difference.problem, file=sys.stderr)
    return 1 if any(difference.problem for difference in found) else 0


# --- one notebook as text ----------------------------------------------------------------------


def _print_as_text(name: str) -> int:
    """Print a notebook as text. What is not a notebook is printed as it is, as git would do it."""
    from pathlib import Path

    from ..diagnostics import UserError
    from ..files import read_file
    from ..vcs.cell_text import notebook_lines
    from ..vcs.versions import read_version

    raw = read_file(Path(name))
    try:
        lines = notebook_lines(read_version(Path(name), raw).data) if raw else []
        text = "".join(f"{line}\n" for line in lines)
        raw = text.encode("utf-8", "surrogatepass")
    except (UserError, RecursionError):
        pass
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()
    return 0


# --- differences -------------------------------------------------------------------------------


def _print_differences(found: Sequence[NotebookDifference]) -> None:
    paint = _painter()
    for difference in found:
        if not difference.cells:
            continue
        print(paint(f"--- {difference.old_name}", _BOLD))
        print(paint(f"+++ {difference.new_name}", _BOLD))
        for cell in difference.cells:
            print(paint(_heading(cell), _CYAN))
            for line in cell.lines:
                print(_painted_line(line, paint))


def _painted_line(line: str, paint: Callable[[str, str], str]) -> str:
    from ..printable import printable_lines

    shown = printable_lines(line)
    if line.startswith("+"):
        return paint(shown, _GREEN)
    return paint(shown, _RED) if line.startswith("-") else shown


def _painter() -> Callable[[str, str], str]:
    """The function that colours a line, which does so only on a terminal."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda line, _: line
    return lambda line, colour: f"{colour}{line}{_RESET}"


def _heading(cell: CellDifference) -> str:
    """The line above the differences of a cell: `@@ cell 3 code #6fd14ecd: changed source @@`."""
    from ..printable import printable

    if cell.old_index is None and cell.new_index is None:
        return "@@ notebook: changed metadata @@"
    index = cell.new_index if cell.new_index is not None else cell.old_index
    number = 0 if index is None else index + 1
    about = f"cell {number} {cell.type}" + (f" #{cell.id}" if cell.id else "")
    what = cell.change
    if cell.parts and cell.change == "changed":
        what += f" {', '.join(cell.parts)}"
    if cell.is_moved and cell.old_index is not None:
        what = f"moved from {cell.old_index + 1}"
        what += f", changed {', '.join(cell.parts)}" if cell.parts else ""
    return printable(f"@@ {about}: {what} @@")


def _print_numbers(found: Sequence[NotebookDifference]) -> None:
    """Print a line for each notebook: how many cells came, went, changed and moved."""
    from ..printable import printable

    for difference in found:
        cells = [cell for cell in difference.cells if cell.type != "notebook"]
        numbers = []
        for change in ("added", "deleted", "changed", "moved"):
            count = sum(cell.change == change for cell in cells)
            if count:
                numbers.append(f"{count} {change}")
        added = sum(cell.added_lines for cell in difference.cells)
        deleted = sum(cell.deleted_lines for cell in difference.cells)
        about = f"cells: {', '.join(numbers)}" if numbers else "metadata"
        if not difference.problem:
            print(printable(f"{difference.new_name}: {about}; lines: +{added} -{deleted}"))


def _print_json(found: Sequence[NotebookDifference]) -> None:
    from json import dumps

    from ..records import asdict

    print(dumps({"notebooks": asdict(found)}, indent=1, ensure_ascii=False))


def run() -> None:
    """The console command."""
    from ..command import leave, main

    words = sys.argv[1:]
    if len(words) == 2 and words[0] == TEXTCONV and not words[1].startswith("-"):
        # This is how git calls it for each version of a notebook. Fire would double the time.
        leave(main(lambda: _print_as_text(words[1]), []))
    leave(main(diff))
