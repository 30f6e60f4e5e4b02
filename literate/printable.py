"""Text that can be printed: what stands in files, names and settings must not command anybody.

Escape characters and reversed writing reach the terminal as visible escapes such as `\\x1b`. No
line looks like a command to a CI service, which reads commands in what a program prints.
"""

from __future__ import annotations

_UNPRINTABLE = {
    "Cc",  # control characters
    "Cf",  # characters that change others, for example the direction of writing
    "Cs",  # halves of characters
    "Zl",  # line and paragraph separators
    "Zp",
}

# GitHub Actions and Azure Pipelines obey `::error ...` at the beginning of a line, and `##[...]`
# and `##vso[...]` anywhere in a line.
_AT_THE_BEGINNING = "::"
_ANYWHERE = ("##[", "##vso[")


def printable(text: str) -> str:
    """The text as one line, with escapes for characters that cannot be printed."""
    if not text.isprintable():
        text = "".join(map(_escaped, text))
    return _without_commands(text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines, in which line ends and tabs stay."""
    lines = []
    for line in text.split("\n"):
        columns = line.split("\t")
        lines.append(_without_commands("\t".join(map(printable, columns))))
    return "\n".join(lines)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    from unicodedata import category

    if category(character) not in _UNPRINTABLE:
        return character
    return character.encode("unicode_escape").decode()


def _without_commands(line: str) -> str:
    if line.lstrip().startswith(_AT_THE_BEGINNING):
        line = line.replace(":", r"\x3a", 1)
    for command in _ANYWHERE:
        line = line.replace(command, command.replace("#", r"\x23", 1))
    return line
