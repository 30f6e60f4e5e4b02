"""What the signals do that ask a command to stop."""

import os
import signal
import threading

import pytest

from literate.signals import Stopped, exit_code_of, stop_behind, stopped_by_signals

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def defaults():
    """Give the signals their default handlers, whatever the test session has."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number, code", list(zip(NUMBERS, (130, 143, 129), strict=True)))
def test_a_signal_stops_the_work(number, code):
    with pytest.raises(Stopped) as stop, stopped_by_signals():
        send(number)
    assert exit_code_of(stop.value) == code
    assert exit_code_of(KeyboardInterrupt()) == 130


@pytest.mark.parametrize("later", NUMBERS)
def test_the_orderly_end_is_not_disturbed(later):
    steps = []
    with pytest.raises(Stopped), stopped_by_signals():
        try:
            send(signal.SIGTERM)
        finally:
            send(later)
            steps.append("ended")
    assert steps == ["ended"]


def test_afterwards_the_handlers_are_as_before():
    with stopped_by_signals():
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_a_signal_that_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopped_by_signals():
        send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_in_another_thread_nothing_is_handled():
    entered = []

    def work() -> None:
        with stopped_by_signals():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [signal.SIG_DFL]


def test_an_error_while_the_command_ends_is_known_by_its_cause():
    with pytest.raises(OSError) as error:
        try:
            raise Stopped(signal.SIGHUP)
        finally:
            raise OSError("the terminal is gone")
    assert exit_code_of(stop_behind(error.value)) == 129
    assert stop_behind(OSError("no space left")) is None
