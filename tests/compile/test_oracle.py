"""nbdev as the oracle: within what nbdev does correctly, both compilers write the same bytes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from conftest import notebook, settings_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import compile_both, explain

PYPROJECT = """[project]
name = "lib"
description = "Things."
[project.urls]
Repository = "https://github.com/me/lib/"
Documentation = "https://me.github.io/lib"
[tool.nbdev]
"""


def write_project(root: Path, books: dict[str, str], config: str) -> Path:
    """A project on disk; `config` is a pyproject.toml, or lines of a settings.ini."""
    if config.startswith("[project]"):
        (root / "pyproject.toml").write_text(config)
    else:
        (root / "settings.ini").write_text(settings_text(f"update_pyproject = False\n{config}"))
    for name, text in books.items():
        path = root / "nbs" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


# --- random projects ---------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "_c", "Delta", "e1", "größe"])
DIRECTIVES = st.sampled_from(
    [
        "#| export",
        "#|export",
        "# | exports",
        "#|exporti",
        "#| hide\n#| export",
        "#| export\n#| eval: false",
        "\n#| export\n\n",
        "#| export\n#|code-fold:true",
        "#| hide",
        "",
        "# a remark\n#| export",
        "#| export  ",
    ]
)
FIXED_STATEMENTS = [
    "import os, lib.core",
    "from lib.core import a",
    "from lib import core",
    "from lib.sub.core import *",
    "from os import path",
    "if True:\n    from lib.core import b",
    "# only a comment",
    "",
    "x.y = 1\nz[0] = 2",
    "s = '''\n%%time\n#| export\n'''",
    "try: import numpy\nexcept ImportError: pass",
    "'a string'",
    "with open('f') as f: pass",
    "from __future__ import annotations",
]
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("{}, {} = 1, 2".format, NAMES, NAMES),
    st.builds("{}: int = 3".format, NAMES),
    st.builds("{} += 1".format, NAMES),
    st.builds("def {}(x):\n    'ü'\n    return x\n".format, NAMES),
    st.builds("async def {}(): ...".format, NAMES),
    st.builds("class {0}:\n    def {1}(self): ...\n    class {0}: ...".format, NAMES, NAMES),
    st.builds("@patch\ndef {}(self: {}): ...".format, NAMES, NAMES),
    st.builds("@patch(as_prop=True)\ndef {}(self: {} | {}): ...".format, NAMES, NAMES, NAMES),
    st.builds("@patch_to({})\ndef {}(self): ...".format, NAMES, NAMES),
    st.builds("@fc.patch\ndef {}(self): ...".format, NAMES),
    st.builds("_all_ = ['{}', {}]".format, NAMES, NAMES),
    st.just("\n".join(f"a_rather_long_name_{number} = {number}" for number in range(9))),
    st.sampled_from(FIXED_STATEMENTS),
)
SUMMARIES = st.sampled_from(
    [
        "md:# Title",
        "md:# Title\n\n> A summary.",
        "md:# Größe\n> >  Ü. \n> second",
        "md:text",
        "md:## No title\n> x",
    ]
)
CONFIGURATIONS = ["", "cell_number = False", "lib_path = src/lib", "nbs_path = ."]


@st.composite
def notebooks(draw) -> str:
    """A notebook with exports, within what nbdev does correctly.

    `__future__` imports come first, and `exporti` cells import nothing of the own package.
    """
    cells = [draw(SUMMARIES)]
    for _ in range(draw(st.integers(1, 6))):
        directive = draw(DIRECTIVES)
        code = []
        for statement in draw(st.lists(STATEMENTS, max_size=4)):
            is_own_import = "exporti" in directive and "from lib" in statement
            if "__future__" not in statement and not is_own_import:
                code.append(statement)
        if not any(code):  # of a cell without code, nbdev writes the directive
            code = ["pass"]
        end = draw(st.sampled_from(["", "", "\n", "  "]))
        cells.append("\n".join([directive, *code]) + end)
    if draw(st.booleans()):
        cells.insert(1, "#| export\nfrom __future__ import annotations\nimport os")
    return notebook(*cells)


def with_default_exp(text: str, module: str) -> str:
    """A notebook with a `default_exp` below its first cell."""
    data = json.loads(text)
    (cell,) = json.loads(notebook(f"#| default_exp {module}"))["cells"]
    data["cells"].insert(1, {**cell, "id": "default"})
    return json.dumps(data)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    books=st.lists(notebooks(), min_size=12, max_size=16),
    config=st.sampled_from([*CONFIGURATIONS, PYPROJECT, PYPROJECT]),
)
def test_same_bytes_as_nbdev(books, config):
    named = {}
    for number, text in enumerate(books):
        folder = "sub/" if number % 2 else ""
        package = "sub." if number % 3 == 0 else ""
        named[f"{folder}{number:02}_name"] = with_default_exp(text, f"{package}m{number}")
    with tempfile.TemporaryDirectory() as root:
        theirs, ours = compile_both(write_project(Path(root), named, config))
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert ours[name] == theirs[name], name


# --- special projects --------------------------------------------------------------------------

CELL_OF_METADATA = {
    "cell_type": "code",
    "id": "meta",
    "metadata": {"nbdev": {"export": "true"}},
    "source": "z = 1",
    "outputs": [],
}
CELLS_OF_NBDEV_3 = [
    "md:# Title\n\n> One.\n> Two.",
    "#| default_exp: core",
    "md:#| export\nProse with a \\ backslash.\n",
    "#| exportd\nf(1)\n`````x`````",
    "#| export: true\n#| eval: false\ndef f(): ...",
    "md:#| exportd\nMore.",
    CELL_OF_METADATA,
]


def test_features_of_nbdev_3(tmp_path):
    """Directives with colons and in metadata, exported prose, the package's docstring."""
    books = {
        "00_core": notebook(*CELLS_OF_NBDEV_3),
        "01_b": notebook("md:# B", "#| export\nw = 1", nbdev={"default_exp": "b"}),
        "02_plain": notebook("#| default_exp plain", "#| export\nx = 1"),
        "index": notebook("md:#| export\nThe intro.", "#| exportd\nimport lib"),
    }
    theirs, ours = compile_both(write_project(tmp_path, books, PYPROJECT))
    assert ours == theirs
    assert "Prose with a" in ours["core.py"]
    assert "- `lib.core`: One. Two." in ours["__init__.py"]
    assert "The intro." in ours["__init__.py"]


