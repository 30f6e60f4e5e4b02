"""The imports of the own package, with the names that are bound above them."""

from __future__ import annotations

import ast
import timeit
from time import process_time

import pytest

from literate.compile.facts import ModuleFacts, facts_as_json, facts_from_json
from literate.compile.own_imports import ImportFinder


def found(*codes: str, folder: tuple[str, ...] = ()) -> list[tuple]:
    finder = ImportFinder("lib", folder)
    imports = []
    for code in codes:
        imports += finder.add(code, ast.parse(code))
    return [(each.module, each.names, each.runs, each.above) for each in imports]


@pytest.mark.parametrize(
    "code, module, names, runs",
    [
        ("import lib", "lib", (), True),
        ("import os, lib.a", "lib.a", (), True),
        ("from lib.a import x as y, z", "lib.a", ("x", "z"), True),
        ("from lib \\\n  import *", "lib", ("*",), True),
        ("if x: from lib import a", "lib", ("a",), True),
        ("class A:\n    import lib", "lib", (), True),
        ("def f():\n    import lib", "lib", (), False),
        ("if TYPE_CHECKING:\n    import lib", "lib", (), False),
    ],
)
def test_an_import_of_the_package(code, module, names, runs):
    ((*import_found, _),) = found(code)
    assert import_found == [module, names, runs]


@pytest.mark.parametrize(
    "code", ["import library", "from other.lib import x", "lib", "# import lib"]
)
def test_other_imports(code):
    assert found(code) == []


@pytest.mark.parametrize(
    "code, module",
    [
        ("from . import x", "lib.sub"),
        ("from .a import x", "lib.sub.a"),
        ("from ..a import x", "lib.a"),
    ],
)
def test_a_relative_import_in_a_module_written_by_hand(code, module):
    ((name, *_),) = found(code, folder=("lib", "sub"))
    assert name == module


def test_a_relative_import_from_beyond_the_package():
    assert found("from ... import x", folder=("lib",)) == []


def test_the_names_above_an_import():
    first = "import os\nx, (y, *z) = 1, (2, 3)\ndef f(): local = 1"
    second = "for i in x:\n    with x as w: pass\nfrom lib import a as b\nimport lib.c"
    (*_, above), (*_, between) = found(first, second)
    assert set(above) == {"os", "x", "y", "z", "f", "i", "w"}
    assert between == ("b",)


def test_facts_survive_the_compile_cache():
    code = "x = 1\nfrom lib import a"
    imports = list(ImportFinder("lib").add(code, ast.parse(code)))
    facts = ModuleFacts(["x", "a"], imports, True, ["os"])
    assert facts_from_json(facts_as_json(facts)) == facts


@pytest.mark.parametrize("piece", ["import ", "import lib", "from  ", "import a, ", "x = lib; "])
def test_the_work_grows_with_the_length_of_a_line(piece):
    """Eight times the length takes about eight times as long. With its square, it would be 64."""

    def seconds(count: int) -> float:
        code = "# " + piece * count

        def search() -> None:
            list(ImportFinder("lib").add(code, ast.parse("")))

        return min(timeit.repeat(search, timer=process_time, number=1, repeat=5))

    assert seconds(16_000) < 30 * max(seconds(2_000), 0.0001)
