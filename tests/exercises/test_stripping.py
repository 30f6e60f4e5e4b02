"""Exercises made from solutions: signatures and docstrings stay, bodies go."""

from __future__ import annotations

import ast

import pytest

from literate.exercises.stripping import exercise_names, solution_code, stripped

RAISES = 'raise NotImplementedError("{} is still to be written")'

CASES = {
    "a function": (
        'def f(x):\n    "Doc."\n    # a hint\n    return x\n',
        f'def f(x):\n    "Doc."\n    {RAISES.format("f")}\n',
    ),
    "without a docstring": (
        "def f(x):  # the input\n    # a hint\n    return x",
        f"def f(x):  # the input\n    {RAISES.format('f')}",
    ),
    "on one line": ("def f(x): return x", f"def f(x):\n    {RAISES.format('f')}"),
    "a docstring on the same line": (
        'def f(x): "Doc."; return x',
        f'def f(x):\n    "Doc."\n    {RAISES.format("f")}',
    ),
    "only a docstring": (
        'def f(x):\n    "Doc."',
        f'def f(x):\n    "Doc."\n    {RAISES.format("f")}',
    ),
    "a long signature": (
        "@cached\ndef f(\n    x: dict[str, int] = {'a': 1},  # a table: of numbers\n"
        "    g=lambda y: y,  # a function\n) -> list[int]:\n\n    return x[:1]\n",
        "@cached\ndef f(\n    x: dict[str, int] = {'a': 1},  # a table: of numbers\n"
        f"    g=lambda y: y,  # a function\n) -> list[int]:\n    {RAISES.format('f')}\n",
    ),
    "an own indentation": (
        "def f(x):\n  '''Doc\n  more.'''\n  return x",
        f"def f(x):\n  '''Doc\n  more.'''\n  {RAISES.format('f')}",
    ),
    "characters of several bytes": (
        "def größe(x='é'): return 'ü'\nα = größe()  # ß",
        f"def größe(x='é'):\n    {RAISES.format('größe')}\nα = größe()  # ß",
    ),
    "async": ("async def f():\n    await x", f"async def f():\n    {RAISES.format('f')}"),
    "a class": (
        'class A(B):\n    "Doc."\n    n = 1\n\n    @property\n    def x(self):\n'
        "        return 1\n\n"
        "    class C:\n        def y(self): return 2\n",
        'class A(B):\n    "Doc."\n    n = 1\n\n    @property\n    def x(self):\n'
        f"        {RAISES.format('A.x')}\n\n    class C:\n"
        f"        def y(self):\n            {RAISES.format('A.C.y')}\n",
    ),
    "helpers and other statements": (
        "import os\ndef _h():\n    return 1\n\ndef f():\n    return _h()\n\ntable = [1]\nf()",
        f"import os\ndef _h():\n    return 1\n\ndef f():\n    {RAISES.format('f')}\n\n"
        "table = [1]\nf()",
    ),
    "two functions": (
        "def f(): return 1\ndef g(): return 2",
        f"def f():\n    {RAISES.format('f')}\ndef g():\n    {RAISES.format('g')}",
    ),
    "an assignment": ("answer = 6 * 7", "answer = ...  # answer is still to be written"),
    "an annotated one": (
        "answer: int = (\n    42\n)",
        "answer: int = (\n    ...  # answer is still to be written\n)",
    ),
    "two names": ("a, b = f()\na", "a, b = ..., ...  # a, b are still to be written\na"),
}


@pytest.mark.parametrize(("solution", "exercise"), CASES.values(), ids=CASES)
def test_what_stays(solution, exercise):
    assert stripped(solution) == exercise
    ast.parse(exercise)


@pytest.mark.parametrize(("solution", "exercise"), CASES.values(), ids=CASES)
def test_an_exercise_has_the_names_of_its_solution(solution, exercise):
    assert exercise_names(exercise) == exercise_names(solution)


def test_an_exercise_says_that_it_is_unwritten():
    namespace: dict = {}
    exec(stripped("def f(x): return x\nclass A:\n    def m(self): ..."), namespace)
    with pytest.raises(NotImplementedError, match="^f is still to be written$"):
        namespace["f"](1)
    with pytest.raises(NotImplementedError, match=r"^A\.m is still to be written$"):
        namespace["A"]().m()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(): ...\nclass A: ...\nx = 1", ["f", "A"]),
        ("x = y = 1\nz: int = 2\nw: int", ["x", "y", "z"]),
        ("def _f(): ...", []),
        ("a.b = 1\nprint(1)", []),
        ("[a, b] = 1, 2", ["a", "b"]),
    ],
)
def test_the_names_of_exercises(source, names):
    assert exercise_names(source) == names


def test_the_code_of_a_solution_runs_nothing_else():
    source = (
        "#| solution\nimport os\n\n@cache\ndef f():\n    return _g()\n\ntable = train()\n"
        "def _g(): return 1\nf()"
    )
    code = "import os\n\n\n@cache\ndef f():\n    return _g()\n\n\ndef _g(): return 1\n"
    assert solution_code(source) == code
    assert solution_code("import os\nx = 1\nprint(x)") == "import os\n\n\nx = 1\n"
