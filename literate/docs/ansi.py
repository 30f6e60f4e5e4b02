"""Text for terminals as HTML: colours and weights of ANSI sequences become classes."""

from __future__ import annotations

import re
from html import escape

_SEQUENCE = re.compile(r"\x1b\[([\d;:]*)m")
# Everything else that a terminal obeys and a page does not show: cursor, title, links.
_OTHER = re.compile(
    r"\x1b\[[\d;:?<=>]*[ -/]*[@-ln-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[@-Z\\^_]|[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]"
)
_COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 9: "strike"}
_ENDS = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 29: ("strike",)}


def has_colors(text: str) -> bool:
    """Whether a text contains sequences for a terminal."""
    return "\x1b" in text


def without_colors(text: str) -> str:
    """The text without sequences for a terminal, with lines as a terminal leaves them."""
    return _OTHER.sub("", _SEQUENCE.sub("", as_left(text)))


def as_left(text: str) -> str:
    """The lines that a terminal shows at last: a progress bar overwrites its line many times."""
    text = text.replace("\r\n", "\n")
    if "\r" not in text and "\b" not in text:
        return text
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    joined = "\n".join(lines)
    kept: list[str] = []
    for character in joined:
        if character != "\b":
            kept.append(character)
        elif kept and kept[-1] != "\n":
            kept.pop()
    return "".join(kept)


def html_of(text: str) -> str:
    """The text as HTML, in which each run of one style is a `span` with its classes."""
    text = _OTHER.sub("", as_left(text))
    pieces: list[str] = []
    classes: dict[str, str] = {}  # "color", "background" or a style -> the class
    position = 0
    for match in _SEQUENCE.finditer(text):
        pieces.append(_span(text[position : match.start()], classes))
        _apply(match[1], classes)
        position = match.end()
    pieces.append(_span(text[position:], classes))
    return "".join(pieces)


def _span(text: str, classes: dict[str, str]) -> str:
    shown = escape(text, quote=False)
    if not text or not classes:
        return shown
    return f'<span class="{" ".join(sorted(classes.values()))}">{shown}</span>'


def _apply(parameters: str, classes: dict[str, str]) -> None:
    """Change the classes as a sequence says. Colours out of a palette of 256 become plain text."""
    codes = [int(code) for code in re.split("[;:]", parameters) if code] or [0]
    while codes:
        code = codes.pop(0)
        if code == 0:
            classes.clear()
        elif code in _STYLES:
            classes[_STYLES[code]] = f"ansi-{_STYLES[code]}"
        elif code in _ENDS:
            for style in _ENDS[code]:
                classes.pop(style, None)
        elif code in (38, 48):
            codes = _after_palette(codes, "color" if code == 38 else "background", classes)
        else:
            _apply_color(code, classes)


def _after_palette(codes: list[int], place: str, classes: dict[str, str]) -> list[int]:
    """Read `5;n` or `2;r;g;b`; the first 16 colours of the palette have names."""
    if codes[:1] == [5]:
        number = codes[1] if len(codes) > 1 else 0
        classes.pop(place, None)
        if number < 16:
            prefix = "ansi" if place == "color" else "ansi-on"
            classes[place] = f"{prefix}-{_COLORS[number % 8]}"
        return codes[2:]
    classes.pop(place, None)
    return codes[4:] if codes[:1] == [2] else codes[1:]


def _apply_color(code: int, classes: dict[str, str]) -> None:
    base, number = divmod(code, 10)
    if code == 39:
        classes.pop("color", None)
    elif code == 49:
        classes.pop("background", None)
    elif number < 8 and base in (3, 9):
        classes["color"] = f"ansi-{_COLORS[number]}"
    elif number < 8 and base in (4, 10):
        classes["background"] = f"ansi-on-{_COLORS[number]}"
