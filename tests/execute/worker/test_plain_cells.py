"""Plain cells: IPython would leave each of them as it is, and all other cells go through it."""

from __future__ import annotations

import random

import pytest
from conftest import results_of, split_cells
from IPython.core.interactiveshell import InteractiveShell

from literate.execute import PASSED
from literate.execute.worker.plain_cells import Rewriting, is_plain

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


def by_ipython(shell: InteractiveShell, source: str) -> str:
    return shell.transform_cell(source)


@pytest.mark.parametrize("source", PLAIN)
def test_plain_cells(source, shell):
    assert is_plain(source, {})
    assert by_ipython(shell, source) == source.removesuffix("\n") + "\n"


@pytest.mark.parametrize("source", ["", *REWRITTEN])
def test_other_cells(source):
    assert not is_plain(source, {})


def test_a_name_with_a_value_may_be_a_macro():
    assert is_plain("x = 1", {"y"})
    assert not is_plain("x = 1", {"x"})
    assert is_plain("x = 1\ny = 2", {"x"})  # IPython looks at single lines only


PIECES = [
    *("x", "=", " ", " ", "\n", "\n", "%", "!", "?", "!=", "(", ")", "[", "]", "'", '"""', "#"),
    *("1", "assert ", "import ", "pwd", "In [1]: ", "...", ">>> ", ",", ";", "/", "\t", "\\\n"),
    *("    ", "def f():\n    ", "\r", "\x0c", "\x85", "é", "\u2028", "[nav] In [2]: ", "ls ", "=="),
]


def test_random_cells_that_count_as_plain_are_left_alone_by_ipython(shell):
    draw = random.Random(0)
    plain = 0
    for _ in range(20_000):
        source = "".join(draw.choices(PIECES, k=draw.randint(1, 6)))
        if not is_plain(source, shell.user_ns):
            continue
        plain += 1
        try:
            expected = by_ipython(shell, source)
        except SyntaxError:  # Python says the same when it compiles the cell
            continue
        assert expected == source.removesuffix("\n") + "\n", source
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
