"""The output of a tool: text, JSON, both, and bytes that are neither."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from located_project import DOUBLE_CELL
from test_tool_json import MYPY
from test_tool_lines import run_ruff

from literate.locate.tool_output import as_line, located, rewritten


def passed_on(data: bytes, world: str = "cell") -> bytes:
    return b"".join(rewritten(io.BytesIO(data), world))


@given(st.binary(max_size=300))
def test_bytes_without_places_stay(data):
    assert passed_on(data) == data


def test_bytes_around_a_place_stay(folder):
    old = b"\xff\xfe small/core.py:12: \xe9\r\n\0\n\x1b[1mx"
    assert passed_on(old) == old.replace(b"small/core.py:12", f"{DOUBLE_CELL}:4".encode())


def test_a_line_comes_as_soon_as_it_was_read(folder):
    class Tool(io.BytesIO):
        lines = [b"small/core.py:12: x\n", b"[\n", b"small/core.py:12: y\n"]
        read_lines = 0

        def readline(self, _limit: int = -1) -> bytes:
            self.read_lines += 1
            return self.lines[self.read_lines - 1]

    tool = Tool()
    for expected, part in zip(range(1, 4), rewritten(tool, "cell"), strict=False):
        assert tool.read_lines == expected
        assert part


def test_a_line_without_an_end_is_passed_on_in_pieces():
    data = b"x" * 3_000_000
    assert passed_on(data) == data
    parts = list(rewritten(io.BytesIO(data), "cell"))
    assert len(parts) == 3


def test_a_document_is_rewritten_as_a_whole(folder):
    new = passed_on(b"\n" + run_ruff("json").encode())
    assert new.startswith(b"\n[\n")
    assert {record["cell"] for record in json.loads(new)} == {2}


def test_lines_of_json_are_documents_of_their_own(folder):
    data = f"{MYPY}\nsmall/core.py:12: x\n{MYPY}\n".encode()
    first, second, third = passed_on(data).decode().splitlines()
    assert json.loads(first) == json.loads(third)
    assert json.loads(first)["cell"] == 2
    assert second == f"{DOUBLE_CELL}:4: x"


@pytest.mark.parametrize(
    "text",
    ["[\nsmall/core.py:12: x\n", "{\n}\n{\n", "[INFO] small/core.py:12: x\n", "{x}\n[{y}]\n"],
)
def test_what_only_looks_like_json_is_text(folder, text):
    wanted = text.replace("small/core.py:12", f"{DOUBLE_CELL}:4")
    assert passed_on(text.encode()).decode() == wanted


def test_modules_keep_their_names_in_json(folder):
    data = run_ruff("json").encode()
    assert passed_on(data, "module") == data


def test_places_become_data(folder):
    text = (
        "small/core.py:12:5: error: Unsupported operand types  [operator]\n"
        "nothing\n"
        "  small/core.py:18:5 - \x1b[33mwarning\x1b[39m: Variable y\x1b[0m is not used\n"
        "small/core.py:12: in double\n"
    )
    records = list(located(io.BytesIO(text.encode()), "cell"))
    assert [(r["cell"], r["line"], r["column"]) for r in records] == [
        (3, 4, 5),
        (2, 4, 5),
        (3, 4, None),
    ]
    assert [(r["severity"], r["message"]) for r in records] == [
        ("error", "Unsupported operand types  [operator]"),
        ("warning", "Variable y is not used"),
        ("", "in double"),
    ]


@pytest.mark.parametrize("layout", ["json", "json-lines", "rdjson", "gitlab", "sarif", "concise"])
def test_each_format_becomes_the_same_data(folder, layout):
    records = list(located(io.BytesIO(run_ruff(layout).encode()), "cell"))
    places = [(r["cell"], r["line"], r["column"]) for r in records]
    assert places == [(2, 2, 8), (2, 3, 8), (2, 3, 5)]
    assert "`os` imported but unused" in records[0]["message"]


def test_no_line_of_data_is_a_command_to_a_service():
    assert "##vso" not in as_line({"message": "##vso[task.complete]"})
    assert json.loads(as_line({"message": "##vso["})) == {"message": "##vso["}
