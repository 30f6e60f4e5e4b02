"""The parts that need no process: frames, outputs, limits."""

from hypothesis import given, settings
from hypothesis import strategies as st

from literate.execute.protocol import FrameReader, pack
from literate.execute.server import outputs as module
from literate.execute.server.outputs import Outputs

leaves = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
plain = st.recursive(
    leaves, lambda values: st.lists(values) | st.dictionaries(st.text(), values), max_leaves=8
)


@settings(max_examples=50)
@given(st.lists(plain, max_size=5), st.integers(1, 9))
def test_frames_arrive_whole_however_they_are_cut(values, size):
    data = b"".join(pack((value,)) for value in values)
    reader = FrameReader()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [frame[0] for piece in pieces for frame in reader.feed(piece)] == values


def test_text_of_one_stream_is_one_output():
    outputs = Outputs()
    for name, data in [
        ("out", b"a"),
        ("out", b"\xc3"),
        ("out", b"\xa9"),
        ("err", b"x"),
        ("out", b"\xff"),
    ]:
        outputs.write(f"std{name}", data)
    found = [(item["name"], item["text"]) for item in outputs.items()]
    assert found == [("stdout", "aé"), ("stderr", "x"), ("stdout", "\ufffd")]


def test_a_flood_is_cut_once(monkeypatch):
    monkeypatch.setattr(module, "TEXT_LIMIT", 10)
    outputs = Outputs()
    for _ in range(5):
        outputs.write("stdout", b"12345")
    assert (
        outputs.items()[0]["text"]
        == "1234512345\n[output cut here: a cell may print 10 characters]\n"
    )


def test_a_display_that_is_too_large_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "DISPLAY_LIMIT", 10)
    outputs = Outputs()
    outputs.display(
        {"output_type": "display_data", "data": {"image/png": "x" * 11}, "metadata": {}}, None
    )
    assert "[output left out" in outputs.items()[0]["text"]


def test_clear_output_waits_for_the_next_one():
    outputs = Outputs()
    outputs.write("stdout", b"old")
    outputs.clear(wait=True)
    assert outputs.items()[0]["text"] == "old"
    outputs.write("stdout", b"new")
    assert [item["text"] for item in outputs.items()] == ["new"]
