"""Records: they behave as dataclasses do, and type checkers understand them."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from literate.records import (
    asdict,
    dataclass,
    field,
    is_record,
    record_metadata,
    record_values,
    replace,
)

ROOT = Path(__file__).parents[1]


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    name: str
    point: Point | None = None


@dataclass(frozen=True)
class Twin:
    name: str
    point: Point | None = None


@dataclass(eq=False)
class Token:
    text: str


@dataclass
class Option:
    workers: int = field(default=2, metadata={"help": "how many"})
    names: list[str] = field(default_factory=lambda: ["a"], metadata={"help": "which"})
    check: bool = False


# --- construction ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        Point(1, 2, ["a"]),
        Point(x=1, y=2, tags=["a"]),
        Point(1, tags=["a"], y=2),
        Point(1, 2, tags=["a"]),
    ],
)
def test_values_are_given_by_position_or_by_name(made):
    assert (made.x, made.y, made.tags) == (1, 2, ["a"])


def test_fields_that_are_not_given_have_their_defaults():
    assert record_values(Point(1)) == (1, 0, [])
    assert record_values(Option()) == (2, ["a"], False)


def test_a_default_is_made_anew_for_each_record():
    first, second = Point(1), Point(1)
    first.tags.append("a")
    assert second.tags == []
    assert Point(1).tags == []


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((), {}),
        ((), {"y": 2}),
        ((1, 2, [], 4), {}),
        ((1, 2, [], 4, 5), {}),
        ((1,), {"z": 3}),
        ((1, 2, []), {"z": 3}),
    ],
)
def test_missing_and_surplus_values_are_refused(values, names):
    with pytest.raises(TypeError, match=r"^Point\(x, y, tags\) was given \d values and"):
        Point(*values, **names)


def test_an_error_says_which_names_were_given():
    with pytest.raises(TypeError, match="was given 1 values and z, w$"):
        Point(1, z=3, w=4)
    with pytest.raises(TypeError, match="was given 0 values and no names$"):
        Point()


# --- comparison --------------------------------------------------------------------------------


def test_records_with_equal_values_are_equal():
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    assert Place("a", Point(1)) == Place("a", Point(1))


def test_records_of_different_classes_are_not_equal():
    assert Place("a") != Twin("a")
    assert Place("a") != ("a", None)


def test_frozen_records_with_equal_values_have_equal_hashes():
    assert hash(Place("a")) == hash(Place("a"))
    assert {Place("a"): 1}[Place("a")] == 1
    assert hash(Place("a")) != hash(Place("b"))


def test_records_that_can_change_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))


def test_records_without_comparison_are_equal_to_themselves_alone():
    token = Token("a")
    assert token == token
    assert token != Token("a")
    assert len({token, Token("a")}) == 2


# --- use ---------------------------------------------------------------------------------------


def test_a_frozen_record_cannot_be_changed():
    place = Place("a")
    with pytest.raises(AttributeError, match="Place is frozen: name cannot be set"):
        place.name = "b"
    assert place.name == "a"


def test_other_records_can_be_changed():
    point = Point(1)
    point.x = 3
    assert point == Point(3)


def test_a_record_shows_its_values():
    assert repr(Place("a", Point(1))) == "Place(name='a', point=Point(x=1, y=0, tags=[]))"


def test_replace_makes_another_record():
    place = Place("a", Point(1))
    changed = replace(place, name="b")
    assert changed == Place("b", Point(1))
    assert place.name == "a"
    assert changed.point is place.point
    with pytest.raises(TypeError):
        replace(place, nosuch=1)


def test_asdict_takes_records_inside_of_records_apart():
    place = Place("a", Point(1, tags=["x"]))
    assert asdict(place) == {"name": "a", "point": {"x": 1, "y": 0, "tags": ["x"]}}
    assert asdict([Twin("a")]) == [{"name": "a", "point": None}]
    assert asdict({"key": (Twin("a"), 3)}) == {"key": ({"name": "a", "point": None}, 3)}


def test_records_are_told_from_other_values():
    assert is_record(Place("a"))
    assert not is_record(("a", None))
    assert not is_record(Place)


def test_metadata_stands_beside_the_default():
    assert record_metadata(Option) == {"workers": {"help": "how many"}, "names": {"help": "which"}}
    assert record_metadata(Place) == {}
    assert Option.workers == 2


def test_match_patterns_read_fields_by_position_and_by_name():
    match Place("a", Point(1, 2)):
        case Place(name, Point(x, y=2)):
            assert (name, x) == ("a", 1)
        case _:
            pytest.fail("the pattern does not match")


# --- types -------------------------------------------------------------------------------------

USES = """
from literate.records import dataclass, field, replace


@dataclass(frozen=True)
class Place:
    name: str
    size: int = 0
    tags: list[str] = field(default_factory=list)


place: Place = replace(Place("a", 3, tags=["b"]), size=3)
size: int = place.size
name: int = place.name  # refused
place.nosuch  # refused
place.size = 4  # refused
Place(3)  # refused
Place()  # refused
Place("a", nosuch=1)  # refused
Place("a", 3, [], 4)  # refused
"""


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_understands_a_record(tmp_path):
    (tmp_path / "uses.py").write_text(USES)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "uses.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    refused = re.findall(r"^uses\.py:(\d+): error", done.stdout, re.MULTILINE)
    numbered = enumerate(USES.splitlines(), 1)
    expected = [str(number) for number, line in numbered if line.endswith("# refused")]
    assert refused == expected, done.stdout + done.stderr


def test_a_field_can_be_left_out_of_comparisons():
    @dataclass(frozen=True)
    class Read:
        text: str
        time: int = field(default=0, compare=False)

    assert Read("a", 1) == Read("a", 2) != Read("b", 1)
    assert hash(Read("a", 1)) == hash(Read("a", 2))
    assert "time" not in repr(Read("a", 1))
    assert replace(Read("a", 1), time=3).time == 3
