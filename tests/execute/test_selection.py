"""Which cells of a notebook run, why the others do not, and what a cell says about its run."""

import pytest
from conftest import notebook, results_of, settings_text, tagged

from literate.execute import FAILED, PASSED, SKIPPED, NotebookResult
from literate.execute.selection import NotebookPlan, plan_notebook
from literate.project import read_project


def plan_of(project, name: str = "00_a", **options):
    return plan_notebook(project, project.nbs_path / f"{name}.ipynb", **options)


def raw(source: str) -> dict:
    return {"cell_type": "raw", "id": "raw00001", "metadata": {}, "source": source}


# --- notebooks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells, reason",
    [
        ([raw("---\nskip_exec: true\n---"), "1"], "its front matter says skip_exec"),
        (["md:# Title\n\n- skip_exec: True", "1"], "its front matter says skip_exec"),
        (["1", "md:# Title\n\n- skip_exec: true"], "its front matter says skip_exec"),
        (["md:# only words"], "it has no code"),
        ([], "it has no code"),
        (["", "  \n"], "it has no code"),
        (["#| eval: false\n1", ""], "no cell of it is to run"),
    ],
)
def test_a_notebook_that_is_skipped(make_project, cells, reason):
    result = plan_of(make_project({"00_a": cells}))
    assert isinstance(result, NotebookResult)
    assert (result.outcome, result.reason) == (SKIPPED, reason)


@pytest.mark.parametrize(
    "cells",
    [
        [raw("---\nskip_exec: false\n---"), "1"],
        ["md:# Title", "md:- skip_exec: true", "1"],
        ["# skip_exec: true", "1"],
    ],
)
def test_a_notebook_that_is_not_skipped(make_project, cells):
    assert isinstance(plan_of(make_project({"00_a": cells})), NotebookPlan)


@pytest.fixture
def nested_project(tmp_path):
    """A project that lies in a folder, with a notebook in a folder of its notebooks."""
    root = tmp_path / "above" / "project"
    notebooks = root / "nbs" / "deep"
    notebooks.mkdir(parents=True)
    (root / "settings.ini").write_text(settings_text())
    (notebooks / "00_a.ipynb").write_text(notebook("1"))
    return read_project(root / "settings.ini")


@pytest.mark.parametrize("folder", ["nbs/deep", "nbs", "."])
def test_notest_counts_up_to_the_root_of_the_project(nested_project, folder):
    folder = (nested_project.root / folder).resolve()
    (folder / ".notest").touch()
    result = plan_of(nested_project, "deep/00_a")
    assert isinstance(result, NotebookResult)
    assert result.reason == f"{folder.name} has a .notest file"


def test_notest_above_the_project_does_not_count(nested_project):
    (nested_project.root.parent / ".notest").touch()
    assert isinstance(plan_of(nested_project, "deep/00_a"), NotebookPlan)


def test_notest_beside_does_not_count(nested_project):
    (nested_project.nbs_path / "other").mkdir()
    (nested_project.nbs_path / "other" / ".notest").touch()
    assert isinstance(plan_of(nested_project, "deep/00_a"), NotebookPlan)


@pytest.mark.parametrize("tags", ["slow", [1], {"a": 1}])
def test_tags_of_another_type_are_an_error(make_project, tags):
    cell = {**tagged("1"), "metadata": {"tags": tags}}
    result = plan_of(make_project({"00_a": [cell]}))
    assert isinstance(result, NotebookResult)
    assert result.outcome == FAILED
    assert "nbs/00_a.ipynb:cell 1" in result.reason and "[not-a-notebook]" in result.reason


# --- cells -------------------------------------------------------------------------------------


def skips(plan: NotebookPlan) -> list[str]:
    """For each cell of a plan, why it is skipped."""
    return [step.skip for step in plan.steps]


@pytest.mark.parametrize(
    "cell, reason",
    [
        ("#| eval: false\n1", "eval: false"),
        ("#| eval: False\n1", "eval: false"),
        ("#| eval: true\n1", ""),
        ("x = 1\n#| eval: false", ""),
        (tagged("1", "skip-execution"), "tag skip-execution"),
        (tagged("#| eval: false\n1", "skip-execution"), "tag skip-execution"),
        (tagged("1", "other"), ""),
        ("#| slow\n1", "directive slow"),
        ("#| slow\n#| cuda\n1", "directive cuda, slow"),
        ("#| notest\n1", ""),  # tst_flags of the settings takes its place
    ],
)
def test_cells_that_are_skipped(make_project, cell, reason):
    project = make_project({"00_a": [cell, "#| hide\n1"]}, "tst_flags = slow cuda")
    assert skips(plan_of(project)) == [reason, ""]


