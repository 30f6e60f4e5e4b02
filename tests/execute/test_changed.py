"""`--changed` and `--explain`: no notebook is left out whose outcome could have changed."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import (
    notebook,
    results_of,
    save_while_waiting_for_the_lock,
    tagged,
    write_files,
)

from literate.discovery import project_notebooks
from literate.execute import (
    FAILED,
    PASSED,
    SKIPPED,
    NotebookResult,
    Options,
    changed,
    explain,
    run_notebooks,
)
from literate.execute.changed import UNCHANGED, PassHistory, unchanged_result
from literate.execute.selection import plan_notebook

LIB = {
    "lib/__init__.py": "",
    "lib/a.py": "from .b import x\n",
    "lib/b.py": "x = 1\n",
    "lib/c.py": "",
}


def run_changed(project, **options) -> dict[str, str]:
    """What a run with `changed` makes of each notebook: why it ran, and its outcome."""
    told = {}
    for name, result in results_of(project, changed=True, **options).items():
        if result.outcome == SKIPPED:
            told[name] = result.reason
        else:
            told[name] = f"{result.outcome}: {result.notes[0]}"
    return told


def test_only_what_changed_runs(make_project):
    project = make_project(
        {"00_a": ["from lib.b import x"], "01_b": ["md:words", "y = 1"], "02_bad": ["1/0"]}
    )
    write_files(project.root, LIB)
    first = run_changed(project)
    assert all(why.endswith("no pass of it is on record") for why in first.values())
    assert run_changed(project) == {
        "00_a": UNCHANGED,
        "01_b": UNCHANGED,
        "02_bad": f"{FAILED}: no pass of it is on record",
    }
    new_words = notebook("md:other words", "y = 1")
    write_files(project.root, {"lib/b.py": "x = 2\n", "nbs/01_b.ipynb": new_words})
    told = run_changed(project)
    assert (told["00_a"], told["01_b"]) == (f"{PASSED}: lib/b.py changed", UNCHANGED)
    new_code = notebook("y = 2")
    write_files(project.root, {"nbs/01_b.ipynb": new_code, "lib.py": "", "nbs/lib.py": "x = 1"})
    told = run_changed(project)
    assert told["01_b"] == f"{PASSED}: its cells changed"
    assert "lib.py is new" in told["00_a"]
    assert "the options of the run changed" in run_changed(project, strict=True)["01_b"]


def test_the_command_says_how_many_it_left_out(make_project):
    make_project({"00_a": ["1"], "01_b": ["2"]})
    command = [sys.executable, Path(__file__).parents[2] / "run_notebook.py", "--changed"]
    first, second = (subprocess.run(command, capture_output=True, text=True) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 passed" in first.stdout and "\n2 unchanged in " in second.stdout
    assert "nothing ran, as nothing has changed since it passed" in second.stdout


def test_a_flaky_pass_proves_nothing(make_project):
    flaky = (
        "from pathlib import Path\n"
        "if not Path('seen').exists():\n"
        "    Path('seen').write_text('x')\n"
        "    1/0"
    )
    project = make_project({"00_a": [flaky]})
    run_changed(project, retries=1)
    assert run_changed(project)["00_a"] == f"{PASSED}: no pass of it is on record"


def test_explain(make_project):
    project = make_project({"00_a": ["import lib.a"], "01_none": ["#| eval: false\n1"]})
    write_files(project.root, LIB)
    told = list(explain(project, project_notebooks(project)))
    assert told == [
        "nbs/00_a.ipynb: would run: no pass of it is on record",
        "  lib/__init__.py",
        "  lib/a.py",
        "    lib/__init__.py",
        "    lib/b.py",
        "nbs/01_none.ipynb: skipped: no cell of it is to run",
    ]


def test_explain_after_a_pass(make_project):
    project = make_project({"00_a": ["1"]})
    results_of(project)
    told = list(explain(project, project_notebooks(project)))
    assert told == [f"nbs/00_a.ipynb: {UNCHANGED}"]


# --- the history -------------------------------------------------------------------------------


def note(history: PassHistory, plan, outcome: str = PASSED, **result) -> None:
    """Let a notebook have ended."""
    history.look_at(plan)
    history.take(NotebookResult(plan.path, outcome, **result))


def plans_of(project) -> list:
    return [plan_notebook(project, path) for path in project_notebooks(project)]


def test_a_failure_removes_the_pass(make_project):
    project = make_project({"00_a": ["1"]})
    (plan,) = plans_of(project)
    for outcome, why in [(PASSED, ""), (FAILED, "no pass of it is on record")]:
        history = PassHistory(project, "")
        note(history, plan, outcome)
        history.save()
        assert PassHistory(project, "").why(plan) == why


def test_a_skipped_notebook_keeps_its_pass(make_project):
    project = make_project({"00_a": ["1"]})
    (plan,) = plans_of(project)
    history = PassHistory(project, "")
    note(history, plan)
    history.take(unchanged_result(plan))
    history.save()
    assert PassHistory(project, "").why(plan) == ""


def test_the_message_names_three_reasons(make_project):
    reads = "#| reads: " + " ".join(f"{number}.txt" for number in range(5))
    project = make_project({"00_a": [reads]})
    (plan,) = plans_of(project)
    history = PassHistory(project, "")
    note(history, plan)
    history.save()
    write_files(project.nbs_path, {f"{number}.txt": "" for number in range(3)})
    three = "nbs/0.txt changed, nbs/1.txt changed, nbs/2.txt changed"
    assert PassHistory(project, "").why(plan) == three
    write_files(project.nbs_path, {f"{number}.txt": "" for number in range(5)})
    assert PassHistory(project, "").why(plan) == f"{three} and 2 more"


def test_what_is_gone_is_named(make_project):
    project = make_project({"00_a": ["import b"]})
    write_files(project.root, {"b.py": ""})
    (plan,) = plans_of(project)
    history = PassHistory(project, "")
    note(history, plan)
    history.save()
    (project.root / "b.py").unlink()
    assert PassHistory(project, "").why(plan) == "b.py is gone"


def test_two_runs_at_once_keep_each_others_passes(make_project, monkeypatch):
    project = make_project({"00_a": ["1"], "01_b": ["2"], "02_c": ["3"]})
    plans = plans_of(project)
    early, ours, late = (PassHistory(project, "") for _ in plans)
    for history, plan in zip((early, ours, late), plans, strict=True):
        note(history, plan)
    early.save()
    save_while_waiting_for_the_lock(monkeypatch, changed, late.save)
    ours.save()
    after = PassHistory(project, "")
    assert [after.why(plan) for plan in plans] == ["", "", ""]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbs/00_a.ipynb": 1}', "[" * 100_000])
def test_a_damaged_state_file_counts_as_empty(make_project, text):
    project = make_project({"00_a": ["1"]})
    (plan,) = plans_of(project)
    write_files(project.state_dir, {"passed.json": text})
    history = PassHistory(project, "")
    assert history.why(plan) == "no pass of it is on record"
    note(history, plan)
    history.save()
    assert PassHistory(project, "").why(plan) == ""


def test_where_nothing_can_be_written_nothing_is_remembered(make_project):
    project = make_project({"00_a": ["1"]})
    (plan,) = plans_of(project)
    write_files(project.state_dir, {"passed.json/is_a_folder": ""})
    history = PassHistory(project, "")
    note(history, plan)
    history.save()
    assert PassHistory(project, "").why(plan) == "no pass of it is on record"


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to nowhere"])
def test_a_state_that_is_not_a_file(make_project, kind):
    project = make_project({"00_a": ["1"]})
    file = project.state_dir / "passed.json"
    file.parent.mkdir()
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind == "a folder":
        file.mkdir()
    else:
        file.symlink_to("nowhere")
    assert run_changed(project) == {"00_a": f"{PASSED}: no pass of it is on record"}


def test_a_folder_for_the_state_that_is_a_file(make_project):
    project = make_project({"00_a": ["1"]})
    project.state_dir.write_text("")
    assert run_changed(project) == {"00_a": f"{PASSED}: no pass of it is on record"}


@pytest.mark.parametrize(
    "tags, runs",
    [
        (["remove-input"], False),
        (["hide-output", "figure-1"], False),
        (["raises-exception"], True),
        (["skip-execution"], True),
        (["nbval-skip"], True),
        (["parameters"], True),
    ],
)
def test_only_tags_that_say_something_to_the_runner_count(make_project, tags, runs):
    project = make_project({"00_a": [tagged("1"), "2"]})
    run_changed(project)
    write_files(project.root, {"nbs/00_a.ipynb": notebook(tagged("1", *tags), "2")})
    assert run_changed(project)["00_a"].endswith("changed") == runs


def test_a_stored_image_counts_if_outputs_are_compared(make_project):
    def cell(content: str) -> dict:
        data = {"image/png": content}
        output = {"output_type": "display_data", "metadata": {}, "data": data}
        return {**tagged("x = 1"), "outputs": [output]}

    project = make_project({"00_a": [cell("a")]})
    plan = plan_notebook(project, project.nbs_path / "00_a.ipynb")
    before = PassHistory(project, "", outputs=True).graph.parts(plan, "", outputs=True)
    write_files(project.root, {"nbs/00_a.ipynb": notebook(cell("b"))})
    plan = plan_notebook(project, project.nbs_path / "00_a.ipynb")
    after = PassHistory(project, "", outputs=True).graph.parts(plan, "", outputs=True)
    assert before["its cells"] != after["its cells"]


# --- random edits ------------------------------------------------------------------------------

EDITABLE = {
    "lib/__init__.py": ["", "from .a import x", "from . import c"],
    "lib/a.py": ["x = 1", "from .b import x", "from .c import y as x", "x = ("],
    "lib/b.py": ["x = 2", "x = 3", "from lib.c import y as x"],
    "lib/c.py": ["y = 4", "import helper\ny = helper.z", "y = 5", None],
    "nbs/helper.py": ["z = 6", "z = 7", "from other import z", None],
    "nbs/other.py": ["z = 8", None],
    "helper.py": ["z = 9", None],
    "nbs/data.txt": ["10", "11", None],
    "nbs/a.py": ["x = 12", None],
}
NOTEBOOKS = {
    "00_a": ["from lib.a import x\nx"],
    "01_b": ["import lib.b\nlib.b.x"],
    "02_all": ["import lib\nsorted(vars(lib))[-3:]"],
    "03_data": ["open('data.txt').read()"],
    "04_dynamic": ["m = __import__('lib.' + 'c')\nm.c.y"],
    "05_magic": ["%precision 3\nfrom lib import (\n  a,\n)\na.x"],
    "06_try": ["try:\n    import a\nexcept ImportError:\n    a = None\ngetattr(a, 'x', None)"],
    "07_reads": ["#| reads: *.txt\nimport glob\n[open(f).read() for f in glob.glob('*.t' + 'xt')]"],
    "08_alone": ["13"],
}


def edit(project, chance: random.Random) -> None:
    """Give one or two files another text, or remove them."""
    for name in chance.sample(sorted(EDITABLE), chance.randint(1, 2)):
        text = chance.choice(EDITABLE[name])
        (project.root / name).unlink(missing_ok=True)
        if text is not None:
            write_files(project.root, {name: f"{text}\n"})


@pytest.mark.parametrize("seed", range(2))
def test_no_notebook_is_left_out_whose_outcome_changed(make_project, seed):
    """After random edits, whatever `--changed` would leave out comes out as before."""
    chance = random.Random(seed)
    project = make_project(NOTEBOOKS)
    library = {name: texts[0] for name, texts in EDITABLE.items() if name.startswith("lib/")}
    write_files(project.root, library)
    before: dict[str, tuple] = {}
    count_left_out = 0
    for _ in range(9):
        edit(project, chance)
        options = Options()
        history = PassHistory(project, options.fingerprint)
        plans = plans_of(project)
        left_out = {plan.path for plan in plans if not history.why(plan)}
        now = {}
        for result in run_notebooks(project, [Path(plan.path) for plan in plans], options):
            now[result.path] = (result.outcome, result.cells[-1].outputs)
        for path in left_out:
            assert now[path] == before[path], path
        before = now
        count_left_out += len(left_out)
    assert count_left_out > 9  # or the test would prove nothing
