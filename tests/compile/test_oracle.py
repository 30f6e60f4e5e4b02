"""nbdev itself as the oracle: on random projects within what nbdev does right, both write the same bytes."""

import json
import tempfile
from pathlib import Path

import pytest
from conftest import notebook, settings_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import compile_both, explain

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
    st.just("\n".join(f"a_rather_long_name_{n} = {n}" for n in range(9))),
    st.sampled_from(
        [
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
    ),
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


@st.composite
def notebooks(draw) -> str:
    """A notebook with exports, within what nbdev does right: `__future__` comes first, no own imports in `exporti` cells."""
    cells = [draw(SUMMARIES)]
    for _ in range(draw(st.integers(1, 6))):
        directive = draw(DIRECTIVES)
        code = [s for s in draw(st.lists(STATEMENTS, max_size=4)) if "__future__" not in s]
        if "exporti" in directive:
            code = [s for s in code if "from lib" not in s]
        code = (
            code if any(code) else ["pass"]
        )  # of a cell that holds a directive alone, nbdev writes the directive
        cells.append("\n".join([directive, *code]) + draw(st.sampled_from(["", "", "\n", "  "])))
    if draw(st.booleans()):
        cells.insert(1, "#| export\nfrom __future__ import annotations\nimport os")
    return notebook(*cells)


PYPROJECT = """[project]
name = "lib"
description = "Things."
[project.urls]
Repository = "https://github.com/me/lib/"
Documentation = "https://me.github.io/lib"
[tool.nbdev]
"""


def project(root: Path, books: dict[str, str], config: str) -> Path:
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


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    books=st.lists(notebooks(), min_size=12, max_size=16),
    config=st.sampled_from(
        ["", "cell_number = False", "lib_path = src/lib", "nbs_path = .", PYPROJECT, PYPROJECT]
    ),
)
def test_same_bytes_as_nbdev(books, config):
    named = {}
    for number, text in enumerate(books):
        module = f"sub.m{number}" if number % 3 == 0 else f"m{number}"
        data = json.loads(text)
        data["cells"].insert(
            1, json.loads(notebook(f"#| default_exp {module}"))["cells"][0] | {"id": "default"}
        )
        named[f"{'sub/' if number % 2 else ''}{number:02}_name"] = json.dumps(data)
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = compile_both(project(Path(folder), named, config))
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert ours[name] == theirs[name], name


V3_CELLS = [
    "md:# Title\n\n> One.\n> Two.",
    "#| default_exp: core",
    "md:#| export\nProse with a \\ backslash.\n",
    "#| exportd\nf(1)\n`````x`````",
    "#| export: true\n#| eval: false\ndef f(): ...",
    "md:#| exportd\nMore.",
    "#| exporti: other\ny = 1",
    {
        "cell_type": "code",
        "id": "meta",
        "metadata": {"nbdev": {"export": "true"}},
        "source": "z = 1",
        "outputs": [],
    },
]


def test_what_only_nbdev_3_knows(tmp_path):
    """Directives with colons and in metadata, exported prose, the package's docstring and its list of modules."""
    books = {
        "00_core": notebook(*V3_CELLS[:6], V3_CELLS[7]),
        "01_b": notebook("md:# B", "#| export\nw = 1", nbdev={"default_exp": "b"}),
        "02_plain": notebook("#| default_exp plain", "#| export\nx = 1"),
        "index": notebook("md:#| export\nThe intro.", "#| exportd\nimport lib"),
    }
    theirs, ours = compile_both(project(tmp_path, books, PYPROJECT))
    assert ours == theirs
    assert (
        "Prose with a" in ours["core.py"]
        and "- `lib.core`: One. Two." in ours["__init__.py"]
        and "The intro." in ours["__init__.py"]
    )


