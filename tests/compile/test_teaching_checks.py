"""Checks of the directives for teaching."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import notebook, parse

from literate.compile.directive_checks import check_directives
from literate.compile.teaching_checks import check_teaching
from literate.directives import dialect_of, parse_cells
from literate.project import Project

PROJECT = Project(Path(), Path(), Path())


def problems(*cells: str) -> list[tuple[int, int, str]]:
    """Cell, line and code of each problem in a notebook with these cells."""
    read = parse(notebook(*cells))
    dialect = dialect_of(read, PROJECT)
    parsed = parse_cells(read, dialect)
    found = check_directives(read.path, parsed, dialect, frozenset())
    found += check_teaching(read.path, parsed)
    return [(problem.cell, problem.line, problem.code) for problem in found]


@pytest.mark.parametrize("export", ["#export", "#| export"])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#| proof:\nx = 1", [(1, 1, "empty-proof")]),
        ("#| proof\nx = 1", [(1, 1, "empty-proof")]),
        ("#| proof: it agrees\nEXPORT\nx = 1", [(1, 2, "exported-proof")]),
        ("x = 1\n#| proof: it agrees", [(1, 2, "misplaced-directive")]),
        (
            "x = 1\n#| solution\n#| exercise",
            [(1, 2, "misplaced-directive"), (1, 3, "misplaced-directive")],
        ),
        ("#| solution\nprint(1)", [(1, 1, "empty-solution")]),
        ("#| solution\nimport os\n_x.y += 1", [(1, 1, "empty-solution")]),
        ("#| solution\ndef _f(): ...", [(1, 1, "empty-solution")]),
        ("#| exercise\n!ls", [(1, 1, "empty-solution")]),
        ("#| solution\nEXPORT\ndef f(): ...", []),
        ("#| solution\nclass A: ...", []),
        ("#| solution\nanswer = 42", []),
        ("#| exercise\nanswer: int = 42", []),
        ("#| proof: it agrees\nassert True", []),
        ("text = '''\n#| proof: it agrees\n'''", []),
        ("x = 1  #| proof: it agrees", []),
    ],
)
def test_what_is_reported(source, expected, export):
    cells = [f"{export}\ny = 1", source.replace("EXPORT", export)]
    assert problems("#default_exp a" if export == "#export" else "#| default_exp a", *cells) == [
        (cell + 1, line, code) for cell, line, code in expected
    ]


def test_text_cells_and_plain_comments_are_not_looked_at():
    assert problems("md:#| proof:", "# solution\nprint(1)", "# proof: it agrees\nx = 1") == []
