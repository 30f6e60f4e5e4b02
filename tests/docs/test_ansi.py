"""Text for terminals as HTML."""

from __future__ import annotations

import pytest

from literate.docs.ansi import as_left, has_colors, html_of, without_colors


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain <b> & co", "plain &lt;b&gt; &amp; co"),
        ("\x1b[31mred\x1b[0m plain", '<span class="ansi-red">red</span> plain'),
        ("\x1b[1;32mok\x1b[22m\x1b[39m.", '<span class="ansi-bold ansi-green">ok</span>.'),
        ("\x1b[91mbright\x1b[m", '<span class="ansi-red">bright</span>'),
        ("\x1b[44mon blue\x1b[49m off", '<span class="ansi-on-blue">on blue</span> off'),
        ("\x1b[38;5;2mgreen\x1b[0m", '<span class="ansi-green">green</span>'),
        ("\x1b[38;5;200mpink\x1b[0m", "pink"),
        ("\x1b[38;2;1;2;3mtrue\x1b[0m colour", "true colour"),
        ("\x1b[2Kcleared\x1b[?25l", "cleared"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
    ],
)
def test_sequences(text, html):
    assert html_of(text) == html


def test_without_colors():
    assert has_colors("\x1b[31mred")
    assert not has_colors("red")
    assert without_colors("\x1b[1;31mred\x1b[0m\x07 on\x1b[K") == "red on"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("10%\r50%\r100%\ndone\n", "100%\ndone\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("abc\b\bX", "aX"),
        ("end\r", "end"),
    ],
)
def test_what_a_terminal_shows_at_last(text, left):
    assert as_left(text) == left
