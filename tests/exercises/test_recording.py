"""The calls that a check makes of a version."""

from __future__ import annotations

import inspect
import random

import numpy
import pytest

from literate.exercises.recording import recording, replay


def record(version, use, name="f"):
    """Use a version, and return its calls."""
    with recording(version, name) as (stand_in, calls):
        try:
            use(stand_in)
        except ValueError:
            pass
    return calls


def test_arguments_results_and_exceptions():
    def f(numbers, *, extra=0):
        numbers.append(extra)
        if extra > 1:
            raise ValueError("too much")
        return numbers

    def use(f):
        f([1], extra=1)
        f([2], extra=2)

    first, second = record(f, use)
    assert first.arguments == ([1], {"extra": 1})
    assert first.after == ([1, 1], {"extra": 1})
    assert (first.outcome.value, first.outcome.raised) == ([1, 1], "")
    assert (second.outcome.value, second.outcome.raised) == (None, "ValueError")


def test_the_stand_in_looks_like_the_version():
    def f(x: int) -> int:
        "Doc."
        return x

    with recording(f, "f") as (stand_in, _):
        assert stand_in.__name__ == "f"
        assert stand_in.__doc__ == "Doc."
        assert inspect.signature(stand_in) == inspect.signature(f)


def test_results_are_recorded_as_they_were():
    results = record(lambda x: [x], lambda f: f(1).append(2))
    assert results[0].outcome.value == [1]


def test_the_items_of_generators_are_recorded():
    def f(n):
        for number in range(n):
            yield [number]

    calls = record(f, lambda f: [item.clear() for item in f(2)])
    assert [call.outcome.value for call in calls] == [None, [0], [1]]


def test_the_calls_of_a_function_that_was_returned_are_recorded():
    calls = record(lambda n: lambda x: x + n, lambda f: f(2)(3))
    assert [(call.name, call.outcome.value) for call in calls] == [("f", None), ("f()", 5)]


def test_a_value_has_no_calls():
    assert record(3, lambda f: f + 1) == []


class Counter:
    start = 0

    def __init__(self, start):
        self.count = start

    def add(self, n):
        self._add(n)
        return self.count

    def _add(self, n):
        self.count += n

    @property
    def double(self):
        return 2 * self.count

    @staticmethod
    def zero():
        return 0

    @classmethod
    def make(cls):
        return cls(1).count

    def __repr__(self):
        return "Counter"


def test_methods_are_recorded_and_given_back():
    before = dict(vars(Counter))

    def use(cls):
        counter = cls(2)
        counter.add(3)
        repr(counter)
        assert (counter.double, cls.zero(), cls.make()) == (10, 0, 1)

    calls = record(Counter, use)
    assert [(call.name, call.outcome.value) for call in calls] == [
        ("__init__", None),
        ("add", 5),  # `_add` is a part of it
        ("double", 10),
        ("zero", 0),
        ("make", 1),
    ]
    assert dict(vars(Counter)) == before


def test_methods_are_given_back_after_an_exception():
    before = dict(vars(Counter))
    with pytest.raises(KeyError), recording(Counter, "Counter"):
        raise KeyError
    assert dict(vars(Counter)) == before


def test_a_replay_gets_the_same_arguments_and_random_numbers():
    def f(numbers):
        numbers.append(random.random())
        return numbers[-1]

    numbers = [1]
    calls = record(f, lambda f: (f(numbers), f(numbers)))
    for call in calls:
        assert replay(call, f).is_same(call)
    assert not replay(calls[0], f).is_same(calls[1])
    assert not replay(calls[0], lambda numbers: 0.5).is_same(calls[0])
    assert not replay(calls[0], lambda numbers: f(list(numbers))).is_same(calls[0])


def test_a_replay_catches_exceptions_and_reads_generators():
    (call,) = record(lambda n: n, lambda f: f(3))
    assert replay(call, lambda n: 1 / 0).outcome.raised == "ZeroDivisionError"
    assert replay(call, lambda n: (i for i in range(n))).outcome.value == [0, 1, 2]


def test_large_arguments_are_not_copied(monkeypatch):
    monkeypatch.setattr("literate.exercises.recording._MOST_BYTES", 100)
    small, large = numpy.zeros(5), numpy.zeros(50)
    calls = record(numpy.sum, lambda f: [f(small), f(large), f(small)])
    assert len(calls) == 1
