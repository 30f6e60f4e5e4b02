"""Random histories of a project, through the command line: `make fuzz-commands`, or

    python tests/fuzz.py [--seed 0] [--histories 20] [--steps 15] [--without=commit,--force]

A person edits notebooks, modules and settings, commits and checks out branches, and runs the
compiler with random flags. Some runs are killed at a random moment, and some find the disk full.
After each run these must hold:

- There is no traceback, and the exit code is one of the documented ones.
- No line that a person typed is gone from both sides, unless a person removed it, or the run named
  it, or a copy lies in `.literate/history`.
- After a success, the modules are those that a compile from scratch makes, and a second run writes
  nothing.

What does not hold is printed with the seed of its history and with all steps that led there. The
same seed leads there again. To look beyond a fault that is known, leave out the edits and the flags
that lead to it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, str(ROOT / "notebook2script.py")]
PATIENCE = 120.0  # seconds after which a command counts as hanging

INI = "[DEFAULT]\nrepo = lib\nlib_path = lib\nuser = me\nversion = 0.0.1\n"
TOML = '[project]\nname = "lib"\nversion = "0.0.1"\n[tool.nbdev]\nlib_path = "lib"\n'
LAYOUTS = {
    "numbers": ("settings.ini", INI),
    "ids": ("settings.ini", f"{INI}cell_ids = True\n"),
    "no keys": ("settings.ini", f"{INI}cell_number = False\n"),
    "nbdev 3": ("pyproject.toml", TOML),
}
RUNS = [
    *[[], [], [], ["--update"], ["--update"], ["--check"], ["--update", "--check"], ["--json"]],
    *[["--prefer", "notebook"], ["--update", "--prefer", "module"], ["--force"], ["--prune"]],
    *[["--update", "--prune"], ["--update", "--json"], ["--up-to", "00"], ["--update", "--force"]],
]

# A process that imports this kills itself when it opens, renames or removes a file for the n-th
# time. So the moment is random, and the same for the same seed.
KILLER = """
import os, signal, sys
left = [int(os.environ["FUZZ_KILL_AT"])]

