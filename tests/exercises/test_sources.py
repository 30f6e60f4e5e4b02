"""The sources of functions and classes, from modules and from cells of notebooks."""

from __future__ import annotations

import functools
import json
import linecache
import textwrap

import pytest

from literate.exercises.sources import (
    NoSourceError,
    define,
    globals_of,
    name_of,
    notebook_of,
    plain_function,
    rebind_functions,
    run_source,
    separate_globals,
    source_of,
)


def run_cell(source: str, name: str = "a.ipynb:cell 3 (0000000a)") -> dict:
    """Run a cell under a file name that only the memory knows, and return its variables."""
    source = textwrap.dedent(source)
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    namespace = {"__name__": "__main__"}
    exec(compile(source, name, "exec", dont_inherit=True), namespace)
    return namespace


CELL = """
    import functools

    def double(x):
        "Doubles."
        return 2 * x

    @functools.cache
    def cached(x):
        return x

    @functools.total_ordering
    class Point:
        "A point."
        x = 1

        def __eq__(self, other): return True
        def __lt__(self, other): return False

        @property
        def y(self):
            return 2

        @staticmethod
        def origin(): return Point()

    class Empty:
        a = 1
"""


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("double", "def double(x):", "    return 2 * x"),
        ("cached", "@functools.cache", "    return x"),
        ("Point", "@functools.total_ordering", "    def origin(): return Point()"),
        ("Empty", "class Empty:", "    a = 1"),
    ],
)
def test_the_source_of_what_a_cell_defines(name, first, last):
    lines = source_of(run_cell(CELL)[name]).splitlines()
    assert (lines[0], lines[-1]) == (first, last)


def test_a_cell_with_magics_has_sources_too():
    namespace = run_cell("def f(x):\n    return x\nclass A:\n    def m(self): return 3\n")
    name = namespace["f"].__code__.co_filename
    lines = ["%matplotlib inline\n", *linecache.cache[name][2][1:]]
    linecache.cache[name] = 1, None, ["def f(x):\n", *lines[1:], "!ls\n"], name
    assert source_of(namespace["A"]) == "class A:\n    def m(self): return 3\n"


def test_methods_lose_the_indentation_of_their_class():
    assert source_of(run_cell(CELL)["Point"].origin).startswith("@staticmethod\ndef origin()")


def test_the_source_of_what_a_module_defines():
    assert source_of(json.JSONDecoder).startswith("class JSONDecoder(object):")
    assert source_of(json.dumps).startswith("def dumps(")


@pytest.mark.parametrize("value", [42, functools.partial(print), len])
def test_what_has_no_source_is_refused(value):
    with pytest.raises(NoSourceError):
        plain_function(value)


def test_a_function_without_a_file_has_no_source():
    namespace: dict = {}
    exec("def f(): ...", namespace)
    with pytest.raises(NoSourceError, match="the source of f cannot be found"):
        source_of(namespace["f"])


def test_names_are_those_inside_of_the_module():
    def inner(): ...

    assert name_of(inner) == "inner"
    assert name_of(json.JSONDecoder.decode) == "JSONDecoder.decode"
    assert name_of(3) == ""


# --- made again --------------------------------------------------------------------------------


def test_what_is_defined_again_leaves_the_original_alone():
    namespace = run_cell(CELL)
    copy = separate_globals(namespace["double"])
    made = define("def double(x):\n    return triple(x)", namespace["double"], copy, "double again")
    copy["triple"] = lambda x: 3 * x
    assert made(2) == 6
    assert namespace["double"](2) == 4
    assert "triple" not in namespace
    assert source_of(made) == "def double(x):\n    return triple(x)"


def test_the_decorator_patch_is_not_applied_again():
    namespace = run_cell("def patch(f): calls.append(f)\n\ncalls = []\n\ndef f(): return 1\n")
    made = define("@patch\ndef f(): return 2", namespace["f"], dict(namespace), "f")
    assert made() == 2
    assert namespace["calls"] == []


def test_features_of_the_future_are_kept():
    namespace = run_cell("from __future__ import annotations\ndef f(x: nowhere): return 1")
    made = define("def f(x: nowhere): return 2", namespace["f"], dict(namespace), "f")
    assert made(0) == 2
    run_source("def g(x: nowhere): return 3", namespace["f"], namespace, "g")
    assert namespace["g"](0) == 3


def test_a_source_that_defines_something_else_is_refused():
    namespace = run_cell("def f(): ...")
    with pytest.raises(SyntaxError, match="no longer defines f"):
        define("def g(): ...", namespace["f"], dict(namespace), "f")


def test_the_variables_of_an_outer_function_are_kept():
    namespace = run_cell("def outer(n):\n    def f(x): return x + n\n    return f")
    made = define("def f(x): return x - n", namespace["outer"](5), {}, "f")
    assert made(7) == 2


def test_functions_of_a_copied_namespace_use_the_copy():
    namespace = run_cell("def f(): return g()\ndef g(): return 1\nn = json = len")
    copy = dict(namespace, g=lambda: 2)
    rebind_functions(copy, namespace)
    assert (copy["f"](), namespace["f"]()) == (2, 1)
    assert copy["n"] is len


# --- where something was defined ---------------------------------------------------------------


def test_the_notebook_of_a_cell():
    namespace = run_cell(CELL, "lessons/01_a.ipynb:cell 3 (0000000a)")
    assert str(notebook_of(namespace["double"])) == "lessons/01_a.ipynb"
    assert str(notebook_of(namespace["Point"])) == "lessons/01_a.ipynb"
    assert globals_of(namespace["Point"]) is namespace


def test_the_notebook_that_an_editor_names(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    namespace = run_cell("def f(): ...", "/nowhere/ipykernel_1/2.py")
    assert notebook_of(namespace["f"]) is None
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert notebook_of(namespace["f"]) == path
    other = tmp_path / "b.ipynb"
    other.write_text("{}")
    namespace["__vsc_ipynb_file__"] = str(other)
    assert notebook_of(namespace["f"]) == other
