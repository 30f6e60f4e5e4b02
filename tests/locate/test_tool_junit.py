"""The JUnit file of ruff."""

from __future__ import annotations

from xml.etree import ElementTree

from located_project import THIRD_CELL
from test_tool_lines import rewritten, run_ruff


def test_each_case_names_its_cell(folder):
    old = run_ruff("junit")
    new = rewritten(old)
    case = ElementTree.fromstring(new).findall("testsuite/testcase[@name='org.ruff.F841']")[0]
    assert case.get("classname") == f"{folder}/{THIRD_CELL}"
    assert (case.get("line"), case.get("column")) == ("3", "5")
    assert case.find("failure").text.startswith("line 3, col 5, ")
    assert len(new.splitlines()) == len(old.splitlines())


def test_a_suite_of_another_file_stays(folder):
    text = (
        '<testsuite name="tests/test_core.py" tests="1">\n'
        '<testcase name="x" classname="tests/test_core" line="1" column="1">\n'
        '<failure message="x">line 1, col 1, x</failure>\n'
    )
    assert rewritten(text) == text


def test_names_are_escaped(folder, monkeypatch):
    renamed = folder.parent / "a & b"
    folder.rename(renamed)
    monkeypatch.chdir(renamed)
    new = rewritten(run_ruff("junit"))
    case = ElementTree.fromstring(new).findall("testsuite/testcase[@name='org.ruff.F841']")[0]
    assert case.get("classname") == f"{renamed}/{THIRD_CELL}"
