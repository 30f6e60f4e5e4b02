"""How the code of a cell is compiled: its file name and its line numbers."""

from __future__ import annotations

import ast
import linecache

import pytest
from conftest import results_of
from IPython.core.inputtransformer2 import TransformerManager

from literate.execute.worker.cell_code import CellCompiler, keeping_lines

NAME = "a.ipynb:cell 1"


def compile_code(source: str, code: str, lines: dict[int, int] | None = None):
    """Compile code while a cell runs; return its file name and the line of each statement."""
    compiler = CellCompiler()
    compiler.begin(NAME, source, lines or {})
    name = compiler.cache(code)
    tree = compiler.ast_parse(code, name)
    return name, [statement.lineno for statement in tree.body]


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(linecache, "cache", {})


def test_a_cell_is_compiled_under_its_name_and_can_be_shown():
    assert compile_code("x = 1\n\ny = 2", "x = 1\n\ny = 2\n") == (NAME, [1, 3])
    assert linecache.getline(NAME, 3) == "y = 2\n"


def test_code_below_a_magic_has_the_lines_of_the_cell():
    assert compile_code("%%capture\nx = 1\ny = 2", "x = 1\ny = 2\n") == (NAME, [2, 3])
    assert linecache.getline(NAME, 1) == "%%capture\n"


def test_other_code_has_the_name_that_ipython_gives_it():
    name, lines = compile_code("get_ipython().run_cell('z = 3')", "z = 3")
    assert name.startswith("<ipython-input-")
    assert lines == [1]


def test_the_line_of_a_syntax_error_is_that_of_the_cell():
    with pytest.raises(SyntaxError) as raised:
        compile_code("%%capture\nx = 1\ny = = 2", "x = 1\ny = = 2\n")
    assert raised.value.lineno == 3


def test_as_a_part_of_a_module_a_cell_has_the_lines_of_the_module():
    source = "#| export\nx = 1\ny = (\n  2)\nz = 3"
    assert compile_code(source, source, {2: 11, 3: 12}) == (NAME, [11, 12, 14])
    assert NAME not in linecache.cache  # the module's own lines are shown


def test_end_lines_are_those_of_the_module_too():
    compiler = CellCompiler()
    compiler.begin(NAME, "x = (\n1)", {1: 11, 2: 12})
    tree = compiler.ast_parse("x = (\n1)", compiler.cache("x = (\n1)"))
    places = {(node.lineno, node.end_lineno) for node in ast.walk(tree) if hasattr(node, "lineno")}
    assert places == {(11, 12), (12, 12), (11, 11)}


MAGICS = [
    "%timeit -n1 -r1 \\\n 1",
    "x = !echo a \\\n b",
    "!echo \\\n \\\n hi",
    "x = 1\nif x:\n    %timeit -n1 \\\n     -r1 1",
]


@pytest.mark.parametrize("magic", MAGICS)
def test_a_magic_over_several_lines_moves_no_line(magic):
    manager = TransformerManager()
    manager.token_transformers = [keeping_lines(each) for each in manager.token_transformers]
    source = f"{magic}\nlast = 1\n"
    lines = manager.transform_cell(source).split("\n")
    assert lines.index("last = 1") == source.split("\n").index("last = 1")


def test_code_that_a_cell_runs_has_a_name_of_its_own(make_project):
    project = make_project({"00_a": ["x = 1\nget_ipython().run_cell('\\n1/0');"]})
    (failed,) = results_of(project)["00_a"].failures
    assert failed.error.name == "ZeroDivisionError"
    assert failed.line is None
