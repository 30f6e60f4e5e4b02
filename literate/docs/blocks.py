"""Text cells, block by block: Markdown as Jupyter reads it, in a form on which renderers agree.

Notebooks are written in CommonMark. Renderers of sites are stricter: a list needs an empty line
before it, and what belongs to an item is indented by four blanks. So the text is parsed as
CommonMark, and each block is written again in the form that all of them read in the same way.

Callouts of GitHub (`> [!NOTE]`) and of nbdev 1 (`> Note: ...`) become admonitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The kinds of callouts in the words of Quarto, GitHub and nbdev 1, and the admonition of each.
CALLOUTS = {
    "note": "note",
    "tip": "tip",
    "important": "info",
    "warning": "warning",
    "caution": "danger",
    "jekyll": "note",
}

# Math that stands between other text would be read as Markdown. While the blocks are rewritten, a
# character of the private use area stands in its place. Code is matched to be left alone.
_PROTECTED = re.compile(
    r"(?P<code>^[ \t>]*(?P<fence>`{3,}|~{3,}).*?^[ \t>]*(?P=fence)[`~]*[ \t]*$"
    r"|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<display>(?<!\\)\$\$.+?(?<!\\)\$\$|\\begin\{(?P<name>[a-z]+\*?)\}.+?\\end\{(?P=name)\})"
    r"|(?P<inline>(?<![\\\w$])\$(?![\s$])(?:[^$\\\n]|\\.|\n(?!\s*\n))+?(?<![\s\\])\$(?![\w$]))",
    re.DOTALL | re.MULTILINE,
)
_DISPLAY, _INLINE = "\ue010", "\ue011"
_END = "\ue012"
_PLACEHOLDER = re.compile(f"([{_DISPLAY}{_INLINE}])(\\d+){_END}")

_GITHUB_CALLOUT = re.compile(r"\[!(\w+)\][ \t]*(.*)$")
_NBDEV_CALLOUT = re.compile(r"(Note|Tip|Important|Warning|Caution|Jekyll)[ \t]*:[ \t]*(.*)$")
_MARKER = re.compile(r"(\s*)([-*+]|\d+[.)])([ \t]+|$)")
_FENCE_WORD = re.compile(r"\{?\.?=?([\w+#-]*)")
_ATTRIBUTES = re.compile(r"\s*\{([^{}]*)\}\s*$")
_OPEN_TAG = re.compile(r"<(details|div|section|article|center|figure|aside|main)\b([^>]*)>", re.I)


class BlockRewriter:
    """Rewrites the blocks of a text; the caller says what becomes of headings and inline text."""

    def __init__(
        self,
        inline: Callable[[str], str],
        heading: Callable[[int, str, str], str],  # level, text and attributes
        html: Callable[[str], str],
    ) -> None:
        self._inline = inline
        self._heading = heading
        self._html = html
        self._math: list[str] = []

    def rewrite(self, text: str) -> str:
        """The text with each block in a form on which all renderers agree."""
        return "\n\n".join(self.blocks(text))

    def blocks(self, text: str) -> Iterator[str]:
        """The blocks of a text, each when it is asked for."""
        protected = _PROTECTED.sub(self._protect, text)
        for block in self._blocks(protected):
            yield _PLACEHOLDER.sub(self._restore, block)

    def _protect(self, match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match[0]
        math = match[0]
        if match["display"] is not None and not math.startswith("$$"):
            math = f"$$\n{math}\n$$"
        self._math.append(math)
        mark = _INLINE if match["display"] is None else _DISPLAY
        return f"{mark}{len(self._math) - 1}{_END}"

    def _restore(self, match: re.Match[str]) -> str:
        """The math of a placeholder. Its further lines are indented as its first one."""
        line_start = match.string.rfind("\n", 0, match.start()) + 1
        before = match.string[line_start : match.start()]
        indent = before[: len(before) - len(before.lstrip(" >"))]
        return self._math[int(match[2])].replace("\n", f"\n{indent}")

    # --- blocks ----------------------------------------------------------------------------

    def _blocks(self, text: str) -> Iterator[str]:
        lines = text.split("\n")
        environment: dict[str, Any] = {}
        tokens = _parser().parse(text, environment)
        used: set[int] = set()
        last_list = ""
        for number, token in enumerate(tokens):
            if token.level or token.map is None or token.nesting < 0:
                continue
            start, end = token.map
            used.update(range(start, end))
            block = self._block(tokens, number, lines[start:end])
            if last_list and token.type == last_list:
                yield "<!-- -->"  # two lists in a row are not one
            last_list = token.type if token.type.endswith("list_open") else ""
            if block:
                yield block
        yield from self._definitions(lines, used)

    def _block(self, tokens: Sequence[Any], number: int, lines: list[str]) -> str:
        token = tokens[number]
        kind = token.type
        if kind == "heading_open":
            return self._write_heading(int(token.tag[1]), tokens[number + 1].content)
        if kind == "paragraph_open":
            return self._paragraph(lines)
        if kind in ("fence", "code_block"):
            return fenced(token.content, _language(token.info))
        if kind in ("bullet_list_open", "ordered_list_open"):
            return self._list(tokens, number, lines)
        if kind == "blockquote_open":
            return self._quote(lines)
        if kind == "html_block":
            return self._html_block("\n".join(lines).rstrip())
        if kind == "table_open":
            return "\n".join(self._inline(line.strip()) for line in lines if line.strip())
        return "---" if kind == "hr" else "\n".join(lines)

    def _write_heading(self, level: int, text: str) -> str:
        attributes = _ATTRIBUTES.search(text)
        if attributes is None:
            return self._heading(level, text, "")
        return self._heading(level, text[: attributes.start()], attributes[1])

    def _paragraph(self, lines: list[str]) -> str:
        """A paragraph. A formula that is displayed becomes a paragraph of its own."""
        text = "\n".join(line.lstrip() for line in lines).rstrip()
        parts = re.split(f"({_DISPLAY}\\d+{_END})", text)
        written = [part if _DISPLAY in part else self._inline(part.strip("\n")) for part in parts]
        return "\n\n".join(part.strip(" \n") for part in written if part.strip())

    def _html_block(self, text: str) -> str:
        """HTML. Markdown between its tags stays Markdown, as in a notebook."""

        def marked(match: re.Match[str]) -> str:
            is_closed = f"</{match[1].lower()}" in text.lower()
            if is_closed or "markdown" in match[2]:
                return match[0]
            return f'<{match[1]}{match[2]} markdown="1">'

        return self._html(_OPEN_TAG.sub(marked, text))

    def _list(self, tokens: Sequence[Any], number: int, lines: list[str]) -> str:
        token = tokens[number]
        first_line = token.map[0]
        items = []
        is_loose = False
        for inner in tokens[number + 1 :]:
            if inner.level <= token.level:
                break
            if inner.level == token.level + 1 and inner.type == "list_item_open":
                start, end = inner.map
                items.append(lines[start - first_line : end - first_line])
            elif inner.type == "paragraph_open" and inner.level == token.level + 2:
                is_loose = is_loose or not inner.hidden
        count = int(token.attrGet("start") or 1)
        written = []
        for index, item in enumerate(items):
            marker = f"{count + index}." if token.type.startswith("ordered") else "-"
            written.append(self._item(marker, item, is_loose))
        return ("\n\n" if is_loose else "\n").join(written)

    def _item(self, marker: str, lines: list[str], is_loose: bool) -> str:
        match = _MARKER.match(lines[0])
        if match is None:  # the parser and this expression see the same markers
            return "\n".join(lines)
        width = match.end() if len(match[3]) <= 4 else match.end(2) + 1
        content = [lines[0][width:], *(_dedented(line, width) for line in lines[1:])]
        blocks = list(self._blocks("\n".join(content).strip("\n")))
        text = blocks[0] if blocks else ""
        for before, block in zip(blocks, blocks[1:], strict=False):
            is_tight_list = not is_loose and _MARKER.match(block) and not before.startswith("```")
            text += ("\n" if is_tight_list else "\n\n") + block
        return f"{marker:4}{indented(text).lstrip()}"

    def _quote(self, lines: list[str]) -> str:
        content = [re.sub(r"^\s{0,3}>[ \t]?", "", line) for line in lines]
        github = _GITHUB_CALLOUT.match(content[0].strip())
        if github and github[1].lower() in CALLOUTS:
            body = list(self._blocks("\n".join(content[1:])))
            return callout(github[1], github[2], body)
        nbdev = _NBDEV_CALLOUT.match(content[0].strip())
        if nbdev:
            body = list(self._blocks("\n".join([nbdev[2], *content[1:]])))
            return callout(nbdev[1], "", body)
        text = "\n\n".join(self._blocks("\n".join(content)))
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))

    def _definitions(self, lines: list[str], used: set[int]) -> list[str]:
        """The definitions of links (`[name]: address`), for which the parser has no tokens."""
        found = []
        for number, line in enumerate(lines):
            if number not in used and re.match(r"\s{0,3}\[[^\]]+\]:", line):
                found.append(self._inline(line.strip()))
        return ["\n".join(found)] if found else []


# --- pieces of Markdown ------------------------------------------------------------------------


def callout(kind: str, title: str, blocks: list[str], fold: str = "") -> str:
    """A callout as an admonition. `fold` is "closed" or "open" for one that can be folded."""
    kind = kind.lower()
    mark = {"closed": "???", "open": "???+"}.get(fold, "!!!")
    title = (title or kind.capitalize()).replace('"', "&quot;")
    body = indented("\n\n".join(blocks))
    return f'{mark} {CALLOUTS.get(kind, "note")} "{title}"\n\n{body}'


def fenced(code: str, language: str = "") -> str:
    """Code in a fence that is longer than any row of backticks in the code."""
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"


def indented(text: str) -> str:
    """The text as the content of a list item or of an admonition."""
    return "\n".join(f"    {line}" if line.strip() else "" for line in text.split("\n"))


def _dedented(line: str, width: int) -> str:
    line = line.expandtabs(4)
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(width, blanks) :]


def _language(info: str) -> str:
    """The language of a fence: "python" for `python`, `{python}` and `{.python .cell-code}`."""
    match = _FENCE_WORD.match(info.strip())
    word = match[1].lower() if match else ""
    return {"mermaid": "text"}.get(word, word)  # renderers would fetch Mermaid from another host


@cache
def _parser() -> Any:
    """A parser of CommonMark that only finds blocks."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser
