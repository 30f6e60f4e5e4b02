"""Anchors, and references in the text of a draft."""

from __future__ import annotations

import pytest

from literate.docs.draft import (
    REFERENCE,
    anchor_of,
    mark,
    plain_text,
    renumbered,
    same_anchor,
    unique_anchor,
)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("A Title, with: marks!", "a-title-with-marks"),
        ("`code_name` and *more*", "code_name-and-more"),
        ("2. Numbers first", "numbers-first"),
        ("v1.2 of __init__", "v1.2-of-init"),
        ("`__init__`", "init__"),
        ("[a link](b.md)", "a-link"),
        ("Ångström", "ångström"),
        ("???", "section"),
    ],
)
def test_anchors_of_headings(heading, anchor):
    assert anchor_of(heading) == anchor


def test_plain_text():
    assert plain_text("**`a_b`** of [x](y) <b>z</b> snake_case") == "a_b of x z snake_case"
    assert plain_text("`#| filter <word>`") == "#| filter <word>"


@pytest.mark.parametrize("spelling", ["Why-so?", "why-so", "Why so"])
def test_spellings_of_one_anchor(spelling):
    assert same_anchor(spelling) == "why-so"


def test_unique_anchors():
    assert unique_anchor("a", {"b": ""}) == "a"
    assert unique_anchor("a", {"a": "", "a-1": ""}) == "a-2"


def test_references_are_numbered():
    text = f"a {mark(0)} b {mark(12)}"
    assert [int(match[1]) for match in REFERENCE.finditer(text)] == [0, 12]
    assert renumbered(text, 3) == f"a {mark(3)} b {mark(15)}"
