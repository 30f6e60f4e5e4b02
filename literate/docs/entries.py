"""The entry of a function or a class on a page: heading, signature, docstring and parameters."""

from __future__ import annotations

import re
from html import escape

from .blocks import fenced
from .signatures import Described, Parameter

# Sections of docstrings in NumPy's form are underlined; as Markdown they would be headings.
_UNDERLINED = re.compile(r"(?m)^([ \t]*)(\S[^\n]*)\n[ \t]*(?:-{3,}|={3,})[ \t]*$")
_DOCTEST = re.compile(r"(?m)(?:^[ \t]*>>> [^\n]*\n?(?:^[ \t]*\S[^\n]*\n?)*)+")


def entry_parts(described: Described) -> list[str]:
    """Signature, docstring and table of parameters, each as a block of Markdown.

    The docstring is Markdown still to be rewritten as the text of a cell.
    """
    parts = [fenced(described.signature, "python")]
    docstring = docstring_text(described)
    if docstring:
        parts.append(docstring)
    table = parameter_table(described.parameters)
    if table:
        parts.append(table)
    return parts


def docstring_text(described: Described) -> str:
    """The docstring as Markdown, without the lines that describe parameters."""
    names = {parameter.name.lstrip("*") for parameter in described.parameters}
    kept = []
    for line in described.docstring.split("\n"):
        name, colon, rest = line.strip().partition(": ")
        if not (colon and rest and name.lstrip("*") in names):
            kept.append(line)
    text = _UNDERLINED.sub(r"\1**\2**\n", "\n".join(kept)).strip()
    text = re.sub(r"(?m)^#+ +(.*)$", r"**\1**", text)
    return _DOCTEST.sub(lambda match: "\n" + fenced(match[0].rstrip(), "pycon") + "\n", text)


def parameter_table(parameters: tuple[Parameter, ...]) -> str:
    """The parameters with types, defaults and comments; "" if the signature says it all."""
    rows = [parameter for parameter in parameters if parameter.name != "*"]
    if not any(parameter.comment for parameter in rows):
        return ""
    lines = ["| | type | default | details |", "|:--|:--|:--|:--|"]
    for parameter in rows:
        is_result = parameter.name == "return"
        name = "**returns**" if is_result else f"**{_code(parameter.name)}**"
        comment = parameter.comment.lstrip("\0").replace("|", "&#124;")
        cells = [name, _code(parameter.annotation), _code(parameter.default), comment]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Code in the cell of a table. A bar would end the cell, so it is written as an entity."""
    text = " ".join(text.split())
    if not text:
        return ""
    if not re.search(r"[|`]", text):
        return f"`{text}`"
    marks = {"|": "&#124;", "`": "&#96;", "_": "&#95;", "*": "&#42;", "[": "&#91;", "]": "&#93;"}
    return f"<code>{''.join(marks.get(c, c) for c in escape(text, quote=False))}</code>"
