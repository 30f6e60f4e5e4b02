"""The first notebooks and the README."""

from __future__ import annotations

import json

import pytest
from test_settings_text import FACTS

from literate.records import replace
from literate.scaffold.start_notebooks import core_notebook, index_notebook, readme


@pytest.mark.parametrize("make", [core_notebook, index_notebook])
def test_a_notebook_is_laid_out_as_jupyter_does_it(make):
    text = make(FACTS)
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.reads(text, 4))
    ids = [cell["id"] for cell in json.loads(text)["cells"]]
    assert len(set(ids)) == len(ids)


def test_the_readme_says_what_its_notebook_says():
    cells = json.loads(index_notebook(FACTS))["cells"]
    text = readme(FACTS)
    for cell in cells:
        for line in cell["source"]:
            assert line.strip() in text
        for output in cell.get("outputs", ()):
            assert "".join(output["data"]["text/plain"]) in text


def test_a_library_with_notebooks_of_its_own_gets_no_example():
    facts = replace(FACTS, has_notebooks=True, description="It is good.")
    assert "core" not in readme(facts)
    assert "core" not in index_notebook(facts)
    assert "> It is good.\n" in readme(facts)
