"""The text of a page that a reader sees."""

import pytest

from literate.execute.visible_text import visible_text


@pytest.mark.parametrize(
    "html, words",
    [
        ("<table id='T_1a'><tr><td>4</td><td>5 &lt; 6</td></tr></table>", "4 5 < 6"),
        ("a<style>b { c: d }</style><script>e()</script>f", "a f"),
        ("<!-- a -->b<br/>c", "b c"),
        ("only text", "only text"),
        ("<p>open <b>to the end", "open to the end"),
        ("", ""),
    ],
)
def test_what_is_seen(html, words):
    assert " ".join(visible_text(html).split()) == words
