"""The blocks of a page, in the containers that Quarto's fences open: `::: {.callout-note}`.

A container may begin in one cell and end in another, with code in between.
"""

from __future__ import annotations

import re

from ..records import dataclass, field
from .blocks import CALLOUTS, callout, indented

_FENCE = re.compile(r"^[ \t]*:{3,}[ \t]*(?:\{(?P<attributes>[^{}]*)\}|(?P<word>[\w-]+))?[ \t:]*$")
_CODE_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})")
_QUOTED = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*(?:\{[^{}]*\})?[ \t]*$")

TABSET, CALLOUT, PLAIN, DROPPED = "tabset", "callout", "plain", "dropped"


@dataclass
class Container:
    """A part of a page that has a beginning and an end."""

    kind: str = PLAIN
    callout_kind: str = ""
    title: str = ""
    fold: str = ""
    html_class: str = ""
    blocks: list[str] = field(default_factory=list)
    tabs: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, block: str) -> None:
        """Add a block at the end."""
        if self.kind == TABSET and self.tabs:
            self.tabs[-1][1].append(block)
        else:
            self.blocks.append(block)

    def markdown(self) -> str:
        """The container as one block."""
        body = "\n\n".join(self.blocks)
        if self.kind == CALLOUT:
            return callout(self.callout_kind, self.title, self.blocks, self.fold)
        if self.kind == TABSET:
            written = []
            for title, blocks in self.tabs:
                title = title.replace('"', "&quot;")
                content = indented("\n\n".join(blocks))
                written.append(f'=== "{title}"\n\n{content}')
            return "\n\n".join([body, *written]).strip()
        if self.kind == DROPPED:
            return ""
        if self.html_class and body:
            return f'<div class="{self.html_class}" markdown="1">\n\n{body}\n\n</div>'
        return body


class PageBlocks:
    """The blocks of a page, of which some lie in containers."""

    def __init__(self) -> None:
        self._stack = [Container()]

    @property
    def depth(self) -> int:
        """How many containers are open."""
        return len(self._stack) - 1

    @property
    def takes_tab(self) -> bool:
        """Whether a heading is the title of a tab here."""
        return self._stack[-1].kind == TABSET

    @property
    def takes_title(self) -> bool:
        """Whether a heading is the title of a callout here."""
        top = self._stack[-1]
        return top.kind == CALLOUT and not top.title and not top.blocks

    @property
    def is_dropped(self) -> bool:
        """Whether this part of the page is not shown on a site."""
        return any(container.kind == DROPPED for container in self._stack)

    def add(self, block: str) -> None:
        """Add a block to the innermost container."""
        if block.strip():
            self._stack[-1].add(block)

    def open(self, container: Container) -> None:
        """Begin a container."""
        self._stack.append(container)

    def close(self) -> bool:
        """End the innermost container; False if none is open."""
        if not self.depth:
            return False
        closed = self._stack.pop()
        self.add(closed.markdown())
        return True

    def set_title(self, title: str) -> None:
        """Use a heading as the title of a callout or of a tab."""
        top = self._stack[-1]
        if top.kind == TABSET:
            top.tabs.append((title, []))
        else:
            top.title = title

    def text(self) -> str:
        """The whole page; containers that are still open end here."""
        while self.depth:
            self.close()
        return "\n\n".join(self._stack[0].blocks) + "\n"


def split_at_fences(text: str, output: str = "html") -> list[str | Container | None]:
    """The pieces of a text: texts, containers that begin, and None where one ends."""
    if ":::" not in text:
        return [text]
    pieces: list[str | Container | None] = []
    lines: list[str] = []
    code_fence = ""
    for line in text.split("\n"):
        code = _CODE_FENCE.match(line)
        if code and (not code_fence or code[1].startswith(code_fence)):
            code_fence = "" if code_fence else code[1]
        match = None if code_fence else _FENCE.match(line)
        if match is None:
            lines.append(line)
            continue
        pieces.append("\n".join(lines))
        lines = []
        is_end = match["attributes"] is None and match["word"] is None
        attributes = match["attributes"] or f".{match['word']}"
        pieces.append(None if is_end else container_of(attributes, output))
    pieces.append("\n".join(lines))
    return [piece for piece in pieces if piece != ""]


def container_of(attributes: str, output: str = "html") -> Container:
    """The container that `{.callout-note collapse="true"}` and the like begin."""
    values = {}
    for match in _QUOTED.finditer(attributes):
        values[match[1]] = match[2] or match[3] or match[4] or ""
    classes = re.findall(r"(?<!\S)\.([\w-]+)", _QUOTED.sub("", attributes))
    for name in classes:
        kind = name.removeprefix("callout-")
        if kind != name and kind in CALLOUTS:
            fold = {"true": "closed", "false": "open"}.get(values.get("collapse", ""), "")
            return Container(CALLOUT, kind, values.get("title", ""), fold)
    if "panel-tabset" in classes:
        return Container(TABSET)
    if _is_for_others(classes, values, output):
        return Container(DROPPED)
    kept = [name for name in classes if name in ("text-center", "aside", "column-margin")]
    return Container(PLAIN, html_class=" ".join(f"literate-{name}" for name in kept))


# Quarto's names for the formats of a site and of a README.
_FORMATS = {"html": ("html", "html:js"), "readme": ("markdown", "gfm", "commonmark")}


def _is_for_others(classes: list[str], values: dict[str, str], output: str) -> bool:
    """Whether Quarto shows this part in other formats only."""
    formats = _FORMATS[output]
    is_meant = values.get("when-format", formats[0]) in formats
    if "unless-format" in values:
        is_meant = values["unless-format"] not in formats
    if "content-visible" in classes:
        return not is_meant
    return "content-hidden" in classes and is_meant


def heading_of(block: str) -> str:
    """The text of a heading; "" for another block."""
    match = _HEADING.match(block)
    return match[2] if match and "\n" not in block else ""
