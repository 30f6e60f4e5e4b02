"""Links, names and addresses in inline text."""

from __future__ import annotations

import pytest

from literate.docs.draft import ADDRESS, IMAGE, LINK, NAME
from literate.docs.inline import InlineRewriter


class Found:
    def __init__(self) -> None:
        self.references = []
        self.shortcodes = []
        self.inline = InlineRewriter(self.add, self.shortcodes.append)

    def add(self, reference):
        self.references.append((reference.kind, reference.target))
        return f"<{len(self.references) - 1}>"


@pytest.mark.parametrize(
    ("text", "result", "references"),
    [
        ("see [a](b.ipynb#c)", "see <0>", [(LINK, "b.ipynb#c")]),
        ("[a](<b c.md>) x", "<0> x", [(LINK, "b c.md")]),
        ('![a](b.png "title"){width=3}', "<0>", [(IMAGE, "b.png")]),
        ("[a](b_(c).md)", "<0>", [(LINK, "b_(c).md")]),
        ("`double`", "<0>", [(NAME, "double")]),
        ("`Learner.fit()`", "<0>", [(NAME, "Learner.fit")]),
        ("`02_net.ipynb`", "<0>", [(NAME, "02_net.ipynb")]),
        ("`x = 1` and ``double``", "`x = 1` and ``double``", []),
        ("[`double`](a.md)", "<0>", [(LINK, "a.md")]),
        (r"\[a](b) \`c`", r"\[a](b) \`c`", []),
        ('<img src="a.png" alt="x">', '<img src="<0>" alt="x">', [(ADDRESS, "a.png")]),
        ("[x]: a.md", "[x]: <0>", [(ADDRESS, "a.md")]),
        ("[^1] is a note", "[^1] is a note", []),
        ("a [b] (c)", "a [b] (c)", []),
    ],
)
def test_references(text, result, references):
    found = Found()
    assert found.inline.rewrite(text) == result
    assert found.references == references


def test_an_image_in_a_link():
    found = Found()
    assert found.inline.rewrite("[![a](b.png)](c.md)") == "<1>"
    assert found.references == [(IMAGE, "b.png"), (LINK, "c.md")]


def test_a_shortcode_is_named():
    found = Found()
    assert found.inline.rewrite("{{< video a.mp4 >}}") == "`{{< video a.mp4 >}}`"
    assert found.shortcodes == ["video"]


def test_addresses_in_html():
    found = Found()
    html = "<a href='b.md'>`double`</a> <p title=\"x\">"
    assert found.inline.rewrite_html(html) == "<a href='<0>'>`double`</a> <p title=\"x\">"
