"""Whether two printed texts say the same.

White space does not count, and neither does what a mask hides: addresses of objects, times,
temporary paths. Decimal numbers may differ by one in the last digit shown, or by a part in a
thousand. Whole numbers, exponents, versions and addresses in a network have to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    # A pattern, and the word that takes the place of what it finds.
    Mask = tuple[re.Pattern[str], str]

# `++` gives nothing back, so that no text takes long.
_DIGITS = r"\d[\d_]*+"
_NUMBER = rf"[-+]?(?:{_DIGITS}(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?"
# A number is not a part of a name or of a version: x0.5, 2.4.6, 10.0.0.1.
_ALONE = rf"(?<![\w.]){_NUMBER}j?+(?!\w|\.\w)"
_TOKEN = re.compile(rf"{_ALONE}|\w++|[^\w\s]")

_PARTS = re.compile(r"([-+]?)([\d_]*)(\.?)(\d*)(?:[eE]([-+]?\d+))?(j?)")

_DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_CLOCK = r"\b\d?\d:\d\d(?::\d\d(?:\.\d+)?)?\b"
_UNIT = r"(?:ns|us|µs|μs|ms|s|secs?|seconds?|min|minutes?|h|it/s|s/it)"
_DURATION = rf"(?<![\w.]){_NUMBER} ?{_UNIT}\b"
_UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
# What %timeit and %time print. The second line of %timeit comes only now and then.
_TIMEIT = r"^[^\n±]*+±[^\n]*? per loop.*$|^\d+ loops?, best of .*$"
_SLOWEST = r"^The slowest run took .*\n?"
_TIME = r"^(?:CPU times|Wall time): .*$"
# `Python 3.11` and `version 2.4` look like decimal numbers.
_VERSION = r"(?i:\b(?:version|release|python|cuda)[ :=]{1,3}|\w==)\d+\.\d+(?![\w.])"

_MASKS: tuple[Mask, ...] = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),  # a colour
    (re.compile(_TIMEIT, re.MULTILINE), "TIMES"),
    (re.compile(_SLOWEST, re.MULTILINE), ""),
    (re.compile(_TIME, re.MULTILINE), "TIMES"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "ADDRESS"),
    (re.compile(_DATE), "TIME"),
    (re.compile(_CLOCK), "TIME"),
    (re.compile(_DURATION), "TIME"),
    (re.compile(_UUID), "UUID"),
    (re.compile(r"/tmp/[\w./-]+"), "TEMPORARY"),
)
_EXACT = re.compile(_VERSION)

_RELATIVE_TOLERANCE = 1e-3
_LAST_DIGIT_TOLERANCE = 1.01  # one, with room for the error of binary fractions


def same_text(old: str, new: str, masks: Iterable[Mask] = ()) -> bool:
    """Whether two texts say the same; `masks` are those of the project."""
    if old == new:
        return True
    for pattern, word in (*masks, *_MASKS):
        old = pattern.sub(word, old)
        new = pattern.sub(word, new)
    if _EXACT.findall(old) != _EXACT.findall(new):
        return False
    old_tokens = _TOKEN.findall(old)
    new_tokens = _TOKEN.findall(new)
    if len(old_tokens) != len(new_tokens):
        return False
    for old_token, new_token in zip(old_tokens, new_tokens, strict=True):
        if old_token != new_token and not _is_same_number(old_token, new_token):
            return False
    return True


# --- numbers -----------------------------------------------------------------------------------


def _is_same_number(old: str, new: str) -> bool:
    """Whether two words are numbers that are close enough."""
    old_match = _PARTS.fullmatch(old)
    new_match = _PARTS.fullmatch(new)
    if old_match is None or new_match is None:
        return False
    _, old_whole, old_point, old_decimals, old_exponent, old_unit = old_match.groups("")
    _, new_whole, new_point, new_decimals, new_exponent, new_unit = new_match.groups("")
    if not (old_whole or old_decimals) or not (new_whole or new_decimals):
        return False  # a sign or a point alone
    if (_plain(old_exponent), old_unit) != (_plain(new_exponent), new_unit):
        return False
    may_differ = bool(old_decimals or new_decimals) and bool(old_point and new_point)
    old_mantissa = old.rstrip("j").lower().partition("e")[0]
    new_mantissa = new.rstrip("j").lower().partition("e")[0]
    if not may_differ:
        return _plain(old_mantissa) == _plain(new_mantissa)
    return _is_close(old_mantissa, new_mantissa, max(map(_step, (old_decimals, new_decimals))))


def _plain(number: str) -> str:
    """A number in one form for all spellings: 1_000, 010 and 10.0 become "1000.", "10.", "10."."""
    whole, _, decimals = number.lstrip("+-").replace("_", "").partition(".")
    digits = f"{whole.lstrip('0')}.{decimals.rstrip('0')}"
    is_negative = number.startswith("-") and digits != "."
    return f"{'-' if is_negative else ''}{digits}"


def _step(decimals: str) -> float:
    """The value of one in the last digit shown: 0.01 for "25", and 0.0 without decimals."""
    return 10.0 ** -len(decimals) if decimals else 0.0


def _is_close(old: str, new: str, step: float) -> bool:
    old_value = float(old)
    new_value = float(new)
    by_size = _RELATIVE_TOLERANCE * max(abs(old_value), abs(new_value))
    by_digit = _LAST_DIGIT_TOLERANCE * step
    return abs(old_value - new_value) <= max(by_size, by_digit)
