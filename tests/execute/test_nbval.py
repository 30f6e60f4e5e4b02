"""The words of nbval in notebooks."""

import pytest
from conftest import results_of, tagged

from literate.execute import FAILED, PASSED, SKIPPED
from literate.execute.nbval import CHECK_OUTPUT, IGNORE_OUTPUT, RAISES, SKIP, nbval_words
from literate.notebook import Cell


@pytest.mark.parametrize(
    "source, tags, words",
    [
        ("# NBVAL_SKIP\n1", [], {SKIP}),
        ("x = 1\n   #NBVAL_SKIP  \n1", [], {SKIP}),
        ("## NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION", [], {IGNORE_OUTPUT, RAISES}),
        ("# PYTEST_VALIDATE_IGNORE_OUTPUT", [], {IGNORE_OUTPUT}),
        ("1", ["nbval-check-output", "NBVAL_SKIP"], {CHECK_OUTPUT, SKIP}),
        ("print('NBVAL_SKIP')", ["other"], set()),
        ("# the NBVAL_SKIP of others", [], set()),
        ("1  # NBVAL_SKIP", [], set()),
    ],
)
def test_words_stand_in_comments_and_tags(source, tags, words):
    assert nbval_words(Cell(0, "", "code", source, {"tags": tags})) == words


def test_what_the_words_say_is_done(make_project):
    cells = ["# NBVAL_SKIP\n1/0", "#NBVAL_RAISES_EXCEPTION\n1/0", tagged("1/0", "nbval-skip"), "3"]
    project = make_project({"00_a": cells, "01_b": [tagged("1", "nbval-raises-exception")]})
    results = results_of(project)
    assert [cell.outcome for cell in results["00_a"].cells] == [SKIPPED, PASSED, SKIPPED, PASSED]
    assert results["01_b"].outcome == FAILED
