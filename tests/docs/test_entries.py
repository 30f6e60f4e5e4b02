"""The entry of a function or a class."""

from __future__ import annotations

from literate.docs.entries import docstring_text, entry_parts, parameter_table
from literate.docs.signatures import describe


def described(code: str):
    return describe(code)[0]


def test_signature_docstring_and_table():
    code = 'def f(x: int | None = None, # a `number`\n) -> str:\n    "Do it."'
    signature, docstring, table = entry_parts(described(code))
    assert signature == "```python\ndef f(x: int | None = None) -> str\n```"
    assert docstring == "Do it."
    assert table.split("\n")[2:] == [
        "| **`x`** | <code>int &#124; None</code> | `None` | a `number` |",
        "| **returns** | `str` |  |  |",
    ]


def test_without_comments_the_signature_says_it_all():
    assert parameter_table(described("def f(x: int): pass").parameters) == ""
    assert len(entry_parts(described("def f(x: int): pass"))) == 1


def test_sections_of_a_docstring_are_not_headings():
    sections = "Parameters\n    ----------\n    x : int\n\n    # Note"
    code = f'def f(x):\n    """Doc.\n\n    {sections}\n    """'
    text = docstring_text(described(code))
    assert "**Parameters**" in text
    assert "---" not in text
    assert "**Note**" in text


def test_a_line_that_became_a_row_is_left_out():
    code = 'def f(x):\n    """Doc.\n\n    x: the first\n    Example: f(1)\n    """'
    assert docstring_text(described(code)) == "Doc.\n\nExample: f(1)"


def test_examples_are_code():
    code = 'def f(x):\n    """Doc.\n\n    >>> f(1)\n    2\n\n    After.\n    """'
    lines = [line for line in docstring_text(described(code)).split("\n") if line]
    assert lines == ["Doc.", "```pycon", ">>> f(1)", "2", "```", "After."]
