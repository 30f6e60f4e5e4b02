"""A notebook as a page."""

from __future__ import annotations

import json

import pytest
from conftest import notebook
from pages import PIXEL, body, pages_of, printed, with_outputs

LIBRARY = [
    "md:# The core\n\n> What it is about.\n\nText.",
    "#| default_exp core",
    '#| export\ndef double(x: int): # a number\n    "Twice `x`."\n    return 2 * x',
    "#| export\nclass Dog:\n    def bark(self):\n        'Say *woof*.'\n    def _hide(self): 'Doc'",
    "#| exporti\ndef secret(): pass",
    "assert double(3) == 6",
]


RAW_CELL = {
    "cell_type": "raw",
    "metadata": {},
    "source": "---\ntitle: Named\ndescription: Sum\n---",
}


def page(make_project, *cells, settings: str = "") -> str:
    return pages_of(make_project({"00_core": list(cells)}, settings)).texts["core.md"]


def test_what_stands_above_the_text(make_project):
    text = page(make_project, *LIBRARY)
    head = '---\ntitle: "The core"\ndescription: "What it is about."\n---\n\n'
    assert text.startswith(f"{head}# The core {{ #the-core }}\n")
    assert '<p class="literate-summary">What it is about.</p>' in text
    assert "https://github.com/me/lib/edit/main/nbs/00_core.ipynb" in text
    assert "Run it: <code>literate test nbs/00_core.ipynb</code>" in text


def test_exported_names_are_documented(make_project):
    text = body(page(make_project, *LIBRARY))
    assert '## `double` { #double .literate-entry data-toc-label="double" }' in text
    assert "def double(x: int)" in text
    assert "| **`x`** | `int` |  | a number |" in text
    assert "return 2 * x" not in text
    assert "### `Dog.bark` { #dog.bark" in text
    assert "Say *woof*." in text
    assert "secret" not in text
    assert "_hide" not in text
    assert "```python\nassert double(3) == 6\n```" in text


def test_exported_code_can_be_shown(make_project):
    text = body(page(make_project, *LIBRARY, settings="docs_source = shown"))
    assert '<span id="double"></span>' in text
    assert "    return 2 * x\n```" in text
    assert "literate-entry" not in text


def test_exported_source_can_be_folded(make_project):
    text = body(page(make_project, *LIBRARY, settings="docs_source = folded"))
    assert "<summary>Exported source</summary>" in text
    assert "## `double`" in text


def test_show_doc_puts_an_entry_into_another_place(make_project):
    cells = [*LIBRARY, "md:## Later", "show_doc(double, title_level=4)", "show_doc(Dog.bark)"]
    text = body(page(make_project, *cells))
    assert text.count("`double` {") == 1
    assert text.index("## Later") < text.index("#### `double` {")
    assert "### `Dog.bark`" in text


def test_patched_methods(make_project):
    code = '#| export\n@patch\ndef wag(self: Dog, often=3):\n    "Wag."'
    assert "## `Dog.wag` { #dog.wag" in page(make_project, *LIBRARY, code)


@pytest.mark.parametrize(
    "cells",
    [
        ["md:---\ntitle: Named\ndescription: Sum\n---\n\nText."],
        [RAW_CELL],
        ["md:# Named\n> Sum\n- order: 3"],
    ],
)
def test_titles(make_project, cells):
    text = page(make_project, *cells, "md:More.")
    assert text.startswith('---\ntitle: "Named"\ndescription: "Sum"\n---\n')
    assert "order" not in text
    assert body(text).strip().endswith("More.")


def test_a_notebook_without_a_title(make_project):
    text = pages_of(make_project({"03a_train_loop": ["md:## Part"]})).texts["train_loop.md"]
    assert "# Train loop { #train-loop }" in text
    assert "## Part { #part }" in text


def test_headings_of_the_titles_level_go_down(make_project):
    text = page(make_project, "md:# Title", "md:# One\n\n## Two", "md:# One")
    assert "## One { #one }" in text
    assert "### Two { #two }" in text
    assert "## One { #one-1 }" in text


def test_a_heading_never_takes_the_anchor_of_a_name(make_project):
    text = page(make_project, "md:# double", *LIBRARY[1:])
    assert "# double { #double-1 }" in text
    assert "## `double` { #double " in text


def test_proofs_are_folded_with_what_they_came_to(make_project):
    proof = with_outputs("#| proof: it is <even>\nprint('kills 8 of 8')", printed("kills 8 of 8\n"))
    text = body(page(make_project, proof))
    assert '<details class="literate-proof" markdown="1">' in text
    assert "<strong>Proof:</strong> it is &lt;even&gt;" in text
    assert '<span class="literate-result">kills 8 of 8</span></summary>' in text
    assert "print('kills 8 of 8')" in text


def test_a_callout_over_several_cells(make_project):
    cells = ["md:::: {.callout-tip}\n## Look\n\nfirst", "x = 1", "md:last\n\n:::\n\nafter"]
    text = body(page(make_project, *cells))
    assert text == (
        '!!! tip "Look"\n\n    first\n\n    ```python\n    x = 1\n    ```\n\n    last\n\nafter\n'
    )


def test_what_a_page_cannot_show_is_named(make_project):
    cells = ["md:{{< video a.mp4 >}}", "md:::: {.callout-tip}\nopen"]
    problems = [str(problem) for problem in pages_of(make_project({"00_core": cells})).problems]
    assert problems == [
        "nbs/00_core.ipynb:cell 1 (00000000): warning: the shortcode {{< video >}} is not known "
        "here [docs-content]",
        "nbs/00_core.ipynb:cell 2 (00000001): warning: a block that begins with ::: does not end "
        "[docs-content]",
    ]


def test_attachments_are_files(make_project):
    cell = {
        "cell_type": "markdown",
        "id": "a",
        "metadata": {},
        "source": "![it](attachment:my%20image.png)",
        "attachments": {"my image.png": {"image/png": PIXEL}},
    }
    pages = pages_of(make_project({"00_core": [cell]}))
    assert "![it](core_files/my-image.png)" in pages.texts["core.md"]
    (draft,) = [draft for draft in pages.drafts.values() if draft.page == "core.md"]
    assert draft.files == {"core_files/my-image.png": PIXEL}


def test_a_heading_that_ends_with_a_dash_is_hidden(make_project):
    assert "Export" not in page(make_project, "md:# Title", "md:## Export -", "md:Text.")


def test_notes_stand_below_their_cells(make_project, tmp_path):
    (tmp_path / "notes.json").write_text(json.dumps({"00_core.ipynb": {"00000000": "NOTE"}}))
    text = body(page(make_project, "x = 1", "md:after", settings="docs_notes = notes.json"))
    assert text == "```python\nx = 1\n```\n\nNOTE\n\nafter\n"


def test_a_notebook_in_another_language(make_project):
    text = notebook("echo hi", kernelspec={"language": "bash", "name": "bash"})
    assert "```bash\necho hi\n```" in pages_of(make_project({"00_core": text})).texts["core.md"]
