"""Undefined names: names that exported code uses, and that its module does not define."""

from __future__ import annotations

import pytest

from literate.compile.cell_names import bound_names, first_uses
from literate.compile.plan import make_plan


def undefined_names(make_project, cells: list[str]) -> list[tuple]:
    """Name, cell, line and column of each warning; a module `lib.other` with a name `y` exists."""
    project = make_project({"00_a": ["md:# A", *cells], "01_other": ["#export\ny = 1"]})
    found = []
    for diagnostic in make_plan(project).diagnostics:
        assert (diagnostic.code, diagnostic.severity) == ("undefined-name", "warning")
        name = diagnostic.message.split()[0]
        found.append((name, diagnostic.cell, diagnostic.line, diagnostic.column))
    return found


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["import math", "#export\ndef f(): return math.pi"], [("math", 2, 2, 17)]),
        (
            ["x = 1", "#export\ndef f():\n    global y\n    y = x\n    return y"],
            [("x", 2, 4, 9)],
        ),
        (
            ["def helper(): ...\nclass K: ...", "#export\n@helper\nclass A(K): ..."],
            [("helper", 2, 2, 2), ("K", 2, 3, 9)],
        ),
        (["x = 1", "#export\ndef f():\n    def g(): return x\n    return g"], [("x", 2, 3, 21)]),
        (["x = 1", "#export\nclass A:\n    y = x"], [("x", 2, 3, 9)]),
        (["%time y = 1", "#export\ndef f(): return y"], [("y", 2, 2, 17)]),
        (["x = 1", "y = 1", "#export\nx\ny"], [("x", 3, 2, 1), ("y", 3, 3, 1)]),
    ],
)
def test_a_name_that_only_an_unexported_cell_defines(make_project, cells, expected):
    assert undefined_names(make_project, cells) == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["import math", "#export\nimport math\ndef f(): return math.pi"],
        ["import math", "#exporti\nimport math", "#export\ndef f(): return math.pi"],
        ["x = 1", "#export\ndef f(x): return x\ng = [x for x in 'ab']"],
        ["x = 1", "#export\ntry: pass\nexcept Exception as x: pass"],
        ["print = 1\n__file__ = 2", "#export\nprint(__file__)"],
    ],
)
def test_no_false_alarm(make_project, cells):
    assert undefined_names(make_project, cells) == []


def test_a_global_statement_in_a_function_binds_the_name_in_the_module(make_project):
    cells = ["x = 1", "#export\ndef set_x():\n    global x\n    x = 2\n\ndef get(): return x"]
    assert undefined_names(make_project, cells) == []


def test_a_name_that_is_used_through_a_global_statement_is_used_in_the_module(make_project):
    cells = ["x = 1", "#export\ndef get():\n    global x\n    return x"]
    assert undefined_names(make_project, cells) == [("x", 2, 4, 12)]


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["from os import *", "#export\ndef f(): return path"], [("path", 2, 2, 17)]),
        (["y = 1", "#export\nfrom lib.other import *\ndef f(): return y"], []),
        (["z = 1", "#export\nfrom lib.other import *\ndef f(): return z"], [("z", 2, 3, 17)]),
    ],
)
def test_star_imports_count_where_their_names_are_known(make_project, cells, expected):
    assert undefined_names(make_project, cells) == expected


def test_the_message_names_the_cell_that_defines_the_name(make_project):
    project = make_project({"00_a": ["import math", "import math", "#export\nmath.pi"]})
    (problem,) = make_plan(project).diagnostics
    assert problem.message == (
        "math is defined only in cell 1 (00000000), which is not exported: a will lack it"
    )
    assert problem.hint == "export that cell too"


def test_a_name_that_is_written_differently_is_reported_at_the_first_cell(make_project):
    """In a class, Python reads `__x` as `_A__x`, so the syntax tree does not show the place."""
    cells = ["_A__x = 1", "#export\ny = 1", "#export\nclass A:\n    def f(self): return __x"]
    assert undefined_names(make_project, cells) == [("_A__x", 2, None, None)]