def count(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and FOLDER in str(arguments):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

FOLDER = os.environ["FUZZ_FOLDER"]
sys.addaudithook(count)
"""


class Violation(Exception):
    """Something that must hold does not hold."""


class History:
    """One project, and what happens to it."""

    def __init__(self, seed: int, folder: Path, without: set[str]) -> None:
        self.random = random.Random(seed)
        self.runs = [arguments for arguments in RUNS if not without & set(arguments)]
        self.edits = [edit for edit in self.all_edits() if edit.__name__ not in without]
        self.home = folder / "home"
        self.root = folder / "project"
        self.steps: list[str] = []
        self.words = 0
        self.removed: set[str] = set()  # the words that a person has removed
        self.printed = ""
        layout = self.random.choice(list(LAYOUTS))
        self.note(f"layout: {layout}")
        self._make_project(*LAYOUTS[layout])

    def _make_project(self, config: str, settings: str) -> None:
        self.home.mkdir()
        (self.home / "sitecustomize.py").write_text(KILLER)
        (self.root / "nbs").mkdir(parents=True)
        (self.root / config).write_text(settings)
        (self.root / ".gitignore").write_text(".literate/\n__pycache__/\n")
        self.config = self.root / config
        for name in ("00_a", "01_b"):
            self.save(self.root / "nbs" / f"{name}.ipynb", self.new_cells(name))
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "first")

    def note(self, step: str) -> None:
        self.steps.append(step)

    # --- what is on the disk ---

    def notebooks(self) -> list[Path]:
        return sorted((self.root / "nbs").glob("*.ipynb"))

    def modules(self) -> list[Path]:
        found = sorted((self.root / "lib").rglob("*.py"))
        return [path for path in found if not path.name.startswith("_")]

    def cells(self, path: Path) -> list[dict]:
        return json.loads(path.read_text())["cells"]

    def save(self, path: Path, cells: list[dict]) -> None:
        data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(data, indent=1) + "\n")

    def words_in(self, folder: str) -> set[str]:
        """The words below a folder: each typed line, `t7 = 7`, contains one of its own."""
        found: set[str] = set()
        for path in (self.root / folder).rglob("*"):
            is_typed = path.suffix in (".py", ".ipynb") and not path.name.startswith("_")
            if is_typed and path.is_file():
                typed = re.finditer(r"\b(t(\d+)) = \2\b", path.read_text(errors="replace"))
                found.update(match[1] for match in typed)
        return found

    def files(self) -> dict[str, bytes]:
        """The content of all files, except for those of git and the state files."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            parts = set(path.relative_to(self.root).parts)
            if path.is_file() and not parts & {".git", ".literate", "__pycache__"}:
                found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    # --- what a person types ---

    def line(self) -> str:
        self.words += 1
        return f"t{self.words} = {self.words}"

    def new_cell(self, text: str) -> dict:
        self.words += 1
        cell = {"cell_type": "code", "id": f"{self.words:08x}", "metadata": {}}
        source = text.splitlines(keepends=True)
        return {**cell, "source": source, "execution_count": None, "outputs": []}

    def new_cells(self, name: str) -> list[dict]:
        head = self.new_cell(f"#| default_exp {name[3:]}\n{self.line()}")
        exported = [f"#| export\n{self.line()}\n{self.line()}" for _ in range(3)]
        return [head, *[self.new_cell(text) for text in exported]]

    def edit_cell(self) -> None:
        path = self.random.choice(self.notebooks())
        cells = self.cells(path)
        cell = self.random.choice(cells)
        lines = "".join(cell["source"]).split("\n")
        number = self.random.randrange(1, len(lines) + 1)
        lines[number : number + self.random.randrange(2)] = [self.line()]
        cell["source"] = "\n".join(lines).splitlines(keepends=True)
        self.save(path, cells)

    def add_cell(self) -> None:
        path = self.random.choice(self.notebooks())
        cells = self.cells(path)
        cell = self.new_cell(f"#| export\n{self.line()}")
        cells.insert(self.random.randrange(1, len(cells) + 1), cell)
        self.save(path, cells)

    def delete_cell(self) -> None:
        path = self.random.choice(self.notebooks())
        cells = self.cells(path)
        if len(cells) > 2:
            del cells[self.random.randrange(1, len(cells))]
            self.save(path, cells)

    def move_cell(self) -> None:
        path = self.random.choice(self.notebooks())
        head, *cells = self.cells(path)
        self.random.shuffle(cells)
        self.save(path, [head, *cells])

    def rename_notebook(self) -> None:
        path = self.random.choice(self.notebooks())
        self.words += 1
        path.rename(path.with_name(f"{self.words:02d}_{path.stem[3:]}.ipynb"))

    def add_notebook(self) -> None:
        self.words += 1
        name = f"{self.words:02d}_n{self.words}"
        self.save(self.root / "nbs" / f"{name}.ipynb", self.new_cells(name))

    def delete_notebook(self) -> None:
        if len(self.notebooks()) > 1:
            self.random.choice(self.notebooks()).unlink()

    def edit_module(self) -> None:
        """Replace a typed line, or add a line below it."""
        for path in self.random.sample(self.modules(), len(self.modules())):
            lines = path.read_text().split("\n")
            typed = [number for number, line in enumerate(lines) if re.match(r"t\d+ =", line)]
            if typed:
                number = self.random.choice(typed)
                kept = lines[number : number + self.random.randrange(2)]
                lines[number : number + 1] = [*kept, self.line()]
                path.write_text("\n".join(lines))
                return

    def add_section(self) -> None:
        if self.modules():
            path = self.random.choice(self.modules())
            path.write_text(path.read_text().rstrip("\n") + f"\n\n# %%\n{self.line()}\n")

    def write_by_hand(self) -> None:
        (self.root / "lib").mkdir(exist_ok=True)
        name = self.random.choice(["by_hand", "other"])
        text = f'"""{self.line()}\n\na\nb\nc"""\n'
        (self.root / "lib" / f"{name}.py").write_text(text)

    def save_settings(self) -> None:
        self.words += 1
        text = re.sub(r"0\.0\.\d+", f"0.0.{self.words}", self.config.read_text())
        self.config.write_text(text)

    # --- git ---

    def git(self, *arguments: str) -> bool:
        identity = ["-c", "user.name=me", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
        )
        return done.returncode == 0

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", f"step {len(self.steps)}")

    def branch(self) -> None:
        self.commit()
        self.git("checkout", "-q", "-b", f"branch{len(self.steps)}")

    def check_out(self) -> None:
        self.commit()
        self.git("checkout", "-q", self.random.choice(["main", "-", "HEAD~1"]))

    # --- running the compiler ---

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", **more}

    def run(
        self, *arguments: str, folder: Path | None = None, kill_at: int = 0, bytes_left: int = 0
    ) -> int:
        """Run a command; its exit code."""

        def limit_files() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))

        more = {}
        if kill_at:
            more = {"FUZZ_KILL_AT": str(kill_at), "FUZZ_FOLDER": str(self.root)}
            more["PYTHONPATH"] = str(self.home)
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=folder or self.root,
            env=self.environment(PYTHONDONTWRITEBYTECODE="1", **more),
            capture_output=True,
            timeout=PATIENCE,
            preexec_fn=limit_files if bytes_left else None,
        )
        self.printed = (done.stdout + done.stderr).decode(errors="replace")
        return done.returncode

    def compile(self) -> None:
        """Run the compiler in one of many ways, and check what must hold."""
        arguments = self.random.choice(self.runs)
        trouble: dict[str, int] = {}
        if self.random.random() < 0.2:
            trouble = {"kill_at": self.random.randrange(1, 80)}
        elif self.random.random() < 0.1:
            trouble = {"bytes_left": self.random.choice([1, 100, 1000, 3000])}
        self.note(f"notebook2script {' '.join(arguments)} {trouble or ''}".rstrip())
        before = self.words_in("nbs") | self.words_in("lib")
        code = self.run(*arguments, **trouble)
        self.steps[-1] += f" -> {code}"
        self.check_output(code, killed="kill_at" in trouble)
        self.check_words(before)
        if code == 0 and not trouble and arguments in ([], ["--json"], ["--update"], ["--force"]):
            self.check_rest()
            self.check_scratch()

    # --- what must hold ---

    def check_output(self, code: int, killed: bool) -> None:
        if code not in ((0, 1, 2, 3, -9) if killed else (0, 1, 2, 3)):
            raise Violation(f"exit code {code}: {self.printed}")
        if "Traceback" in self.printed or "internal error" in self.printed:
            raise Violation(self.printed)

    def check_words(self, before: set[str]) -> None:
        lost = before - self.words_in("nbs") - self.words_in("lib") - self.removed
        history = self.root / ".literate" / "history"
        kept = "".join(path.read_text() for path in history.rglob("*") if path.is_file())
        reported = set(re.findall(r"\bt\d+\b", self.printed + kept))
        if lost - reported:
            raise Violation(f"gone without a word: {sorted(lost - reported)}\n{self.printed}")
        self.removed |= lost

    def check_rest(self) -> None:
        """After a success, a second run changes nothing."""
        first, before = self.printed, self.files()
        code = self.run()
        if code or self.files() != before:
            changed = sorted(dict(before.items() ^ self.files().items()))
            raise Violation(f"not at rest: exit {code}, {changed}\n{first}\n{self.printed}")

    def check_scratch(self) -> None:
        """The modules are those that a compile makes that remembers nothing."""
        copy = self.root.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.root, copy, ignore=shutil.ignore_patterns(".literate", ".git"))
        code = self.run("--force", folder=copy)
        if code:
            raise Violation(f"said to be done, but a compile from scratch says:\n{self.printed}")
        for name, content in self.files().items():
            if (copy / name).read_bytes() != content:
                raise Violation(f"{name} is not what a compile from scratch makes")

    # --- the history ---

    def all_edits(self) -> list[Callable[[], None]]:
        return [
            *[self.edit_cell, self.edit_cell, self.add_cell, self.delete_cell, self.move_cell],
            *[self.rename_notebook, self.add_notebook, self.delete_notebook],
            *[self.edit_module, self.edit_module, self.edit_module, self.add_section],
            *[self.write_by_hand, self.save_settings, self.commit, self.branch, self.check_out],
        ]

    def live(self, steps: int) -> None:
        for _ in range(steps):
            for _ in range(self.random.randrange(3)):
                self.do(self.random.choice(self.edits))
            self.compile()

    def do(self, edit: Callable[[], None]) -> None:
        """Let a person do something, and note the words that are gone on one side by it."""
        self.note(edit.__name__)
        before = {folder: self.words_in(folder) for folder in ("nbs", "lib")}
        edit()
        for folder, words in before.items():
            self.removed |= words - self.words_in(folder)


def violations(seed: int, histories: int, steps: int, without: set[str]) -> Iterator[str]:
    """What does not hold, with the history that led there."""
    for number in range(seed, seed + histories):
        with tempfile.TemporaryDirectory() as folder:
            history = History(number, Path(folder), without)
            try:
                history.live(steps)
            except (Violation, subprocess.TimeoutExpired) as error:
                told = "\n".join(f"    {step}" for step in history.steps)
                yield f"seed {number}:\n{told}\n{error}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--histories", type=int, default=20)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--without", default="", metavar="EDITS,FLAGS")
    options = parser.parse_args()
    count = 0
    without = set(options.without.split(","))
    for violation in violations(options.seed, options.histories, options.steps, without):
        count += 1
        print(violation, end="\n\n", flush=True)
    print(f"{options.histories} histories, {count} of them with a violation")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
