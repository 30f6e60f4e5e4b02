"""Which known mistake does an attempt make? Its doings in a check are compared with theirs."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping, Sequence

from ..records import dataclass, field
from .recording import Call, recording, replay
from .trials import Restore, failure_of, random_states, restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Check = Callable[[Any], object]

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@dataclass(frozen=True)
class Evidence:
    """What a version did in a check."""

    calls: Sequence[Call]
    error: Exception | None  # that ended the check
    line: int  # of the check, where this exception came from, or 0
    in_check: bool  # whether the check itself raised it, and not what it called
    replayed: Sequence[Call] = field(default_factory=tuple)


class Diagnosis:
    """Finds the known mistakes that behave as an attempt does."""

    def __init__(
        self,
        check: Check,
        right: Any,  # the right version
        versions: Mapping[str, Any],  # the wrong versions, by their sentences
        name: str,
        states: list[Restore] | None = None,  # of the random generators, for each run of the check
    ) -> None:
        self._check = check
        self._right = right
        self._versions = versions
        self._name = name
        self._states = states or random_states()
        self._known: dict[str, Evidence] = {}
        self._calls = self._calls_to_replay()

    def of(self, attempt: Any) -> list[str]:
        """The sentences of the mistakes that behave as an attempt does; empty if none does."""
        evidence = self._collect(attempt)
        if evidence.error is None:
            return []
        return [text for text in self._versions if self._is_same(evidence, self.known(text))]

    def known(self, sentence: str) -> Evidence:
        """What the wrong version with this sentence did in the check."""
        found = self._known.get(sentence)
        if found is None:
            found = self._known[sentence] = self._collect(self._versions[sentence])
        return found

    def _collect(self, version: Any) -> Evidence:
        restore(self._states)
        with recording(version, self._name) as (stand_in, calls):
            error = failure_of(self._check, stand_in)
        line, in_check = _place_in(self._check, error)
        replayed = [replay(call, version) for call in self._calls]
        return Evidence(calls, error, line, in_check, replayed)

    def _calls_to_replay(self) -> list[Call]:
        """The calls that the check makes of the right version.

        They go on where the check of a wrong version ends. A call that does not end in the same
        way when it is made again is left out: it depends on something else than its arguments.
        """
        if isinstance(self._right, type) or not callable(self._right):
            return []
        restore(self._states)
        with recording(self._right, self._name) as (stand_in, calls):
            error = failure_of(self._check, stand_in)
        if error is not None:
            return []
        own = [call for call in calls if call.name == self._name]
        return [call for call in own if replay(call, self._right).is_same(call)]

    def _is_same(self, one: Evidence, other: Evidence) -> bool:
        """Whether two versions did the same in the check."""
        if type(one.error) is not type(other.error) or one.line != other.line:
            return False
        if not _same_calls(one.calls, other.calls):
            return False
        if not _same_calls(one.replayed, other.replayed):
            return False
        tells_enough = bool(one.calls) and not isinstance(self._right, type)
        if tells_enough or not one.in_check:
            return True
        return same_message(str(one.error), str(other.error))


def _same_calls(some: Sequence[Call], others: Sequence[Call]) -> bool:
    if len(some) != len(others):
        return False
    return all(one.is_same(other) for one, other in zip(some, others, strict=True))


def same_message(one: str, other: str) -> bool:
    """Whether two messages say the same, but for the rounding of their numbers."""
    one, other = _ADDRESS.sub("", one), _ADDRESS.sub("", other)
    if _NUMBER.sub("", one) != _NUMBER.sub("", other):
        return False
    numbers = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(_is_near(float(first), float(second)) for first, second in numbers)


def _is_near(first: float, second: float) -> bool:
    """Whether two printed numbers are the same: the last digit of four is rounded."""
    return abs(first - second) <= 1e-3 * max(abs(first), abs(second)) + 1e-6


# --- where a check failed ----------------------------------------------------------------------


def _place_in(check: Check, error: Exception | None) -> tuple[int, bool]:
    """The line of the check that an exception came through, and whether it came from the check."""
    code = getattr(check, "__code__", None)
    trace = error.__traceback__ if error is not None else None
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line, isinstance(error, AssertionError)


def failing_line(check: Check, error: Exception) -> str:
    """The text of the line of the check that an exception came through, or ""."""
    line, _ = _place_in(check, error)
    code = getattr(check, "__code__", None)
    if not line or code is None:
        return ""
    return linecache.getline(code.co_filename, line).strip()


def sentence_for(name: str, mistakes: Sequence[str]) -> str:
    """The diagnosis as a sentence, or "" if there is none."""
    if not mistakes:
        return ""
    if len(mistakes) == 1:
        return f"Your {name} behaves like one that {mistakes[0]}."
    listed = "; or one that ".join(mistakes)
    return f"Your {name} behaves like one of these: one that {listed}."
