"""Markdown as Jupyter reads it, in a form on which renderers agree."""

from __future__ import annotations

import pytest

from literate.docs.blocks import BlockRewriter, callout, fenced


def rewrite(text: str) -> str:
    def heading(level: int, text: str, attributes: str) -> str:
        return f"{'#' * level} {text}|{attributes}"

    return BlockRewriter(lambda text: text, heading, lambda html: html).rewrite(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text\n- a\n- b", "text\n\n-   a\n-   b"),
        ("* a\n  * b\n    c", "-   a\n    -   b\n        c"),
        ("1) one\n2) two", "1.  one\n2.  two"),
        ("3. three\n4. four", "3.  three\n4.  four"),
        ("- a\n\n- b", "-   a\n\n-   b"),
        ("- a\n  ```sh\n  ls\n  ```", "-   a\n\n    ```sh\n    ls\n    ```"),
        ("- a\n\n* b", "-   a\n\n<!-- -->\n\n-   b"),
        ("text\n> quote\nmore", "text\n\n> quote\n> more"),
        ("Title\n===", "# Title|"),
        ("## Title ##", "## Title|"),
        ("## Title {#id .x}", "## Title|#id .x"),
        ("text\n| a | b |\n|---|---|\n| 1 | 2 |", "text\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        ("```{python}\nx = 1\n```", "```python\nx = 1\n```"),
        ("~~~\n```\n~~~", "````\n```\n````"),
        ("```mermaid\nA\n```", "```text\nA\n```"),
        ("    code", "```\ncode\n```"),
        ("***", "---"),
        ("see [x]\n\n[x]: http://a.b", "see [x]\n\n[x]: http://a.b"),
        ("-not a list\n*nor this*", "-not a list\n*nor this*"),
        ("-     code after a marker", "-   ```\n    code after a marker\n    ```"),
    ],
)
def test_blocks(text, expected):
    assert rewrite(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a $$x$$ b", "a\n\n$$x$$\n\nb"),
        ("$$\nx\n= y\n- z\n$$", "$$\nx\n= y\n- z\n$$"),
        (
            "\\begin{align}\na &= b\\\\\n\\end{align}",
            "$$\n\\begin{align}\na &= b\\\\\n\\end{align}\n$$",
        ),
        ("- a\n\n  $$x\n  = y$$", "-   a\n\n    $$x\n      = y$$"),
        ("$a_1 * b_2 * c$ and *d*", "$a_1 * b_2 * c$ and *d*"),
        ("`$$` and `$x` stay", "`$$` and `$x` stay"),
        ("```\n$$\n- x\n$$\n```", "```\n$$\n- x\n$$\n```"),
        ("it costs $5 and $6", "it costs $5 and $6"),
    ],
)
def test_formulas_are_left_alone(text, expected):
    assert rewrite(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> [!NOTE]\n> Mind *this*.", '!!! note "Note"\n\n    Mind *this*.'),
        ("> [!CAUTION] Hot\n> - a", '!!! danger "Hot"\n\n    -   a'),
        ("> Warning: it bites", '!!! warning "Warning"\n\n    it bites'),
        ("> [!OTHER]\n> text", "> [!OTHER]\n> text"),
        ("> Notes: none", "> Notes: none"),
    ],
)
def test_callouts(text, expected):
    assert rewrite(text) == expected


def test_a_callout_can_be_folded():
    assert callout("tip", 'Say "hi"', ["a", "b"], "closed") == (
        '??? tip "Say &quot;hi&quot;"\n\n    a\n\n    b'
    )
    assert callout("important", "", ["a"], "open").startswith('???+ info "Important"')


def test_markdown_between_tags_stays_markdown():
    text = "<details>\n<summary>x</summary>\n\n- a\n\n</details>"
    assert rewrite(text) == ('<details markdown="1">\n<summary>x</summary>\n\n-   a\n\n</details>')
    assert rewrite("<div>whole</div>") == "<div>whole</div>"


def test_a_fence_is_longer_than_the_backticks_in_it():
    assert fenced("a\n````\nb\n\n", "text") == "`````text\na\n````\nb\n`````"
