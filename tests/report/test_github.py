"""GitHub Actions: annotations on the true lines, and the summary of a step."""

from __future__ import annotations

import json
import re

import pytest
from conftest import notebook
from samples import ROOT, failed, stopped_run, stream

from literate.report.github import annotation_commands, summary_text
from literate.report.registry import written_reports
from literate.report.summary import RunSummary
from literate.splice import line_in_file


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunSummary:
    """A stopped run, seen from a folder outside of the project: paths are shown in full."""
    monkeypatch.chdir(tmp_path)
    return stopped_run()


THREE_LINES = "a = 1\nb = 2\n1/0"
IN_LINES = notebook("md:# x", THREE_LINES)
ON_ONE_LINE = json.dumps(json.loads(IN_LINES))
SOURCE_IN_ONE_TEXT = notebook(
    "md:# x",
    {
        "cell_type": "code",
        "id": "i",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": THREE_LINES,
    },
)


@pytest.mark.parametrize(("text", "shown"), [(IN_LINES, "1/0"), (SOURCE_IN_ONE_TEXT, "a = 1")])
def test_the_line_of_the_file_that_holds_a_line_of_a_cell(text, shown):
    number = line_in_file(text, 1, 3)
    assert shown in text.split("\n")[number - 1]


def test_a_file_of_one_line():
    assert line_in_file(ON_ONE_LINE, 1, 3) == 1


def test_annotations_stand_on_the_true_line(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    path = tmp_path / "nbs" / "a, b.ipynb"
    path.parent.mkdir()
    path.write_text(notebook("md:# x", "1/0"))
    lines = path.read_text().split("\n")
    (number,) = [number for number, line in enumerate(lines, 1) if '"1/0"' in line]
    run = RunSummary((failed(str(path), message="E: 100%\n::error::injected"),))
    assert list(annotation_commands(run, tmp_path)) == [
        f"::error file=nbs/a%2C b.ipynb,line={number},title=cell 2 (id)"
        "::E: 100%25%0A::error::injected"
    ]


def test_paths_are_given_from_the_folder_that_github_checked_out(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    run = RunSummary((failed(str(tmp_path / "sub" / "nbs" / "a.ipynb")),))
    (command,) = annotation_commands(run, tmp_path / "sub")
    assert command.startswith("::error file=sub/nbs/a.ipynb,line=1,")


def test_annotations_for_notebooks_that_are_gone(run):
    lines = list(annotation_commands(run, ROOT))
    assert [line.partition(" ")[0] for line in lines] == ["::warning", "::error", "::error"]
    assert not any("\n" in line or "\r" in line for line in lines)


def test_the_summary_of_a_step_is_html_without_empty_lines_inside(run):
    text = summary_text(run, ROOT)
    assert text.startswith("### Notebooks: 1 passed, 2 failed, 1 skipped, 1 not run in 1.5s\n")
    assert "<script>" not in text
    assert "\n# h" not in text
    blocks = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    assert len(blocks) == 2
    assert not any("\n\n" in block for block in blocks)


def test_a_long_summary_is_cut():
    output = stream(f"{'x' * 900}\n" * 40)
    results = tuple(failed(f"/project/{number}.ipynb", outputs=(output,)) for number in range(40))
    text = summary_text(RunSummary(results), ROOT)
    assert len(text) < 1_000_000
    assert text.endswith("too long for this page.</p>\n")
    assert "39.ipynb" in text  # the table is whole


def test_lines_of_a_notebook_are_not_commands(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    with written_reports(lambda: run, ROOT, on_github=True):
        print("::error::from a notebook")
    stop, _, resume, first, *_ = capsys.readouterr().out.splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert len(token) > 20
    assert resume == f"::{token}::"
    assert first.startswith("::warning file=nbs/00_ok.ipynb")
    assert "Notebooks: 1 passed" in (tmp_path / "summary.md").read_text()
