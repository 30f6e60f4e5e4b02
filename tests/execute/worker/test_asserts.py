"""A failing assert shows its values, and one that passes does what it does in Python."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from conftest import results_of, split_cells

from literate.execute import FAILED, PASSED
from literate.execute.worker.asserts import Asserts


class Cell:
    """Code as a cell runs it, without a shell."""

    def __init__(self, source: str, asserts: Asserts | None = None) -> None:
        self.asserts = asserts or Asserts()
        self.tree = ast.parse(dedent(source))
        self.asserts.instrument(self.tree)
        self.names: dict[str, object] = {"__name__": __name__}

    def run(self) -> None:
        exec(compile(self.tree, "<cell>", "exec"), self.names)

    def explanation(self) -> list[str]:
        """The lines that explain why the cell failed."""
        with pytest.raises(AssertionError) as caught:
            self.run()
        return self.asserts.explain(caught.value).splitlines()

    def variables(self) -> set[str]:
        return set(self.names) - {"__name__", "__builtins__"}


EXPLAINED = {
    "assert a == 5": ["assert 3 == 5", "  a = 3"],
    "assert a == b": ["assert 3 == 4", "  a = 3", "  b = 4"],
    "assert not a": ["assert not 3", "  a = 3"],
    "assert a < b < 4": ["assert 3 < 4 < 4", "  a = 3", "  b = 4"],
    "assert a > b > double(9)": ["assert 3 > 4 > double(9)", "  a = 3", "  b = 4"],
    "assert a > 5 and b": ["assert 3 > 5 and b", "  a = 3", "  b = 4"],
    "assert a > 5 or b > 5": ["assert 3 > 5 or 4 > 5", "  a = 3", "  b = 4"],
    "assert double(a) == 5": ["assert 6 == 5", "  double(a) = 6", "  a = 3"],
    "assert equal(double(a), a + 1)": [
        "assert False",
        "  double(a) = 6",
        "  a + 1 = 4",
        "  equal(double(a), a + 1) = False",
        "  a = 3",
    ],
    "assert equal(x=double(a), y=1)": [
        "assert False",
        "  double(a) = 6",
        "  equal(x=double(a), y=1) = False",
        "  a = 3",
    ],
    "assert point.x == 1": ["assert 7 == 1", "  point.x = 7"],
    "assert text.startswith('b')": [
        "assert False",
        "  text.startswith('b') = False",
        "  text = 'abc'",
    ],
    "assert rows[1] == a": ["assert 20 == 3", "  rows[1] = 20", "  a = 3", "  rows = [10, 20]"],
    "assert all(row > a for row in rows if row > 99) is None": [
        "assert True is None",
        "  all((row > a for row in rows if row > 99)) = True",
        "  a = 3",
        "  rows = [10, 20]",
    ],
    "assert (c := double(a)) == 1": [
        "assert 6 == 1",
        "  (c := double(a)) = 6",
        "  c = 6",
        "  a = 3",
    ],
    "assert equal(*rows)": ["assert False", "  equal(*rows) = False", "  rows = [10, 20]"],
    "assert (\n    a\n    == 5\n)": ["assert 3 == 5", "  a = 3"],
    "for a in range(9):\n    assert a < 5": ["assert 5 < 5", "  a = 5"],
    "def check(n):\n    assert n < 5\ncheck(8)": ["assert 8 < 5", "  n = 8"],
    "class A:\n    def check(self, n):\n        assert n < 5\nA().check(8)": [
        "assert 8 < 5",
        "  n = 8",
    ],
    "try:\n    pass\nfinally:\n    assert a == 5": ["assert 3 == 5", "  a = 3"],
}

# Asserts without values that say more than the code.
UNEXPLAINED = ["assert 0", "assert []", "class A:\n    assert a == 5", "raise AssertionError('a')"]

NAMES = """
a, b, text, rows = 3, 4, 'abc', [10, 20]
def double(x): return 2 * x
def equal(x, y): return x == y
class Point: x = 7
point = Point()
"""


@pytest.mark.parametrize("source", EXPLAINED)
def test_the_values_of_a_failing_assert(source):
    assert Cell(NAMES + source).explanation() == EXPLAINED[source]


@pytest.mark.parametrize("source", UNEXPLAINED)
def test_an_assert_without_values(source):
    assert Cell(NAMES + source).explanation() == []


def test_only_the_assert_that_failed_is_explained():
    """Another one has failed before, in the same cell, and was caught."""
    source = """
        try:
            assert a == 5
        except AssertionError:
            pass
    """
    assert Cell(NAMES + dedent(source) + "assert b == 6").explanation()[0] == "assert 4 == 6"
    assert Cell(NAMES + dedent(source) + "raise AssertionError").explanation() == []
    assert Asserts().explain(ValueError()) == Asserts().explain(AssertionError()) == ""


def test_an_assert_in_a_function_of_an_earlier_cell():
    asserts = Asserts()
    first = Cell("def check(n):\n    assert n > 5", asserts)
    first.run()
    second = Cell("assert 1 + 1 == 2\ncheck(4)", asserts)
    second.names = first.names
    assert second.explanation() == ["assert 4 > 5", "  n = 4"]


def test_values_that_cannot_be_shown_or_are_long():
    source = """
        class Shy:
            def __repr__(self): raise ValueError
        assert Shy() == 'x' * 5000
    """
    first, *_ = lines = Cell(source).explanation()
    assert "<Shy instance at 0x" in first
    assert len("".join(lines)) < 5000


# --- nothing else changes ----------------------------------------------------------------------


def test_each_expression_is_evaluated_once_and_in_order():
    cell = Cell("""
        calls = []
        def call(n):
            calls.append(n)
            return n
        assert call(1) < call(2) <= call(call(3)) and not call(0) or call(9)
        try:
            assert call(5) == call(6), call(7)
        except AssertionError as error:
            assert error.args == (7,)
    """)
    cell.run()
    assert cell.names["calls"] == [1, 2, 3, 3, 0, 5, 6, 7]


def test_an_assert_that_passes_leaves_nothing():
    cell = Cell("""
        def check(n, m):
            assert n < m and m or n
            return locals()
        found = check(1, 2)
        assert found
        assert found or missing
        assert 1 < 2 < found['m'] + 1
    """)
    cell.run()
    assert cell.names["found"] == {"n": 1, "m": 2}
    assert cell.variables() == {"check", "found"}


def test_an_assert_does_not_keep_objects_alive():
    cell = Cell("""
        import weakref
        class Thing: pass
        thing = Thing()
        ref = weakref.ref(thing)
        assert ref() is thing
        del thing
        assert ref() is None
    """)
    cell.run()


def test_what_a_failed_assert_leaves_can_be_removed():
    cell = Cell("a = 1\ntry:\n    assert a == 2\nexcept AssertionError:\n    pass")
    cell.run()
    assert cell.variables() > {"a"}
    cell.asserts.forget_values(cell.names)
    assert cell.variables() == {"a"}


def test_warnings_of_the_compiler_remain():
    for source in ("assert (a, 'message')", "assert a is 5"):
        with pytest.warns(SyntaxWarning):
            compile(Cell(source).tree, "<cell>", "exec")


def test_a_class_gets_no_attributes():
    cell = Cell("class A:\n    n = 1\n    if n:\n        assert n == 1")
    cell.run()
    assert not [name for name in vars(cell.names["A"]) if name.startswith("@")]


def test_asynchronous_code_and_generators():
    cell = Cell("""
        import asyncio
        async def three(): return 3
        async def main():
            assert await three() == 3
            return [n async for n in numbers()]
        async def numbers():
            for n in range(2):
                assert n < 2
                yield n
        found = asyncio.run(main())
    """)
    cell.run()
    assert cell.names["found"] == [0, 1]


# --- in a notebook -----------------------------------------------------------------------------

NOTEBOOKS = {
    "plain": ("a = 3\nassert a == 5", 2, "AssertionError: assert 3 == 5\n  a = 3"),
    "message": ("a = 3\nassert a == 5, 'no'", 2, "AssertionError: no\nassert 3 == 5\n  a = 3"),
    "lines": ("a = 3\nassert (\n    a\n    == 5)", 3, "AssertionError: assert 3 == 5\n  a = 3"),
    "capture": ("%%capture\na = 3\nassert a == 5", 3, "AssertionError: assert 3 == 5\n  a = 3"),
    "time": ("%%time\na = 3\nassert a == 5", 3, "AssertionError: assert 3 == 5\n  a = 3"),
    "magic": (
        "%matplotlib inline\na = 3\nassert a == 5",
        3,
        "AssertionError: assert 3 == 5\n  a = 3",
    ),
    "awaits": (
        "async def f(): return 3\nassert await f() == 5",
        2,
        "AssertionError: assert 3 == 5\n  await f() = 3",
    ),
    "interrupted_repr": (
        "class A:\n    def __repr__(self): raise KeyboardInterrupt\nassert A() == 5",
        3,
        "AssertionError",
    ),
}


def test_a_notebook_with_a_failing_assert(make_project):
    results = results_of(make_project({name: [row[0]] for name, row in NOTEBOOKS.items()}))
    for name, (_, line, message) in NOTEBOOKS.items():
        (cell,) = results[name].failures
        assert (cell.line, cell.error.message) == (line, message), name


def test_what_a_notebook_sees_of_it(make_project):
    cells = split_cells("""
        a = 3
        try:
            assert a == 5
        except AssertionError as error:
            assert str(error) == '' and error.args == ()
        # %%
        assert not [name for name in globals() if name.startswith('@')]
        # %%
        def check(n):
            assert n == 3
            return n
        import inspect
        assert 'assert n == 3\\n' in inspect.getsource(check)
        # %%
        import multiprocessing
        with multiprocessing.get_context('fork').Pool(1) as pool:
            assert pool.map(check, [3]) == [3]
    """)
    result = results_of(make_project({"00_a": cells}))["00_a"]
    assert (result.outcome, result.failures) == (PASSED, ())


def test_a_transformer_of_the_notebook_sees_its_asserts_as_they_are(make_project):
    cells = split_cells("""
        import ast
        class Count(ast.NodeTransformer):
            asserts = []
            def visit_Assert(self, node):
                self.asserts.append(ast.unparse(node))
                return node
        get_ipython().ast_transformers.append(Count());
        # %%
        assert len(Count.asserts) < 9
        # %%
        assert Count.asserts[0] == 'assert len(Count.asserts) < 9'
        assert len(Count.asserts) == 9
    """)
    result = results_of(make_project({"00_a": cells}))["00_a"]
    assert result.outcome == FAILED
    assert [cell.error.message for cell in result.failures] == ["AssertionError"]