@pytest.mark.parametrize(
    "books, reasons",
    [
        (
            {
                "00_a": ["#| default_exp m", "#| export\nx = 1"],
                "01_b": ["#| default_exp m", "#| export\ny = 2"],
            },
            {"m.py": ["D1 or D2"]},
        ),
        (
            {"00_a": ["#| default_exp a", "#| exporti\nfrom lib.b import (c,\n    d)"]},
            {"a.py": ["D3"]},
        ),
        (
            {"00_a": ["#| default_exp a", "#| export\nn: int\nx = 1\ny = 2\ndel y"]},
            {"a.py": ["D4"]},
        ),
        (
            {"00_a": ['md:# T\n> say "hi"', "#| default_exp a", "#| export\nx = 1"]},
            {"a.py": ["D5"]},
        ),
        (
            {
                "00_a": [
                    "#| default_exp a",
                    "#| export\nimport os",
                    "#| export\nfrom __future__ import annotations",
                ]
            },
            {"a.py": ["D6"]},
        ),
        ({"00_a": ["#| default_exp a", "#| export\nx = 1", "#| export"]}, {"a.py": ["D7"]}),
        (
            {"01_autograd": ["#| default_exp autograd", "#| export\ndef f(): ..."]},
            {"_modidx.py": ["D9"]},
        ),
        (
            {
                "00_a": [
                    "#| default_exp a",
                    {
                        "cell_type": "code",
                        "id": "c",
                        "metadata": {},
                        "outputs": [],
                        "source": "#| export\r\nx = 1\r\ny = 2",
                    },
                ]
            },
            {"a.py": ["D11"]},
        ),
    ],
    ids=["D1", "D3", "D4", "D5", "D6", "D7", "D9", "D11"],
)
def test_each_deviation_is_one(tmp_path, books, reasons):
    """Where nbdev is wrong the files differ, and the tool says why."""
    theirs, ours = compile_both(
        project(tmp_path, {name: notebook(*cells) for name, cells in books.items()}, "")
    )
    found = {
        name: explain(theirs.get(name), ours.get(name)) for name in ours.keys() | theirs.keys()
    }
    assert {name: why for name, why in found.items() if why != []} == reasons


def test_ids_that_a_notebook_lacks_are_the_only_difference(tmp_path):
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
        for source in ["#| default_exp a", "#| export\nx = 1"]
    ]
    theirs, ours = compile_both(project(tmp_path, {"00_a": notebook(*cells)}, PYPROJECT))
    assert explain(theirs["a.py"], ours["a.py"]) == ["D10"]
    assert compile_both(tmp_path)[1] == ours and compile_both(tmp_path)[0] != theirs


def test_the_tool_notices_a_difference():
    assert (
        explain("x = 1\n", "x = 2\n") is None
        and explain("x = 1\n", None) is None
        and explain("x", "x") == []
    )


@pytest.mark.parametrize("config", ["", "cell_number = False", PYPROJECT])
def test_modules_that_no_notebook_makes_are_indexed_as_nbdev_does(tmp_path, config):
    """Hand-written ones, ones that an earlier run left behind, and ones whose markers belong to another editor."""
    key = " #abc" if config == PYPROJECT else " 3" if not config else ""
    lib = (
        project(tmp_path, {"00_a": notebook("#| default_exp a", "#| export\nx = 1")}, config)
        / "lib"
    )
    lib.mkdir()
    (lib / "mine.py").write_text("def f(): ...\n")
    (lib / "percent.py").write_text("x = 1\n\n# %% A cell\ndef g(): ...\n")
    (lib / "left.py").write_text(
        f"# AUTOGENERATED! DO NOT EDIT! File to edit: ../nbs/07_gone.ipynb.\n\n# %% auto 0\n__all__ = []\n\n"
        f"# %% ../nbs/07_gone.ipynb{key}\ndef h(): ...\nclass K:\n    def m(self): ...\n".replace(
            "auto 0", "auto #0" if "#" in key else "auto 0"
        )
    )
    (lib / "first.py").write_text(
        (lib / "left.py").read_text().replace("# AUTO", "# %%\n# AUTO", 1)
    )
    (lib / "old.py").write_text(
        "# AUTOGENERATED! DO NOT EDIT! File to edit: nbs/07_gone.ipynb.\n\n# Cell\ndef old(): ...\n"
    )
    theirs, ours = compile_both(tmp_path)
    assert (
        ours == theirs
        and "lib.left.K.m" in ours["_modidx.py"]
        and "lib.first.K.m" in ours["_modidx.py"]
        and "lib.percent" not in ours["_modidx.py"]
    )


def test_nbdev_1_is_compared_too(tmp_path):
    """Its plain directives are respelled for nbdev 2."""
    cells = [
        "# default_exp core\n# default_cls_lvl 3",
        "md:# Core\n> Things.",
        "#export\nx = 1",
        "#hide_input\n#exporti\ndef f(): ...",
        "#hide\ny = 1",
    ]
    theirs, ours = compile_both(project(tmp_path, {"00_core": notebook(*cells)}, ""))
    assert ours == theirs and "__all__ = ['x']" in ours["core.py"]
