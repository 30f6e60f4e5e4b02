"""The messages: each comes out of a pipe as it went in, whatever is between them."""

from __future__ import annotations

import os
from functools import cache
from marshal import dumps
from threading import Thread
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import pytest
from conftest import make_cells, make_task
from hypothesis import given, settings
from hypothesis import strategies as st

from literate.execute import protocol
from literate.execute.protocol import (
    CHUNK,
    CellBegins,
    CellReport,
    FrameReader,
    NotebookEnd,
    ProtocolError,
    Sync,
    TaskCell,
    from_plain,
    pack,
    read_task,
    to_plain,
    wait_for,
    write_all,
    write_task,
)
from literate.execute.results import Error, Frame

MESSAGES = get_args(protocol.Message)
RECORDS = [*MESSAGES, TaskCell, protocol.Task, CellReport, NotebookEnd, Error, Frame]
MARK = protocol._MARK

# What the settings of coverage, outputs and parameters are made of.
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
plain_values = st.recursive(
    leaves | st.binary(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=5,
)


def values_of(hint: object) -> st.SearchStrategy:
    """Values of a field with this annotation."""
    if hint is object:
        return plain_values
    if hasattr(hint, "_record_fields"):
        return st.deferred(lambda: records_of(hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return st.one_of([values_of(each) for each in arguments])
    if origin is list:
        return st.lists(values_of(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(*[values_of(each) for each in arguments], max_size=2)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[values_of(each) for each in arguments])
    return st.from_type(hint) if hint is not float else st.floats(allow_nan=False)


@cache  # an error may have errors: hypothesis has to see the same strategy again
def records_of(record: type) -> st.SearchStrategy:
    """Records of a class, with values of the kinds that its annotations name."""
    hints = get_type_hints(record)
    return st.builds(record, *[values_of(hints[name]) for name in record._record_fields])


any_message = st.sampled_from(MESSAGES).flatmap(records_of)
garbage = st.binary(max_size=20).filter(lambda data: MARK not in data)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_a_record_comes_out_as_it_went_in(record, data):
    value = data.draw(records_of(record))
    again = from_plain(to_plain(value))
    assert again == value
    assert type(again) is record


@settings(max_examples=50)
@given(any_message)
def test_a_message_comes_out_of_its_frame(message):
    assert list(FrameReader().feed(pack(message))) == [message]


def test_every_record_of_the_protocol_is_known():
    assert {record.__name__ for record in RECORDS} == set(protocol._RECORDS)


@settings(max_examples=50)
@given(st.lists(any_message, max_size=4), st.integers(1, 9))
def test_frames_arrive_whole_however_they_are_cut(messages, size):
    data = b"".join(pack(message) for message in messages)
    reader = FrameReader()
    found = []
    for start in range(0, len(data), size):
        found += reader.feed(data[start : start + size])
    assert found == messages


def test_a_frame_may_be_cut_at_any_byte():
    message = CellBegins(7)
    data = pack(message) + pack(message)
    for cut in range(len(data) + 1):
        reader = FrameReader()
        assert [*reader.feed(data[:cut]), *reader.feed(data[cut:])] == [message, message], cut


@settings(max_examples=50)
@given(st.lists(st.tuples(garbage, any_message), max_size=3), garbage, st.integers(1, 9))
def test_garbage_between_frames_is_skipped(pairs, rest, size):
    data = b"".join(before + pack(message) for before, message in pairs) + rest
    reader = FrameReader()
    found = []
    for start in range(0, len(data), size):
        found += reader.feed(data[start : start + size])
    assert found == [message for _, message in pairs]


@pytest.mark.parametrize("length", range(1, len(MARK)))
def test_the_beginning_of_a_mark_before_a_frame_is_skipped(length):
    reader = FrameReader()
    assert list(reader.feed(MARK[:length])) == []
    assert list(reader.feed(pack(Sync()))) == [Sync()]


def test_garbage_is_not_kept():
    reader = FrameReader()
    assert list(reader.feed(b"x" * 10_000)) == []
    assert len(reader._buffer) < len(MARK)


def frame(content: bytes) -> bytes:
    return MARK + len(content).to_bytes(4, "little") + content


TAG = protocol._RECORD_TAG
BROKEN = {
    "no data": b"",
    "no marshal format": b"nonsense",
    "cut off": dumps(to_plain(CellBegins(1)))[:-1],
    "unknown record": dumps((TAG, "Nonsense", 1)),
    "too few values": dumps((TAG, "CellBegins")),
    "too many values": dumps((TAG, "CellBegins", 1, 2)),
    "no name": dumps((TAG,)),
    "no record": dumps((1, 2)),
    "a part of a message": dumps(to_plain(Frame("a.py", 1))),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_frame_is_an_error_and_the_next_one_is_read(content):
    reader = FrameReader()
    with pytest.raises(ProtocolError):
        list(reader.feed(frame(content)))
    assert list(reader.feed(pack(Sync()))) == [Sync()]


def test_a_record_inside_of_a_list_is_refused():
    with pytest.raises(ValueError):
        dumps(to_plain([Sync()]))


def test_a_task_comes_out_of_its_file():
    task = make_task(cells=make_cells("1", "2"), own_timeouts={1: 0.5}, parameters={"a": (1, {2})})
    assert read_task(write_task(task)) == task


def test_a_file_without_a_task_is_an_error():
    with pytest.raises(ProtocolError, match="not a task"):
        read_task(dumps(to_plain(Sync())))


@pytest.fixture
def full_pipe():
    """A non-blocking pipe that takes nothing more, and the bytes that it holds."""
    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    held = b""
    try:
        while True:
            held += b"x" * os.write(sender, b"x" * 4096)
    except BlockingIOError:
        pass
    yield receiver, sender, held
    os.close(receiver)
    os.close(sender)


def test_all_is_written_even_if_the_pipe_is_full_and_non_blocking(full_pipe):
    receiver, sender, held = full_pipe
    data = os.urandom(len(held) * 3)
    writer = Thread(target=write_all, args=(sender, data))
    writer.start()
    received = b""
    while len(received) < len(held) + len(data):
        received += os.read(receiver, CHUNK)
    writer.join()
    assert received == held + data


def test_a_pipe_that_another_program_made_non_blocking_is_waited_for():
    receiver, sender = os.pipe()
    os.set_blocking(receiver, False)
    blocking = []

    def read(descriptor: int, size: int) -> bytes:
        blocking.append(os.get_blocking(descriptor))
        if len(blocking) == 1:
            raise BlockingIOError
        return b"here"

    assert wait_for(read, receiver, 9) == b"here"
    assert blocking == [False, True]
    os.close(receiver)
    os.close(sender)
