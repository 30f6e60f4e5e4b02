"""JUnit XML, as CI systems read it: one test suite, one test case for each notebook.

The two schemas in use (Ant's and the one that Jenkins checks) contradict each other; what is written here is valid in
both. So every failure is a `failure` (Jenkins' schema has no `error`), and the order of the members is Ant's.
"""

from __future__ import annotations

import platform
import time
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..execute.results import FAILED, SKIPPED, NotebookResult
from .failure import describe_failure, legible
from .summary import RunSummary, path_in


def junit_text(run: RunSummary, root: Path) -> str:
    """The report of a run; paths are given from `root`."""
    suites = Element("testsuites")
    suite = SubElement(
        suites,
        "testsuite",
        {
            "name": "notebooks",
            "package": root.name or "project",
            "id": "0",
            "hostname": platform.node() or "localhost",
            "timestamp": time.strftime(
                "%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - run.seconds)
            ),
            "tests": str(len(run.results)),
            "failures": str(run.counts[FAILED]),
            "errors": "0",
            "skipped": str(sum(result.outcome == SKIPPED for result in run.results)),
            "time": f"{run.seconds:.3f}",
        },
    )
    SubElement(suite, "properties")
    for result in run.results:
        _add_case(suite, result, root)
    notes = [
        f"{path_in(root, result.path)}: {note}\n" for result in run.results for note in result.notes
    ]
    SubElement(suite, "system-out").text = legible("".join(notes))
    SubElement(suite, "system-err")
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, "unicode") + "\n"


def _add_case(suite: Element, result: NotebookResult, root: Path) -> None:
    folder, _, name = path_in(root, result.path).rpartition("/")
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _token(folder.strip("/").replace("/", ".")) or "notebooks",
            "name": _token(name),
            "time": f"{result.seconds:.3f}",
        },
    )
    if result.outcome == SKIPPED:
        SubElement(case, "skipped", message=legible(result.reason))
    elif result.outcome == FAILED:
        lines = [text for _, text in describe_failure(result)]
        names = [cell.error.name for cell in result.failures]
        failure = SubElement(
            case,
            "failure",
            type=legible(names[0] if names else "Failed"),
            message=legible(lines[0]),
        )
        failure.text = legible("\n".join(lines))


def _token(text: str) -> str:
    return " ".join(legible(text).split())
