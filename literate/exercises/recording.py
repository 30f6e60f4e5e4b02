"""What a version of a function or a class does in a check: its calls, one by one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import FunctionType, GeneratorType

from ..records import dataclass, field
from .comparing import bytes_of, same, snapshot
from .trials import Restore, random_states, restore, silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_CALLS = 500  # that are recorded of one check
_MOST_BYTES = 1 << 26  # of arrays in the arguments that are copied for one check
_MOST_ITEMS = 1000  # that are compared of a generator

# Methods that Python calls at moments of its own, so that they are no part of what a check does.
_UNRECORDED = {
    *("__new__", "__del__", "__getattr__", "__getattribute__", "__setattr__", "__hash__"),
    *("__repr__", "__str__", "__init_subclass__", "__class_getitem__", "__set_name__"),
}


@dataclass(frozen=True)
class Outcome:
    """How a call ended: the value that it returned, or the name of the exception's class."""

    value: object = None
    raised: str = ""

    def is_same(self, other: Outcome) -> bool:
        """Whether two calls ended in the same way, but for rounding."""
        return self.raised == other.raised and same(self.value, other.value)


@dataclass(frozen=True)
class Call:
    """One call: what it got, and how it ended."""

    name: str
    arguments: tuple[object, ...]  # before the call: positional ones, and then a dict of the others
    after: tuple[object, ...]  # the same objects after the call, which may have changed them
    outcome: Outcome
    states: list[Restore] = field(default_factory=list)  # of the random generators, before it

    def is_same(self, other: Call) -> bool:
        """Whether two calls ended in the same way and left the same behind."""
        if self.name != other.name or not self.outcome.is_same(other.outcome):
            return False
        return same(self.after, other.after)


@dataclass(eq=False)
class Recorder:
    """The calls of one version. A call that another recorded call makes is a part of that one."""

    calls: list[Call] = field(default_factory=list)
    depth: int = 0
    bytes: int = 0  # of what was copied

    def record(self, name: str, function: Callable[..., Any], has_self: bool) -> Callable[..., Any]:
        """The function, with a record of each of its calls."""

        @functools.wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            given = (*args[has_self:], kwargs)
            if self.depth or not self._has_room_for(given):
                return function(*args, **kwargs)
            before, states = snapshot(given), random_states()
            self.depth += 1
            outcome = Outcome()
            try:
                result = function(*args, **kwargs)
                outcome = Outcome(None if _is_lazy(result) else snapshot(result))
            except Exception as error:
                outcome = Outcome(raised=type(error).__name__)
                raise
            finally:
                self.depth -= 1
                self.calls.append(Call(name, before, snapshot(given), outcome, states))
            return self._followed(name, result)

        return recorded

    def _has_room_for(self, given: object) -> bool:
        """Whether one more call can be recorded; copies of large data would fill the memory."""
        if len(self.calls) >= _MOST_CALLS:
            return False
        self.bytes += bytes_of(given)
        return self.bytes <= _MOST_BYTES

    def _followed(self, name: str, result: Any) -> Any:
        """A result whose own doings are recorded, too: those of a generator or of a function."""
        if isinstance(result, GeneratorType):
            return self._record_items(name, result)
        if isinstance(result, FunctionType):
            return self.record(f"{name}()", result, has_self=False)
        return result

    def _record_items(self, name: str, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            if len(self.calls) < _MOST_CALLS:
                self.calls.append(Call(f"item of {name}", (), (), Outcome(snapshot(item))))
            yield item


def _is_lazy(result: object) -> bool:
    return isinstance(result, GeneratorType | FunctionType)


@contextmanager
def recording(version: Any, name: str) -> Iterator[tuple[Any, list[Call]]]:
    """Something that takes the place of a version, and the list that its calls will be in.

    A class takes its own place: for a while, its methods are replaced by recorded ones.
    """
    recorder = Recorder()
    if not isinstance(version, type):
        made = recorder.record(name, version, has_self=False) if callable(version) else version
        yield made, recorder.calls
        return
    own = dict(vars(version))
    replaced = {}
    for method, value in own.items():
        recorded = None if method in _UNRECORDED else _recorded_member(recorder, method, value)
        if recorded is not None:
            replaced[method] = recorded
    try:
        for method, recorded in replaced.items():
            setattr(version, method, recorded)
        yield version, recorder.calls
    finally:
        for method in replaced:
            setattr(version, method, own[method])


def _recorded_member(recorder: Recorder, name: str, value: Any) -> Any:
    """A member of a class with a record of its calls, or None for what is not called."""
    if isinstance(value, FunctionType):
        return recorder.record(name, value, has_self=True)
    if isinstance(value, staticmethod):
        return staticmethod(recorder.record(name, value.__func__, has_self=False))
    if isinstance(value, classmethod):
        return classmethod(recorder.record(name, value.__func__, has_self=True))
    if isinstance(value, property) and value.fget is not None:
        getter = recorder.record(name, value.fget, has_self=True)
        return property(getter, value.fset, value.fdel, value.__doc__)
    return None


def replay(call: Call, version: Callable[..., Any]) -> Call:
    """Make a recorded call once more, of another version, with the same arguments."""
    restore(call.states)
    given: tuple[Any, ...] = snapshot(call.arguments)
    *args, kwargs = given
    try:
        with silence():
            result = version(*args, **kwargs)
            if inspect.isgenerator(result):
                result = list(islice(result, _MOST_ITEMS))
        outcome = Outcome(snapshot(result))
    except Exception as error:
        outcome = Outcome(raised=type(error).__name__)
    return Call(call.name, call.arguments, snapshot(given), outcome)
