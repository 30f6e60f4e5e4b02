"""The library as the checks see it: generated modules, and files written by hand."""

from __future__ import annotations

import pytest

from literate.compile.library import Library
from literate.compile.plan import make_plan


@pytest.fixture
def library(make_project) -> Library:
    project = make_project({"00_a": ["#export\nx = 1\n_y = 2"], "01_b": ["#export sub.c\nz = 3"]})
    files = {
        "hand.py": "import os\n_private = 1\n",
        "fast.pyd": "",
        "text.txt": "",
        "bad.py": "x =",
    }
    project.lib_path.mkdir()
    for name, text in files.items():
        (project.lib_path / name).write_text(text)
    return Library(project, make_plan(project).modules)


@pytest.mark.parametrize("name", ["lib", "lib.a", "lib.sub", "lib.sub.c", "lib.hand", "lib.fast"])
def test_a_module_that_exists(library, name):
    assert library.has_module(name)


@pytest.mark.parametrize("name", ["lib.x", "lib.sub.d", "lib.text", "lib.han", "other", "lib.a.b"])
def test_a_module_that_does_not_exist(library, name):
    assert not library.has_module(name)
    assert library.facts(name) is None


def test_what_a_star_import_brings(library):
    assert library.exports("lib.a") == {"x"}
    assert library.exports("lib.hand") == {"os"}
    assert library.exports("lib") == set()
    assert library.exports("lib.bad") is None
    assert library.exports("os") is None


def test_which_names_a_module_may_have(library):
    assert library.may_have("lib.a", "_y")
    assert library.may_have("lib.hand", "_private")
    assert library.may_have("lib", "sub")
    assert library.may_have("lib.bad", "anything")
    assert not library.may_have("lib.a", "z")
