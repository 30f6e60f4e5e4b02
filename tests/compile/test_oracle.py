"""nbdev itself as the oracle: on random projects within what nbdev does right, both write the same bytes."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import notebook, settings_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from literate.compile import compile_project
from literate.project import read_project

NAMES = st.sampled_from(["a", "b", "_c", "Delta", "e1", "größe"])
DIRECTIVES = st.sampled_from(["#| export", "#|export", "# | exports", "#|exporti", "#| hide\n#| export", "#| export\n#| eval: false",
                              "\n#| export\n\n", "#| export\n#|code-fold:true", "#| hide", "", "# a remark\n#| export", "#| export  "])
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
    st.sampled_from(["import os, lib.core", "from lib.core import a", "from lib import core", "from lib.sub.core import *", "from os import path",
                     "if True:\n    from lib.core import b", "# only a comment", "", "x.y = 1\nz[0] = 2", "s = '''\n%%time\n#| export\n'''",
                     "try: import numpy\nexcept ImportError: pass", "'a string'", "with open('f') as f: pass", "from __future__ import annotations"]),
)
SUMMARIES = st.sampled_from(["md:# Title", "md:# Title\n\n> A summary.", "md:# Größe\n> >  Ü. \n> second", "md:text", "md:## No title\n> x"])


@st.composite
def notebooks(draw) -> str:
    """A notebook with exports, within what nbdev does right: `__future__` comes first, no own imports in `exporti` cells."""
    cells = [draw(SUMMARIES)]
    for _ in range(draw(st.integers(1, 6))):
        directive = draw(DIRECTIVES)
        code = [s for s in draw(st.lists(STATEMENTS, max_size=4)) if "__future__" not in s]
        if "exporti" in directive:
            code = [s for s in code if "from lib" not in s]
        code = code if any(code) else ["pass"]  # of a cell that holds a directive alone, nbdev writes the directive
        cells.append("\n".join([directive, *code]) + draw(st.sampled_from(["", "", "\n", "  "])))
    if draw(st.booleans()):
        cells.insert(1, "#| export\nfrom __future__ import annotations\nimport os")
    return notebook(*cells)


def both(folder: Path, books: dict[str, str], extra: str) -> tuple[dict, dict]:
    """What nbdev and what we write for the same project."""
    found = []
    for name in ("theirs", "ours"):
        root = folder / name / "project"
        (root / "nbs" / "sub").mkdir(parents=True)
        (root / "settings.ini").write_text(settings_text(f"update_pyproject = False\n{extra}"))
        for path, text in books.items():
            (root / "nbs" / path).write_text(text, encoding="utf-8")
        if name == "theirs":
            subprocess.run([sys.executable, "-c", "from nbdev.doclinks import nbdev_export; nbdev_export()"], cwd=root, check=True)
        else:
            compile_project(read_project(root / "settings.ini"))
        lib = read_project(root / "settings.ini").lib_path
        found.append({p.relative_to(lib).as_posix(): p.read_text(encoding="utf-8") for p in lib.rglob("*.py")})
    return found[0], found[1]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(books=st.lists(notebooks(), min_size=12, max_size=16), extra=st.sampled_from(["", "cell_number = False"]))
def test_same_bytes_as_nbdev(books, extra):
    named = {}
    for number, text in enumerate(books):
        module = f"sub.m{number}" if number % 3 == 0 else f"m{number}"
        data = json.loads(text)
        data["cells"].insert(1, {"cell_type": "code", "id": "default", "metadata": {}, "outputs": [], "source": [f"#| default_exp {module}"]})
        named[f"{'sub/' if number % 2 else ''}{number:02}_name.ipynb"] = json.dumps(data)
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = both(Path(folder), named, extra)
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert ours[name] == theirs[name], name


def test_the_project_of_this_repository_compiles_alike_under_nbdev(tmp_path):
    """Our notebooks in nbdev's own spelling and layout: the modules are the same bytes."""
    books = {}
    for path in sorted((Path(__file__).parents[2] / "nbs").glob("*.ipynb")):
        data = json.loads(path.read_text(encoding="utf-8"))
        for cell in data["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = ["".join(cell["source"]).replace("#export", "#| export", 1)]
        data["cells"].insert(1, {"cell_type": "code", "id": "default", "metadata": {}, "outputs": [],
                                 "source": [f"#| default_exp {path.stem.split('_', 1)[1]}"]})
        books[path.name] = json.dumps(data)
    if not books:
        pytest.skip("no notebooks")
    theirs, ours = both(tmp_path, books, "lib_path = foundations")
    assert ours == theirs
