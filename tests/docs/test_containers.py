"""Quarto's containers, which may begin in one cell and end in another."""

from __future__ import annotations

import pytest

from literate.docs.containers import (
    CALLOUT,
    DROPPED,
    PLAIN,
    TABSET,
    Container,
    PageBlocks,
    container_of,
    heading_of,
    split_at_fences,
)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        (".callout-note", CALLOUT),
        (".panel-tabset", TABSET),
        (".border .py-2", PLAIN),
        ('.content-visible when-format="html"', PLAIN),
        ('.content-visible when-format="pdf"', DROPPED),
        ('.content-hidden when-format="html"', DROPPED),
        ('.content-hidden when-format="pdf"', PLAIN),
        ('.content-visible unless-format="html"', DROPPED),
        ("", PLAIN),
    ],
)
def test_kinds(attributes, kind):
    assert container_of(attributes).kind == kind


def test_a_readme_shows_other_parts():
    assert container_of('.content-visible when-format="markdown"', "readme").kind == PLAIN
    assert container_of('.content-visible when-format="html"', "readme").kind == DROPPED


def test_the_attributes_of_a_callout():
    found = container_of('.callout-tip title="Two words" collapse="true" appearance="simple"')
    assert (found.callout_kind, found.title, found.fold) == ("tip", "Two words", "closed")


def test_pieces_of_a_text():
    text = "a\n::: {.callout-note}\nb\n:::\nc"
    first, begin, inner, end, last = split_at_fences(text)
    assert (first, inner, end, last) == ("a", "b", None, "c")
    assert isinstance(begin, Container)
    assert split_at_fences("no fence") == ["no fence"]


def test_a_fence_in_code_is_code():
    text = "```\n::: {.callout-note}\n:::\n```"
    assert split_at_fences(text) == [text]


def test_a_callout_around_code():
    page = PageBlocks()
    page.open(Container(CALLOUT, "warning"))
    assert page.takes_title
    page.set_title("Mind")
    page.add("```python\nx\n```")
    assert page.close()
    assert not page.close()
    assert page.text() == '!!! warning "Mind"\n\n    ```python\n    x\n    ```\n'


def test_tabs():
    page = PageBlocks()
    page.open(Container(TABSET))
    for title in ("pip", "conda"):
        assert page.takes_tab
        page.set_title(title)
        page.add(f"{title} install")
    assert page.text() == '=== "pip"\n\n    pip install\n\n=== "conda"\n\n    conda install\n'


def test_a_part_for_other_formats_is_left_out():
    page = PageBlocks()
    page.open(Container(DROPPED))
    assert page.is_dropped
    page.add("secret")
    page.close()
    page.add("open")
    assert page.text() == "open\n"


def test_headings():
    assert heading_of("## A *title* {#x}") == "A *title*"
    assert heading_of("text") == ""
    assert heading_of("# a\nb") == ""
