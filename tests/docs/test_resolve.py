"""Links between pages, names, and places in the code."""

from __future__ import annotations

import pytest
from pages import body, pages_of

CORE = [
    "md:# Core\n\n## First steps",
    "#| default_exp core",
    '#| export\ndef double(x):\n    "Twice."\n    return 2 * x\n\ndef _private(): pass',
]


def other(make_project, text: str, *more: str):
    project = make_project({"00_core": CORE, "sub/01_other": [f"md:{text}", *more]})
    (project.nbs_path / "images").mkdir()
    (project.nbs_path / "images" / "a.png").write_bytes(b"png")
    (project.root / "notes.txt").write_text("notes")
    return pages_of(project)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[a](../00_core.ipynb)", "[a](../core.md)"),
        ("[a](../00_core.ipynb#First-steps)", "[a](../core.md#first-steps)"),
        ("[a](../core.html#double)", "[a](../core.md#double)"),
        ("[a](/00_core.ipynb)", "[a](../core.md)"),
        ("[a](../00_core.ipynb#cell-id=00000001)", "[a](../core.md#first-steps)"),
        ("[a](https://x.org/b.ipynb)", "[a](https://x.org/b.ipynb)"),
        ("![a](../images/a.png)", "![a](../images/a.png)"),
        ('<img src="../images/a.png">', '<img src="../images/a.png">'),
        ('<a href="../00_core.ipynb">x</a>', '<a href="../core.html">x</a>'),
        ("[a](../../notes.txt)", "[a](https://github.com/me/lib/blob/main/notes.txt)"),
        ("`double`", "[`double`](../core.md#double)"),
        ("`double()`", "[`double()`](../core.md#double)"),
        ("`lib.core.double`", "[`lib.core.double`](../core.md#double)"),
        ("`lib.core`", "[`lib.core`](../core.md)"),
        ("`00_core.ipynb`", "[`00_core.ipynb`](../core.md)"),
        ("`_private` `nosuch` `lib.nosuch`", "`_private` `nosuch` `lib.nosuch`"),
        ("[`double`](../00_core.ipynb)", "[`double`](../core.md)"),
        ("`double` in `code = 1`", "[`double`](../core.md#double) in `code = 1`"),
    ],
)
def test_links(make_project, text, result):
    pages = other(make_project, text)
    assert pages.problems == []
    assert result in body(pages.texts["sub/other.md"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "x\n\n[a](nosuch.ipynb)",
            "3: error: nosuch.ipynb leads nowhere: there is no",
        ),
        ("[a](../00_core.ipynb#nosuch)", "nbs/00_core.ipynb has no heading #nosuch"),
        ("[a](#nosuch)", "nbs/sub/01_other.ipynb has no heading #nosuch"),
        ("![a](nosuch.png)", "nosuch.png leads nowhere: there is no nosuch.png"),
        ("[a](../../../outside.txt)", "leads nowhere"),
    ],
)
def test_a_broken_link_is_named(make_project, text, message):
    (problem,) = other(make_project, text).problems
    assert str(problem).startswith("nbs/sub/01_other.ipynb:cell 1 (00000000):")
    assert message in str(problem)
    assert problem.code == "broken-link"


def test_files_are_copied(make_project):
    pages = other(make_project, "![a](../images/a.png) ![b](../../notes.txt)")
    assert {place: path.name for place, path in pages.files.items()} == {
        "images/a.png": "a.png",
        "files/notes.txt": "notes.txt",
    }


def test_the_entry_of_another_notebook(make_project):
    pages = other(make_project, "# Other", "show_doc(double)")
    text = body(pages.texts["sub/other.md"])
    assert "## `double` { #double" in text
    assert "Twice." in text
    assert '<a href="https://github.com/me/lib/blob/main/nbs/00_core.ipynb">' in text


def test_where_the_code_is(make_project):
    project = make_project({"00_core": CORE})
    project.lib_path.mkdir()
    module = "# a comment\n\n@cache\ndef double(x):\n    return 2 * x\n"
    (project.lib_path / "core.py").write_text(module)
    text = pages_of(project).texts["core.md"]
    assert '<a href="https://github.com/me/lib/blob/main/lib/core.py#L3-L5">' in text
    assert "lib/core.py, lines 3 to 5</a>" in text


def test_a_name_of_the_own_notebook_comes_first(make_project):
    second = ["#| default_exp second", '#| export\ndef double(x):\n    "Other."', "md:`double`"]
    pages = pages_of(make_project({"00_core": CORE, "01_second": second}))
    assert "[`double`](#double)" in pages.texts["second.md"]


def test_a_name_of_an_imported_module_comes_before_others(make_project):
    other_core = [cell.replace("core", "aaa") for cell in CORE]
    user = ["from lib.core import *", "md:`double`"]
    project = make_project({"00_aaa": other_core, "00_core": CORE, "02_user": user})
    assert "[`double`](core.md#double)" in pages_of(project).texts["user.md"]


@pytest.mark.parametrize("settings", ["", "docs_source = shown\n"])
def test_a_name_in_a_hidden_cell_has_no_place_to_link_to(make_project, settings):
    hidden = "#| export\n#| hide\nclass Quiet: pass"
    cells = ["#| default_exp core", hidden, "md:`Quiet` and `Loud`", "#| export\nclass Loud: pass"]
    page = pages_of(make_project({"00_core": cells}, settings=settings)).texts["core.md"]
    assert "`Quiet` and [`Loud`](#loud)" in page
    assert 'id="quiet"' not in page


def test_show_doc_gives_a_hidden_cell_its_place(make_project):
    hidden = "#| export\n#| hide\nclass Quiet: pass"
    cells = ["#| default_exp core", hidden, "show_doc(Quiet)", "md:`Quiet`"]
    page = pages_of(make_project({"00_core": cells})).texts["core.md"]
    assert "[`Quiet`](#quiet)" in page
    assert "{ #quiet" in page


def test_a_file_outside_of_the_project_is_never_published(make_project, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secret") / "secret.png"
    secret.write_text("secret")
    project = make_project({"00_core": ["md:![a](link.png)"]})
    (project.nbs_path / "link.png").symlink_to(secret)
    pages = pages_of(project)
    assert pages.files == {}
    assert "the file is not one of the project" in str(pages.problems[0])
