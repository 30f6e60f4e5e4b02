"""What a page shows of a code cell."""

from __future__ import annotations

import pytest
from conftest import notebook, parse, tagged

from literate.directives import Dialect, parse_cell
from literate.docs.cells import CellView, view_of
from literate.docs.settings import FOLDED, HIDDEN, OPEN, SHOWN


def view(source: str | dict, exported: str = HIDDEN, dialect: str = Dialect.MARKED) -> CellView:
    cell = parse(notebook(source)).cells[0]
    return view_of(parse_cell(cell, dialect), "python", exported)


@pytest.mark.parametrize(
    ("source", "code", "outputs"),
    [
        ("x = 1", SHOWN, SHOWN),
        ("#| hide\nx = 1", HIDDEN, HIDDEN),
        ("#| hide: true\nx = 1", HIDDEN, HIDDEN),
        ("#| include: false\nx = 1", HIDDEN, HIDDEN),
        ("#| echo: false\nx = 1", HIDDEN, SHOWN),
        ("#| echo: true\nx = 1", SHOWN, SHOWN),
        ("#| hide_input\nx = 1", HIDDEN, SHOWN),
        ("#| output: false\nx = 1", SHOWN, HIDDEN),
        ("#| output: asis\nx = 1", SHOWN, SHOWN),
        ("#| hide_output\nx = 1", SHOWN, HIDDEN),
        ("#| code-fold: true\nx = 1", FOLDED, SHOWN),
        ("#| code-fold: show\nx = 1", OPEN, SHOWN),
        ("#| code-fold: false\nx = 1", SHOWN, SHOWN),
        ("#| collapse_output\nx = 1", SHOWN, FOLDED),
        ("#| proof: it holds\nassert 1", FOLDED, SHOWN),
        ("#| solution\nx = 1", FOLDED, SHOWN),
        ("#| default_exp core", HIDDEN, SHOWN),
        ("#| exporti\nx = 1", HIDDEN, HIDDEN),
        ("#| export\nx = 1", HIDDEN, SHOWN),
        ("#| exports\nx = 1", FOLDED, SHOWN),
        (tagged("x = 1", "remove-cell"), HIDDEN, HIDDEN),
        (tagged("x = 1", "remove-input"), HIDDEN, SHOWN),
        (tagged("x = 1", "hide-output"), SHOWN, FOLDED),
    ],
)
def test_directives_and_tags(source, code, outputs):
    found = view(source)
    assert (found.shows, found.outputs) == (code, outputs)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("#hide\nx = 1", HIDDEN),
        ("#hide_input\nx = 1", HIDDEN),
        ("#collapse\nx = 1", FOLDED),
        ("#collapse_hide\nx = 1", FOLDED),
        ("#collapse_show\nx = 1", OPEN),
        ("#exporti\nx = 1", HIDDEN),
    ],
)
def test_directives_of_nbdev_1(source, code):
    assert view(source, dialect=Dialect.PLAIN).shows == code


@pytest.mark.parametrize(
    ("setting", "export", "exports"),
    [(HIDDEN, HIDDEN, FOLDED), (FOLDED, FOLDED, FOLDED), (SHOWN, SHOWN, SHOWN)],
)
def test_exported_code_as_the_settings_say(setting, export, exports):
    assert view("#| export\nx = 1", setting).shows == export
    assert view("#| exports\nx = 1", setting).shows == exports
    assert view("#| export\nx = 1", setting).is_exported
    assert not view("#| export: false\nx = 1", setting, Dialect.MARKED_3).is_exported


def test_texts_of_options():
    found = view('#| code-fold: true\n#| code-summary: "Show: it"\n#| fig-cap: A curve\nx = 1')
    assert (found.summary, found.caption, found.code) == ("Show: it", "A curve", "x = 1")
    assert view("#| proof: f(x) = 1, always\nassert 1").summary == "f(x) = 1, always"
    assert view("#| filter_stream Warning noise\nx = 1").filters == ("Warning", "noise")


@pytest.mark.parametrize(
    ("source", "code", "language"),
    [
        ("%matplotlib inline\nx = 1", "x = 1", "python"),
        ("%%time\nx = 1", "x = 1", "python"),
        ("%%bash\nls -l", "ls -l", "bash"),
        ("x = 1\ny = 2  #| hide_line\nz = 3", "x = 1\nz = 3", "python"),
        ("#| eval: false\n\nx = 1\n\n", "x = 1", "python"),
        ("y = 5 % 3", "y = 5 % 3", "python"),
    ],
)
def test_the_code_that_is_shown(source, code, language):
    found = view(source)
    assert (found.code, found.language) == (code, language)


@pytest.mark.parametrize(
    ("source", "name", "level"),
    [
        ("show_doc(double)", "double", 0),
        ("show_doc(Learner.fit, title_level=4)", "Learner.fit", 4),
        ("nbdev.showdoc.show_doc(double) # here", "double", 0),
        ("show_doc(make(3))", "", 0),
        ("x = show_doc(double)", "", 0),
    ],
)
def test_show_doc(source, name, level):
    found = view(source)
    assert (found.documents, found.level) == (name, level)
    assert found.shows == (HIDDEN if name else SHOWN)
