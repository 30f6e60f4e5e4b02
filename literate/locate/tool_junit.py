"""Places in a JUnit file as ruff writes it: a file for each suite, and a line for each case."""

from __future__ import annotations

import os
import re
from xml.sax.saxutils import escape, unescape

from .places import CELL, Position, position_in_module, position_name

_SUITE = re.compile(r'\s*<testsuite name="(?P<path>[^"]+\.py)"')
_CASE = re.compile(
    r'(?P<head>\s*<testcase name="[^"]*" classname=")[^"]+(?P<middle>" line=")(?P<line>\d+)'
)
_FAILURE = re.compile(r"(?P<head>\s*<failure\b[^>]*>line )(?P<line>\d+)(?=, col \d+, )")
_QUOTE = {'"': "&quot;"}
_UNQUOTE = {"&quot;": '"', "&apos;": "'"}


class JunitLines:
    """Names the places in the lines of a JUnit file anew."""

    def __init__(self) -> None:
        self._module = ""  # the file of the present suite
        self._position: Position | None = None  # of the present case

    def rewrite(self, line: str) -> str | None:
        """The line with its place named anew; None for a line without a place."""
        suite = _SUITE.match(line)
        if suite:
            self._module = unescape(suite["path"], _UNQUOTE)
            return None
        if not self._module:
            return None
        case = _CASE.match(line)
        if case:
            return self._rewrite_case(line, case)
        failure = _FAILURE.match(line)
        if failure and self._position:
            return f"{failure['head']}{self._position.cell.line}{line[failure.end() :]}"
        return None

    def _rewrite_case(self, line: str, case: re.Match[str]) -> str | None:
        self._position = position_in_module(self._module, int(case["line"]))
        if self._position is None:
            return None
        name, number = position_name(self._position, CELL, os.path.isabs(self._module))
        return f"{case['head']}{escape(name, _QUOTE)}{case['middle']}{number}{line[case.end() :]}"
