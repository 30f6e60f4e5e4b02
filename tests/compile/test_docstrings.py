"""Docstrings of modules and of the package, and llms.txt."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest
from conftest import notebook
from hypothesis import given
from hypothesis import strategies as st

from literate.compile.docstrings import (
    LLMS_MARK,
    docstring_literal,
    encodable,
    exported_prose,
    package_docs,
    page_of,
    summary_lines,
)
from literate.directives import Dialect, ParsedCell, parse_cell
from literate.notebook import Cell
from literate.project import Project
from literate.records import replace


def parse(*sources: str) -> list[ParsedCell]:
    """Cells in nbdev 3's dialect; a source that begins with `md:` is Markdown."""
    cells = []
    for index, source in enumerate(sources):
        kind = "markdown" if source.startswith("md:") else "code"
        cell = Cell(index, "", kind, source.removeprefix("md:"), {})
        cells.append(parse_cell(cell, Dialect.MARKED_3))
    return cells


# --- the parts of a module's docstring ---------------------------------------------------------


@pytest.mark.parametrize(
    "sources, expected",
    [
        (["x = 1", "md:text", "md:## No title\n> a"], None),
        (["md:# Title"], []),
        (["md:# Title\n\n> One.\n> Two.\n\n> Three."], ["One.", "Two."]),
        (["md:# Title\ntext\n> >  One. "], ["One."]),
        (["md:text", "md:# Title\n> One.", "md:# Other\n> Two."], ["One."]),
        (["# Title\n> 1"], None),
    ],
)
def test_the_summary_is_the_first_quote_under_the_title(sources, expected):
    assert summary_lines(parse(*sources)) == expected


def test_exported_prose():
    cells = parse(
        "md:#| export\nOne.\n",
        "md:Two.",
        "#| export\nthree()",
        "#| exportd\nfour()\n",
        "md:#| exportd\nFive.",
        "md:#| export\n \n",
    )
    assert exported_prose(cells) == ["One.", "```python\nfour()\n```", "Five."]


def test_a_fence_is_longer_than_the_backticks_inside():
    (text,) = exported_prose(parse("#| exportd\n'''`````'''"))
    assert text == "``````python\n'''`````'''\n``````"


@pytest.mark.parametrize(
    "notebook_path, page",
    [
        ("nbs/sub/01_b.ipynb", "sub/b.html"),
        ("nbs/02a_Big-Name.ipynb", "big-name.html"),
        ("nbs/index.ipynb", "index.html"),
        ("other/01_b.ipynb", "../other/b.html"),
    ],
)
def test_the_page_of_a_notebook(notebook_path, page):
    assert page_of(Path("/p", notebook_path), Path("/p/nbs")) == page


def test_characters_that_a_file_cannot_contain_are_escaped():
    assert encodable("a\ud83db\0c ü") == "a\\ud83db\\0c ü"


# --- docstrings in Python code -----------------------------------------------------------------

TEXTS = ['say "hi"', 'a """ b', r"back\slash", r"\d+ and \n", "ends with \\", "plain", '"', "a\nb"]


def read_literal(literal: str) -> str:
    with warnings.catch_warnings(action="ignore"):
        return ast.literal_eval(literal)


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_python_reads_the_text_that_was_written(text, raw):
    literal = docstring_literal(text, raw)
    assert literal.endswith('"""\n\n')
    assert read_literal(literal) == text


@given(st.text("ab\"\\\n'{", min_size=1), st.booleans())
def test_python_reads_any_text_that_was_written(text, raw):
    assert read_literal(docstring_literal(text, raw)) == text


@pytest.mark.parametrize(
    "text, raw, expected",
    [
        ("", False, ""),
        ("plain", True, '"""plain"""\n\n'),
        (r"\d", False, '"""\\d"""\n\n'),
        (r"\d", True, 'r"""\\d"""\n\n'),
        (r"\n", False, '"""\\\\n"""\n\n'),
        (r"\n", True, 'r"""\\n"""\n\n'),
        ('a"', False, '"""a\\""""\n\n'),
    ],
)
def test_escapes_are_written_only_where_they_are_needed(text, raw, expected):
    assert docstring_literal(text, raw) == expected


# --- the docstring of the package, and llms.txt ------------------------------------------------

LONG = "Summary\nin two lines.\n\nMore."


@pytest.fixture
def project(make_nbdev3_project) -> Project:
    made = make_nbdev3_project({"00_a": ["#| default_exp a"]})
    made.lib_path.mkdir()
    return replace(made, description="About.")


def docs(project: Project, docstrings: dict[str, str], others: tuple[str, ...] = ()):
    generated = {project.lib_path / name: text for name, text in docstrings.items()}
    return package_docs(project, generated, [project.lib_path / name for name in others])


def test_the_package_lists_modules_that_say_more_than_a_summary(project):
    docstrings = {
        "b.py": f"{LONG}\n\nDocs: https://a.b/b.html.md",
        "sub/a.py": LONG,
        "c.py": f"{LONG}\n\nDocs: not here",
        "short.py": "One.\nTwo.\nThree.",
        "_private.py": LONG,
        "empty.py": "",
    }
    found = docs(project, docstrings)
    assert found.docstring == (
        "About.\n\nModules:\n\n"
        "- `lib.b`: Summary in two lines.\n"
        "- `lib.c`: Summary in two lines.\n"
        "- `lib.sub.a`: Summary in two lines."
    )
    assert found.llms == (
        "# lib\n\n> About.\n\n## Modules\n\n"
        "- [lib.b](https://a.b/b.html.md): Summary in two lines.\n"
        "- `lib.c`: Summary in two lines. (Docs: not here)\n"
        "- `lib.sub.a`: Summary in two lines.\n\n"
        f"{LLMS_MARK}\n"
    )


def test_without_modules_and_prose_nothing_is_written(project):
    found = docs(project, {"a.py": "One."})
    assert (found.docstring, found.llms) == ("", "")


def test_the_prose_of_the_index_notebook_comes_first(project):
    cells = ["md:#| export\nThe intro.", "md:text", "#| exportd\nimport lib", "md: #| export\nno"]
    (project.nbs_path / "index.ipynb").write_text(notebook(*cells, "#|hide\n#|\n#|exportd\nlib.a"))
    intro = "The intro.\n\n```python\nimport lib\n```\n\n```python\nlib.a\n```"
    assert docs(project, {}).docstring == f"About.\n\n{intro}"
    assert docs(project, {}).llms == f"# lib\n\n> About.\n\n{intro}\n\n{LLMS_MARK}\n"
    nameless = replace(project, description="")
    assert docs(nameless, {}).docstring == intro
    assert docs(nameless, {}).llms == f"# lib\n\n{intro}\n\n{LLMS_MARK}\n"


def test_an_index_notebook_that_cannot_be_read_has_no_prose(project):
    (project.nbs_path / "index.ipynb").write_text("{")
    assert docs(project, {}).docstring == ""


@pytest.mark.parametrize(
    "text, is_listed",
    [
        (f'"""{LONG}"""\nx = 1\n', True),
        (f"'''{LONG}'''\n", True),
        ("x = 1\n", False),
        (f'"""{LONG}"""\nx = (\n', False),
        (f'x = """{LONG}"""\n', False),
    ],
)
def test_the_docstring_of_a_file_that_was_written_by_hand(project, text, is_listed):
    (project.lib_path / "mine.py").write_text(text)
    found = docs(project, {}, others=("mine.py",))
    assert ("`lib.mine`: Summary in two lines." in found.docstring) == is_listed
