"""Plain cells: IPython would leave each of them as it is, and all other cells go through it."""

from __future__ import annotations

import random

import pytest
from conftest import results_of, split_cells
from IPython.core.autocall import IPyAutocall
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.macro import Macro

from literate.execute import PASSED
from literate.execute.worker.plain_cells import Rewriting

PLAIN = [
    "x = 1",
    "x = 1\n",
    "assert x != 2",
    "import os",
    "x=1  # a note",
    "def f(x):\n    return [x,\n        2]\n\nprint(f(1))",
    "print(1)\nprint(2)",
    "'''\n    text\n'''\nx",
    "@cache\ndef f(): ...",
    "for _ in []: pass",
    "print(1)",
    "f'{1}'",
    "(1 +\n 2)",
    "[1, 2]",
]
REWRITTEN = [
    "%time x",
    "x = %time 1",
    "%%bash\nls",
    "!ls",
    "x = !ls",
    "len?",
    "pwd",
    "ls -l",
    "  x = 1",
    "\n\nx = 1",
    ">>> x = 1\n>>> y",
    "In [1]: x = 1",
    "x = 1\n   ...: y",
    "print(1)\n, print a b",
    "/print 1",
    "x = '''\n   \n'''",
    "x = 1\x0c%time",
    "y\u2028!ls",
]


@pytest.fixture(scope="module")
def shell():
    """A shell of IPython as it is, which is not the shell of the whole process."""
    return InteractiveShell(user_ns={})


@pytest.mark.parametrize("source", PLAIN)
def test_plain_cells(source, shell):
    assert Rewriting(shell).leaves(source)
    assert shell.transform_cell(source) == source.removesuffix("\n") + "\n"


@pytest.mark.parametrize("source", ["", *REWRITTEN])
def test_other_cells(source, shell):
    assert not Rewriting(shell).leaves(source)


def test_names_of_commands(shell):
    rewriting = Rewriting(shell)
    shell.user_ns.update(recipe=Macro("x = 1\n"), call=IPyAutocall(), ls=1)
    for name in ("recipe", "call", "ls", "time"):
        assert not rewriting.leaves(name)
        assert rewriting.leaves(f"{name} = 1\nx")  # IPython looks at single lines only
    for name in ("recipe", "call"):
        del shell.user_ns[name]
        assert rewriting.leaves(name)
    del shell.user_ns["ls"]
    shell.autocall = 1
    assert not rewriting.leaves("print 1")
    shell.autocall = 0
    assert rewriting.leaves("print 1")


PIECES = [
    *("x", "=", " ", " ", "\n", "\n", "%", "!", "?", "!=", "(", ")", "[", "]", "'", '"""', "#"),
    *("1", "assert ", "import ", "pwd", "In [1]: ", "...", ">>> ", ",", ";", "/", "\t", "\\\n"),
    *("    ", "def f():\n    ", "\r", "\x0c", "\x85", "é", "\u2028", "[nav] In [2]: ", "ls ", "=="),
]


def test_random_cells_that_count_as_plain_are_left_alone_by_ipython(shell):
    rewriting = Rewriting(shell)
    shell.user_ns["x"] = Macro("y = 1\n")
    draw = random.Random(0)
    plain = 0
    for _ in range(20_000):
        source = "".join(draw.choices(PIECES, k=draw.randint(1, 6)))
        if not rewriting.leaves(source):
            continue
        plain += 1
        try:
            expected = shell.transform_cell(source)
        except SyntaxError:  # Python says the same when it compiles the cell
            continue
        assert expected == source.removesuffix("\n") + "\n", source
    del shell.user_ns["x"]
    assert plain > 1000


def test_a_notebook_may_add_steps():
    shell = InteractiveShell(user_ns={})
    rewriting = Rewriting(shell)
    assert rewriting.leaves("x = 1")
    assert not rewriting.leaves("%time x")
    for steps in (
        shell.input_transformers_cleanup,
        shell.input_transformers_post,
        shell.input_transformer_manager.line_transforms,
        shell.input_transformer_manager.token_transformers,
        shell.prefilter_manager.checkers,
        shell.prefilter_manager.transformers,
    ):
        steps.append(lambda lines: lines)
        assert not rewriting.leaves("x = 1")
        steps.pop()
    assert rewriting.leaves("x = 1")


def test_steps_of_a_notebook_are_taken(make_project):
    text = """
    def shout(lines):
        return [line.replace('quiet', 'LOUD') for line in lines]

    get_ipython().input_transformers_cleanup.append(shout)
    # %%
    word = 'quiet'
    # %%
    assert word == 'LO' + 'UD'
    """
    result = results_of(make_project({"00_a": split_cells(text)}))["00_a"]
    assert result.outcome == PASSED, result.failures
