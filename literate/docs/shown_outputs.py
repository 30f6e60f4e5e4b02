"""Outputs of cells as Markdown: text, tables, formulas, errors, and figures as files."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from html.parser import HTMLParser

from ..records import dataclass, field
from .ansi import has_colors, html_of, without_colors
from .blocks import fenced
from .cells import CellView
from .settings import FOLDED, HIDDEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The forms of one output, from the best one on.
_PREFERRED = (
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/markdown",
    "text/latex",
    "application/json",
    "text/plain",
)
_SUFFIXES = {
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
}

_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)  # tags that are never closed
_OPTIONAL_END = frozenset(
    "li p td th tr thead tbody tfoot dt dd option colgroup path rect circle line g use".split()
)
_EXTERNAL = re.compile(
    r"<(script|iframe|link|object|embed)\b[^>]*?\b(?:src|href|data)\s*=\s*[\"']?(?:https?:)?//"
    r"[^>]*>(?:.*?</\1\s*>)?",
    re.DOTALL | re.IGNORECASE,
)
_STYLE = re.compile(r"<style scoped>.*?</style>", re.DOTALL)
_IMAGE_SIZE = re.compile(r"^<Figure size .*>$|^<IPython\.core\.display\..*object>$")


@dataclass
class Rendered:
    """The outputs of a cell on a page."""

    blocks: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # names, and contents in base64
    has_math: bool = False
    problems: list[str] = field(default_factory=list)


class OutputRenderer:
    """Renders the outputs of the cells of one page."""

    def __init__(
        self,
        folder: str,  # of the page's figures, as its links name it
        markdown: Callable[[str], str],  # rewrites Markdown
        shows_colors: bool = True,  # of text for terminals
    ) -> None:
        self._folder = folder
        self._shows_colors = shows_colors
        self._markdown = markdown

    def render(self, outputs: Sequence[Any], view: CellView, cell_id: str, near: str) -> Rendered:
        """The outputs of a cell. `near` is the heading above it, which names its figures."""
        rendered = Rendered()
        if view.outputs == HIDDEN:
            return rendered
        for number, output in enumerate(_joined_streams(outputs)):
            name = f"{cell_id}-{number}"
            for block in self._one(output, view, name, near, rendered):
                rendered.blocks.append(block)
        if rendered.blocks and view.outputs == FOLDED:
            body = "\n\n".join(rendered.blocks)
            rendered.blocks = [folded("Output", body, "literate-fold")]
        return rendered

    def _one(
        self, output: dict[str, Any], view: CellView, name: str, near: str, rendered: Rendered
    ) -> Iterator[str]:
        kind = output.get("output_type")
        if kind == "stream":
            text = _filtered(_text(output.get("text")), view.filters)
            if text.strip():
                name = output.get("name", "stdout")
                yield self._text_block(text, f"literate-output literate-{name}")
        elif kind == "error":
            lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
            text = _text("\n".join(map(str, lines)))
            yield self._text_block(text, "literate-output literate-error")
        elif kind in ("execute_result", "display_data"):
            data = output.get("data")
            if isinstance(data, dict):
                yield from self._data(data, view, name, near, rendered)

    def _data(
        self, data: dict[str, Any], view: CellView, name: str, near: str, rendered: Rendered
    ) -> Iterator[str]:
        for kind in _PREFERRED:
            if kind not in data:
                continue
            if kind in _SUFFIXES:
                image = self._image(kind, _text(data[kind]), view, name, near, rendered)
                if image:
                    yield image
                return
            block = self._text_form(kind, data[kind], rendered)
            if block:
                yield block
                return
        if not any(kind in data for kind in _PREFERRED):
            rendered.problems.append(f"an output of the type {', '.join(map(str, data))}")

    def _text_form(self, kind: str, value: Any, rendered: Rendered) -> str:
        if kind == "application/json":
            from json import dumps

            return _output(fenced(dumps(value, indent=1, ensure_ascii=False), "json"))
        text = _text(value)
        if kind == "text/html":
            return _html(text, rendered)
        if kind == "text/markdown":
            rendered.has_math = rendered.has_math or "$" in text
            return _output(self._markdown(text))
        if kind == "text/latex":
            rendered.has_math = True
            return _output(_displayed(text))
        if _IMAGE_SIZE.match(text.strip()):
            return ""
        return self._text_block(text) if text.strip() else ""

    def _image(
        self, kind: str, text: str, view: CellView, name: str, near: str, rendered: Rendered
    ) -> str:
        file = f"{name}.{_SUFFIXES[kind]}"
        if kind == "image/svg+xml":
            content = base64.b64encode(_svg(text).encode("utf-8", "replace")).decode()
        else:
            content = "".join(text.split())
            if not _is_base64(content):
                rendered.problems.append("an image that is not valid base64")
                return ""
        rendered.files[file] = content
        words = view.alternative or view.caption or f"Figure: {near}" if near else "Figure"
        address = f"{self._folder}/{file}"
        figure = f'<img src="{address}" alt="{escape(words)}" loading="lazy">'
        if view.caption:
            figure += f"<figcaption>{escape(view.caption, quote=False)}</figcaption>"
        return f'<figure class="literate-figure">{figure}</figure>'

    def _text_block(self, text: str, names: str = "literate-output") -> str:
        """Text as a block. Colours are kept as HTML; without them, a fence is easier to read."""
        if self._shows_colors and has_colors(text):
            # An empty line would end the block for some parsers of Markdown.
            html = re.sub(r"\n(?=\n)", "\n&#8203;", html_of(text).strip("\n"))
            return f'<div class="{names}"><pre tabindex="0"><code>{html}</code></pre></div>'
        body = fenced(without_colors(text).strip("\n"), "text")
        return f'<div class="{names}" markdown="1">\n\n{body}\n\n</div>'


def folded(summary: str, body: str, name: str, is_open: bool = False) -> str:
    """A part of a page that one line stands for; the line is HTML."""
    state = " open" if is_open else ""
    start = f'<details class="{name}"{state} markdown="1">\n<summary>{summary}</summary>'
    return f"{start}\n\n{body}\n\n</details>"


def _output(body: str) -> str:
    return f'<div class="literate-output" markdown="1">\n\n{body}\n\n</div>'


def _text(value: Any) -> str:
    """The text of a field, which may be a list of lines."""
    text = value if isinstance(value, str) else "".join(map(str, value or ()))
    return text.encode("utf-8", "replace").decode("utf-8")


def _joined_streams(outputs: Sequence[Any]) -> list[dict[str, Any]]:
    """The outputs, in which consecutive pieces of one stream are one output."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if not isinstance(output, dict):
            continue
        last = joined[-1] if joined else {}
        same = output.get("output_type") == "stream" == last.get("output_type")
        if same and output.get("name") == last.get("name"):
            joined[-1] = {**last, "text": _text(last.get("text")) + _text(output.get("text"))}
        else:
            joined.append(output)
    return joined


