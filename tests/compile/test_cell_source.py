"""Code of modules becomes the source of cells, and lines that were not edited stay."""

import pytest

from literate.compile.cell_source import code_of_new, edited_source, new_source
from literate.directives import Dialect, ParsedCell, parse_cell
from literate.notebook import Cell


def parsed(source: str, dialect: str = Dialect.MARKED) -> ParsedCell:
    return parse_cell(Cell(0, "", "code", source, {}), dialect)


def edited(source: str, code: str, dialect: str = Dialect.MARKED) -> str | None:
    """The source of a cell from which `code` is to be generated now."""
    cell = parsed(source, dialect)
    return edited_source(cell, cell.code.rstrip("\n"), 0, code, is_formatted=False)


HEAD = "#| export\n\n#| hide\n"


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("x = 1\ny = 2\nz = 3", f"{HEAD}x = 1\ny = 2\nz = 3\n\n"),
        ("x = 11\ny = 2\nz = 3", f"{HEAD}x = 11\ny = 2\nz = 3\n\n"),
        ("new\nx = 1\ny = 2\nz = 3", f"{HEAD}new\nx = 1\ny = 2\nz = 3\n\n"),
        ("x = 1\ny = 2\nnew\nz = 3", f"{HEAD}x = 1\ny = 2\nnew\nz = 3\n\n"),
        ("x = 1\ny = 2\nz = 3\nnew", f"{HEAD}x = 1\ny = 2\nz = 3\nnew\n\n"),
        ("y = 2", f"{HEAD}y = 2\n\n"),
        ("new", f"{HEAD}new\n\n"),
    ],
)
def test_directives_and_blank_lines_at_the_end_stay(code, source):
    assert edited(f"{HEAD}x = 1\ny = 2\nz = 3\n\n", code) == source


def test_lines_that_stand_between_directives_can_be_edited():
    source = "#| eval: false\n#| export\n#| echo:true\nx = 1"
    generated = parsed(source).code
    assert generated == "#| eval: false\n#| echo: true\nx = 1"
    assert edited(source, generated.replace("x = 1", "x = 2")) == source.replace("1", "2")
    assert edited(source, "#| echo: true\nx = 1") == "#| export\n#| echo:true\nx = 1"
    assert edited(source, "x = 1") == "#| export\nx = 1"


def test_imports_that_were_lifted_stay():
    source = "#| export\nfrom __future__ import annotations\nx = 1\ny = 2"
    assert edited_source(parsed(source), "x = 1\ny = 2", 1, "x = 1\ny = 3", False) == (
        source.replace("y = 2", "y = 3")
    )
    source = "#| export\nx = 1\nfrom __future__ import annotations\ny = 2"
    changed = edited_source(parsed(source), "x = 1\n\ny = 2", 0, "z = 0", is_formatted=False)
    assert changed == "#| export\nz = 0\nfrom __future__ import annotations"


# --- formatted code ----------------------------------------------------------------------------

RAGGED = "#| export\nx = {  'a': 1,\n   'b': 2 }  # one\nif x :\n    y=1; z=2\nw = [1,\n  2]\n"
FORMATTED = 'x = {"a": 1, "b": 2}  # one\nif x:\n    y = 1\n    z = 2\nw = [1, 2]'


@pytest.mark.parametrize(
    ("old", "new", "source"),
    [
        ("w = [1, 2]", "w = [1, 3]", RAGGED.replace("w = [1,\n  2]", "w = [1, 3]")),
        ("z = 2", "z = 3", RAGGED.replace("y=1; z=2", "y = 1\n    z = 3")),
        ("y = 1\n    z = 2", "y = 3\n    z = 4", RAGGED.replace("y=1; z=2", "y = 3\n    z = 4")),
        ("if x:", "new = 1\nif x:", RAGGED.replace("if x :", "new = 1\nif x :")),
        ("w = [1, 2]", "w = [1, 2]\nnew = 1", RAGGED.rstrip("\n") + "\nnew = 1\n"),
        ('x = {"a": 1, "b": 2}  # one\n', "", RAGGED.replace(RAGGED[10:44], "")),
        ("if x:", "new = 1\nif not x:", RAGGED.replace("if x :", "new = 1\nif not x:")),
    ],
)
def test_an_edit_of_formatted_code_replaces_only_its_statement(old, new, source):
    code = FORMATTED.replace(old, new)
    assert edited_source(parsed(RAGGED), FORMATTED, 0, code, is_formatted=True) == source


def test_code_that_is_not_the_same_cannot_be_edited():
    assert edited_source(parsed("#| export\nx = 1"), "y = 1", 0, "y = 2", is_formatted=True) is None


# --- new cells ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "above", "dialect", "source"),
    [
        ("x", None, Dialect.PLAIN, "#export\nx"),
        ("x", None, Dialect.MARKED, "#| export\nx"),
        ("x", "#| exporti b\ny", Dialect.MARKED, "#| export b\nx"),
        ("#| exporti\nx", "#| export b\ny", Dialect.MARKED, "#| exporti b\nx"),
        ("#|export c\nx", "#| export b\ny", Dialect.MARKED, "#| export c\nx"),
        ("#| hide\n\n#|export\nx", None, Dialect.MARKED, "#| hide\n\n#| export\nx"),
        ("#| hide\nx", None, Dialect.MARKED, "#| export\n#| hide\nx"),
        ("#export\nx", None, Dialect.MARKED, "#| export\nx"),
        ("# exports\nx", None, Dialect.MARKED_3, "#| exports\nx"),
        ("#| export\nx", None, Dialect.PLAIN, "#export\nx"),
        ("x\n#| export", None, Dialect.MARKED, "#| export\nx\n#| export"),
    ],
)
def test_a_new_cell_has_one_export_directive(code, above, dialect, source):
    predecessor = None if above is None else parsed(above, dialect)
    assert new_source(code, dialect, predecessor) == source
    assert parsed(source, dialect).code == code_of_new(code, dialect)
