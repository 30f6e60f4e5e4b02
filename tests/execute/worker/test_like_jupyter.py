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

PAGE = Path(__file__).parents[3] / "docs" / "runner.md"

# What is shown differs from run to run, or is the name of the file that a cell counts as.
VARYING = re.compile(r"0x[0-9a-f]+|/\S*/ipykernel_\d+/\d+\.py|[^\s\"]+\.ipynb:cell \d+ \(\w+\)")
ORDERED = "The order of the two streams"


def listed_differences() -> set[str]:
    """The titles in the list of the documentation."""
    section = PAGE.read_text(encoding="utf-8").partition("### Differences from Jupyter")[2]
    section = section.partition("\n#")[0]
    return set(re.findall(r"^- \*\*(.+?)\.\*\*", section, re.MULTILINE))


def shown(title: str, outputs: list[dict[str, Any]], error: str) -> tuple[object, ...]:
    """What a cell shows: its error, what it prints to each stream, and what it displays."""
    streams = {"stdout": "", "stderr": ""}
    order = []
    displays = []
    for output in outputs:
        if output["output_type"] == "stream":
            # A pseudo terminal, which is one of the differences, ends lines in its own way.
            streams[output["name"]] += output["text"].replace("\r\n", "\n")
            order.append(output["name"])
        elif output["output_type"] != "error":
            displays.append((output["output_type"], dict(output["data"])))
    texts = {name: VARYING.sub("...", text) for name, text in streams.items()}
    if title == ORDERED:
        return (order,)
    return error, texts, VARYING.sub("...", repr(displays))


@pytest.fixture(scope="module")
def in_jupyter(alone, tmp_path_factory) -> dict[str, tuple[object, ...]]:
    """What each probe shows in a kernel."""
    pytest.importorskip("ipykernel")
    folder = tmp_path_factory.mktemp("jupyter")
    cells = [nbformat.v4.new_code_cell(source) for source in PROBES.values()]
    run = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        run, kernel_name="python3", allow_errors=True, timeout=PATIENCE, resources=resources
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)  # with it, ipykernel behaves otherwise
        client.execute()
    found = {}
    for title, cell in zip(PROBES, run.cells, strict=True):
        errors = [output.ename for output in cell.outputs if output.output_type == "error"]
        found[title] = shown(title, cell.outputs, "".join(errors))
    return found


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_what_differs_from_jupyter_is_listed(make_project, in_jupyter, isolation):
    project = make_project({"00_probes": notebook(*PROBES.values())})
    result = results_of(project, isolation=isolation, allow_errors=True)["00_probes"]
    differences = {}
    for title, cell in zip(PROBES, result.cells, strict=True):
        error = cell.error.name if cell.error else ""
        ours = shown(title, list(cell.outputs), error)
        if ours != in_jupyter[title]:
            differences[title] = ours, in_jupyter[title]
    unlisted = {t: pair for t, pair in differences.items() if t not in listed_differences()}
    assert unlisted == {}
    assert listed_differences() - differences.keys() == set()
