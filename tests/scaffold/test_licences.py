"""The texts of licences."""

import pytest

from literate.scaffold.licences import LICENCES, licence_text


@pytest.mark.parametrize("word", [word for word in LICENCES if word != "none"])
def test_each_licence_has_its_text(word):
    text = licence_text(word, "Ann", 2031)
    assert len(text) > 1000
    assert text.lstrip().startswith(("Apache License", "MIT License"))
    assert "{" not in text
    assert text.endswith("\n")


def test_a_short_licence_names_author_and_year():
    assert "Copyright (c) 2031 Ann\n" in licence_text("mit", "Ann", 2031)
    assert "Copyright (c) 2031 the authors\n" in licence_text("mit", "", 2031)


def test_no_licence_has_no_text():
    assert licence_text("none", "Ann", 2031) == ""
