"""What libraries find when they look for Jupyter, and what they ask its kernel for."""

from __future__ import annotations

import sys

import pytest
from conftest import results_of, split_cells, write_files

from literate.execute import PASSED
from literate.execute.protocol import (
    ClearOutput,
    Display,
    ShowResult,
    StreamText,
    UpdateDisplay,
)
from literate.execute.worker.jupyter import insert_notebook_path, message_of

# Ways in which libraries look for Jupyter, and requests to its shell and its kernel.
PROBES = {
    "names": """
        shell = get_ipython()
        assert shell.__class__.__name__ == 'ZMQInteractiveShell'
        assert 'zmqshell' in str(type(shell)) and type(shell).__module__ == 'ipykernel.zmqshell'
        assert 'IPKernelApp' in shell.config
        assert shell.config['IPKernelApp']['connection_file'].endswith('.json')
        import IPython
        assert IPython.get_ipython() is shell
    """,
    "modules": """
        import os, sys
        assert 'JPY_PARENT_PID' in os.environ
        try:
            import ipykernel.zmqshell
        except ImportError:
            assert 'ipykernel' not in sys.modules
        else:
            assert ipykernel.__version__ == sys.modules['ipykernel'].__version__
            assert not hasattr(ipykernel, 'no_such_name')
    """,
    "kernel": """
        import logging
        kernel = get_ipython().kernel
        assert kernel.shell is get_ipython()
        assert kernel.user_ns is globals() and vars(kernel.user_module) is globals()
        assert kernel.config is get_ipython().config
        assert isinstance(kernel.log, (logging.Logger, logging.LoggerAdapter))
        assert kernel.execution_count == get_ipython().execution_count
    """,
    "parent": """
        parent = get_ipython().kernel.get_parent()
        header = parent['header']
        assert header['msg_type'] == 'execute_request'
        assert header['msg_id'] and header['session'] == get_ipython().kernel.session.session
        assert parent['content']['code'].startswith('parent = ')
        for other in (get_ipython().get_parent(), get_ipython().kernel._parent_header):
            assert other['header']['msg_id'] == header['msg_id']
        assert get_ipython().parent_header['header']['msg_id'] == header['msg_id']
        # %%
        assert get_ipython().kernel.get_parent()['header']['msg_id'] != header['msg_id']
    """,
    "messages": """
        kernel = get_ipython().kernel
        content = {'data': {'text/plain': 'sent'}, 'metadata': {}}
        kernel.session.send(kernel.iopub_socket, 'display_data', content, kernel.get_parent())
        kernel.send_response(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': 'said'})
        message = kernel.session.send(None, 'status', {'execution_state': 'idle'})
        assert message['header']['msg_type'] == 'status'
    """,
    "hooks": """
        from IPython.display import display
        publisher = get_ipython().display_pub
        def change(message):
            message['content']['data'] = {'text/plain': 'changed'}
            return message
        publisher.register_hook(change)
        display(1)
        # %%
        assert publisher.unregister_hook(change) and not publisher.unregister_hook(change)
        publisher.register_hook(lambda message: None)
        display(2)
    """,
    "no_results_yet": """
        assert (_, __, ___, Out, _oh, In[0]) == ('', '', '', {}, {}, '')
        assert '_1' not in globals()
        # %%
        6 * 7
        # %%
        assert _ == 42 and Out == {2: 42}
    """,
}


@pytest.fixture(scope="module", params=["fork", "spawn"])
def results(request, tmp_path_factory):
    """The results of all probes."""
    from conftest import notebook, settings_text

    from literate.project import read_project

    root = tmp_path_factory.mktemp("probes")
    files = {"settings.ini": settings_text()}
    for name, text in PROBES.items():
        files[f"nbs/{name}.ipynb"] = notebook(*split_cells(text))
    write_files(root, files)
    return results_of(read_project(root / "settings.ini"), isolation=request.param)


@pytest.mark.parametrize("name", PROBES)
def test_a_library_finds_jupyter(results, name):
    assert (results[name].outcome, results[name].failures) == (PASSED, ())


def test_what_is_sent_through_the_kernel_is_shown(results):
    display, text = results["messages"].cells[0].outputs
    assert display["data"] == {"text/plain": "sent"}
    assert text == {"output_type": "stream", "name": "stdout", "text": "said"}


def test_a_hook_changes_or_takes_what_is_displayed(results):
    changed, taken = results["hooks"].cells
    assert [output["data"] for output in changed.outputs] == [{"text/plain": "changed"}]
    assert taken.outputs == ()


# --- the path ----------------------------------------------------------------------------------


def test_modules_beside_the_notebook_come_after_the_standard_library(make_project):
    cells = """
        import statistics
        assert statistics.mean([1, 3]) == 2
        # %%
        import beside
        assert beside.value == 2
        # %%
        import os
        os.chdir('inner')
        import further_in
    """
    project = make_project({"00_a": split_cells(cells), "01_b": split_cells(cells)})
    files = {
        "statistics.py": "1/0",
        "beside.py": "value = 2",
        "inner/further_in.py": "",
    }
    write_files(project.nbs_path, files)
    results = results_of(project) | results_of(project, isolation="spawn")
    for result in results.values():
        assert (result.outcome, result.failures) == (PASSED, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["/lib", "/x/site-packages", "/src"], ["/lib", "", "/root", "/x/site-packages", "/src"]),
        (["/lib", "/x/dist-packages"], ["/lib", "", "/root", "/x/dist-packages"]),
        (["", "/lib"], ["", "/root", "/lib"]),
    ],
)
def test_where_the_notebooks_folder_is(monkeypatch, before, after):
    monkeypatch.setattr(sys, "path", before)
    insert_notebook_path("/root")
    assert sys.path == after


def test_a_pool_of_fresh_processes_finds_modules_beside_the_notebook(make_project):
    cells = """
        import multiprocessing, beside
        with multiprocessing.get_context('spawn').Pool(1) as pool:
            assert pool.map(beside.double, [1]) == [2]
    """
    project = make_project({"00_a": split_cells(cells)}, "preload = multiprocessing.pool")
    write_files(project.nbs_path, {"beside.py": "def double(x): return 2 * x"})
    assert results_of(project)["00_a"].outcome == PASSED


# --- messages ----------------------------------------------------------------------------------

DATA = {"data": {"text/plain": "1"}, "metadata": {"a": 1}}


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("stream", {"name": "stdout", "text": "x"}, StreamText("stdout", "x")),
        ("clear_output", {"wait": True}, ClearOutput(True)),
        ("execute_result", {**DATA, "execution_count": 3}, ShowResult(*DATA.values(), 3)),
        ("display_data", DATA, Display(*DATA.values(), None)),
        ("display_data", {**DATA, "transient": None}, Display(*DATA.values(), None)),
        (
            "display_data",
            {**DATA, "transient": {"display_id": "d"}},
            Display(*DATA.values(), "d"),
        ),
        (
            "update_display_data",
            {**DATA, "transient": {"display_id": "d"}},
            UpdateDisplay(*DATA.values(), "d"),
        ),
        ("status", {"execution_state": "idle"}, None),
    ],
)
def test_messages_of_jupyter_that_are_outputs(kind, content, message):
    assert message_of(kind, content) == message
