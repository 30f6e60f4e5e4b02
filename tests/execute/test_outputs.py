"""The outputs of one cell: what is merged, updated, cleared and cut."""

from __future__ import annotations

import pytest

from literate.execute import outputs as module
from literate.execute.outputs import Outputs


def display(text: str) -> dict:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def texts(outputs: Outputs) -> list[str]:
    """What each output shows."""
    found = []
    for item in outputs.items():
        found.append(
            item["text"] if item["output_type"] == "stream" else item["data"]["text/plain"]
        )
    return found


def test_text_of_one_stream_is_one_output():
    outputs = Outputs()
    outputs.write("stdout", b"a")
    outputs.write("stdout", b"\xc3")  # the first half of a character
    outputs.write("stdout", b"\xa9")
    outputs.write("stderr", b"x")
    outputs.write("stdout", b"\xff")
    assert outputs.items() == [
        {"output_type": "stream", "name": "stdout", "text": "aé"},
        {"output_type": "stream", "name": "stderr", "text": "x"},
        {"output_type": "stream", "name": "stdout", "text": "\ufffd"},
    ]


def test_a_display_divides_text():
    outputs = Outputs()
    outputs.write("stdout", b"a")
    outputs.display(display("b"), None)
    outputs.write("stdout", b"c")
    assert texts(outputs) == ["a", "b", "c"]


def test_a_flood_is_cut_once(monkeypatch):
    monkeypatch.setattr(module, "TEXT_LIMIT", 10)
    outputs = Outputs()
    for _ in range(5):
        outputs.write("stdout", b"12345")
    note = "[output cut here: a cell may print 10 characters]"
    assert texts(outputs) == [f"1234512345\n{note}\n"]


def test_text_of_exactly_the_limit_is_not_cut(monkeypatch):
    monkeypatch.setattr(module, "TEXT_LIMIT", 10)
    outputs = Outputs()
    outputs.write("stdout", b"12345")
    outputs.write("stderr", b"67890")
    assert texts(outputs) == ["12345", "67890"]


@pytest.mark.parametrize(
    "data",
    ["x" * 11, ["x" * 6, "x" * 5], {"a": "x" * 11}, [1, 2]],
    ids=["str", "list", "dict", "int"],
)
def test_a_display_that_is_too_large_is_left_out(monkeypatch, data):
    monkeypatch.setattr(module, "DISPLAY_LIMIT", 10)
    outputs = Outputs()
    item = {"output_type": "display_data", "data": {"image/png": data}, "metadata": {}}
    outputs.display(item, "an id")
    assert texts(outputs) == ["[output left out: a cell may display 10 characters]\n"]
    assert not outputs.has_displays


def test_clear_output_waits_for_the_next_one():
    outputs = Outputs()
    outputs.write("stdout", b"old")
    outputs.clear(wait=True)
    assert texts(outputs) == ["old"]
    outputs.write("stdout", b"new")
    outputs.write("stdout", b"er")
    assert texts(outputs) == ["newer"]


def test_clear_output_also_waits_for_a_display():
    outputs = Outputs()
    outputs.write("stdout", b"old")
    outputs.clear(wait=True)
    outputs.display(display("new"), None)
    assert texts(outputs) == ["new"]


def test_clear_output_at_once():
    outputs = Outputs()
    outputs.display(display("old"), "an id")
    outputs.clear(wait=False)
    assert texts(outputs) == []
    assert not outputs.has_displays
    outputs.write("stdout", b"new")
    assert texts(outputs) == ["new"]


def test_an_update_changes_every_display_with_the_id():
    outputs = Outputs()
    outputs.display(display("a"), "one")
    outputs.display(display("b"), "two")
    outputs.display(display("c"), "one")
    outputs.display(display("d"), None)
    assert outputs.has_displays
    assert outputs.update({"text/plain": "new"}, {"k": 1}, "one")
    assert texts(outputs) == ["new", "b", "new", "d"]
    assert outputs.items()[0]["metadata"] == {"k": 1}


@pytest.mark.parametrize("display_id", ["unknown", None])
def test_an_update_of_an_unknown_display_changes_nothing(display_id):
    outputs = Outputs()
    outputs.display(display("a"), None)
    outputs.display(display("b"), "known")
    assert not outputs.update({"text/plain": "new"}, {}, display_id)
    assert texts(outputs) == ["a", "b"]
