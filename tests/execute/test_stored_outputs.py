"""`--check-outputs`: the outputs of a run are compared with those that are stored."""

import pytest
from conftest import notebook, results_of, settings_text
from stored_cells import cell, displayed, printed, result

from literate.execute import FAILED, PASSED
from literate.project import read_project

pytestmark = pytest.mark.usefixtures("fonts")

# --- compare the outputs of notebooks ----------------------------------------------------------


OBJECT = "<IPython.core.display.HTML object>"
STYLED = "from IPython.display import HTML\nHTML({!r})"
MARKDOWN = "from IPython.display import Markdown, display\ndisplay(Markdown('*b*'))"


def html(text: str) -> dict:
    stored = result(OBJECT)
    stored["data"]["text/html"] = text
    return stored


PNG = {"image/png": "x", "text/plain": "?"}
SAME = {
    "printed": cell("print('a'); print('b')", printed("a\nb\n")),
    "in_lines": cell("print('a'); print('b')", printed(["a\n", "b\n"])),
    "in_pieces": cell("print('a'); print('b')", printed("a\n"), printed("b\n")),
    "result": cell("1 + 1", result("2")),
    "stderr": cell("import sys\nprint('x', file=sys.stderr)", printed("y", "stderr")),
    "figure": cell("import matplotlib.pyplot as plt\nplt.plot([1]);", displayed(**PNG)),
    "never_run": cell("2", count=None),
    "nbval_ignores": cell("# NBVAL_IGNORE_OUTPUT\n2", result("1")),
    "styled": cell(STYLED.format("<b id='a1'>5</b>"), html("<b id='b2'>\n5</b><script>7</script>")),
    "exempt": cell("#| check_outputs: false\n2", result("1")),
    "exempt_in_capitals": cell("#| check_outputs: False\n2", result("1")),
    "skipped": cell("#| eval: false\n2", result("1")),
    "nothing": cell("x = 1"),
    "a_blank_line": cell("print()"),
}
OTHER = {
    "result_changed": cell("1 + 1", result("3")),
    "printed_more": cell("print('a'); print('b')", printed("a\n")),
    "printed_what_is_a_result_now": cell("print('a')\n2", printed("a\n2")),
    "shows_nothing_now": cell("x = 1", result("3")),
    "no_figure": cell("print('x')", displayed(**{"image/png": "x"})),
    "shows_something_now": cell("1"),
    "compared": cell("#| check_outputs: true\n2", result("1")),
    "is_no_output": cell("1", 3),
    "styled_otherwise": cell(STYLED.format("<b>5</b>"), html("<b>6</b>")),
    "markdown": cell(MARKDOWN, displayed(**{"text/plain": OBJECT, "text/markdown": "*a*"})),
    "holds_no_text": cell("print(1)", printed([3])),
    "names_no_kind": cell("1", {"data": None}),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory, fonts):
    """The results of all notebooks above, each with a second cell that always passes."""
    root = tmp_path_factory.mktemp("compared")
    (root / "settings.ini").write_text(settings_text())
    (root / "nbs").mkdir()
    for name, first in {**SAME, **OTHER}.items():
        (root / "nbs" / f"{name}.ipynb").write_text(notebook(first, cell("x = 1")))
    return results_of(read_project(root / "settings.ini"), check_outputs=True)


@pytest.mark.parametrize("name", SAME)
def test_outputs_that_are_the_stored_ones(compared, name):
    assert compared[name].outcome == PASSED


@pytest.mark.parametrize("name", OTHER)
def test_outputs_that_are_not_the_stored_ones(compared, name):
    assert compared[name].outcome == FAILED
    (failed,) = compared[name].failures
    assert (failed.index, failed.error.name) == (0, "OutputChanged")


def message(result) -> str:
    return result.failures[0].error.message


def test_the_message_shows_the_difference(compared):
    assert message(compared["result_changed"]).endswith("--- stored\n+++ now\n@@ -1 +1 @@\n-3\n+2")
    assert message(compared["no_figure"]).endswith("-<image>\n+x")


@pytest.mark.parametrize("name", ["is_no_output", "holds_no_text", "names_no_kind"])
def test_the_message_about_stored_outputs_that_are_not_valid(compared, name):
    assert "the stored outputs are not valid: run the notebook with --save" in message(
        compared[name]
    )


def test_a_long_difference_is_cut(make_project):
    lines = "".join(f"{number}\n" for number in range(3000))
    stored = cell("for n in range(3000): print(n + (n > 1000))", printed(lines))
    (failed,) = results_of(make_project({"00_a": [stored]}), check_outputs=True).values()
    assert message(failed).count("\n") < 900
    assert "-1001\n" in message(failed)


# --- which cells are compared ------------------------------------------------------------------


def test_only_marked_cells(make_project):
    project = make_project(
        {
            "00_a": [cell("#| check_outputs\n2", result("1"))],
            "01_b": [cell("2", result("1"))],
            "02_c": [cell("#| check_outputs: false\n2", result("1"))],
            "03_d": [cell("# NBVAL_CHECK_OUTPUT\n2", result("1"))],
        }
    )
    results = results_of(project, check_outputs="marked")
    outcomes = [result.outcome for result in results.values()]
    assert outcomes == [FAILED, PASSED, PASSED, FAILED]


# --- images and masks --------------------------------------------------------------------------

DRAW = """
import base64, io
from IPython.display import Image, display
from PIL import Image as Pictures
picture = Pictures.new("RGB", (40, 40), {colour!r})
file = io.BytesIO()
picture.save(file, "PNG")
display(Image(file.getvalue()))
"""


def test_images_are_compared_by_their_pixels(make_project):
    project = make_project({"00_a": [cell(DRAW.format(colour="#ff0000"))]})
    path = project.nbs_path / "00_a.ipynb"
    results_of(project, save=True)
    text = path.read_text()
    for colour, outcome in [("#fe0001", PASSED), ("#00ff00", FAILED)]:
        path.write_text(text.replace("#ff0000", colour))
        (result,) = results_of(project, check_outputs=True).values()
        assert result.outcome == outcome
    assert message(result).endswith("the images differ")


def test_masks_of_the_project(make_project, tmp_path):
    project = make_project({"00_a": [cell("print('run b2 of 3')", printed("run a1 of 3\n"))]})
    assert results_of(project, check_outputs=True)["00_a"].outcome == FAILED
    (tmp_path / "pyproject.toml").write_text("[tool.literate]\nmask = ['run \\w+']\n")
    assert results_of(project, check_outputs=True)["00_a"].outcome == PASSED
