"""Code cells: what a page shows of each, as its directives, tags and metadata say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..directives import ParsedCell
from ..records import dataclass
from .settings import FOLDED, HIDDEN, OPEN, SHOWN

_EXPORTED = ("export", "exports", "exportd")
_OPTION_LINE = re.compile(r"\s*#\s*\|")
_LINE_MAGIC = re.compile(r"(?m)^[ \t]*%(?!%)[^\n]*\n?")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*(?:\n|$)")
_HIDDEN_LINE = re.compile(r"(?m)^[^\n]*#[ \t]*\|?[ \t]*hide_line[ \t]*(?:\n|$)")
_SHOW_DOC_CALL = re.compile(
    r"^\s*(?:\w+\.)*show_doc\(\s*([A-Za-z_][\w.]*)\s*((?:,[^()]*)?)\)\s*;?\s*(?:#[^\n]*)?$"
)
_LEVEL = re.compile(r"title_level\s*=\s*(\d)")

# The languages of cell magics.
_MAGIC_LANGUAGES = {
    **dict.fromkeys(("bash", "sh", "script", "system", "sx"), "bash"),
    **{name: name for name in ("html", "javascript", "latex", "markdown", "sql", "perl", "ruby")},
    "js": "javascript",
    "svg": "xml",
}

# Tags of Jupyter Book for the same wishes.
_TAGS = {
    "remove-cell": "hide",
    "remove_cell": "hide",
    "remove-input": "hide_input",
    "remove_input": "hide_input",
    "remove-output": "hide_output",
    "remove_output": "hide_output",
    "hide-input": "collapse_input",
    "hide-output": "collapse_output",
}


@dataclass(frozen=True)
class CellView:
    """What a page shows of a code cell."""

    code: str  # as it is shown
    language: str
    shows: str = SHOWN  # SHOWN, FOLDED, OPEN or HIDDEN
    summary: str = "Code"  # the line that folded code leaves
    kind: str = ""  # "proof", "solution" or "": why the code is folded
    outputs: str = SHOWN  # SHOWN, FOLDED or HIDDEN
    is_exported: bool = False  # its functions and classes are documented
    documents: str = ""  # the name that a call of `show_doc` names
    level: int = 0  # of the heading that `show_doc` asks for
    filters: tuple[str, ...] = ()  # lines of the output with one of these words are left out
    caption: str = ""  # of a figure
    alternative: str = ""  # the text of a figure for people who do not see it

    @property
    def is_hidden(self) -> bool:
        """Whether the page shows nothing of the cell."""
        hidden = self.shows == HIDDEN and self.outputs == HIDDEN
        return hidden and not (self.is_exported or self.documents)


def view_of(parsed: ParsedCell, language: str, exported_code: str) -> CellView:
    """What a page shows of a cell. `exported_code` is what it shows of exported code."""
    words = _words(parsed)
    if "hide" in words or parsed.get("exporti") or _is_off(parsed, "include"):
        return CellView("", language, HIDDEN, outputs=HIDDEN)
    code, language = _shown_code(parsed, language)
    call = _SHOW_DOC_CALL.match(code)
    exported = parsed.get(*_EXPORTED)
    is_exported = exported is not None and exported.args != ("false",)
    shows, summary, kind = _visibility(parsed, words, exported_code if is_exported else "")
    if call or not code.strip():
        shows = HIDDEN
    level = _LEVEL.search(call[2]) if call else None
    stream = parsed.get("filter_stream")
    return CellView(
        code,
        language,
        shows,
        summary,
        kind,
        _outputs(parsed, words),
        is_exported,
        call[1] if call else "",
        int(level[1]) if level else 0,
        stream.args if stream else (),
        _option_text(parsed, "fig-cap"),
        _option_text(parsed, "fig-alt"),
    )


def _visibility(parsed: ParsedCell, words: set[str], exported_code: str) -> tuple[str, str, str]:
    """How the code is shown, the line that stands for folded code, and why it is folded."""
    summary = _option_text(parsed, "code-summary") or "Code"
    proof = parsed.proof
    if proof is not None:
        return FOLDED, proof, "proof"
    if "hide_input" in words or _is_off(parsed, "echo"):
        return HIDDEN, summary, ""
    fold = parsed.option("code-fold")
    if fold is not None and fold.args[:1] != ("false",):
        return (OPEN if fold.args[:1] == ("show",) else FOLDED), summary, ""
    if parsed.option("solution"):
        return FOLDED, "Solution", "solution"
    if words & {"collapse", "collapse_input", "collapse_hide"}:
        return FOLDED, summary, ""
    if "collapse_show" in words:
        return OPEN, summary, ""
    if not exported_code:
        return SHOWN, summary, ""
    if parsed.get("exports") and exported_code == HIDDEN:
        return FOLDED, "Exported source", ""
    summary = "Exported source" if exported_code == FOLDED else summary
    return exported_code, summary, ""


def _outputs(parsed: ParsedCell, words: set[str]) -> str:
    if "hide_output" in words or _is_off(parsed, "output"):
        return HIDDEN
    return FOLDED if "collapse_output" in words else SHOWN


def _words(parsed: ParsedCell) -> set[str]:
    """The directives of a cell without their colons, and what its tags wish."""
    words = set()
    for directive in parsed.directives:
        name = directive.name.rstrip(":").replace("-", "_")
        arguments = [word.lower() for word in directive.args]
        if arguments[:1] != ["false"]:
            words.add(name)
        if name == "collapse":  # nbdev 1: `#collapse_output`, or `#collapse output`
            words.update(f"collapse_{word}" for word in arguments)
    words |= _tagged(parsed.cell.tags)
    if words & {"hide_all", "hide_cell"}:
        words.add("hide")
    return words


def _tagged(tags: Iterable[str]) -> set[str]:
    return {_TAGS[tag] for tag in tags if tag in _TAGS}


def _is_off(parsed: ParsedCell, name: str) -> bool:
    """Whether an option such as `#| echo: false` is switched off."""
    option = parsed.option(name)
    return option is not None and option.args[:1] in (("false",), ("False",), ("no",))


def _option_text(parsed: ParsedCell, name: str) -> str:
    """The text of an option, as it stands in its line: `#| code-summary: "Show it"`."""
    option = parsed.option(name)
    if option is None:
        return ""
    if not option.line:
        return " ".join(option.args)
    line = parsed.cell.source.split("\n")[option.line - 1]
    text = line.partition(name)[2].lstrip(" :").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return text


def _shown_code(parsed: ParsedCell, language: str) -> tuple[str, str]:
    """The code without directives, magics and hidden lines, and its language."""
    lines = parsed.code.split("\n")
    first = 0
    while first < len(lines) and (not lines[first].strip() or _OPTION_LINE.match(lines[first])):
        first += 1
    code = _HIDDEN_LINE.sub("", "\n".join(lines[first:]))
    magic = _CELL_MAGIC.match(code)
    if magic:
        code = code[magic.end() :]
        language = _MAGIC_LANGUAGES.get(magic[1], language)
    if language == "python":
        code = _LINE_MAGIC.sub("", code)
    return code.strip("\n").rstrip(), language
