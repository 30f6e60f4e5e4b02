"""Output widgets: they take what is printed and shown inside of them."""

from __future__ import annotations

import pytest
from conftest import results_of, split_cells

from literate.execute import FAILED, PASSED

pytest.importorskip("ipywidgets")

TAKEN = {
    "text": """
        import ipywidgets, sys
        widget = ipywidgets.Output()
        print('before')
        with widget:
            print('one')
            print('two', file=sys.stderr)
        print('after')
        # %%
        taken = [(output['name'], output['text']) for output in widget.outputs]
        assert taken == [('stdout', 'one\\n'), ('stderr', 'two\\n')], taken
        with widget:
            print('three')
        # %%
        assert widget.outputs[-1]['text'] == 'three\\n'
    """,
    "displays": """
        import ipywidgets
        from IPython.display import HTML, display
        widget = ipywidgets.Output()
        with widget:
            display(HTML('<b>x</b>'))
        # %%
        (output,) = widget.outputs
        assert output['data']['text/html'] == '<b>x</b>'
    """,
    "an_exception": """
        import ipywidgets
        widget = ipywidgets.Output()
        with widget:
            1/0
        print('after')
        # %%
        (output,) = widget.outputs
        assert (output['output_type'], output['ename']) == ('error', 'ZeroDivisionError')
    """,
    "an_exception_that_has_to_come": """
        import ipywidgets
        widget = ipywidgets.Output()
        # %%
        #| raises: ArithmeticError
        with widget:
            1/0
        # %%
        (output,) = widget.outputs
        assert output['ename'] == 'ZeroDivisionError'
    """,
    "nested": """
        import ipywidgets
        outer, inner = ipywidgets.Output(), ipywidgets.Output()
        with outer:
            print('outer')
            with inner:
                print('inner')
            print('outer again')
        # %%
        assert [output['text'] for output in inner.outputs] == ['inner\\n']
        assert [output['text'] for output in outer.outputs] == ['outer\\nouter again\\n']
    """,
    "cleared": """
        import ipywidgets
        widget = ipywidgets.Output()
        with widget:
            print('old')
        # %%
        widget.clear_output()
        with widget:
            print('new')
        # %%
        assert [output['text'] for output in widget.outputs] == ['new\\n'], widget.outputs
    """,
    "its_own": """
        import ipywidgets
        widget = ipywidgets.Output()
        widget.append_stdout('own')
        # %%
        with widget:
            print('taken')
        # %%
        assert [output['text'] for output in widget.outputs] == ['owntaken\\n'], widget.outputs
    """,
    "interact": """
        import ipywidgets
        seen = []
        def show(x):
            print(x)
            seen.append(x)
            1/0
        widget = ipywidgets.interactive(show, x=(0, 9))
        display(widget)
        # %%
        assert len(seen) == 1
        widget.children[0].value = 7
        assert seen[1:] == [7]
    """,
    "after_an_error_in_a_cell_that_has_to_raise": """
        import ipywidgets
        widget = ipywidgets.Output()
        # %%
        #| raises: KeyboardInterrupt
        widget.msg_id = 'never left'
        raise KeyboardInterrupt
        # %%
        print('shown');
    """,
    "bars": """
        import ipywidgets
        bar = ipywidgets.IntProgress(value=1, max=3)
        bar.value += 1
        bar.close()
    """,
}


@pytest.fixture
def results(make_project):
    cells = {name: split_cells(text) for name, text in TAKEN.items()}
    return results_of(make_project({**cells, "fails": ["assert 0"]}))


def printed(result, index: int) -> list[str]:
    return [output["text"] for output in result.cells[index].outputs if "text" in output]


def test_an_output_widget_takes_outputs(results):
    for name in TAKEN:
        assert (results[name].outcome, results[name].failures) == (PASSED, ()), name
    assert results["fails"].outcome == FAILED
    assert printed(results["text"], 0) == ["before\n", "after\n"] or printed(
        results["text"], 0
    ) == ["before\nafter\n"]
    assert printed(results["an_exception"], 0) == ["after\n"]
    assert printed(results["after_an_error_in_a_cell_that_has_to_raise"], 2) == ["shown\n"]
    assert printed(results["interact"], 0) == []
