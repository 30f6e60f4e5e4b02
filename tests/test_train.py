"""`python -m foundations.train` as a user starts it: on a terminal, into a file, interrupted."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
LINES = re.compile(
    r"epoch 1/2  loss \d\.\d{4}  valid \d\.\d{4} \d+\.\d\d%  \d+\.\d CPU s\n"
    r"epoch 2/2  loss \d\.\d{4}  valid \d\.\d{4} \d+\.\d\d%  \d+\.\d CPU s\n"
    r"test \d+\.\d\d%  \d+\.\d CPU s\n"
)
SMALL_JOB = ("--net", "by_hand", "--epochs", "2", "--images=2000")


@dataclass
class Program:
    """The command, with a folder of data."""

    data: Path

    def start(self, flags: tuple[str, ...], output: int) -> subprocess.Popen[bytes]:
        """The process; it writes everything to one file."""
        variables = {"FOUNDATIONS_DATA", "COLUMNS", "TERM", "PYTHONPATH"}
        environment = {name: value for name, value in os.environ.items() if name not in variables}
        environment |= {
            "FOUNDATIONS_DATA": str(self.data),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "COLUMNS": "80",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "foundations.train", *flags],
            cwd=self.data,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def run(
        self, *flags: str, terminal: bool = False, interrupt_at: bytes = b""
    ) -> tuple[int, str]:
        """Exit code, and what is printed; Ctrl-C is pressed after a text has appeared."""
        reader, writer = pty.openpty() if terminal else os.pipe()
        process = self.start(flags, writer)
        os.close(writer)
        output = b""
        while chunk := read_some(reader):
            output += chunk
            if interrupt_at and interrupt_at in output:
                process.send_signal(signal.SIGINT)
                interrupt_at = b""
        os.close(reader)
        return process.wait(), output.decode().replace("\r\n", "\n")


def read_some(reader: int) -> bytes:
    """The next bytes, or none at the end."""
    try:
        return os.read(reader, 10_000)
    except OSError:  # how a terminal says that it is closed
        return b""


def comes_last(output: str, first: str, second: str) -> bool:
    """Whether `second` comes after each `first` in the output."""
    return output.rindex(second) > output.rindex(first)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The command, with images of ten classes that are easy to tell apart."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for split, n in (("train", 2000), ("valid", 500), ("test", 500)):
        y = random.integers(0, 10, n, dtype=np.uint8)
        x = random.integers(0, 100, (n, 784), dtype=np.uint8)
        for digit in range(10):
            x[y == digit, 78 * digit : 78 * digit + 78] += 100
        np.savez(folder / f"mnist-{split}.npz", x=x, y=y)
    return Program(folder)


def test_plain_lines_where_the_output_is_a_file(program: Program, tmp_path: Path):
    figure, checkpoint = tmp_path / "a.svg", tmp_path / "a.pt"
    code, output = program.run(*SMALL_JOB, "--plot", str(figure), "--checkpoint", str(checkpoint))
    assert code == 0
    assert LINES.fullmatch(output), output
    assert "processor seconds" in figure.read_text(encoding="utf-8")
    for message, flag, value in (
        ("is of a training with net=by_hand, not small", "--checkpoint", checkpoint),
        ("is no checkpoint", "--checkpoint", figure),
    ):
        code, output = program.run(flag, str(value))
        assert (code, output.count("\n")) == (1, 1), output
        assert message in output


def test_a_terminal_shows_a_bar_and_keeps_the_lines(program: Program):
    code, output = program.run(*SMALL_JOB, terminal=True)
    assert code == 0
    assert "epoch 2/2 \x1b" in output
    assert "━" in output
    lines = re.findall(r"((?:epoch \d/2  loss|test)[^\r\n\x1b]* CPU s\n)", output)
    assert LINES.fullmatch("".join(lines)), output
    assert comes_last(output, "\x1b[?25l", "\x1b[?25h")  # the cursor is back
    assert comes_last(output, "━", "\x1b[1A\x1b[2K")  # up one line, which is erased


def test_the_bar_fills_from_epoch_to_epoch(program: Program):
    _, output = program.run(*SMALL_JOB, terminal=True)
    shown = re.findall(r"epoch (\d)/2 \S*━[^\r]*?(\d+)%", output)
    shares = [(int(epoch), int(percent)) for epoch, percent in shown]
    assert shares == sorted(shares)
    assert shares[-1] == (2, 100)
    assert [epoch for epoch, _ in shares] == [1 + (percent > 50) for _, percent in shares]


def test_two_processes_print_the_lines_once(program: Program):
    code, output = program.run(*SMALL_JOB, "--world", "2")
    assert code == 0
    assert LINES.fullmatch(output), output


@pytest.mark.parametrize("world", ["1", "2"])
def test_ctrl_c_gives_the_terminal_back_and_says_how_to_go_on(
    program: Program, tmp_path: Path, world: str
):
    flags = "--net=by_hand", "--epochs=400", "--images=2000", "--world", world
    checkpoint = str(tmp_path / "a.pt")
    code, output = program.run(
        *flags, "--checkpoint", checkpoint, terminal=True, interrupt_at=b"epoch 3/"
    )
    assert code == 130, output
    assert "interrupted" in output
    assert f"the same command goes on from {checkpoint}" in output
    assert comes_last(output, "\x1b[?25l", "\x1b[?25h")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("code", "message", "flags"),
    [
        (1, "error: no net 'huge', only by_hand, small, large", ["--net", "huge"]),
        (1, "error: epochs has to be at least 1, not 0", ["--epochs", "0"]),
        (1, "plot has to end in one of", ["--plot", "accuracy.txt"]),
        (1, "there is no folder", ["--plot", "none/a.svg"]),
        (1, "there is no folder", ["--checkpoint", "none/a.pt"]),
        (1, "there is no folder none", ["--data", "none"]),
        (1, "is damaged or another file", ["--data", "damaged"]),
        (2, "unexpected argument", ["small"]),
        (2, "error: unknown flag --epohcs: did you mean --epochs?", ["--epohcs", "1"]),
        (2, "error: --epochs takes a whole number, not 'many'", ["--epochs", "many"]),
    ],
)
def test_a_mistake_is_one_line(program: Program, code: int, message: str, flags: list[str]):
    (program.data / "damaged").mkdir(exist_ok=True)
    (program.data / "damaged" / "mnist.pkl.gz").write_bytes(b"")
    got, output = program.run(*flags)
    assert got == code
    assert message in output
    assert output.count("\n") == code, output  # a usage error names --help in a second line
    assert not (program.data / "none").exists()


def test_the_help_has_the_flags_with_their_defaults(program: Program):
    code, output = program.run("--help")
    assert code == 0
    assert "the highest learning rate of the cycle (default: 0.01)" in output
