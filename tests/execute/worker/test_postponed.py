"""Modules that are loaded when they are used: code finds them as if they had been imported."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import ModuleType

import pytest
from conftest import results_of, split_cells, write_files

from literate.execute import PASSED
from literate.execute.worker import postponed as module_under_test
from literate.execute.worker.postponed import (
    Postponed,
    postpone_import,
    show_in_packages,
    when_loaded,
)

LATER = """
from time import sleep
import later.part
import later
assert not hasattr(later, 'value')  # it is being loaded
sleep(wait)
value = 1
__version__ = '1.2'
__all__ = ['value']
def double(x): return 2 * x
"""
LAZY = "def __getattr__(name):\n    if name == 'made': return 3\n    raise AttributeError(name)"


@pytest.fixture
def later(tmp_path, monkeypatch):
    """A package in `sys.modules` that is not loaded yet."""
    files = {
        "later/__init__.py": LATER.replace("wait", "0"),
        "later/part.py": "value = 2",
        "later/slow.py": "from time import sleep\nsleep(0.1)\nvalue = 3",
        "later/lazy.py": LAZY,
        "later/broken.py": "1/0",
    }
    write_files(tmp_path, files)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = dict(sys.modules)
    postpone_import("later", ("double",))
    yield sys.modules["later"]
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


def is_loaded(module: ModuleType) -> bool:
    return not isinstance(module, Postponed)


def test_a_module_is_loaded_when_it_is_used(later):
    assert not hasattr(later, "__wrapped__")  # as `inspect` asks every module
    assert not is_loaded(later)
    assert later.value == 1
    assert type(later) is ModuleType
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = later.nothing


@pytest.mark.parametrize("code", ["from later import *", "value = 1 * int(later.__version__[0])"])
def test_names_that_belong_to_the_module_itself(later, code):
    names = {"later": later}
    exec(code, names)
    assert names["value"] == 1


def test_a_name_that_is_missing(later):
    with pytest.raises(AttributeError, match="module 'later' has no attribute 'nothing'"):
        _ = later.nothing
    assert is_loaded(later)


def test_names_that_a_module_computes(later):
    postpone_import("later.lazy")
    assert sys.modules["later.lazy"].made == 3


def test_dir_and_assignments_load_the_module(later):
    assert "value" in dir(later)
    assert is_loaded(later)
    postpone_import("later.slow")
    slow = sys.modules["later.slow"]
    slow.value = 4
    assert is_loaded(slow)
    assert slow.value == 4


def test_a_part_of_a_postponed_package_can_be_imported(later):
    import later.part as part

    assert part.value == 2
    assert not is_loaded(later)


def test_a_postponed_part_loads_no_package(later):
    postpone_import("later.slow")
    assert not is_loaded(later)
    assert sys.modules["later.slow"].value == 3


def test_functions_that_are_imported_in_advance(later):
    from later import double

    assert not is_loaded(later)
    assert double(2) == 4
    assert is_loaded(later)
    assert later.double is not double


def test_threads_wait_until_a_module_is_complete(later):
    postpone_import("later.slow")
    slow = sys.modules["later.slow"]
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(slow.value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 8


def test_a_module_that_fails_is_tried_again(later):
    postpone_import("later.broken")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = sys.modules["later.broken"].value


def test_functions_that_wait_for_a_module(later):
    calls: list[str] = []
    when_loaded("later", lambda: calls.append("later"))
    when_loaded("no_such_module_anywhere", lambda: calls.append("never"))
    assert calls == []
    _ = later.value
    assert calls == ["later"]
    when_loaded("later", lambda: calls.append("at once"))
    assert calls == ["later", "at once"]


def test_a_module_that_is_not_installed_is_not_postponed():
    for name in ("no_such_module_anywhere", "no_such_package.part", "json.no_such_part"):
        postpone_import(name)
        assert name not in sys.modules


def test_packages_know_their_postponed_parts(later, monkeypatch):
    monkeypatch.setattr(module_under_test, "_RARELY_USED", {"later.slow": (), "later": ()})
    postpone_import("later.slow")
    assert "slow" not in vars(later)
    show_in_packages()
    assert vars(later)["slow"] is sys.modules["later.slow"]


# What a notebook does with the modules that are postponed for it.
USES = """
import logging
handler = logging.handlers.MemoryHandler(1)  # Jupyter has imported it
logging.config.dictConfig({'version': 1})
from logging.config import fileConfig
# %%
import asyncio, ssl
assert issubclass(ssl.SSLError, OSError)
assert ssl.create_default_context().check_hostname
assert isinstance(asyncio.sslproto.SSLAgainErrors, tuple)
# %%
import pickle
assert pickle.loads(pickle.dumps(ssl.TLSVersion.TLSv1_2)) is ssl.TLSVersion.TLSv1_2
# %%
from urllib.request import HTTPSHandler
handler = HTTPSHandler()
# %%
ssl._create_default_https_context = ssl._create_unverified_context
assert not ssl._create_default_https_context().check_hostname
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_notebook_finds_them_as_in_jupyter(make_project, isolation):
    project = make_project({"00_a": split_cells(USES)})
    result = results_of(project, isolation=isolation)["00_a"]
    assert result.outcome == PASSED, result.failures


def test_a_server_does_not_load_them():
    code = """if True:
        import sys
        from literate.execute.worker.postponed import _RARELY_USED, Postponed, postpone_rarely_used
        postpone_rarely_used()
        from literate.execute.worker.shell import NotebookShell
        import literate.execute.server.server
        NotebookShell.instance()
        print(*[name for name in _RARELY_USED if type(sys.modules[name]) is not Postponed])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")