@pytest.mark.parametrize(
    "cell, reason",
    [
        ("#slow\n1", "directive slow"),
        ("# slow\n1", "directive slow"),
        ("# Slow\n1", "directive slow"),
        ("\n# words come first\n# slow\n1", "directive slow"),
        ("# a slow cell\n1", ""),
        ("1\n# slow", ""),
        ("1  # slow", ""),
    ],
)
def test_in_the_plain_dialect_a_comment_of_one_word_is_a_flag(make_project, cell, reason):
    project = make_project({"00_a": [cell, "1"]}, "tst_flags = slow")
    assert skips(plan_of(project)) == [reason, ""]


def test_cells_with_a_flag_that_the_run_asks_for_are_not_skipped(make_project):
    project = make_project({"00_a": ["#| slow\n1", "#| cuda\n1", "1"]}, "tst_flags = slow cuda")
    assert skips(plan_of(project)) == ["directive slow", "directive cuda", ""]
    assert skips(plan_of(project, flags=frozenset({"slow"}))) == ["", "directive cuda", ""]


def test_empty_cells_are_not_in_the_plan(make_project):
    plan = plan_of(make_project({"00_a": ["", "1", "md:words", " \n", "2"]}))
    assert [step.cell.index for step in plan.steps] == [1, 4]


def test_what_a_cell_has_to_raise(make_project):
    cells = [
        "1",
        tagged("1", "raises-exception"),
        "#| raises: ValueError\n1",
        tagged("#| raises: ValueError\n1", "raises-exception"),
    ]
    plan = plan_of(make_project({"00_a": cells}))
    raises = [step.raises for step in plan.steps]
    assert raises == ["", "BaseException", "ValueError", "ValueError"]


def test_which_outputs_are_compared(make_project):
    cells = ["1", "#| check_outputs: false\n1", "#| check_outputs: true\n1"]
    plan = plan_of(make_project({"00_a": cells}))
    assert [step.compares_outputs for step in plan.steps] == [True, False, True]


def test_a_cells_own_time_limit(make_project):
    cells = ["1", "#| timeout: 0.5\n1", "#| timeout: 0\n1", "#| timeout: inf\n1"]
    plan = plan_of(make_project({"00_a": cells}))
    assert [step.timeout for step in plan.steps] == [None, 0.5, 0.0, float("inf")]


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "1 minute", ""])
def test_a_time_limit_that_is_not_a_number_of_seconds(make_project, text):
    result = plan_of(make_project({"00_a": ["1", f"#| hide\n#| timeout: {text}\n1"]}))
    assert isinstance(result, NotebookResult)
    place = "nbs/00_a.ipynb:cell 2 (00000001):2"
    said = f"{place}: error: timeout takes seconds, not {text!r} (such as #| timeout: 30)"
    assert said in result.reason


def test_the_name_of_a_cells_code_does_not_name_a_folder(make_project):
    plan = plan_of(make_project({"00_a": ["md:words", "1"]}))
    assert plan.code_name(plan.steps[0]) == "00_a.ipynb:cell 2 (00000001)"


def test_the_kernel_of_a_notebook(make_project):
    bash = {"kernelspec": {"name": "bash", "language": "bash"}}
    unnamed = {"language_info": {"name": "R"}}
    project = make_project(
        {"00_a": ["1"], "01_b": notebook("1", **bash), "02_c": notebook("1", **unnamed)}
    )
    names = ("00_a", "01_b", "02_c")
    assert [plan_of(project, name).kernel for name in names] == ["", "bash", "r"]
    assert [plan_of(project, name, kernel="x").kernel for name in names] == ["x", "x", "x"]


@pytest.mark.parametrize("kernel", ["", "python3"])
def test_a_cells_own_time_limit_takes_the_place_of_the_general_one(make_project, kernel):
    long, endless = "import time\ntime.sleep(1.5)", "import time\ntime.sleep(9999)"
    project = make_project(
        {
            "00_longer": [f"#| timeout: 600\n{long}"],
            "01_shorter": [f"#| timeout: 0.2\n{endless}"],
            "02_other": [endless],
            "03_wrong": ["1", "#| timeout: soon\n1"],
        }
    )
    results = results_of(project, cell_timeout=1.0, kernel=kernel)
    failed = [name for name, result in results.items() if result.outcome == FAILED]
    assert {"01_shorter", "02_other", "03_wrong"} <= set(failed)
    # Only the cell: to end the process afterwards, this notebook has as long as any other.
    assert [cell.outcome for cell in results["00_longer"].cells] == [PASSED]
    said = [results[name].failures[0].error.message for name in ("01_shorter", "02_other")]
    assert said == [
        "Timeout: the cell was still running after 0.2 s (its own timeout)",
        "Timeout: the cell was still running after 1 s (--cell-timeout)",
    ]
    place = ":cell 2 (00000001):1"
    assert f"{place}: error: timeout takes seconds, not 'soon'" in results["03_wrong"].reason
