"""The text of a page that a reader sees: without tags, scripts and styles."""

from __future__ import annotations

from html.parser import HTMLParser

_HIDDEN = ("script", "style")


def visible_text(html: str) -> str:
    """The visible text of a page or a part of one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts)


class _Reader(HTMLParser):
    """Collects the texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = ""  # the element that hides what stands in it, or ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.texts.append(" ")
        if tag in _HIDDEN:
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        self.texts.append(" ")
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)
