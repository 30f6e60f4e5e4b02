from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import queue
from literate.live.keys import Keys
pressed = queue.Queue()
with Keys(pressed.put):
    while True:
        key = pressed.get(timeout=100)
        print(key, flush=True)
        if key == "q":
            break
"""


def keys_of(text: str) -> list[str]:
    """The keys that a program sends by writing this text into a pipe, and closing it."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("r\nf\nq\nr\n", ["r", "f", "q"]),
        ("r\n", ["r", "q"]),
        ("", ["q"]),
        ("\n  run\n\n", ["r", "q"]),
    ],
)
def test_a_program_sends_one_key_a_line_and_its_end_is_the_end(text, keys):
    assert keys_of(text) == keys


def test_a_file_sends_nothing():
    script = SCRIPT.replace("timeout=100", "timeout=0.5")  # long enough for a wrong key, if any
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True
    )
    assert b"queue.Empty" in done.stderr
    assert done.stdout == b""


def test_a_terminal_gives_each_key_at_once_and_gets_its_settings_back():
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, stdin=slave, stdout=subprocess.PIPE
    )
    while termios.tcgetattr(slave)[3] & termios.ICANON:
        assert process.poll() is None
    os.write(master, b"rfq")
    assert process.stdout.read().split() == [b"r", b"f", b"q"]
    process.wait()
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
