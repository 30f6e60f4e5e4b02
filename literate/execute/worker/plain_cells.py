"""Cells that IPython would not rewrite: they hold Python, and nothing that IPython adds to it.

IPython splits each cell into tokens to look for magics, prompts and help. That takes a third of the
time of a small cell, and most cells hold nothing of the kind. One regular expression tells them.
"""

from __future__ import annotations

import re

from IPython.core.autocall import IPyAutocall
from IPython.core.macro import Macro

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

# A cell in which this is found goes through IPython. What is listed here may also be plain Python
# (`%` in a calculation): such a cell takes longer, and nothing else is different.
_MAY_BE_REWRITTEN = re.compile(
    r"""
      \A [ \t\n]                  # an indented cell, or one that begins with empty lines
    | ^ [ \t]+ $                  # a line of blanks, which loses them
    | ^ [ \t]* (?: >>> | \.\.\. ) # the prompts of Python
    | ^ [ \t]* (?: In\ \[ | \[nav\] | \[ins\] )  # the prompts of IPython
    | ^ [ \t]* [,;/]              # calls without brackets
    | [%?]                        # magics and help
    | ! (?! = )                   # commands of the system
    | [^\t\n\x20-\x7e]            # characters that may end a line
    """,
    re.VERBOSE | re.MULTILINE,
)

# The first word of a line, as IPython finds it. IPython looks at it if a cell is a single line: it
# may be the name of a magic or of a macro, also without a `%`.
_FIRST_WORD = re.compile(r"[\w.*]*")


class Rewriting:
    """What a shell does to the text of each cell. A notebook can add to it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._at_first = self._steps()

    def leaves(self, source: str) -> bool:
        """Return whether a cell stays as it is. If in doubt, the answer is False."""
        if not source or _MAY_BE_REWRITTEN.search(source):
            return False
        if self._steps() != self._at_first:
            return False
        has_more_lines = "\n" in source.removesuffix("\n")
        return has_more_lines or not self._begins_with_a_command(source)

    def _begins_with_a_command(self, line: str) -> bool:
        """Return whether the first word of a line may be a command of IPython."""
        shell = self._shell
        word = _FIRST_WORD.match(line)
        assert word is not None  # the word may be empty
        name = word[0]
        if shell.autocall or shell.find_magic(name) is not None:
            return True
        return isinstance(shell.user_ns.get(name), (IPyAutocall, Macro))

    def _steps(self) -> tuple[list[Any], ...]:
        """Return copies of the lists of all that may rewrite a cell."""
        text = self._shell.input_transformer_manager
        line: Any = self._shell.prefilter_manager
        return (
            text.cleanup_transforms[:],
            text.line_transforms[:],
            text.token_transformers[:],
            line.transformers[:],
            line.checkers[:],
            self._shell.input_transformers_post[:],
        )
