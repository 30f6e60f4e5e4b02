"""A notebook behaves as in Jupyter, except for what the documentation lists.

The same notebook runs here and in a real kernel. What a probe prints, displays and raises has to be
the same. If it is not, the probe's title has to stand in the list of differences in docs/runner.md;
and each difference of this list has to exist.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import PATIENCE, notebook, results_of
from nbclient import NotebookClient
from probes import PROBES
from probes_of_ipython import PROBES_OF_IPYTHON
from probes_of_python import PROBES_OF_PYTHON

from literate.execute import PASSED

PAGE = Path(__file__).parents[3] / "docs" / "runner.md"
NOTEBOOKS = {
    "00_jupyter": PROBES,
    "01_ipython": PROBES_OF_IPYTHON,
    "02_python": PROBES_OF_PYTHON,
}

Shown = dict[str, tuple[object, ...]]  # by the title of the probe

# What is shown differs from run to run, or is the name of the file that a cell counts as.
VARYING = re.compile(
    r"0x[0-9a-f]+|/\S{0,300}/ipykernel_\d+/\d+\.py|[^\s\"]{1,300}\.ipynb:cell \d+ \(\w+\)"
    r"|\b[\d.]{1,9}(?:e[+-]\d+)? ?[mnμ]?s\b"
)
ORDERED = "The order of the two streams"


def listed_differences() -> set[str]:
    """The titles in the list of the documentation."""
    section = PAGE.read_text(encoding="utf-8").partition("### Differences from Jupyter")[2]
    section = section.partition("\n#")[0]
    return set(re.findall(r"^- \*\*(.+?)\.\*\*", section, re.MULTILINE))


def shown(
    title: str, outputs: list[dict[str, Any]], has_passed: bool, error: str
) -> tuple[object, ...]:
    """What a cell shows: its verdict, its error, its text in each stream, and what it displays."""
    streams = {"stdout": "", "stderr": ""}
    order = []
    displays = []
    for output in outputs:
        if output["output_type"] == "stream":
            # A pseudo terminal, which is one of the differences, ends lines in its own way.
            streams[output["name"]] += output["text"].replace("\r\n", "\n")
            order.append(output["name"])
        elif output["output_type"] != "error":
            shows = dict(output["data"]), dict(output["metadata"])
            displays.append((output["output_type"], *shows))
    texts = {name: VARYING.sub("...", text) for name, text in streams.items()}
    if title == ORDERED:
        return (order,)
    return has_passed, error, texts, VARYING.sub("...", repr(displays))


@pytest.fixture(scope="module")
def in_jupyter(alone, tmp_path_factory) -> Shown:
    """What each probe shows in a kernel."""
    pytest.importorskip("ipykernel")
    found: Shown = {}
    for name, probes in NOTEBOOKS.items():
        found |= _shown_in_kernel(probes, tmp_path_factory.mktemp(name))
    return found


def _shown_in_kernel(probes: dict[str, str], folder: Path) -> Shown:
    cells = [nbformat.v4.new_code_cell(source) for source in probes.values()]
    run = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        run, kernel_name="python3", allow_errors=True, timeout=PATIENCE, resources=resources
    )
    replies = []
    client.on_cell_executed = lambda execute_reply, **_: replies.append(execute_reply["content"])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)  # with it, ipykernel behaves otherwise
        client.execute()
    found = {}
    for title, reply, cell in zip(probes, replies, run.cells, strict=True):
        has_passed = reply["status"] == "ok"
        found[title] = shown(title, cell.outputs, has_passed, reply.get("ename", ""))
    return found


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_what_differs_from_jupyter_is_listed(make_project, in_jupyter, isolation):
    notebooks = {name: notebook(*probes.values()) for name, probes in NOTEBOOKS.items()}
    project = make_project(notebooks)
    results = results_of(project, isolation=isolation, allow_errors=True)
    differences = {}
    for name, probes in NOTEBOOKS.items():
        for title, cell in zip(probes, results[name].cells, strict=True):
            error = cell.error.name if cell.error else ""
            ours = shown(title, list(cell.outputs), cell.outcome == PASSED, error)
            if ours != in_jupyter[title]:
                differences[title] = ours, in_jupyter[title]
    unlisted = {t: pair for t, pair in differences.items() if t not in listed_differences()}
    assert unlisted == {}
    assert listed_differences() - differences.keys() == set()


def test_each_probe_has_a_title_of_its_own():
    titles = [title for probes in NOTEBOOKS.values() for title in probes]
    assert sorted(set(titles)) == sorted(titles)