def _filtered(text: str, words: tuple[str, ...]) -> str:
    if not words:
        return text
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(word in line for word in words))


def _displayed(latex: str) -> str:
    """A formula as a paragraph of its own."""
    text = latex.strip()
    if text.startswith("$") and text.endswith("$") and len(text) > 1:
        text = text.strip("$").removeprefix(r"\displaystyle").strip()
    return f"$$\n{text}\n$$"


def _svg(text: str) -> str:
    """The picture itself, without the declaration of a document type, which names another host."""
    text = re.sub(r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?[^>]*>", "", text)
    return text.strip() + "\n"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


# --- HTML --------------------------------------------------------------------------------------


def _html(text: str, rendered: Rendered) -> str:
    """HTML as a block of a page; "" if its tags are not balanced, so that it would break the page.

    What would be fetched from another host is left out.
    """
    kept = _EXTERNAL.sub("", _STYLE.sub("", text))
    if kept.count("<") != _STYLE.sub("", text).count("<"):
        rendered.problems.append("an output that loads something from another host")
    if not is_balanced(kept):
        return ""
    kept = re.sub(r"\n\s*\n", "\n", kept.strip())
    return f'<div class="literate-output literate-html">\n{kept}\n</div>' if kept else ""


def is_balanced(html: str) -> bool:
    """Whether each tag that needs an end has one, in the right order."""
    checker = _Balance()
    checker.feed(html)
    checker.close()
    return checker.is_balanced and not checker.opened


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.is_balanced = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID and tag not in _OPTIONAL_END:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or tag in _OPTIONAL_END:
            return
        if self.opened[-1:] == [tag]:
            self.opened.pop()
        else:
            self.is_balanced = False
