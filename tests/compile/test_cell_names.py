"""The names of a cell: what it binds, what it looks up in its module, and where."""

from __future__ import annotations

import pytest

from literate.compile.cell_names import (
    bound_names,
    cell_names,
    first_annotations,
    first_uses,
    without_annotations,
)


@pytest.mark.parametrize(
    "code, bound, used, used_at_once",
    [
        ("x = y", {"x"}, {"y"}, {"y"}),
        ("def f(a=b): return c", {"f"}, {"b", "c"}, {"b"}),
        ("class A(B):\n    x = c\n    def f(self): return d", {"A"}, {"B", "c", "d"}, {"B", "c"}),
        ("[a for b in c]", set(), {"a", "c"}, {"a", "c"}),
        ("(a for b in c)", set(), {"a", "c"}, {"c"}),
        ("def f():\n    global x\n    x = 1", {"f", "x"}, set(), set()),
        ("import a.b, c as d\nfrom e import g", {"a", "d", "g"}, set(), set()),
    ],
)
def test_the_names_of_a_cell(code, bound, used, used_at_once):
    names = cell_names(code)
    assert names.bound == bound
    assert names.used - names.bound == used
    assert names.used_at_once - names.bound == used_at_once


def test_annotations_are_not_looked_up_after_a_future_import():
    code = "def f(x: A) -> B: pass"
    assert cell_names(code).used == {"A", "B"}
    names = without_annotations(code, cell_names(code))
    assert (names.used, names.annotated) == (set(), {"A", "B"})


def test_code_that_is_not_python_binds_nothing():
    assert bound_names("x = (") is None


@pytest.mark.parametrize(
    "code, place",
    [
        ("y = x", (1, 5)),
        ("def f(x): return x\ny = 1\ndef g(): return x", (3, 17)),
        ("def f():\n    try: x\n    except NameError: pass", None),
        ("def f():\n    try: x\n    except NameError: x", (3, 23)),
        ("try: pass\nexcept NameError: pass\nelse: x", (3, 7)),
    ],
)
def test_the_first_place_of_a_name(code, place):
    assert first_uses(code, {"x"}) == {"x": place}


def test_the_first_annotation_with_a_name():
    code = "def f(a: int, b: 'list[Path]'): pass\ndef g() -> 'Path': pass"
    assert first_annotations(code, {"Path", "int"}) == {"int": (1, 10), "Path": (1, 18)}