HEADER = "# AUTOGENERATED! DO NOT EDIT! File to edit: ../nbs/07_gone.ipynb.\n"


@pytest.mark.parametrize(
    "config, auto, key",
    [("", "auto 0", " 3"), ("cell_number = False", "auto 0", ""), (PYPROJECT, "auto #0", " #abc")],
    ids=["numbers", "no-keys", "nbdev-3"],
)
def test_modules_that_no_notebook_makes_are_indexed_as_nbdev_does(tmp_path, config, auto, key):
    """Modules written by hand, left by an earlier run, or with markers of another editor."""
    books = {"00_a": notebook("#| default_exp a", "#| export\nx = 1")}
    lib = write_project(tmp_path, books, config) / "lib"
    lib.mkdir()
    cell = f"# %% ../nbs/07_gone.ipynb{key}\ndef h(): ...\nclass K:\n    def m(self): ...\n"
    left = f"{HEADER}\n# %% {auto}\n__all__ = []\n\n{cell}"
    (lib / "mine.py").write_text("def f(): ...\n")
    (lib / "percent.py").write_text("x = 1\n\n# %% A cell\ndef g(): ...\n")
    (lib / "left.py").write_text(left)
    (lib / "first.py").write_text(f"# %%\n{left}")
    old_header = HEADER.replace("../nbs", "nbs")
    (lib / "old.py").write_text(f"{old_header}\n# Cell\ndef old(): ...\n")
    theirs, ours = compile_both(tmp_path)
    assert ours == theirs
    index = ours["_modidx.py"]
    assert "lib.left.K.m" in index
    assert "lib.first.K.m" in index
    assert "lib.percent" not in index


