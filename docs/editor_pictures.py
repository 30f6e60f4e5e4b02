"""Make the pictures of docs/editors.md from real terminals: `python docs/editor_pictures.py`.

    docs/images/locate.svg    mypy without the filter and with it
    docs/images/vim.svg       Vim after `:make`
    docs/images/emacs.svg     Emacs after `M-x compile`

They need Vim and Emacs: `apt-get install vim emacs-nox`.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyte
from pictures import (
    BACKGROUND,
    CHARACTER_WIDTH,
    COLUMNS,
    FOREGROUND,
    IMAGES,
    LINE_HEIGHT,
    MARGIN,
    ROOT,
    ROWS,
    make_small_project,
    row_as_svg,
    start_in_terminal,
)

PATIENCE = 30.0  # seconds that something takes at most until it is on the screen
QUIET = 0.5  # seconds without output, after which a program is ready for the next key

BIN = Path(sys.executable).parent
FILTER = "literate test --quiet 2>&1 | literate locate --to module -"


class Screen(pyte.Screen):
    """A screen that passes over the requests of Vim for other key codes."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Take over a style, unless the sequence only looks like one."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """A program in a terminal that is not there, and what can be seen in it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._terminal = start_in_terminal(command, folder)

    def type(self, keys: str) -> None:
        """Press some keys, as soon as the program waits for them."""
        self._read_until(lambda: False)
        os.write(self._terminal, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until a text can be seen."""
        started = time.monotonic()
        while text not in "\n".join(self.screen.display):
            if time.monotonic() - started > PATIENCE:
                sys.exit(f"{text!r} did not appear:\n" + "\n".join(self.screen.display))
            self._read_until(lambda: text in "\n".join(self.screen.display))
        self._read_until(lambda: False)

    def _read_until(self, condition: Callable[[], bool]) -> None:
        """Read what the program prints, until a condition holds or the program is quiet."""
        while not condition():
            ready, _, _ = select.select([self._terminal], [], [], QUIET)
            if not ready:
                return
            try:
                self._stream.feed(os.read(self._terminal, 1 << 16))
            except OSError:  # the program has ended
                return

    def save(self, name: str, title: str) -> None:
        """Write what can be seen as a picture."""
        rows = [row_as_svg(self.screen, number) for number in range(ROWS)]
        while rows and not rows[-1]:
            rows.pop()
        (IMAGES / name).write_text(as_picture(rows, title), encoding="utf-8")


def as_picture(rows: list[str], title: str) -> str:
    """Rows of a terminal as an SVG."""
    width = round(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN
    height = len(rows) * LINE_HEIGHT + 2 * MARGIN
    texts = []
    for number, row in enumerate(rows):
        y = MARGIN + LINE_HEIGHT * number + 13
        texts.append(f'<text x="{MARGIN}" y="{y}">{row}</text>')
    font = "font: 14px ui-monospace, Menlo, Consolas, monospace"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">\n'
        f"<title>{title}</title>\n"
        f"<style>text {{ {font}; fill: {FOREGROUND}; white-space: pre; }}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>\n'
        + "\n".join(texts)
        + "\n</svg>\n"
    )


def vim_settings() -> str:
    """The lines for Vim that the page shows."""
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    found = re.search(r"^```vim\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    if found is None:
        sys.exit("editors.md has no lines for Vim any more")
    return found[1]


def show_filter(folder: Path) -> None:
    """mypy without the filter, and with it."""
    terminal = Terminal(["bash", "--norc", "--noediting"], folder)
    terminal.type("PS1='$ '; clear\n")
    terminal.type("mypy small\n")
    terminal.wait_for("Found")
    terminal.type("mypy small | literate locate -\n")
    terminal.wait_for("nbs/00_mean.ipynb:cell 1")
    terminal.save("locate.svg", "mypy names lines of a module, and with literate locate the cells")


def show_vim(folder: Path) -> None:
    """Vim at a failing line of a module, with the list of failures below."""
    (folder / "literate.vim").write_text(vim_settings(), encoding="utf-8")
    terminal = Terminal(["vim", "-u", "NONE", "-N", "-S", "literate.vim"], folder)
    terminal.type(":syntax on | set number\r")
    terminal.type(":silent make! | redraw! | copen 6\r")
    terminal.wait_for("small/mean.py")
    terminal.type(":cnext\r")
    terminal.wait_for("def mean")
    terminal.save("vim.svg", "Vim after :make, at the failing line of a module")


def show_emacs(folder: Path) -> None:
    """Emacs at a failing line of a module, with the output of the command below."""
    settings = "(progn (setq inhibit-startup-screen t) (menu-bar-mode -1))"
    terminal = Terminal(["emacs", "-nw", "-Q", "--eval", settings], folder)
    terminal.type("\x1bxcompile\r")
    terminal.type(f"\x01\x0b{FILTER}\r")
    terminal.wait_for("Compilation finished")
    terminal.type("\x18`")
    terminal.type("\x18`")
    terminal.wait_for("def mean")
    terminal.save("emacs.svg", "Emacs after M-x compile, at the failing line of a module")


def break_project(notebooks: Path) -> None:
    """Put an error of types into the project, and one that shows when it runs."""
    changes = {
        "00_mean": ("def mean(values):", "def mean(values: list[float]) -> str:"),
        "01_spread": ("throws = [1, 2, 3, 4, 5, 6]", "throws = [1, 2, 3, 4, 5, '6']"),
    }
    for name, (old, new) in changes.items():
        path = notebooks / f"{name}.ipynb"
        text = path.read_text(encoding="utf-8")
        if old not in text:
            sys.exit(f"{name} does not contain {old!r} any more")
        data = json.loads(text.replace(old, new))
        for cell in data["cells"]:  # laid out as Jupyter does, with a line for each line
            cell["source"] = cell["source"].splitlines(keepends=True)
        path.write_text(json.dumps(data, indent=1), encoding="utf-8")


def main() -> None:
    """Make the three pictures."""
    IMAGES.mkdir(exist_ok=True)
    for program in ("vim", "emacs"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed: apt-get install vim emacs-nox")
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "project")
        make_small_project(folder)
        break_project(folder / "nbs")
        subprocess.run(["literate", "export"], cwd=folder, check=True)
        show_filter(folder)
        show_vim(folder)
        show_emacs(folder)


if __name__ == "__main__":
    main()
