"""Inline text: links, images, names of the library and addresses in HTML become references."""

from __future__ import annotations

import re
from collections.abc import Callable

from .draft import ADDRESS, IMAGE, LINK, NAME, Reference

_INLINE = re.compile(
    r"(?P<escaped>\\[\\`\[\]!<{])"
    r"|(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<shortcode>\{\{<\s*(?P<word>[\w-]+).*?>\}\})"
    r"|(?P<bang>!?)\[(?P<label>(?:[^\[\]`]|`[^`]*`|\[[^\[\]]*\](?:\([^()]*\))?)*)\]"
    r"\([ \t]*(?P<target><[^<>]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*)"
    r"(?P<title>\s+(?:\"[^\"]*\"|'[^']*'))?[ \t]*\)(?P<attributes>\{[^{}]*\})?"
    r"|(?P<definition>^\[(?P<key>[^\]^]+)\]:[ \t]*(?P<address>\S+))"
    r"|(?P<tag><[a-zA-Z][^<>]*>)",
    re.DOTALL | re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"""\b(src|href)\s*=\s*(["'])(.*?)\2""")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*(?:\(\))?$|[\w/-]+\.ipynb$")

# Adds a reference, and returns what stands for it in the text.
AddReference = Callable[[Reference], str]


class InlineRewriter:
    """Replaces what depends on other pages by references."""

    def __init__(
        self,
        add: AddReference,
        unknown_shortcode: Callable[[str], None],
        links_names: bool = True,  # whether `name` may become a link
    ) -> None:
        self._add = add
        self._unknown_shortcode = unknown_shortcode
        self._links_names = links_names

    def rewrite(self, text: str) -> str:
        """The text with references."""
        return _INLINE.sub(self._replace, text)

    def rewrite_html(self, html: str) -> str:
        """HTML with references in its addresses."""
        return re.sub(r"<[a-zA-Z][^<>]*>", lambda match: self._tag(match[0]), html)

    def _replace(self, match: re.Match[str]) -> str:
        if match["escaped"] is not None:
            return match[0]
        if match["code"] is not None:
            return self._code(match)
        if match["shortcode"] is not None:
            self._unknown_shortcode(match["word"])
            return f"`{match[0]}`"
        if match["definition"] is not None:
            reference = Reference(ADDRESS, match["address"].strip("<>"), suffix=".md")
            return f"[{match['key']}]: {self._add(reference)}"
        if match["tag"] is not None:
            return self._tag(match[0])
        return self._link(match)

    def _code(self, match: re.Match[str]) -> str:
        code = match["code"]
        is_name = len(match["ticks"]) == 1 and _NAME.match(code)
        if not (is_name and self._links_names):
            return match[0]
        return self._add(Reference(NAME, code.removesuffix("()"), match[0]))

    def _link(self, match: re.Match[str]) -> str:
        target = match["target"].strip("<>")
        suffix = (match["title"] or "") + "\n" + (match["attributes"] or "")
        if match["bang"]:
            return self._add(Reference(IMAGE, target, match["label"], suffix))
        label = InlineRewriter(self._add, self._unknown_shortcode, links_names=False)
        return self._add(Reference(LINK, target, label.rewrite(match["label"]), suffix))

    def _tag(self, tag: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            reference = Reference(ADDRESS, match[3])
            return f"{match[1]}={match[2]}{self._add(reference)}{match[2]}"

        return _ATTRIBUTE.sub(replaced, tag)
