"""Spelling: which known word was meant by a word with one typing error."""

from __future__ import annotations

_SHORTEST = 4  # shorter words are too similar to each other


def nearest(word: str, known: frozenset[str]) -> str | None:
    """The known word from which `word` differs by one typing error; None for a known word.

    A typing error is one letter too many, one letter missing, one wrong letter, or two letters in
    the wrong order.
    """
    if word in known:
        return None
    for candidate in sorted(known):
        if len(candidate) >= _SHORTEST and _differ_by_one_error(word, candidate):
            return candidate
    return None


def _differ_by_one_error(a: str, b: str) -> bool:
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = _common_start(a, b)
    a, b = a[start:], b[start:]
    one_too_many = a[1:] == b
    one_missing = a == b[1:]
    one_wrong = a[1:] == b[1:]
    two_swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return one_too_many or one_missing or one_wrong or two_swapped


def _common_start(a: str, b: str) -> int:
    """How many characters two words have in common at their beginning."""
    for position, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return position
    return min(len(a), len(b))
