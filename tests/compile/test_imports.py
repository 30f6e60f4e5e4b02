"""Imports of the own package, and the names in `__all__`."""

from __future__ import annotations

import ast

import pytest

from literate.compile.imports import (
    decorator_name,
    is_dynamic_all,
    make_absolute,
    make_relative,
    public_names,
    relative_name,
    star_imported_modules,
)

# Absolute imports, and the same imports in a module of the package `lib`.
IMPORTS = [
    ("from lib.other import a", "from .other import a"),
    ("from lib import other", "from . import other"),
    (
        "from lib.other import (  # why\n    a,\n    b)",
        "from .other import (  # why\n    a,\n    b)",
    ),
    ("from lib.x import a; from lib.y import b", "from .x import a; from .y import b"),
    ("é = 'ü'; from lib.x import a", "é = 'ü'; from .x import a"),
    ("from  \\\n  lib.x import lib", "from  \\\n  .x import lib"),
]
NOT_OWN_IMPORTS = [
    "import lib.x\nfrom library.x import y",
    "def f():\n    from lib.x import y",
    "s = '''\nfrom lib.x import y\n'''",
    "from .x import y",
]


def relative(code: str, package: str = "lib") -> str:
    return make_relative(code, ast.parse(code), package.split("."))


@pytest.mark.parametrize("code, expected", IMPORTS)
def test_own_imports_become_relative(code, expected):
    assert relative(code) == expected


@pytest.mark.parametrize("code", NOT_OWN_IMPORTS)
def test_other_imports_stay(code):
    assert relative(code) == code


def test_spaces_in_a_dotted_name_are_left_out():
    assert relative("from lib . a import b") == "from .a import b"


def test_an_import_that_is_spelled_with_a_form_feed_stays():
    assert relative("from\flib.x import y") == "from\flib.x import y"


@pytest.mark.parametrize("expected, code", IMPORTS)
def test_relative_imports_become_absolute_again(expected, code):
    assert make_absolute(code, ["lib"]) == expected


def test_an_import_from_beyond_the_package_cannot_become_absolute():
    assert make_absolute("from ..x import y", ["lib", "a"]) == "from lib.x import y"
    with pytest.raises(SyntaxError) as caught:
        make_absolute("x = 1\nfrom ..x import y", ["lib"])
    assert caught.value.lineno == 2


@pytest.mark.parametrize(
    "package, name, expected",
    [
        ("lib.a.b", "lib.core", "...core"),
        ("lib.a.b", "lib", "..."),
        ("lib.a.b", "lib.a", ".."),
        ("lib.a.b", "lib.a.b", "."),
        ("lib.a.b", "lib.a.b.x", ".x"),
        ("lib.a.b", "lib.a.x", "..x"),
        ("lib", "lib.a.x", ".a.x"),
    ],
)
def test_relative_names_at_every_depth(package, name, expected):
    parts = package.split(".")
    assert relative_name(name, parts) == expected
    absolute = f"from {name} import y"
    assert relative(absolute, package) == f"from {expected} import y"
    assert make_absolute(relative(absolute, package), parts) == absolute


def test_star_imports_are_found_at_any_depth():
    codes = [
        "from a import *\nfrom b import c",
        "if x:\n    from a.b import *\n    from d import *",
        "s = 'from e import *'",
    ]
    assert star_imported_modules(codes) == ["a", "a.b", "d"]


# --- the names in `__all__` --------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, expected",
    [
        ("a = b = 1", ["a", "b"]),
        ("x, (y, z), *w = 1, (2, 3), 4", ["x"]),
        ("[x, y] = 1, 2", ["x", "y"]),
        ("a.b = 1\nc[0] = 2", []),
        ("def f(): ...\nclass C: ...\nx = 1\nasync def g(): ...", ["x", "f", "C", "g"]),
        ("_x = 1\ndef _f(): ...", []),
        ("@patch\ndef f(self: A): ...\n@patch_to(A)\ndef g(self): ...", []),
        ("@fc.patch\ndef h(self): ...", ["h"]),
        ("_all_ = ['_f', g]\nx = 1", ["x", "_f", "g"]),
        ("_all_ = ('a',)\n_all_ += ['b']", ["a", "b"]),
        ("_all_ = names", []),
        ("_all_ = ['a', 1, b.c, *d]", ["a"]),
        ("n: int\nm: int = 2", ["m"]),
        ("x = 1\ndel x", []),
        ("x = 1\ndel x\nx = 2", ["x"]),
        ("x = 1\ndel x\ndef x(): ...", ["x"]),
        ("if 1:\n    def f(): ...\nimport os\nfor i in []: pass", []),
        ("x = 1\nx += 1", ["x"]),
    ],
)
def test_public_names(code, expected):
    assert public_names([ast.parse(code)]) == expected


def test_a_name_that_another_cell_deletes_is_not_public():
    assert public_names(map(ast.parse, ["x = 1\ny = 1", "del x", "def f(): ..."])) == ["y", "f"]


@pytest.mark.parametrize(
    "code, expected",
    [
        ("_all_ = ['a', b]", False),
        ("_all_ = []", False),
        ("_all_ = names", True),
        ("_all_ = [*names]", True),
        ("_all_ += [name.upper()]", True),
        ("_all_ = ['a'] + names", True),
        ("x = names", False),
        ("print(_all_)", False),
    ],
)
def test_whether_all_is_dynamic(code, expected):
    assert is_dynamic_all(ast.parse(code).body[0]) == expected


@pytest.mark.parametrize(
    "decorator, expected", [("a", "a"), ("a(1)", "a"), ("a.b", ""), ("a.b(1)", ""), ("a()()", "")]
)
def test_decorator_name(decorator, expected):
    assert decorator_name(ast.parse(decorator, mode="eval").body) == expected
