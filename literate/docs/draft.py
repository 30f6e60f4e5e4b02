"""A draft: a page whose text is complete, except for what depends on other pages.

Where a link stands, or the entry of a function, the text contains the number of a reference. All
drafts of a site are made first. Then `resolve.py` fills in the references.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..diagnostics import Diagnostic
from ..records import dataclass, field

# The kinds of references.
LINK, IMAGE, ADDRESS = "link", "image", "address"  # ADDRESS stands in an attribute of HTML
NAME = "name"  # `name` in a text, which may be a name of the library
ENTRY = "entry"  # the documentation of a name, which `show_doc` asked for
SOURCE = "source"  # where the code of a name is

_START, _END = "\ue000", "\ue001"
REFERENCE = re.compile(f"{_START}(\\d+){_END}")


@dataclass(frozen=True)
class Reference:
    """A part of a page that depends on other pages."""

    kind: str
    target: str  # an address, or a name
    text: str = ""  # what is shown
    suffix: str = ""  # what follows in Markdown: a title, and attributes
    level: int = 2  # of the heading of an entry
    cell: int = 0  # the place in the notebook, for messages
    cell_id: str = ""
    line: int = 1


@dataclass(frozen=True)
class Symbol:
    """A name of the library that a page documents."""

    name: str  # with its class: Learner.fit
    module: str  # dotted, without the package; "" if it is not known
    anchor: str
    kind: str  # "function", "class", "method" or "value"
    summary: str = ""  # the first sentence of its docstring
    entry: str = ""  # the text of its entry, with a heading of level 1
    references: tuple[Reference, ...] = ()  # of the entry


@dataclass
class Draft:
    """A page before its references are filled in."""

    page: str  # its path in the site, such as sub/core.md
    source: str  # the path of its notebook in the repository
    title: str = ""
    summary: str = ""
    text: str = ""
    references: list[Reference] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)  # the headings, by their anchors
    symbols: list[Symbol] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)  # the heading above each cell, by ids
    files: dict[str, str] = field(default_factory=dict)  # file names, and contents in base64
    aliases: list[str] = field(default_factory=list)  # other addresses of the page
    problems: list[Diagnostic] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)  # modules of the package that it imports
    module: str = ""  # the module that it makes
    order: float | None = None  # its place among the pages of its folder, if it gives one
    has_math: bool = False
    is_hidden: bool = False  # it says `search: false` or is left out of the contents

    @property
    def all_anchors(self) -> dict[str, str]:
        """The anchors of headings and of entries, with their texts."""
        entries = {symbol.anchor: symbol.name for symbol in self.symbols if symbol.anchor}
        return self.anchors | entries


def mark(number: int) -> str:
    """What stands in a text for the reference with this number."""
    return f"{_START}{number}{_END}"


def renumbered(text: str, offset: int) -> str:
    """The text with higher numbers, so that its references can stand behind those of another."""
    return REFERENCE.sub(lambda match: mark(int(match[1]) + offset), text)


# --- anchors -----------------------------------------------------------------------------------


def anchor_of(heading: str) -> str:
    """The anchor of a heading, as Quarto makes it, so that links to nbdev's pages stay right."""
    text = plain_text(heading).lower()
    text = re.sub(r"[^\w\s.-]", "", text)
    text = re.sub(r"^[^a-z\u00aa-\uffff]+", "", re.sub(r"\s+", "-", text.strip()))
    return text or "section"


def plain_text(markdown: str) -> str:
    """A heading without its marks: emphasis, code, links, images and HTML."""
    text = re.sub(r"`[^`]*`", _protected, markdown)
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", text)
    text = re.sub(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)", "", text)
    return text.translate(_UNPROTECT).replace("`", "").replace("\\", "").strip()


# Marks in code, and characters of the private use area that stand for them meanwhile.
_PROTECT = {ord(mark): chr(0xE020 + number) for number, mark in enumerate("_*<>[]")}
_UNPROTECT = {ord(stands): chr(mark) for mark, stands in _PROTECT.items()}


def _protected(code: re.Match[str]) -> str:
    return code[0].translate(_PROTECT)


def same_anchor(anchor: str) -> str:
    """What two spellings of an anchor have in common: Jupyter keeps capitals, GitHub drops dots."""
    return re.sub(r"[^\w]+", "-", anchor.lower()).strip("-")


def unique_anchor(anchor: str, taken: Sequence[str] | dict[str, str]) -> str:
    """The anchor, or the first of `anchor-1`, `anchor-2` and so on that is not taken."""
    if anchor not in taken:
        return anchor
    number = 1
    while f"{anchor}-{number}" in taken:
        number += 1
    return f"{anchor}-{number}"
