"""The contents of a site."""

from __future__ import annotations

import pytest
from pages import pages_of

from literate.diagnostics import UserError
from literate.docs.contents import Section

NOTEBOOKS = {
    "02_b": ["md:# B"],
    "01_a": ["md:# A"],
    "index": ["md:# Home"],
    "01_more/05_d": ["md:# D"],
    "01_more/04_c": ["md:# C\n- order: 2"],
}


def outline(section: Section) -> list:
    found = []
    for entry in section.entries:
        is_section = isinstance(entry, Section)
        found.append((entry.title, outline(entry)) if is_section else entry.title)
    return found


def test_folders_are_sections(make_project):
    contents = pages_of(make_project(NOTEBOOKS)).contents
    assert outline(contents) == ["Home", "A", "B", ("More", ["C", "D"])]


def test_a_page_gives_the_order(make_project, tmp_path):
    (tmp_path / "course.md").write_text(
        "# The way\n\n[b](nbs/02_b.ipynb)\n\n## Then\n\n| [c](nbs/01_more/04_c.ipynb) | "
        "[b](nbs/02_b.ipynb) |\n\n## Nothing\n\ntext\n"
    )
    project = make_project(NOTEBOOKS, "docs_contents = course.md")
    assert outline(pages_of(project).contents) == [
        "The way",
        "B",
        ("Then", ["C"]),
        ("More", ["A", "D", "Home"]),
    ]


SIDEBAR = """
website:
  sidebar:
    contents:
      - 02_b.ipynb
      - section: more_things
        contents:
          - auto: "/01_more/*"
      - section: Empty
        contents: nosuch/*
"""


def test_a_sidebar_written_by_hand(make_project):
    project = make_project(NOTEBOOKS, "custom_sidebar = True")
    (project.nbs_path / "sidebar.yml").write_text(SIDEBAR)
    assert outline(pages_of(project).contents) == ["Home", "B", ("More things", ["C", "D"])]


def test_a_broken_sidebar_is_named(make_project):
    project = make_project(NOTEBOOKS, "custom_sidebar = True")
    (project.nbs_path / "sidebar.yml").write_text("a: [")
    with pytest.raises(UserError, match="sidebar.yml: error: it cannot be read"):
        pages_of(project)


def test_a_page_can_be_left_out(make_project):
    hidden = {"03_draft": ["md:---\ntitle: Draft\nsearch: false\n---\ntext"]}
    contents = pages_of(make_project({"01_a": ["md:# A"], **hidden})).contents
    assert outline(contents) == ["A"]
