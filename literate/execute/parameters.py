"""The parameters of a run (`--param`): read from the command line, and known by the notebooks."""

from __future__ import annotations

import ast
import json
import keyword
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..diagnostics import UsageError, display_path
from ..spelling import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .selection import NotebookPlan, Step

TAG = "parameters"  # of the cell after which the parameters are set

_BLANK = re.compile(r"\s*+")
_NAME = re.compile(r"([^\s=]++)=")
_QUOTE = re.compile(r"""[rRbBuU]{0,2}(["'])""")
_PAIRS = {"[": "]", "(": ")", "{": "}"}


def parse_parameters(text: str) -> dict[str, object]:
    """The variables of `epochs=1 name='a b' sizes=[1, 2]`.

    A value is a Python literal, or one of JSON's words: true, false, null. A word that is neither
    is taken as text; other text stands in quotes.
    """
    parameters = {}
    for name, value in _assignments(text):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(f"--param takes name=value, not {name + '=' + value!r}")
        parameters[name] = _value(name, value)
    return parameters


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """Each name in a text, and the text of its value."""
    position = _skip_blanks(text, 0)
    while position < len(text):
        match = _NAME.match(text, position)
        if match is None:
            word = text[position:].split()[0]
            raise UsageError(f"--param takes name=value, not {word!r}")
        end = _end_of_value(text, match.end())
        if end is None:
            raise UsageError(f"--param {text[position:]}: a quote or a bracket is not closed")
        yield match[1], text[match.end() : end]
        position = _skip_blanks(text, end)


def _skip_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _end_of_value(text: str, start: int) -> int | None:
    """Where a value ends: at the first blank outside of its quotes and brackets.

    None if one of them is not closed. In a bare word, quotes and brackets mean nothing.
    """
    quote = ""  # the quote that is open
    closing: list[str] = []  # the brackets that close the open ones
    match = _QUOTE.match(text, start)
    position = start
    if match:
        quote, position = match[1], match.end()
    elif text[start : start + 1] not in _PAIRS:
        return start + len(re.split(r"\s", text[start:], maxsplit=1)[0])
    while position < len(text):
        character = text[position]
        if quote:
            position += character == "\\"
            quote = "" if character == quote else quote
        elif closing and character in "\"'":
            quote = character
        elif character in _PAIRS:
            closing.append(_PAIRS[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif not closing and character.isspace():
            return position
        position += 1
    return None if quote or closing else len(text)


def _value(name: str, text: str) -> object:
    """The value that a text stands for."""
    for read in (_literal, json.loads):
        try:
            return read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            pass
    if text[:1] in _PAIRS:
        hint = "texts in it stand in quotes"
        raise UsageError(f"--param {name}={text} is not a value of Python; {hint}")
    if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1]  # such as 'C:\users', which Python does not read
    return text


def _literal(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a backslash that begins no escape
        return ast.literal_eval(text)


# --- what the notebooks know -------------------------------------------------------------------


def check_parameters(plans: Sequence[NotebookPlan], parameters: Mapping[str, object]) -> None:
    """Raise a `UsageError` for a name that is a parameter of none of the notebooks.

    A notebook that says in a tagged cell which parameters it has knows no others. Any other
    notebook takes every name.
    """
    if not parameters or not plans:
        return
    known: dict[str, None] = {}  # a dict keeps the order
    for plan in plans:
        names = known_parameters(plan)
        if names is None:
            return
        known.update(dict.fromkeys(names))
    for name in parameters:
        if name not in known:
            raise UsageError(_unknown(name, list(known), plans))


def _unknown(name: str, known: list[str], plans: Sequence[NotebookPlan]) -> str:
    place = display_path(Path(plans[0].path)) if len(plans) == 1 else "no notebook"
    has = "has no" if len(plans) == 1 else "has a"
    near = nearest(name, frozenset(known))
    question = f"; did you mean {near}?" if near else ""
    names = ", ".join(known) or "none"
    return f"--param {name}: {place} {has} parameter of this name{question} Known: {names}"


def parameters_step(plan: NotebookPlan) -> Step | None:
    """The first cell that runs and has the tag `parameters`, or None."""
    for step in plan.runs:
        if TAG in step.cell.tags:
            return step
    return None


def known_parameters(plan: NotebookPlan) -> list[str] | None:
    """The names that the tagged cell of a notebook sets; None if nobody can say."""
    step = parameters_step(plan)
    if step is None or plan.notebook.language != "python":
        return None
    lines = step.cell.source.split("\n")
    code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(((node.lineno, node.col_offset), node.id))
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return None
    return [name for _, name in sorted(found)]
