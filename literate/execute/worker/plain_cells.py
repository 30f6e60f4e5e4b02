"""Cells that IPython would not rewrite: they hold Python, and nothing that IPython adds to it.

IPython splits each cell into tokens to look for magics, prompts and help. That takes a third of the
time of a small cell, and most cells hold nothing of the kind. One regular expression tells them.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
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

# IPython looks at a single line once more: its first word may be the name of a magic or a macro. It
# is neither if it is a keyword, or a new name that gets a value.
_BEGINS_WITH_A_KEYWORD = re.compile(
    r"(?: assert|class|def|del|for|from|global|if|import|raise|return|try|while|with ) \b",
    re.VERBOSE,
)
_ASSIGNS = re.compile(r"([A-Za-z_]\w*) \ ? = (?! = )", re.VERBOSE)


class Rewriting:
    """What a shell does to the text of each cell. A notebook can add to it."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._at_first = self._steps()

    def leaves(self, source: str) -> bool:
        """Return whether a cell stays as it is. If in doubt, the answer is False."""
        if not is_plain(source, self._shell.user_ns):
            return False
        return self._steps() == self._at_first

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


def is_plain(source: str, names: Container[str]) -> bool:
    """Return whether IPython would leave this cell as it is.

    `names` are the variables of the notebook, among which there may be macros. If in doubt, the
    answer is False.
    """
    if not source or _MAY_BE_REWRITTEN.search(source):
        return False
    if "\n" in source.removesuffix("\n"):
        return True
    if _BEGINS_WITH_A_KEYWORD.match(source):
        return True
    assignment = _ASSIGNS.match(source)
    return assignment is not None and assignment[1] not in names
