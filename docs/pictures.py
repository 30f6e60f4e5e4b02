"""Make the pictures of the documentation from real runs: `make pictures`.

    docs/images/run.svg       a recording of a terminal: a few notebooks of this project run
    docs/images/failure.png   the page of `--html` about two small notebooks (needs Chromium)

In both, one notebook is broken on purpose, so that a failure can be seen. In the first one, the
factor 2 of Kaiming's initialization is missing; in the second one, a variance divides by n + 1.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
NOTEBOOKS = ("01_matmul", "01a_tensor", "01b_einsum", "02_fully_connected")
BROKEN = ("02_fully_connected", "math.sqrt(2 / m), mean_square", "math.sqrt(1 / m), mean_square")

COLUMNS, ROWS = 104, 30
HOLD = 6.0  # seconds that the last picture of the recording stays
SHORTEST = 0.1  # seconds: what is on the screen for a shorter time is left out

LINE_HEIGHT, CHARACTER_WIDTH = 18, 8.4  # in pixels, at a font size of 14
MARGIN = 14
FOREGROUND, BACKGROUND, FAINT = "#d7dce2", "#1b1f24", "#8b949e"
COLORS = {"red": "#ff7b72", "green": "#56d364", "brown": "#e3b341", "blue": "#79c0ff"}


SMALL_PROJECT = {
    "00_mean": [
        "#export\ndef mean(values):\n    return sum(values) / len(values)",
        "assert mean([1, 2, 3]) == 2",
    ],
    "01_spread": [
        "#export\nfrom small.mean import mean",
        "#export\ndef variance(values):\n"
        "    squares = [(value - mean(values)) ** 2 for value in values]\n"
        "    return sum(squares) / (len(values) + 1)",
        "throws = [1, 2, 3, 4, 5, 6]\n"
        'print(f"mean {mean(throws)}, variance {variance(throws)}")\n'
        'assert variance(throws) == 35 / 12, "a die has variance 35 / 12"',
    ],
}


# --- two runs to look at -----------------------------------------------------------------------


def make_small_project(folder: Path) -> None:
    """A project of two notebooks, of which the second one is wrong."""
    (folder / "nbs").mkdir(parents=True)
    (folder / "settings.ini").write_text("[DEFAULT]\nlib_path = small\n", encoding="utf-8")
    for name, sources in SMALL_PROJECT.items():
        cells = []
        for number, source in enumerate(sources):
            cell = {"cell_type": "code", "id": f"{name}-{number}", "source": source}
            cells.append({**cell, "metadata": {}, "outputs": [], "execution_count": None})
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / "nbs" / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def make_course(folder: Path) -> None:
    """A copy of a few notebooks of this project, with one of them broken."""
    (folder / "nbs").mkdir(parents=True)
    shutil.copy(ROOT / "settings.ini", folder)
    for part in ("foundations", "benchmarks/results"):
        shutil.copytree(ROOT / part, folder / part)
    name, right, wrong = BROKEN
    for stem in NOTEBOOKS:
        text = (ROOT / "nbs" / f"{stem}.ipynb").read_text(encoding="utf-8")
        if stem == name:
            if right not in text:
                sys.exit(f"{stem} does not contain {right!r} any more")
            text = text.replace(right, wrong, 1)
        (folder / "nbs" / f"{stem}.ipynb").write_text(text, encoding="utf-8")


@dataclass
class Moment:
    """What a terminal showed from some second on."""

    second: float
    rows: list[str]  # one SVG text for each row


def record(command: list[str], folder: Path) -> list[Moment]:
    """Run a command in a terminal; what the terminal showed, and when."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(b"\x1b[1m$ literate test\x1b[0m\r\n")
    started = time.monotonic()
    moments: list[Moment] = []
    terminal = start_in_terminal(command, folder)
    while True:
        try:
            ready, _, _ = select.select([terminal], [], [])
            data = os.read(terminal, 1 << 16)
        except OSError:  # the command has ended
            break
        if not data:
            break
        stream.feed(data)
        rows = [row_as_svg(screen, number) for number in range(ROWS)]
        moments.append(Moment(time.monotonic() - started, rows))
    return moments


def start_in_terminal(command: list[str], folder: Path) -> int:
    """Start a command in a terminal of its own; the descriptor of the terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": f"{COLUMNS}"}
        os.execvpe(command[0], command, environment)
    size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    return terminal


def row_as_svg(screen: pyte.Screen, number: int) -> str:
    """A row of the screen as `<tspan>` elements, one for each run of characters of one style."""
    row = screen.buffer[number]
    spans: list[tuple[str, str]] = []
    for column in range(COLUMNS):
        character = row[column]
        style = style_of(character)
        if spans and spans[-1][0] == style:
            spans[-1] = style, spans[-1][1] + character.data
        else:
            spans.append((style, character.data))
    if spans and not spans[-1][1].strip():
        spans.pop()
    return "".join(f"<tspan{style}>{escape(text)}</tspan>" for style, text in spans)


def style_of(character: pyte.screens.Char) -> str:
    """The attributes of a `<tspan>` for a character."""
    color = COLORS.get(character.fg, FOREGROUND)
    style = f' fill="{color}"' if color != FOREGROUND else ""
    return style + ' font-weight="bold"' if character.bold else style


# --- the recording as an SVG -------------------------------------------------------------------


def without_short_moments(moments: list[Moment]) -> list[Moment]:
    """The moments that were on the screen long enough to be seen, and the last one."""
    kept = []
    for moment, following in zip(moments, moments[1:], strict=False):
        if following.second - moment.second >= SHORTEST:
            kept.append(moment)
    return [*kept, moments[-1]]


@dataclass
class Line:
    """A text that stands in a row of the terminal for some time."""

    row: int
    text: str
    start: float
    end: float


def lines_of(moments: list[Moment], length: float) -> list[Line]:
    """The texts of all rows, each with the time in which it is seen."""
    lines = []
    for row in range(ROWS):
        current = Line(row, "", 0.0, length)
        for moment in moments:
            if moment.rows[row] == current.text:
                continue
            current.end = moment.second
            lines.append(current)
            current = Line(row, moment.rows[row], moment.second, length)
        lines.append(current)
    return [line for line in lines if line.text]


def as_svg(moments: list[Moment]) -> str:
    """The recording as an animation without a script.

    Where the reader does not want moving pictures, it shows the last one.
    """
    moments = without_short_moments(moments)
    length = moments[-1].second + HOLD
    lines = lines_of(moments, length)
    width = round(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN
    used_rows = max(line.row for line in lines) + 1
    height = used_rows * LINE_HEIGHT + 2 * MARGIN
    rules, texts = [], []
    for number, line in enumerate(lines):
        y = MARGIN + LINE_HEIGHT * line.row + 13
        classes = f"l{number}" if line.end == length else f"gone l{number}"
        texts.append(f'<text class="{classes}" x="{MARGIN}" y="{y}">{line.text}</text>')
        rules.append(keyframes(number, line, length))
    style = f"""
text {{ font: 14px ui-monospace, Menlo, Consolas, monospace; }}
text {{ fill: {FOREGROUND}; white-space: pre; }}
.gone {{ visibility: hidden; }}
@media (prefers-reduced-motion: no-preference) {{
{chr(10).join(rules)}
}}"""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">\n'
        f"<title>A run of four notebooks in a terminal; one of them fails</title>\n"
        f"<style>{style}\n</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>\n'
        + "\n".join(texts)
        + "\n</svg>\n"
    )


def keyframes(number: int, line: Line, length: float) -> str:
    """The rules that show a line in its time, again and again."""
    start, end = 100 * line.start / length, 100 * line.end / length
    steps = [f"{start:.2f}% {{ visibility: visible; }}"]
    if start > 0:
        steps.insert(0, "0% { visibility: hidden; }")
    if end < 100:
        steps.append(f"{end:.2f}%, 100% {{ visibility: hidden; }}")
    frames = f"@keyframes k{number} {{ {' '.join(steps)} }}"
    return f"{frames}\n.l{number} {{ animation: k{number} {length:.1f}s step-end infinite; }}"


# --- a page as a picture -----------------------------------------------------------------------


def take_picture(page: Path, picture: Path) -> None:
    """A screenshot of the upper part of a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile:
        flags = [
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={profile}",
            "--window-size=900,840",
            f"--screenshot={picture}",
        ]
        subprocess.run([browser, *flags, page.as_uri()], check=True, capture_output=True)


def main() -> None:
    """Make both pictures."""
    IMAGES.mkdir(exist_ok=True)
    test = [sys.executable, "-m", "literate", "test"]
    with tempfile.TemporaryDirectory() as temporary:
        course = Path(temporary, "course")
        make_course(course)
        moments = record(test, course)
        (IMAGES / "run.svg").write_text(as_svg(moments), encoding="utf-8")
        small = Path(temporary, "small")
        make_small_project(small)
        subprocess.run([sys.executable, "-m", "literate", "export"], cwd=small, check=True)
        subprocess.run([*test, "--html", "report.html"], cwd=small, check=False)
        take_picture(small / "report.html", IMAGES / "failure.png")
    for picture in sorted(IMAGES.iterdir()):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