# --- names that nothing defines ----------------------------------------------------------------


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["# count", "#export\ndef f(): return count(3)"], [("count", 2, 2, 17)]),
        (["#export\ndef f(n): return [wieght * i for i in n]"], [("wieght", 1, 2, 19)]),
        (["#export\nclass A(Bsae): pass"], [("Bsae", 1, 2, 9)]),
        (["#export\n@cached\ndef f(): pass"], [("cached", 1, 2, 2)]),
        (["#export b\nz = 1", "#export\ndef f(): return z"], [("z", 2, 2, 17)]),
        (
            ["#export\ndef f(size): return size", "#export\ndef g(x): return size"],
            [("size", 2, 2, 18)],
        ),
        (["#export\ndef f(s): return s\ndef g(): return s"], [("s", 1, 3, 17)]),
        (["#export\ndef f():\n    try: tqdm\n    except OSError: pass"], [("tqdm", 1, 3, 10)]),
    ],
)
def test_a_name_that_is_bound_nowhere(make_project, cells, expected):
    assert undefined_names(make_project, cells) == expected


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    try: return tqdm\n    except NameError: return None",
        "def f():\n    try: return tqdm\n    except (OSError, NameError): return None",
        "def f():\n    try: return tqdm\n    except: return None",
        "from contextlib import suppress\nwith suppress(NameError): tqdm",
        "def f(): return get_ipython()",
        "def show(x): display(x)",
        "class A:\n    def f(self): return __class__\n    where = __qualname__, __module__",
        "def f():\n    global made\n    made = 1\ndef g(): return made",
        "import os\nys = [w := 3 for _ in 'a']\ndef f(): return w",
        "def f(v):\n    match v:\n        case [x, *rest]: return x, rest",
        "def f(v):\n    match v:\n        case {'k': k, **kw}: return k, kw",
        "x = 1\ndel x\ndef f(): return x",
        "globals()['made'] = 1\ndef f(): return made",
        "import sys\nif sys.version_info < (3,): text = unicode\nelse: text = str",
        "import sys\ntext = str if sys.version_info >= (3,) else unicode",
        "import enum\n@enum.global_enum\nclass Color(enum.Enum): RED = 1\ndef f(): return RED",
        "import sys\nsys.modules[__name__].made = 1\ndef f(): return made",
        "exec('made = 1')\nmade",
        "if True:\n    def f(): pass\nelse:\n    import f\nf()",
        "print(__file__, __name__, __doc__, __spec__, __all__)",
    ],
)
def test_a_name_that_may_be_there_is_not_reported(make_project, code):
    assert undefined_names(make_project, [f"#export\n{code}"]) == []


def test_the_hint_names_a_star_import_that_is_not_exported(make_project):
    project = make_project({"00_a": ["from math import *", "#export\ndef f(x): return sqrt(x)"]})
    (problem,) = make_plan(project).diagnostics
    assert problem.message == "sqrt is neither defined nor imported in a"
    assert "the star import from math in cell 1 is not exported" in problem.hint


def test_a_module_that_lacks_a_cell_is_not_checked(make_project):
    """The cell that cannot be parsed may define the name."""
    project = make_project({"00_a": ["#export\nx = (", "#export\ndef f(): return x"]})
    assert [problem.code for problem in make_plan(project).diagnostics] == ["syntax"]


# --- star imports ------------------------------------------------------------------------------


def test_one_remark_says_which_modules_are_not_checked(make_project):
    cells = ["#export\nfrom os import *\ndef f(): return path"]
    names = ["00_a", "01_b", "02_c", "03_d", "04_e"]
    project = make_project(dict.fromkeys(names, cells))
    (problem,) = make_plan(project, strict=True).diagnostics
    assert (problem.code, problem.severity) == ("unchecked-names", "remark")
    assert problem.message == (
        "undefined names are not looked for in a, b, c and 2 more: "
        "the star imports from os may define them"
    )


@pytest.mark.parametrize(
    "hand, is_reported",
    [
        ("import json", True),
        ("math = 1", False),
        ("_math = 1\n__all__ = ['math']", False),
        ("math = 1\n__all__ = ['other']", True),
        ("math = 1\n__all__ = ['other']\n__all__ += ['math']", False),
        ("from .more import *", False),
        ("from lib.more import *", False),
        ("from .more import *\n__all__ = ['other']", True),
        ("from .sub import *", False),
    ],
)
def test_a_star_import_from_a_module_written_by_hand(make_project, hand, is_reported):
    code = "#export\nfrom lib.hand import *\ndef f(): return math"
    project = make_project({"00_a": ["import math", code]})
    files = {"__init__": "", "hand": hand, "more": "import math", "sub/__init__": "math = 1"}
    for name, text in files.items():
        path = project.lib_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = [problem.code for problem in make_plan(project).diagnostics]
    assert found == (["undefined-name"] if is_reported else [])


@pytest.mark.parametrize("hand", ["from os import *", "__all__ = list(names)", "x = (", "exec('')"])
def test_a_star_import_from_a_module_with_unknown_names(make_project, hand):
    code = "#export\nfrom lib.hand import *\ndef f(): return math"
    project = make_project({"00_a": ["import math", code]})
    project.lib_path.mkdir()
    (project.lib_path / "hand.py").write_text(hand)
    assert [problem.code for problem in make_plan(project).diagnostics] == ["unchecked-names"]


def test_star_imports_in_a_circle_end(make_project):
    project = make_project({"00_a": ["#export\nfrom lib.hand import *\ndef f(): return y"]})
    project.lib_path.mkdir()
    (project.lib_path / "hand.py").write_text("from .other import *")
    (project.lib_path / "other.py").write_text("from .hand import *\ny = 1")
    assert make_plan(project).diagnostics == []


# --- annotations -------------------------------------------------------------------------------

HIDDEN = "from pathlib import Path"


