"""The channel through which a worker reports, whatever the notebook does to its descriptors."""

from __future__ import annotations

import os
import signal

import pytest

from literate.execute.protocol import GO_ON, STOP, CellBegins, FrameReader, Sync
from literate.execute.server.pipes import WorkerPipes
from literate.execute.worker import channel as module
from literate.execute.worker.channel import WorkerChannel


@pytest.fixture
def pipes():
    """The pipes of a worker; this process has the ends of both sides."""
    made = WorkerPipes()
    made.open()
    yield made
    made.close()


@pytest.fixture
def channel(pipes):
    """A channel, made while descriptors 1 and 2 are pipes, as they are in a worker."""
    kept = {1: os.dup(1), 2: os.dup(2)}
    os.dup2(pipes.worker_ends["stdout"], 1)
    os.dup2(pipes.worker_ends["stderr"], 2)
    # The channel owns its descriptors, and these tests close them.
    own = {name: os.dup(pipes.worker_ends[name]) for name in pipes.worker_ends}
    try:
        made = WorkerChannel(own, os.getpid())
    finally:
        for number, descriptor in kept.items():
            os.dup2(descriptor, number)
            os.close(descriptor)
    # The paths of a worker lead to the server, which keeps its copies open.
    made._paths = {
        name: f"/proc/{os.getpid()}/fd/{pipes.worker_ends[name]}" for name in made._paths
    }
    os.close(own["stdout"])
    os.close(own["stderr"])
    os.close(own["dump"])
    yield made
    for descriptor in made._descriptors.values():
        os.close(descriptor)


def received(pipes: WorkerPipes) -> list[object]:
    """The messages that the server finds."""
    return list(FrameReader().feed(pipes.read("frames") or b""))


def close(descriptor: int) -> None:
    os.close(descriptor)


def make_something_else(descriptor: int) -> None:
    """Let the number of a descriptor stand for another file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def test_a_message_is_sent_without_waiting(channel, pipes):
    channel.send(CellBegins(3))
    assert received(pipes) == [CellBegins(3)]


@pytest.mark.parametrize("answer, goes_on", [(GO_ON, True), (STOP, False)])
def test_a_call_returns_the_answer(channel, pipes, answer, goes_on):
    pipes.answer(answer)
    assert channel.call(Sync()) is goes_on
    assert received(pipes) == [Sync()]


def test_text_is_printed_into_the_pipes_although_descriptors_1_and_2_lead_elsewhere(channel, pipes):
    assert channel.write("stdout", b"out") == 3
    assert channel.write("stderr", b"err") == 3
    assert (pipes.read("stdout"), pipes.read("stderr")) == (b"out", b"err")


@pytest.mark.parametrize("harm", [close, make_something_else])
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_text_arrives_whatever_becomes_of_the_descriptor(channel, pipes, harm, name):
    harm(channel._descriptors[name])
    channel.write(name, b"text")
    channel.write(name, b" goes on")
    assert pipes.read(name) == b"text goes on"


@pytest.mark.parametrize("harm", [close, make_something_else])
@pytest.mark.parametrize("name", ["frames", "answers"])
def test_a_call_works_whatever_becomes_of_the_descriptor(channel, pipes, harm, name):
    harm(channel._descriptors[name])
    pipes.answer(STOP)
    assert channel.call(Sync()) is False
    assert received(pipes) == [Sync()]


def test_descriptors_that_are_opened_again_are_not_inherited(channel):
    for name, descriptor in channel._descriptors.items():
        os.close(descriptor)
        assert not os.get_inheritable(channel._descriptor(name))


def test_a_fork_of_the_worker_reports_nothing_but_prints(channel, pipes, monkeypatch):
    assert channel.is_ours
    monkeypatch.setattr(module, "_getpid", lambda: -1)
    assert not channel.is_ours
    channel.send(CellBegins(3))
    assert channel.call(Sync()) is True
    assert received(pipes) == []
    channel.write("stdout", b"x")
    assert pipes.read("stdout") == b"x"


def test_an_interrupt_waits_until_the_whole_frame_is_written(channel, pipes, monkeypatch):
    masks = []

    def write_in_two_parts(descriptor: int, data: bytes) -> None:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        os.write(descriptor, data[:3])
        signal.raise_signal(signal.SIGINT)
        os.write(descriptor, data[3:])

    monkeypatch.setattr(module, "write_all", write_in_two_parts)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(KeyboardInterrupt):
        channel.send(CellBegins(3))
    assert received(pipes) == [CellBegins(3)]
    assert masks == [before | {signal.SIGINT}]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_printing_waits_for_a_full_pipe_that_a_program_made_non_blocking(
    channel, pipes, monkeypatch
):
    attempts = []

    def write(descriptor: int, data: bytes) -> int:
        attempts.append(os.get_blocking(descriptor))
        if len(attempts) == 1:
            raise BlockingIOError
        return os.write(descriptor, data)

    os.set_blocking(channel._descriptors["stdout"], False)
    monkeypatch.setattr(module, "_write", write)
    assert channel.write("stdout", b"text") == 4
    assert attempts == [False, True]
    assert pipes.read("stdout") == b"text"
