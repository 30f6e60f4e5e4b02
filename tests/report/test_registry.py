"""The registry of reports: one line gives the flag, the module and the help."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
from samples import ROOT, stopped_run

from literate.diagnostics import UsageError
from literate.report import registry
from literate.report.registry import REPORT_FILES, ReportFile, report_flags, written_reports


def refused(message: str, **files: str) -> None:
    """Reports with these files are refused before the run begins."""
    with pytest.raises(UsageError, match=message):
        with written_reports(stopped_run, ROOT, False, **files):
            raise AssertionError("the run has begun")


def test_each_report_has_a_module_and_a_flag():
    for report in REPORT_FILES:
        assert report.text(stopped_run(), ROOT)
    names = [report.flag for report in REPORT_FILES]
    assert [flag.name for flag in report_flags()] == names
    assert len(set(names)) == len(names)


def test_a_line_in_the_table_is_all_that_a_new_report_needs(tmp_path, monkeypatch):
    module = ModuleType("literate.report.text")
    module.text_text = lambda run, root: f"{run.closing_line} in {root}"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    added = ReportFile("text", "text", "write a line to this file")
    monkeypatch.setattr(registry, "REPORT_FILES", (*REPORT_FILES, added))
    flag = report_flags()[-1]
    assert (flag.usage, flag.help) == ("--text TEXT", "write a line to this file")
    with written_reports(stopped_run, ROOT, False, text=str(tmp_path / "r.txt")):
        pass
    assert (tmp_path / "r.txt").read_text().endswith("in 1.5s in /project")


def test_files_are_written_also_when_the_run_is_stopped(tmp_path):
    files = {"junit": str(tmp_path / "new" / "j.xml"), "html": str(tmp_path / "h.html"), "json": ""}
    with pytest.raises(KeyboardInterrupt):
        with written_reports(stopped_run, ROOT, False, **files):
            raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["h.html", "j.xml"]


def test_a_file_lies_where_the_command_began(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with written_reports(stopped_run, ROOT, False, json="r.json"):
        monkeypatch.chdir("elsewhere")
    assert (tmp_path / "r.json").exists()


def test_a_report_that_cannot_be_written_is_refused_beforehand(tmp_path):
    (tmp_path / "file").write_text("")
    refused("--junit takes a file, and .* is a folder", junit=str(tmp_path))
    refused("--html .*: nothing can be written to .*file", html=str(tmp_path / "file" / "j.xml"))


def test_a_notebook_is_not_overwritten_by_a_report():
    refused("--json takes the file to write, and 01_a.ipynb is a notebook", json="01_a.ipynb")


def test_two_reports_in_one_file_are_refused(tmp_path):
    path = str(tmp_path / "r")
    same = str(tmp_path / "x" / ".." / "r")
    refused("--json .*: two reports cannot be one file", junit=path, json=same)


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("false", False), ("", False)])
def test_a_step_of_github_actions_is_recognized(value, expected, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    assert registry.is_github() == expected


def test_the_module_of_a_report_is_loaded_only_when_it_is_asked_for():
    code = "import sys, literate.report.registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = {f"literate.report.{report.module}" for report in REPORT_FILES}
    assert not modules & set(done.stdout.split())
