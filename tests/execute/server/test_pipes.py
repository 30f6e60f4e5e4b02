"""The pipes between the server and one worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from literate.execute.protocol import CHUNK, READ_SIZE
from literate.execute.server import pipes as module
from literate.execute.server.pipes import WorkerPipes

NAMES = ["stdout", "stderr", "frames", "dump"]


@pytest.fixture
def pipes():
    made = WorkerPipes()
    made.open()
    yield made
    made.close()


def is_open(descriptor: int) -> bool:
    return Path(f"/proc/self/fd/{descriptor}").exists()


def test_what_a_worker_writes_is_read_by_name(pipes):
    for name in NAMES:
        os.write(pipes.worker_ends[name], name.encode())
    assert [pipes.read(name) for name in NAMES] == [name.encode() for name in NAMES]


def test_the_descriptors_to_poll_have_the_names_of_their_pipes(pipes):
    assert [pipes.name_of(descriptor) for descriptor in pipes.readable()] == NAMES
    with pytest.raises(KeyError):
        pipes.name_of(-1)


def test_an_empty_pipe_is_not_waited_for(pipes):
    assert pipes.read("stdout") is None


def test_the_end_of_a_pipe_is_seen(pipes):
    os.close(pipes.worker_ends.pop("stdout"))
    assert pipes.read("stdout") == b""


def test_one_read_empties_a_full_pipe(pipes):
    sender = pipes.worker_ends["stdout"]
    os.set_blocking(sender, False)
    written = 0
    try:
        while True:
            written += os.write(sender, b"x" * CHUNK)
    except BlockingIOError:
        pass
    assert len(pipes.read("stdout")) == written
    assert pipes.read("stdout") is None


@pytest.mark.parametrize("size", [READ_SIZE - 1, READ_SIZE, READ_SIZE + 1])
def test_no_byte_is_lost_where_a_read_ends(pipes, size):
    sender = pipes.worker_ends.pop("stdout")
    os.set_blocking(sender, False)
    size = os.write(sender, b"x" * size)  # a pipe that could not be enlarged takes less
    assert pipes.read("stdout") == b"x" * size
    assert pipes.read("stdout") is None
    os.write(sender, b"y" * size)
    os.close(sender)
    assert pipes.read("stdout") == b"y" * size
    assert pipes.read("stdout") == b""


def test_pipes_hold_as_much_as_one_read_takes(monkeypatch):
    asked = []
    monkeypatch.setattr(module.fcntl, "fcntl", lambda *arguments: asked.append(arguments))
    pipes = WorkerPipes()
    pipes.open()
    request = module.fcntl.F_SETPIPE_SZ
    assert asked == [(descriptor, request, CHUNK) for descriptor in pipes.readable()]
    pipes.close()


def test_pipes_that_cannot_be_enlarged_are_used_as_they_are(monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(module.fcntl, "fcntl", refuse)
    pipes = WorkerPipes()
    pipes.open()
    os.write(pipes.worker_ends["frames"], b"x")
    assert pipes.read("frames") == b"x"
    pipes.close()


def test_a_worker_reads_the_answer(pipes):
    pipes.answer(b".")
    assert os.read(pipes.worker_ends["answers"], 9) == b"."


def test_an_answer_to_a_worker_that_has_ended_is_no_error(pipes):
    os.close(pipes.worker_ends.pop("answers"))
    pipes.answer(b".")


def test_a_worker_can_open_every_pipe_again_but_the_one_for_dumps(pipes):
    dump = pipes.worker_ends["dump"]
    pipes.release()
    assert not is_open(dump)
    assert sorted(pipes.worker_ends) == ["answers", "frames", "stderr", "stdout"]
    assert all(is_open(descriptor) for descriptor in pipes.worker_ends.values())


def test_closing_the_ends_of_the_server_leaves_those_of_the_worker(pipes):
    pipes.close_server_ends()
    assert not any(is_open(descriptor) for descriptor in pipes.server_ends.values())
    assert all(is_open(descriptor) for descriptor in pipes.worker_ends.values())


def test_closing_closes_everything_once_more_if_necessary():
    pipes = WorkerPipes()
    pipes.open()
    pipes.release()
    ends = [*pipes.server_ends.values(), *pipes.worker_ends.values()]
    assert len(ends) == 9
    pipes.close()
    assert not any(is_open(descriptor) for descriptor in ends)
    pipes.close()
