"""The end of a notebook: what Python does at the end of a program happens, and nothing hangs."""

from __future__ import annotations

import pytest
from conftest import STEPS, UNHURRIED, constants, results_of, split_cells

from literate.execute import FAILED, PASSED

# A notebook that does not end by itself is ended at once, and has time to end in order.
IMPATIENT = {
    "literate.execute.server.job": {**UNHURRIED["literate.execute.server.job"], "_GRACE": 0.0}
}
KILLS_AT_ONCE = {
    "literate.execute.server.job": {"_GRACE": 0.0, "_ESCALATION": [(0.0, STEPS[-1][1])]}
}

# Each notebook writes the file "done" after its last cell.
WORKS_ON = {
    "a_thread": """
        import threading
        last_cell_ran = threading.Event()
        def work():
            last_cell_ran.wait()
            open('a_thread', 'w').close()
        threading.Thread(target=work).start()
        # %%
        import threading
        threading._register_atexit(last_cell_ran.set);
    """,
    "a_thread_pool": """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        last_cell_ran = threading.Event()
        def work():
            last_cell_ran.wait()
            open('a_thread_pool', 'w').close()
        pool = ThreadPoolExecutor(1)
        future = pool.submit(work)
        # %%
        threading._register_atexit(last_cell_ran.set);
    """,
    "a_process": """
        import multiprocessing
        last_cell_ran = multiprocessing.Event()
        def work():
            last_cell_ran.wait()
            open('a_process', 'w').close()
        multiprocessing.Process(target=work).start()
        # %%
        import atexit
        atexit.register(last_cell_ran.set);
    """,
    "a_handler_that_starts_after_another_failed": """
        import atexit, threading
        name = 'a_handler_that_starts_after_another_failed'
        atexit.register(lambda: open(name, 'w').close())
        atexit.register(lambda: 1/0)
        threading._register_atexit(lambda: 1/0)
    """,
    "a_file_that_is_not_closed": """
        file = open('a_file_that_is_not_closed', 'w')
        file.write('buffered');
    """,
    "a_finalizer": """
        import weakref
        class Thing: pass
        thing = Thing()
        weakref.finalize(thing, lambda: open('a_finalizer', 'w').close());
    """,
    "an_object_with_del": """
        class Thing:
            def __del__(self): open('an_object_with_del', 'w').close()
        thing = Thing()
    """,
}

# Pools that nobody closes. Python ends them when the program ends.
OPEN_POOLS = {
    "processes": """
        from concurrent.futures import ProcessPoolExecutor
        pool = ProcessPoolExecutor(2)
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
    """,
    "multiprocessing": """
        from multiprocessing import Pool
        pool = Pool(2)
        assert pool.map(abs, [-1, 2]) == [1, 2]
    """,
    "spawned": """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('spawn'))
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
    """,
    "forkserver": """
        import multiprocessing
        pool = multiprocessing.get_context('forkserver').Pool(1)
        assert pool.map(abs, [-1, 2]) == [1, 2]
    """,
    "a_manager": """
        import multiprocessing
        numbers = multiprocessing.Manager().dict()
        numbers[1] = 2
    """,
}

ENDLESS = {
    "a_thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, name='counter').start()",
        "a thread still runs at the end: counter",
    ),
    "a_handler": (
        "import atexit, threading\natexit.register(threading.Event().wait);",
        "it still ran after its last cell and was ended",
    ),
}


@pytest.mark.parametrize(
    "preload", ["", "preload = multiprocessing.pool concurrent.futures.process"]
)
def test_what_still_runs_is_waited_for(make_project, preload):
    """Also if the server has imported the modules that do it."""
    project = make_project({name: split_cells(text) for name, text in WORKS_ON.items()}, preload)
    results = results_of(project)
    for name in WORKS_ON:
        assert (results[name].outcome, results[name].notes) == (PASSED, ()), results[name]
        assert (project.nbs_path / name).exists(), name
    assert (project.nbs_path / "a_file_that_is_not_closed").read_text() == "buffered"


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("preload", ["", "preload = multiprocessing.pool"])
def test_a_pool_that_is_left_open_ends(make_project, preload, strict):
    project = make_project({name: split_cells(text) for name, text in OPEN_POOLS.items()}, preload)
    results = results_of(project, strict=strict)
    for name in OPEN_POOLS:
        assert (results[name].outcome, results[name].notes) == (PASSED, ()), results[name]


@pytest.mark.parametrize("strict", [False, True])
def test_what_hangs_after_the_last_cell_is_ended(make_project, tmp_path, strict):
    """It is a remark, or a failure if the run is strict."""
    project = make_project({name: [text] for name, (text, _) in ENDLESS.items()})
    with constants(tmp_path / "site", IMPATIENT):
        results = results_of(project, strict=strict)
    for name, (_, remark) in ENDLESS.items():
        assert results[name].outcome == (FAILED if strict else PASSED)
        assert remark in results[name].notes
        assert results[name].reason == ("\n".join(results[name].notes) if strict else "")


def test_what_cannot_be_interrupted_is_killed(make_project, tmp_path):
    project = make_project({"00_a": [ENDLESS["a_thread"][0]]})
    with constants(tmp_path / "site", KILLS_AT_ONCE):
        (result,) = results_of(project).values()
    assert result.outcome == PASSED
    assert result.notes == ("it still ran after its last cell and was ended",)


def test_the_handlers_of_the_server_do_not_run(make_project, monkeypatch, tmp_path):
    """A library that is imported ahead registers a handler. Only its own process may run it."""
    library = tmp_path / "site" / "tidying.py"
    library.parent.mkdir()
    library.write_text("""
import atexit, weakref
class Folder: pass
folder = Folder()
atexit.register(print, "removed")
weakref.finalize(folder, print, "removed")
""")
    monkeypatch.setenv("PYTHONPATH", str(library.parent))
    cells = ["import os, sys\nos.dup2(os.open('printed', os.O_CREAT | os.O_WRONLY), 1);"]
    project = make_project({"00_a": cells}, "preload = tidying")
    assert results_of(project)["00_a"].outcome == PASSED
    assert (project.nbs_path / "printed").read_text() == ""
