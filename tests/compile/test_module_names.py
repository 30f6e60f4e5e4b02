"""The names of a compiled module: what it binds, what it looks up, and what it needs too early."""

from __future__ import annotations

import ast
import builtins
import sys
from pathlib import Path

import pytest

from literate.compile.cell_names import scope_names
from literate.compile.module_names import ModuleNames, names_in

# The names of every module and class. Python's symbol table does not contain all of them.
ALWAYS = {"__annotations__", "__class__"} | set(dir(builtins))


def names_of(code: str) -> ModuleNames:
    return names_in(compile(code, "module", "exec", dont_inherit=True))


@pytest.mark.parametrize(
    "code, bound, used",
    [
        ("x = y", {"x"}, {"y"}),
        ("def f(a=b): return c", {"f"}, {"b", "c"}),
        ("class A(B):\n    x = c\n    y = x\n    def f(self): return d", {"A"}, {"B", "c", "d"}),
        ("xs = [a + b for b in c]", {"xs"}, {"a", "c"}),
        ("def f():\n    global x\n    x = 1\n    return [x for y in z]", {"f", "x"}, {"x", "z"}),
        ("import a.b, c as d\nfrom e import g", {"a", "d", "g"}, set()),
        ("del x", {"x"}, set()),
        ("def f():\n    def g():\n        class A:\n            x = y\n", {"f"}, {"y"}),
        ("try: pass\nexcept E as e: pass\nwith w as v: pass", {"e", "v"}, {"E", "w"}),
        ("def f(self): return self.attribute(keyword=local)", {"f"}, {"local"}),
    ],
)
def test_the_names_of_a_module(code, bound, used):
    names = names_of(code)
    assert names.bound == bound
    assert names.used - ALWAYS == used


@pytest.mark.parametrize(
    "code, early",
    [
        ("x = y\ny = 1", {"y"}),
        ("y = 1\nx = y", set()),
        ("class A(B): pass\nclass B: pass", {"B"}),
        ("class A:\n    b = B()\nclass B: pass", {"B"}),
        ("def f(): return y\ny = 1", set()),
        ("@d\ndef f(): pass\ndef d(f): return f", {"d"}),
        ("xs = [y for x in range(3)]\ny = 1", {"y"}),
        ("def f(x=y): pass\ny = 1", {"y"}),
    ],
)
def test_names_that_are_needed_before_they_are_bound(code, early):
    names = names_of(code)
    assert names.early & names.bound == early


def test_a_module_with_more_names_than_a_byte_counts():
    code = "\n".join(f"v{number} = w{number}" for number in range(700))
    names = names_of(f"{code}\ndef f():\n" + "".join(f"    u{number}\n" for number in range(700)))
    assert {"v0", "v255", "v256", "v699", "f"} <= names.bound
    expected = {f"{letter}{number}" for letter in "uw" for number in range(700)}
    assert names.used - ALWAYS == expected


def test_code_that_never_runs_is_not_looked_at():
    names = names_of("def f():\n    return used\n    return unused\nif 0:\n    nothing")
    assert names.used == {"used"}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="inlined comprehensions add to the table")
def test_the_standard_library_has_the_same_names_as_in_symbol_tables():
    for path in sorted(Path(ast.__file__).parent.glob("*.py"))[:80]:
        code = path.read_text(encoding="utf-8")
        if "import annotations" in code:
            continue
        names, table = names_of(code), scope_names(code)
        assert names.bound - ALWAYS == table.bound - ALWAYS, path
        assert names.used - names.bound - ALWAYS == table.used - table.bound - ALWAYS, path
