"""Which known mistake an attempt makes."""

from __future__ import annotations

import pytest

from literate.exercises.diagnosis import (
    Diagnosis,
    failing_line,
    same_message,
    sentence_for,
)


def right(x):
    return 2 * x


VERSIONS = {"adds": lambda x: x + x + 1, "squares": lambda x: x * x, "halves": lambda x: x / 2}


def check(double):
    assert double(2) == 4
    assert double(3) == 6


def diagnose(attempt, check=check, versions=VERSIONS, right=right):
    return Diagnosis(check, right, versions, "double").of(attempt)


def test_an_attempt_that_does_the_same():
    assert diagnose(lambda x: pow(x, 2)) == ["squares"]
    assert diagnose(lambda x: x * 0.5) == ["halves"]


def test_an_attempt_that_is_right_or_wrong_in_its_own_way():
    assert diagnose(lambda x: x + x) == []
    assert diagnose(lambda x: 17) == []


def test_what_a_mistake_does_later_in_the_check_counts_too():
    assert diagnose(lambda x: x / 2 if x == 2 else x) == []


def test_mistakes_that_the_check_cannot_tell_apart():
    versions = {**VERSIONS, "gives the square": lambda x: x**2}
    assert diagnose(lambda x: x * x, versions=versions) == ["squares", "gives the square"]


def test_exceptions_are_compared_by_their_type():
    versions = {"divides by zero": lambda x: 1 / 0, "asks for a key": lambda x: {}[x]}
    assert diagnose(lambda x: x % 0, versions=versions) == ["divides by zero"]
    assert diagnose(lambda x: [][x], versions=versions) == []


def test_changes_of_the_arguments_are_compared():
    def right(numbers):
        numbers.append(1)

    def check(append):
        numbers = [0]
        append(numbers)
        assert numbers == [0, 1]

    versions = {
        "makes a new list": lambda numbers: None,
        "appends twice": lambda numbers: numbers.extend([1, 1]),
    }
    copies = diagnose(lambda numbers: [*numbers, 1] and None, check, versions, right)
    assert copies == ["makes a new list"]
    assert diagnose(lambda n: n.__iadd__([1, 1]) and None, check, versions, right) == [
        "appends twice"
    ]


def test_a_right_version_that_never_does_the_same_twice():
    """Such calls cannot be made again and compared; the others, and the failure, still count."""
    numbers = iter(range(1000))

    def noisy(x):
        return 2 * x + next(numbers) / 10_000

    def check_roughly(double):
        assert abs(double(2) - 4) < 0.5
        assert abs(double(3) - 6) < 0.5

    assert diagnose(lambda x: x * x, check_roughly, right=noisy) == ["squares"]
    assert diagnose(lambda x: 17, check_roughly, right=noisy) == []


class Right:
    def __init__(self, size):
        self.size = size

    def double(self):
        return 2 * self.size


def make_class(start=0, factor=2):
    class Attempt:
        def __init__(self, size):
            self.size = size + start

        def double(self):
            return factor * self.size

    return Attempt


def check_class(cls):
    box = cls(3)
    assert box.size == 3, f"the size is {box.size}"
    assert box.double() == 6, "not six"


CLASSES = {
    "begins at one": make_class(start=1),
    "begins at two": make_class(start=2),
    "triples": make_class(factor=3),
    "quadruples": make_class(factor=4),
}


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (make_class(start=1, factor=7), ["begins at one"]),
        (make_class(start=2), ["begins at two"]),
        (make_class(factor=3.0), ["triples"]),
        (make_class(factor=4), ["quadruples"]),
        (make_class(start=5), []),
        (make_class(factor=5), []),
    ],
)
def test_classes_are_compared_by_their_calls_and_by_messages(attempt, expected):
    assert diagnose(attempt, check_class, CLASSES, Right) == expected


def test_values_are_compared_by_messages():
    def check_value(value):
        assert value == 42, f"{value} is not 42"

    versions = {"forgets one": 41, "forgets two": 40}
    assert diagnose(40.0000001, check_value, versions, 42) == ["forgets two"]
    assert diagnose(7, check_value, versions, 42) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("mean 0.12349", "mean 0.12351", True),
        ("mean 0.12", "mean 0.13", False),
        ("mean -1e-9", "mean 2e-9", True),
        ("mean 1", "sum 1", False),
        ("<A at 0x7f01>", "<A at 0x7faa>", True),
        ("x1 is 2", "x2 is 2", False),
        ("1 and 2", "1", False),
        ("1e+05 items", "100000 items", True),
    ],
)
def test_messages_are_compared_but_for_rounding(one, other, expected):
    assert same_message(one, other) is expected


def test_the_line_that_fails():
    try:
        check(lambda x: 0)
    except AssertionError as error:
        assert failing_line(check, error) == "assert double(2) == 4"
        assert failing_line(len, error) == ""


def test_a_sentence_for_each_number_of_mistakes():
    assert sentence_for("f", []) == ""
    assert sentence_for("f", ["adds"]) == "Your f behaves like one that adds."
    several = "Your f behaves like one of these: one that adds; or one that squares."
    assert sentence_for("f", ["adds", "squares"]) == several
