"""The reports of ruff, mypy and pyright in JSON."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from test_tool_lines import line_number, run_ruff

from literate.locate.tool_json import Document

MYPY = (
    '{"file": "small/core.py", "line": 18, "column": 11, "end_line": 18, "end_column": 12, '
    '"message": "Incompatible return value type", "hint": null, "code": "return-value", '
    '"severity": "error"}'
)


def found(text: str) -> list[tuple[int, int, int | None]]:
    """Cell, line and column of each place, with cells counted from 1."""
    places = [position for position, _ in Document(text).places]
    return [(place.cell.cell + 1, place.cell.line, place.column) for place in places]


UNUSED_IMPORTS_AND_VARIABLE = [(2, 2, 8), (2, 3, 8), (2, 3, 5)]


@pytest.mark.parametrize("layout", ["json", "rdjson", "gitlab", "sarif"])
def test_each_format_of_ruff_is_understood(folder, layout):
    assert found(run_ruff(layout)) == UNUSED_IMPORTS_AND_VARIABLE


@pytest.mark.parametrize("layout", ["json", "rdjson", "gitlab", "sarif"])
def test_without_places_not_a_byte_changes(folder, layout):
    text = f" {run_ruff(layout).replace('core.py', 'nope.py')}\n\n"
    assert Document(text).rewritten() == text


@pytest.mark.parametrize("layout", ["json", "json-lines", "gitlab"])
def test_only_lines_with_places_change(folder, layout):
    old = run_ruff(layout)
    parts = old.splitlines(keepends=True) if layout == "json-lines" else [old]
    new = "".join(Document(part).rewritten() for part in parts)
    keys = ("cell", "row", "noqa_row", "line", "filename", "path")
    for before, after in zip(old.splitlines(), new.splitlines(), strict=True):
        assert before == after or any(f'"{key}"' in after for key in keys)


def test_ruff_names_a_cell_as_it_does_for_notebooks(folder):
    record = json.loads(Document(run_ruff("json")).rewritten())[0]
    assert (record["filename"], record["cell"]) == (f"{folder}/nbs/00_core.ipynb", 2)
    assert record["location"] == {"row": 2, "column": 8}
    assert record["end_location"] == {"row": 2, "column": 10}
    assert record["noqa_row"] == 2
    (edit,) = record["fix"]["edits"]
    assert edit["location"] == {"row": 2, "column": 1}
    assert edit["end_location"] == {"row": 3, "column": 1}


def test_a_fix_that_leaves_the_cell_is_left_out(folder):
    record = json.loads(run_ruff("json"))[0]
    record["fix"]["edits"][0]["end_location"]["row"] = 11
    assert json.loads(Document(json.dumps([record])).rewritten())[0]["fix"] is None


def test_an_end_in_another_cell_becomes_the_line_of_the_place(folder):
    record = json.loads(MYPY) | {"line": 12, "end_line": 18}
    record = json.loads(Document(json.dumps(record)).rewritten())
    assert (record["line"], record["end_line"]) == (4, 4)


def test_services_get_the_lines_of_the_file(folder):
    number = line_number("nbs/01_more.ipynb", "y = 1")
    gitlab = json.loads(Document(run_ruff("gitlab")).rewritten())[2]["location"]
    assert gitlab["path"] == "nbs/01_more.ipynb"
    assert gitlab["positions"]["begin"] == {"line": number, "column": 5}
    assert gitlab["positions"]["end"]["line"] == number
    rdjson = json.loads(Document(run_ruff("rdjson")).rewritten())["diagnostics"][2]
    assert rdjson["location"]["path"] == f"{folder}/nbs/01_more.ipynb"
    assert rdjson["location"]["range"]["start"] == {"line": number, "column": 5}
    assert "suggestions" not in rdjson  # text for a module would damage the notebook's file
    sarif = json.loads(Document(run_ruff("sarif")).rewritten())["runs"][0]["results"][2]
    place = sarif["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"file://{quote(str(folder))}/nbs/01_more.ipynb"
    assert place["region"]["startLine"] == place["region"]["endLine"] == number
    assert "fixes" not in sarif


def test_the_older_format_of_gitlab_is_understood(folder):
    location = {"path": "small/core.py", "lines": {"begin": 17, "end": 17}}
    number = line_number("nbs/01_more.ipynb", "y = 1")
    text = Document(json.dumps([{"description": "x", "location": location}])).rewritten()
    assert json.loads(text)[0]["location"]["lines"] == {"begin": number, "end": number}


def test_mypy_gets_the_cell_beside_the_line(folder):
    record = json.loads(Document(MYPY).rewritten())
    assert record["file"] == f"{folder}/nbs/01_more.ipynb"
    assert (record["cell"], record["line"], record["end_line"], record["column"]) == (2, 4, 4, 11)
    assert found(MYPY) == [(2, 4, 12)]  # mypy counts columns from 0


def test_pyright_counts_from_0(folder):
    start, end = {"line": 17, "character": 11}, {"line": 17, "character": 12}
    record = {"file": f"{folder}/small/core.py", "range": {"start": start, "end": end}}
    text = json.dumps({"generalDiagnostics": [{**record, "severity": "error"}]}, indent=4)
    (new,) = json.loads(Document(text).rewritten())["generalDiagnostics"]
    assert (new["file"], new["cell"]) == (f"{folder}/nbs/01_more.ipynb", 2)
    assert new["range"]["start"] == {"line": 3, "character": 11}
    assert new["range"]["end"]["line"] == 3
    assert found(text) == [(2, 4, 12)]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '[1, "x", null, [[]]]',
        '{"file": 3, "line": "x", "location": 5, "locations": [], "range": []}',
        '{"filename": "small/core.py", "location": {"row": null}}',
        '{"file": "small/core.py", "line": 4}',
        '{"file": "nope.py", "line": 4, "range": {"start": 3}}',
        '{"locations": [{"physicalLocation": {"artifactLocation": {"uri": 3}}}]}',
    ],
)
def test_other_json_stays(folder, text):
    assert Document(text).rewritten() == text


@pytest.mark.parametrize("text", ["", "3", '"x"', "{", "[1,"])
def test_what_is_not_a_document_is_refused(text):
    with pytest.raises(ValueError):
        Document(text)
