"""The results as JUnit XML for CI systems: one test suite with a test case for each notebook.

Two schemas are in use, Ant's and the one that Jenkins checks, and they contradict each other. The
report is valid in both. For this reason each failure is a `failure`, because Jenkins' schema has no
`error`, and the elements stand in the order of Ant's schema.
"""

from __future__ import annotations

import platform
import time
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..execute.results import FAILED, SKIPPED, NotebookResult
from .failure import describe_failure, error_of, legible
from .summary import RunSummary, path_in


def junit_text(run: RunSummary, root: Path) -> str:
    """The report of a run; the notebooks' paths are given from `root`."""
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", _suite_attributes(run, root))
    SubElement(suite, "properties")
    notes = []
    for result in run.results:
        _add_case(suite, result, root)
        path = path_in(root, result.path)
        notes += [f"{path}: {note}\n" for note in result.notes]
    SubElement(suite, "system-out").text = legible("".join(notes))
    SubElement(suite, "system-err")
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, "unicode") + "\n"


def _suite_attributes(run: RunSummary, root: Path) -> dict[str, str]:
    started = time.localtime(time.time() - run.seconds)
    skipped = [result for result in run.results if result.outcome == SKIPPED]
    return {
        "name": "notebooks",
        "package": root.name or "project",
        "id": "0",
        "hostname": platform.node() or "localhost",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", started),
        "tests": str(len(run.results)),
        "failures": str(run.counts[FAILED]),
        "errors": "0",
        "skipped": str(len(skipped)),  # with notebooks that are unchanged
        "time": f"{run.seconds:.3f}",
    }


def _add_case(suite: Element, result: NotebookResult, root: Path) -> None:
    """Add the test case of a notebook; its class is the notebook's folder."""
    folder, _, name = path_in(root, result.path).rpartition("/")
    attributes = {
        "classname": _token(folder.strip("/").replace("/", ".")) or "notebooks",
        "name": _token(name),
        "time": f"{result.seconds:.3f}",
    }
    case = SubElement(suite, "testcase", attributes)
    if result.outcome == SKIPPED:
        SubElement(case, "skipped", {"message": legible(result.reason)})
    elif result.outcome == FAILED:
        _add_failure(case, result)


def _add_failure(case: Element, result: NotebookResult) -> None:
    lines = [text for _, text in describe_failure(result)]
    kind = error_of(result.failures[0]).name if result.failures else "Failed"
    failure = SubElement(case, "failure", {"type": legible(kind), "message": legible(lines[0])})
    failure.text = legible("\n".join(lines))


def _token(text: str) -> str:
    """The text without line breaks and repeated blanks, which attributes of this type exclude."""
    return " ".join(legible(text).split())
