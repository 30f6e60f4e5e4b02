"""The shell: what a cell displays becomes plain data, and commands, pagers and loops work."""

from __future__ import annotations

import json
import marshal
import math
from collections import OrderedDict
from enum import IntEnum

import pytest
from conftest import results_of, split_cells

from literate.execute import PASSED, NotebookResult
from literate.execute.worker.shell import _plain


class Text(str):
    pass


class Level(IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (Level.LOW, 1),
        (1.5, 1.5),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (b"\x00\xff", "AP8="),
        (Text("x"), "x"),
        ("\ud800", "\\ud800"),
        ((1, [2, b""]), [1, [2, ""]]),
        (OrderedDict({1: {"\ud800": None}}), {"1": {"\\ud800": None}}),
        (complex(1, 2), "(1+2j)"),
    ],
)
def test_data_of_displays_becomes_plain(value, plain):
    found = _plain(value)
    assert found == plain
    assert type(found) is type(plain)
    assert json.loads(json.dumps(found, allow_nan=False)) == plain
    assert marshal.loads(marshal.dumps(found)) == plain


def run_cells(make_project, text: str, **options: object) -> NotebookResult:
    """The result of one notebook."""
    return results_of(make_project({"00_a": split_cells(text)}), **options)["00_a"]


def printed(result: NotebookResult, index: int) -> str:
    return "".join(output.get("text", "") for output in result.cells[index].outputs)


def test_displays_and_results(make_project):
    result = run_cells(
        make_project,
        """
        from IPython.display import publish_display_data
        publish_display_data({'text/x': 1}, {'key': 2})
        7
        # %%
        8;
        # %%
        None
        """,
    )
    display, value = result.cells[0].outputs
    assert (display["output_type"], display["data"]) == ("display_data", {"text/x": 1})
    assert display["metadata"] == {"key": 2}
    assert (value["output_type"], value["execution_count"]) == ("execute_result", 1)
    assert value["data"] == {"text/plain": "7"}
    assert [cell.outputs for cell in result.cells[1:]] == [(), ()]


def test_a_command_prints_its_status_is_kept_and_noted(make_project):
    result = run_cells(
        make_project,
        r"""
        word = 'hello'
        !printf '%s \303\251 \377' {word} >&2; exit 3
        # %%
        assert _exit_code == 3
        """,
    )
    assert result.outcome == PASSED
    assert printed(result, 0) == "hello é \ufffd"
    (note,) = result.notes
    assert note.endswith("hello >&2; exit 3 ended with status 3")


def test_a_variable_of_a_function_stands_in_a_command(make_project):
    result = run_cells(
        make_project,
        """
        def say(word):
            !echo {word}
        say('inner')
        """,
    )
    assert printed(result, 0) == "inner\n"


def test_each_cell_runs_inside_of_a_loop_except_with_asyncio_run(make_project):
    result = run_cells(
        make_project,
        """
        import asyncio
        loop = asyncio.get_running_loop()
        assert loop.is_running()
        # %%
        async def seven(): return 7
        assert asyncio.run(seven()) == 7
        # %%
        assert asyncio.get_running_loop() is loop
        assert await seven() == 7
        """,
    )
    assert result.outcome == PASSED, result.failures


def test_a_cell_may_stop_the_loop(make_project):
    result = run_cells(
        make_project,
        """
        import asyncio
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.stop)
        loop.stop();
        # %%
        assert await asyncio.sleep(0, 5) == 5
        """,
    )
    assert result.outcome == PASSED, result.failures


def test_the_completer_is_made_for_a_notebook_that_uses_it(make_project):
    result = run_cells(
        make_project,
        """
        shell = get_ipython()
        assert 'Comp' + 'leter' not in vars(shell)
        # %%
        %config Completer.use_jedi = False
        # %%
        assert vars(shell)['Completer'].use_jedi is False
        assert shell.Completer is vars(shell)['Completer']
        """,
    )
    assert result.outcome == PASSED, result.failures


def test_nothing_is_kept_between_notebooks(make_project):
    store = split_cells("""
        x = 1
        %store x
    """)
    load = split_cells("""
        %store -r
        assert 'x' not in globals()
    """)
    results = results_of(make_project({"00_a": store, "01_b": load}), workers=1)
    assert [result.outcome for result in results.values()] == [PASSED, PASSED]
