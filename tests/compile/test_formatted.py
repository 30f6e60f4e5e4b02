"""The lines of a cell are found again in the code that black made of them."""

import pytest

from literate.compile.formatted import blocks_of


def pairs(source: str, formatted: str) -> list[tuple[str, str]] | None:
    """The blocks, as the lines on both sides."""
    blocks = blocks_of(source, formatted)
    if blocks is None:
        return None
    before, after = source.split("\n"), formatted.split("\n")
    found = []
    for block in blocks:
        old = "\n".join(before[block.source_start : block.source_end])
        new = "\n".join(after[block.formatted_start : block.formatted_end])
        found.append((old, new))
    return found


def test_a_block_begins_with_each_statement_and_each_comment():
    source = "a = (1,\n 2)\n#b\nif a :\n    c=3  #d\n\n    e=4"
    formatted = "a = (1, 2)\n# b\nif a:\n    c = 3  # d\n\n    e = 4"
    assert pairs(source, formatted) == [
        ("a = (1,\n 2)", "a = (1, 2)"),
        ("#b", "# b"),
        ("if a :", "if a:"),
        ("    c=3  #d\n", "    c = 3  # d\n"),
        ("    e=4", "    e = 4"),
    ]


@pytest.mark.parametrize(
    ("source", "formatted"),
    [
        ("x = 'a'; y = 0XFF", 'x = "a"\ny = 0xFF'),
        ("f(a,\n  b)", "f(\n    a,\n    b,\n)"),
        ("for (x) in y: pass", "for x in y:\n    pass"),
        ("x = f'{a}'", 'x = f"{a}"'),
    ],
)
def test_what_black_spells_in_another_way_is_the_same(source, formatted):
    assert pairs(source, formatted) == [(source, formatted)]


def test_where_black_changes_the_indent_a_block_is_a_whole_statement():
    source = "if a:\n  b\n  c\nd"
    formatted = "if a:\n    b\n    c\nd"
    assert pairs(source, formatted) == [("if a:\n  b\n  c", "if a:\n    b\n    c"), ("d", "d")]


@pytest.mark.parametrize(
    ("source", "formatted"), [("a", "b"), ("a", "a\nb"), ("'''", "x"), ("(", "(")]
)
def test_other_code_is_not_the_same(source, formatted):
    assert pairs(source, formatted) is None