@pytest.mark.parametrize(
    "code",
    [
        "def f(p: 'Path'): pass",
        "def f() -> 'Path': pass",
        "def f(*args: 'Path', **kw: int): pass",
        "class A:\n    where: 'Path'",
        "class A:\n    def f(self, *, p: 'Path | None' = None): pass",
        "x: 'list[Path]' = []",
        "x: list['Path'] = []",
        "x: dict[str, 'Path'] = {}",
        "from typing import Annotated\nx: Annotated['Path', 'text'] = 1",
        "from __future__ import annotations\ndef f(p: Path): pass",
    ],
)
def test_a_name_in_a_string_annotation_is_left_behind(make_project, code):
    ((name, cell, *_),) = undefined_names(make_project, [HIDDEN, f"#export\n{code}"])
    assert (name, cell) == ("Path", 2)


@pytest.mark.parametrize(
    "code",
    [
        "def f(p: 'Unknown'): pass",
        "def f() -> 'list[Unknown]': pass",
        "def f(p: dict[str, 'Unknown']): pass",
        "x: 'Unknown | None' = None",
        "from __future__ import annotations\ndef f(p: Unknown): pass",
    ],
)
def test_a_type_that_no_cell_defines_is_reported(make_project, code):
    ((name, cell, *_),) = undefined_names(make_project, [HIDDEN, f"#export\n{code}"])
    assert (name, cell) == ("Unknown", 2)


@pytest.mark.parametrize(
    "code",
    [
        "from pathlib import Path\ndef f(p: 'Path'): pass",
        "def f(p: 'the Path'): pass",
        "def f(p: 'unknown'): pass",
        "def f(p: Float[int, 'B']): pass\nclass Float: pass",
        "class A:\n    class Inner: pass\n    x: 'Inner'",
        "from typing import Literal\ndef f(p: Literal['Path']): pass",
        "from typing import Annotated\nx: Annotated[int, 'Path'] = 1",
        "x = {'a': 'Path'}",
        "def f():\n    x: 'Path' = 1",
        "from __future__ import annotations\ndef f(p: Later): pass\nclass Later: pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pathlib import Path\n"
        "def f(p: 'Path'): pass",
    ],
)
def test_other_strings_and_annotations_are_not_reported(make_project, code):
    assert undefined_names(make_project, [HIDDEN, f"#export\n{code}"]) == []


# --- names that are defined too late -----------------------------------------------------------


@pytest.mark.parametrize(
    "top, body",
    [
        ("from dataclasses import dataclass", "@dataclass\nclass X: n: int = 0"),
        ("import math", "HALF = math.pi / 2"),
        ("import math", "class A:\n    half = math.pi / 2"),
        ("import math", "xs = [math.pi for _ in 'ab']"),
        ("import math", "def f(x=math.pi): pass"),
        ("class Base: pass", "class A(Base): pass"),
    ],
)
def test_a_cell_that_lands_above_what_it_needs(make_project, top, body):
    early = [f"#export\n{top}", f"#export b\n{body}"]
    project = make_project({"00_a": early, "01_b": [f"#export\n{top}"]})
    found = [d for d in make_plan(project).diagnostics if d.code != "defined-twice"]
    assert [(d.code, d.path.name, d.cell) for d in found] == [
        ("used-before-defined", "00_a.ipynb", 1)
    ]


@pytest.mark.parametrize(
    "body",
    [
        "def f(): return math.pi",
        "f = lambda: math.pi",
        "import math\nx = math.pi",
        "from __future__ import annotations\ndef f(x: math.pi): pass",
        "try: math\nexcept NameError: pass",
    ],
)
def test_what_is_needed_only_later_may_be_defined_later(make_project, body):
    project = make_project({"00_a": [f"#export b\n{body}"], "01_b": ["#export\nimport math"]})
    assert make_plan(project).diagnostics == []


# --- growth ------------------------------------------------------------------------------------


def test_a_name_from_a_cell_that_is_not_suspicious_is_not_too_late(make_project):
    """The names of a cell are read only if suspicious ones may be among them."""
    cells = ["#export\na = 1", "#export\nb = a\nc = gone", "#export\nd = a + e", "#export\ne = 1"]
    project = make_project({"00_core": cells})
    problems = [(each.code, each.message.split()[0]) for each in make_plan(project).diagnostics]
    assert problems == [("undefined-name", "gone"), ("used-before-defined", "e")]


def test_a_hidden_cell_is_read_once_for_all_names(make_project, monkeypatch):
    """However many names are missing, the cells that are not exported are read once."""
    read = []

    def count(code: str) -> set[str] | None:
        read.append(code)
        return bound_names(code)

    monkeypatch.setattr("literate.compile.names.bound_names", count)
    hidden = "\n".join(f"v{number} = 1" for number in range(50))
    users = [f"#export\ndef f{number}(): return v{number}" for number in range(50)]
    project = make_project({"00_a": [hidden, *users]})
    assert len(make_plan(project).diagnostics) == 50
    assert read == [hidden]


def test_a_cell_is_searched_once_for_all_names(make_project, monkeypatch):
    searched = []

    def count(code: str, wanted: set[str]) -> dict[str, tuple[int, int] | None]:
        searched.append(code)
        return first_uses(code, wanted)

    monkeypatch.setattr("literate.compile.names.first_uses", count)
    uses = "\n".join(f"v{number}" for number in range(50))
    project = make_project({"00_a": [f"#export\n{uses}"]})
    assert len(make_plan(project).diagnostics) == 50
    assert searched == [uses]