def test_a_long_setting_with_blanks_is_written_as_nbdev_does(tmp_path):
    books = {"00_a": notebook("#| default_exp a", "#| export\nx = 1")}
    config = f"git_url = https://example.com/{'a long address ' * 20}end"
    theirs, ours = compile_both(write_project(tmp_path, books, config))
    assert ours == theirs


def test_nbdev_1_is_compared_too(tmp_path):
    """Its plain directives are respelled for nbdev 2."""
    cells = [
        "# default_exp core\n# default_cls_lvl 3",
        "md:# Core\n> Things.",
        "#export\nx = 1",
        "#hide_input\n#exporti\ndef f(): ...",
        "#hide\ny = 1",
        "#| proof: f returns nothing\nassert f() is None",
        "#| solution\n#export\ndef g(): ...",
    ]
    theirs, ours = compile_both(write_project(tmp_path, {"00_core": notebook(*cells)}, ""))
    assert ours == theirs
    assert "__all__ = ['x', 'g']" in ours["core.py"]


# --- deviations --------------------------------------------------------------------------------

CELL_WITH_CRLF = {
    "cell_type": "code",
    "id": "c",
    "metadata": {},
    "outputs": [],
    "source": "#| export\r\nx = 1\r\ny = 2",
}
DEVIATIONS = {
    "D1": (
        {
            "00_a": ["#| default_exp m", "#| export\nx = 1"],
            "01_b": ["#| default_exp m", "#| export\ny = 2"],
        },
        {"m.py": ["D1 or D2"]},
    ),
    "D3": (
        {"00_a": ["#| default_exp a", "#| exporti\nfrom lib.b import (c,\n    d)"]},
        {"a.py": ["D3"]},
    ),
    "D4": (
        {"00_a": ["#| default_exp a", "#| export\nn: int\nx = 1\ny = 2\ndel y"]},
        {"a.py": ["D4"]},
    ),
    "D5": (
        {"00_a": ['md:# T\n> say "hi"', "#| default_exp a", "#| export\nx = 1"]},
        {"a.py": ["D5"]},
    ),
    "D6": (
        {
            "00_a": [
                "#| default_exp a",
                "#| export\nimport os",
                "#| export\nfrom __future__ import annotations",
            ]
        },
        {"a.py": ["D6"]},
    ),
    "D7": (
        {"00_a": ["#| default_exp a", "#| export\nx = 1", "#| export"]},
        {"a.py": ["D7"]},
    ),
    "D9": (
        {"01_autograd": ["#| default_exp autograd", "#| export\ndef f(): ..."]},
        {"_modidx.py": ["D9"]},
    ),
    "D11": (
        {"00_a": ["#| default_exp a", CELL_WITH_CRLF]},
        {"a.py": ["D11"]},
    ),
}


@pytest.mark.parametrize("books, expected", DEVIATIONS.values(), ids=DEVIATIONS)
def test_each_deviation_is_explained(tmp_path, books, expected):
    """Where nbdev is wrong the files differ, and the tool names the deviation."""
    texts = {name: notebook(*cells) for name, cells in books.items()}
    theirs, ours = compile_both(write_project(tmp_path, texts, ""))
    found = {}
    for name in ours.keys() | theirs.keys():
        reasons = explain(theirs.get(name), ours.get(name))
        if reasons != []:
            found[name] = reasons
    assert found == expected


def test_ids_that_a_notebook_lacks_are_the_only_difference(tmp_path):
    """This is D10: nbdev makes new random ids in each run, we make the same ones."""
    cells = []
    for source in ("#| default_exp a", "#| export\nx = 1"):
        cells.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": source})
    theirs, ours = compile_both(write_project(tmp_path, {"00_a": notebook(*cells)}, PYPROJECT))
    assert explain(theirs["a.py"], ours["a.py"]) == ["D10"]
    theirs_again, ours_again = compile_both(tmp_path)
    assert ours_again == ours
    assert theirs_again != theirs


def test_a_difference_without_a_reason_is_noticed():
    assert explain("x = 1\n", "x = 2\n") is None
    assert explain("x = 1\n", None) is None
    assert explain("x", "x") == []
