"""Front matter."""

from __future__ import annotations

import pytest

from literate.docs.front_matter import read_title_options, split_front_matter

TEXT = """---
title: "A: title"
description: Two
  lines
categories: [a, 'b']
aliases:
  - old.html
  - older/
format:
  html:
    toc: false
skip_showdoc: true
order: 3  # a comment
---
The text.
"""


def test_keys():
    front, rest = split_front_matter(TEXT)
    assert rest == "The text.\n"
    assert front.text("title") == "A: title"
    assert front.text("description") == "Two lines"
    assert front.items("categories") == ["a", "b"]
    assert front.items("aliases") == ["old.html", "older/"]
    assert front.is_on("skip_showdoc")
    assert front.number("order") == 3
    assert front.number("title") is None
    assert front.text("nosuch") == ""


@pytest.mark.parametrize("text", ["# Title", "---\n\ntext\n\n---\n", "text\n---\na: b\n---\n", ""])
def test_a_text_without_front_matter(text):
    front, rest = split_front_matter(text)
    assert (front.values, rest) == ({}, text)


def test_the_list_below_a_title():
    front, rest = read_title_options("\n- order: 2\n- skip_showdoc: true\n\nText.")
    assert front.number("order") == 2
    assert front.is_on("skip_showdoc")
    assert rest.strip() == "Text."
    front, rest = read_title_options("- a point\n- another")
    assert (front.values, rest) == ({}, "- a point\n- another")
