"""JUnit XML: one test case for each notebook, valid in both schemas."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from samples import ROOT, failed, passed, stopped_run

from literate.report.junit import junit_text
from literate.report.summary import RunSummary


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunSummary:
    """A stopped run, seen from a folder outside of the project: paths are shown in full."""
    monkeypatch.chdir(tmp_path)
    return stopped_run()


def suite_of(run: RunSummary) -> Element:
    (suite,) = ElementTree.fromstring(junit_text(run, ROOT).encode())
    return suite


def test_there_is_a_case_for_each_notebook(run):
    suite = suite_of(run)
    numbers = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert numbers == {
        "tests": "4",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
        "time": "1.500",
    }
    cases = suite.findall("testcase")
    found = [(case.get("classname"), case.get("name"), [e.tag for e in case]) for case in cases]
    assert found == [
        ("nbs", "00_ok.ipynb", []),
        ("nbs", "01_no.ipynb", ["skipped"]),
        ("nbs", "02_bad.ipynb", ["failure"]),
        ("nbs", "03_broken.ipynb", ["failure"]),
    ]
    assert cases[2][0].get("message").startswith("/project/nbs/02_bad.ipynb:cell 2 (id):1: E: ]]>")
    assert "nbs/00_ok.ipynb: flaky" in suite.find("system-out").text


def test_the_type_of_a_failure_is_that_of_the_first_cell_that_failed(run):
    cases = suite_of(run).findall("testcase")
    assert [case[0].get("type") for case in cases[2:]] == ["E", "Failed"]


def test_a_notebook_in_no_folder_has_a_class_all_the_same():
    run = RunSummary((passed("/project/a.ipynb"), failed("/project/x/y z/b.ipynb")))
    cases = suite_of(run).findall("testcase")
    assert [case.get("classname") for case in cases] == ["notebooks", "x.y z"]


def test_it_keeps_to_both_schemas(run):
    """It has the elements of Ant's schema, in their order, and only elements that Jenkins knows."""
    suites = ElementTree.fromstring(junit_text(run, ROOT).encode())
    assert (suites.tag, suites.attrib) == ("testsuites", {})
    (suite,) = suites
    assert set(suite.attrib) == {
        *("name", "package", "id", "hostname", "timestamp"),
        *("tests", "failures", "errors", "skipped", "time"),
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    tags = [element.tag for element in suite]
    assert tags == ["properties", *["testcase"] * 4, "system-out", "system-err"]


def test_each_case_keeps_to_both_schemas(run):
    for case in suite_of(run).findall("testcase"):
        assert set(case.attrib) == {"name", "classname", "time"}
        assert all(case.attrib.values())
        assert len(case) <= 1
        for element in case:
            assert set(element.attrib) <= {"type", "message"}
            assert element.tag == "skipped" or element.get("type")


def test_no_control_character_reaches_the_xml(run):
    raw = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
    escaped = "&#(x1b|27|7|0);"
    assert not re.search(f"{raw}|{escaped}", junit_text(run, ROOT))
