"""Outputs of cells on a page."""

from __future__ import annotations

import base64

import pytest
from pages import PIXEL, printed, shown

from literate.docs.cells import CellView
from literate.docs.settings import FOLDED, HIDDEN
from literate.docs.shown_outputs import OutputRenderer, Rendered, is_balanced


def render(*outputs: dict, **view: object) -> Rendered:
    renderer = OutputRenderer("core_files", lambda text: text)
    return renderer.render(outputs, CellView("", "python", **view), "c1", "A curve")


def text_of(*outputs: dict) -> str:
    return "\n".join(render(*outputs).blocks)


def test_printed_text():
    assert "```text\na\nb\n```" in text_of(printed("a\n"), printed("b\n"))
    assert render(printed("  \n")).blocks == []
    assert "literate-stderr" in text_of(printed("oops", "stderr"))
    assert '<span class="ansi-red">x</span>' in text_of(printed("\x1b[31mx\x1b[0m"))


def test_lines_that_are_filtered():
    block = render(printed("keep\na Warning\n"), filters=("Warning",)).blocks[0]
    assert "keep" in block
    assert "Warning" not in block


def test_an_error():
    error = {
        "output_type": "error",
        "ename": "E",
        "evalue": "v",
        "traceback": ["\x1b[31mE\x1b[0m: <v>"],
    }
    assert '<span class="ansi-red">E</span>: &lt;v&gt;' in text_of(error)
    assert "E: v" in text_of({**error, "traceback": []})


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"text_plain": "3", "text_html": "<b>3</b>"}, "<b>3</b>"),
        ({"text_plain": ["1\n", "2"]}, "```text\n1\n2\n```"),
        ({"text_latex": "$\\displaystyle x^2$"}, "$$\nx^2\n$$"),
        ({"text_markdown": "*m*"}, "*m*"),
        ({"application_json": {"a": 1}}, '```json\n{\n "a": 1\n}\n```'),
    ],
)
def test_the_best_form_is_shown(data, part):
    assert part in text_of(shown(**data))


def test_pictures_are_files():
    rendered = render(shown(image_png=PIXEL, text_plain="<Figure size 1x1>"))
    assert rendered.files == {"c1-0.png": PIXEL}
    assert 'src="core_files/c1-0.png" alt="Figure: A curve"' in rendered.blocks[0]
    svg = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "http://y">\n<svg></svg>'
    rendered = render(shown(**{"image_svg+xml": [svg]}), caption="Cap & co", alternative="A <line>")
    content = base64.b64decode(rendered.files["c1-0.svg"]).decode()
    assert content == '<?xml version="1.0"?>\n<svg></svg>\n'
    assert 'alt="A &lt;line&gt;"' in rendered.blocks[0]
    assert "<figcaption>Cap &amp; co</figcaption>" in rendered.blocks[0]


def test_a_damaged_picture_is_named():
    rendered = render(shown(image_png="!!!"))
    assert (rendered.blocks, rendered.files) == ([], {})
    assert rendered.problems == ["an image that is not valid base64"]


def test_nothing_is_fetched_from_another_host():
    html = '<div><script src="https://cdn.x/a.js"></script><p>kept</p></div>'
    rendered = render(shown(text_html=html))
    assert "cdn" not in rendered.blocks[0]
    assert "<p>kept</p>" in rendered.blocks[0]
    assert rendered.problems == ["an output that loads something from another host"]
    assert render(shown(text_html="<style scoped>\n.x {}\n</style><p>a</p>")).problems == []


def test_html_that_would_break_the_page():
    assert text_of(shown(text_html="<div><p>a")) == ""
    assert not is_balanced("<div></p></div></div>")
    assert not is_balanced("</div>")
    assert is_balanced('<table><tr><td>a<br><img src="x"></table><ul><li>b</ul>')


def test_an_unknown_form_is_named():
    assert render(shown(**{"application_x-chart": {}})).problems == [
        "an output of the type application/x-chart"
    ]


def test_hidden_and_folded_outputs():
    assert render(printed("a"), outputs=HIDDEN).blocks == []
    (block,) = render(printed("a"), printed("b", "stderr"), outputs=FOLDED).blocks
    assert block.startswith(
        '<details class="literate-fold" markdown="1">\n<summary>Output</summary>'
    )
