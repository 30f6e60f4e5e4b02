"""Which lines of a cell became which lines of code that black formatted."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

from ..records import dataclass

# black adds and removes these: parentheses around an expression, a comma behind the last element.
_OPTIONAL = {"(", ")", ",", ";"}
_LAYOUT = {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_SPELLED_ANEW = {tokenize.STRING, tokenize.NUMBER}


@dataclass(frozen=True)
class Block:
    """Some lines of a cell, and what black made of them. Lines are counted from 0."""

    source_start: int
    source_end: int
    formatted_start: int
    formatted_end: int


def blocks_of(source: str, formatted: str) -> list[Block] | None:
    """The smallest blocks of whole lines that correspond; None if the two are not the same code.

    A block begins with a statement, or with a comment on a line of its own.
    """
    before = _tokens(source)
    after = _tokens(formatted)
    if before is None or after is None:
        return None
    if [token.text for token in before] != [token.text for token in after]:
        return None
    starts: list[tuple[int, int]] = [(0, 0)]
    pairs = [
        (old, new) for old, new in zip(before, after, strict=True) if old.begins and new.begins
    ]
    has_same_indents = all(old.indent == new.indent for old, new in pairs)
    for old, new in pairs:
        is_at_top = old.indent == new.indent == 0
        is_new = old.line > starts[-1][0] and new.line > starts[-1][1]
        if is_new and (is_at_top or has_same_indents):
            starts.append((old.line, new.line))
    ends = [*starts[1:], (_count(source), _count(formatted))]
    return [
        Block(start[0], end[0], start[1], end[1]) for start, end in zip(starts, ends, strict=True)
    ]


def _count(text: str) -> int:
    return len(text.rstrip("\n").split("\n"))


@dataclass(frozen=True)
class _Token:
    text: str  # without what black may spell in another way
    line: int  # from 0
    indent: int
    begins: bool  # it is the first of a statement, or a comment on its own line


def _tokens(code: str) -> list[_Token] | None:
    """The tokens that black keeps; None if Python cannot take the code apart."""
    try:
        return list(_kept_tokens(code))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None


def _kept_tokens(code: str) -> Iterator[_Token]:
    begins = True
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NEWLINE:
            begins = True
            continue
        if token.type in _LAYOUT:
            continue
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string in _OPTIONAL:
                continue
        row, column = token.start
        is_comment = token.type == tokenize.COMMENT
        is_alone = not token.line[:column].strip() and not depth
        text = token.string
        if is_comment:
            text = "#" + "".join(text.split()).lstrip("#")
        elif token.type in _SPELLED_ANEW or "STRING" in tokenize.tok_name[token.type]:
            text = tokenize.tok_name[token.type]
        yield _Token(text, row - 1, column, is_alone if is_comment else begins)
        begins = begins and is_comment
