"""What source code says about itself."""

from __future__ import annotations

from textwrap import dedent

import pytest

from literate.docs.signatures import describe, names_defined


def one(code: str):
    return describe(dedent(code))[0]


def test_a_function_with_comments():
    found = one("""
        def area(width: int, # in metres
                 # above the ground
                 height: float = 2.0,
                 *more, unit: str = "m", # a word
                 **options) -> float: # in square metres
            "The area.\\n\\nMore."
        """)
    assert (found.name, found.kind, found.summary) == ("area", "function", "The area.")
    assert [(p.name, p.annotation, p.default, p.comment) for p in found.parameters] == [
        ("width", "int", "", "in metres"),
        ("height", "float", "2.0", "above the ground"),
        ("*more", "", "", ""),
        ("unit", "str", "'m'", "a word"),
        ("**options", "", "", ""),
        ("return", "float", "", "in square metres"),
    ]


@pytest.mark.parametrize(
    ("code", "signature"),
    [
        ("def f(): pass", "def f()"),
        ("async def f(a=1): pass", "async def f(a=1)"),
        ("def f(a, /, b, *, c=2) -> int: pass", "def f(a, b, *, c=2) -> int"),
        ("class A: pass", "class A"),
        ("class A(B): pass", "class A(B)"),
        ("class A(B):\n    def __init__(self, x: int=0): pass", "class A(x: int = 0)"),
        ("@dataclass\nclass A:\n    x: int\n    y: str = 'a'", "class A(x: int, y: str = 'a')"),
        ("class A(NamedTuple):\n    x: int", "class A(x: int)"),
    ],
)
def test_signatures(code, signature):
    assert one(code).signature == signature


def test_a_long_signature_has_a_line_for_each_parameter():
    names = [f"parameter_{number}" for number in range(8)]
    found = one(f"def f({', '.join(names)}) -> None: pass")
    lines = found.signature.split("\n")
    assert lines == ["def f(", *(f"    {name}," for name in names), ") -> None"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("@patch\ndef f(self: A): pass", ["A.f"]),
        ("@patch\ndef f(self: A | B): pass", ["A.f", "B.f"]),
        ("@patch\ndef f(self: (A, B)): pass", ["A.f", "B.f"]),
        ("@fc.patch\ndef f(self: 'A'): pass", ["A.f"]),
        ("@patch_to(A)\ndef f(self): pass", ["A.f"]),
        ("@patch(as_prop=True)\ndef f(self: A): pass", ["A.f"]),
        ("@other\ndef f(self: A): pass", ["f"]),
        (
            "class A:\n    def f(self): 'Doc'\n    def g(self): pass\n    def _h(self): 'D'",
            ["A", "A.f"],
        ),
    ],
)
def test_methods(code, names):
    assert [each.name for each in describe(code)] == names


def test_a_method_is_described_without_self():
    found = describe("class A:\n    def f(self, x): 'Doc'\n    @staticmethod\n    def g(x): 'Doc'")
    assert [each.signature for each in found[1:]] == ["def f(x)", "def g(x)"]
    assert one("@patch(as_prop=True)\ndef f(self: A) -> int: pass").signature == "A.f: int"


def test_comments_in_a_docstring():
    found = one('def f(x, y):\n    """Doc.\n\n    x: the first\n    y : not one\n    """')
    assert [parameter.comment for parameter in found.parameters] == ["the first", ""]


def test_lines_begin_with_the_decorator():
    found = one("x = 1\n\n@cache\ndef f():\n    return 1\n")
    assert (found.line, found.end_line) == (3, 5)


@pytest.mark.parametrize("code", ["def f(:", "x = \0", "(" * 300, "print(1)"])
def test_code_that_defines_nothing(code):
    assert describe(code) == []


def test_names():
    assert names_defined("a = b = 1\nc: int = 2\n_d = 3\ne.f = 4\nif x: g = 5") == ["a", "b", "c"]
