"""IPython's syntax, taken out of a cell so that the rest can be read as Python.

The cells that are not exported are full of it: `%time`, `!ls`, `x?`. Nothing here runs IPython.
"""

from __future__ import annotations

import ast
import re

from .module import UNPARSABLE

# Cell magics below which another language stands, or a file.
_OTHER_LANGUAGES = frozenset(
    {
        *(
            "bash",
            "cmd",
            "cython",
            "file",
            "html",
            "javascript",
            "js",
            "julia",
            "latex",
            "markdown",
        ),
        *("perl", "powershell", "R", "ruby", "script", "sh", "sql", "svg", "system", "writefile"),
    }
)
_CELL_MAGIC = r"%%(\w+)"
_TIMED = r"(\s*)%time\s+(?=[^\s-])"  # IPython runs the statement behind it in the notebook
_ASSIGNED = r"(\s*)([\w.]+(?:\s*,\s*[\w.]+)*)\s*=\s*[!%]"  # files = !ls
_MAGIC = r"(\s*)(?:[%!?]|[^#\s].*\?$)"


def python_of(code: str) -> str | None:
    """The cell's code without IPython's syntax; None if it is not Python even then."""
    if _is_python(code):
        return code
    lines = code.split("\n")
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith(("%%", "#"))):
        magic = re.match(_CELL_MAGIC, lines[0].lstrip())
        if magic and magic[1] in _OTHER_LANGUAGES:
            return ""
        del lines[0]
    stripped = "\n".join(_strip_lines(lines))
    return stripped if _is_python(stripped) else None


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except UNPARSABLE:
        return False
    return True


def _strip_lines(lines: list[str]) -> list[str]:
    """The lines, with plain statements in place of magics and of the lines that continue them."""
    found = []
    continues = False
    for line in lines:
        if continues:
            continues = line.endswith("\\")
            found.append("")
            continue
        stripped = _strip_line(line)
        continues = stripped != line and line.endswith("\\")
        found.append(stripped)
    return found


def _strip_line(line: str) -> str:
    text = line.rstrip()
    if timed := re.match(_TIMED, text):
        return timed[1] + text[timed.end() :]
    if assigned := re.match(_ASSIGNED, text):
        return f"{assigned[1]}{assigned[2]} = None"
    if magic := re.match(_MAGIC, text):
        return f"{magic[1]}pass"
    return line
