"""Front matter: what a notebook or a page of Markdown says about itself above its text.

It stands between two lines `---`, in the first raw cell or at the head of the first Markdown cell.
The part of YAML that people write there is read: texts, lists, and nested keys, which are skipped.
"""

from __future__ import annotations

import re

from ..records import dataclass, field

_BLOCK = re.compile(r"\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"([\w-]+):(?:[ \t]+(.*))?$")
_TITLE_OPTIONS = re.compile(r"\s*((?:^- [\w-]+:[^\n]*(?:\n|$))+)", re.MULTILINE)
_ITEM = re.compile(r"\s*-[ \t]+(.*)$")


@dataclass(frozen=True)
class FrontMatter:
    """The keys of a front matter. A text is a list of one item."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """The value of a key as one text; "" without the key."""
        return " ".join(self.values.get(key, ()))

    def items(self, key: str) -> list[str]:
        """The values of a key as a list."""
        return list(self.values.get(key, ()))

    def number(self, key: str) -> float | None:
        """The value of a key as a number, or None."""
        try:
            return float(self.text(key))
        except ValueError:
            return None

    def is_on(self, key: str) -> bool:
        """Whether a key says true."""
        return self.text(key).lower() == "true"


def read_title_options(text: str) -> tuple[FrontMatter, str]:
    """nbdev's front matter below a title, a list of `- key: value`, and the text below it."""
    match = _TITLE_OPTIONS.match(text)
    if match is None:
        return FrontMatter(), text
    lines = [line.removeprefix("- ") for line in match[1].splitlines()]
    return FrontMatter(_read("\n".join(lines))), text[match.end() :]


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter at the head of a text, and the text below it."""
    match = _BLOCK.match(text)
    if match is None or not _KEY.match(match[1].lstrip().partition("\n")[0].rstrip()):
        return FrontMatter(), text
    return FrontMatter(_read(match[1])), text[match.end() :]


def _read(block: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    current: list[str] = []
    for line in block.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        item = _ITEM.match(line)
        key = _KEY.match(line.rstrip())
        if item:
            current.append(_unquoted(item[1]))
        elif key:
            current = values[key[1]] = _values(key[2] or "")
        elif line[0].isspace() and not re.match(r"\s+[\w-]+:", line):
            current.append(_unquoted(line))  # a text that goes on in the next line
    return values


def _values(text: str) -> list[str]:
    text = text.strip()
    if text in ("", "|", ">", "|-", ">-"):
        return []
    if text.startswith("[") and text.endswith("]"):
        return [_unquoted(part) for part in text[1:-1].split(",") if part.strip()]
    return [_unquoted(text)]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return re.sub(r"\s+#.*$", "", text)
