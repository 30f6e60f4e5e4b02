"""Random histories of a project, through the command line: `make fuzz-commands`, or

    python tests/fuzz.py [--seed 0] [--histories 20] [--steps 15] [--fork] [--without=merge,--force]

A person edits notebooks, modules and settings, uses git, and runs the compiler with random flags:
see `fuzz_person.py`. Some runs are killed or interrupted at a random moment, some find the disk
full, and during some of them an editor saves a file. After each run these must hold:

- There is no traceback, and the exit code is one of the documented ones. With --json, JSON is
  printed.
- No line that a person typed is gone from both sides, unless a person removed it, or the run named
  it, or a copy lies in `.literate/history`.
- A run that refuses something, or that only checks, has written nothing.
- After a success, the modules are those that a compile from scratch makes, and a second run writes
  nothing.

What does not hold is printed with the seed of its history and with all steps that led there. The
same seed leads there again. To look beyond a fault that is known, leave out the edits and the flags
that lead to it. With --fork, a command runs in a copy of this process, which saves the start of
Python.
"""

from __future__ import annotations

import argparse
import io
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

from fuzz_person import WORD, Person

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, str(ROOT / "notebook2script.py")]
PATIENCE = 120.0  # seconds after which a command counts as hanging

INI = "[DEFAULT]\nrepo = lib\nlib_path = lib\nuser = me\nversion = 0.0.1\n"
TOML = '[project]\nname = "lib"\nversion = "0.0.1"\n[tool.nbdev]\nlib_path = "lib"\n'
LAYOUTS = {
    "numbers": ("settings.ini", INI),
    "ids": ("settings.ini", f"{INI}cell_ids = True\n"),
    "no keys": ("settings.ini", f"{INI}cell_number = False\n"),
    "black": ("settings.ini", f"{INI}black_formatting = True\n"),
    "nbdev 3": ("pyproject.toml", TOML),
}
RUNS = [
    *[[], [], [], ["--update"], ["--update"], ["--check"], ["--update", "--check"], ["--json"]],
    *[["--prefer", "notebook"], ["--update", "--prefer", "module"], ["--force"], ["--prune"]],
    *[["--update", "--prune"], ["--update", "--json"], ["--up-to", "00"], ["--update", "--force"]],
    *[["--update", "--prefer", "notebook"], ["--prune", "--force"], ["--check", "--prune"]],
    *[["--update", "--force", "--json"], ["--prefer", "notebook", "--json"], ["--quiet"]],
    *[["--check", "--json"], ["--update", "--quiet", "--prefer", "module"]],
    *[["NOTEBOOK"], ["--update", "NOTEBOOK"], ["--update", "--prune", "NOTEBOOK"]],
]
AT_REST = [[], ["--json"], ["--update"], ["--force"], ["--update", "--prefer", "notebook"]]

# A process that imports this does something when it opens, renames or removes a file for the n-th
# time: it kills or interrupts itself, or somebody saves a file. So the moment is random, and the
# same for the same seed.
TROUBLE = """
import json, os, signal, sys
trouble = json.loads(os.environ["FUZZ_TROUBLE"])
left = [trouble["at"]]

def count(event, arguments):
    is_ours = event in ("open", "os.rename", "os.remove", "os.mkdir")
    if event == "ctypes.dlsym" or is_ours and trouble["folder"] in str(arguments):
        left[0] -= 1
        if left[0] == 0:
            happen()

def happen():
    if trouble["signal"]:
        os.kill(os.getpid(), trouble["signal"])
        return
    with open(trouble["path"]) as file:
        text = file.read()
    if trouble["path"].endswith(".ipynb"):
        notebook = json.loads(text)
        notebook["cells"].append(trouble["cell"])
        text = json.dumps(notebook, indent=1) + "\\n"
    elif trouble["path"].endswith(".py"):
        if text and not text.endswith("\\n"):
            text += "\\n"
        text += trouble["line"]
    else:
        text = text.replace("0.0.", "0.0.1")
    place = trouble["path"] + "~" if trouble["renames"] else trouble["path"]
    with open(place, "w") as file:
        file.write(text)
    if trouble["renames"]:
        os.rename(place, trouble["path"])
    with open(trouble["proof"], "w"):
        pass

sys.addaudithook(count)
"""


class Violation(Exception):
    """Something that must hold does not hold."""


class History(Person):
    """One project, and what happens to it."""

    def __init__(self, seed: int, folder: Path, without: set[str], forks: bool = False) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.runs = [arguments for arguments in RUNS if not without & set(arguments)]
        self.edits = [edit for edit in self.all_edits() if edit.__name__ not in without]
        self.troubles = [each for each in self.all_troubles() if each.__name__ not in without]
        self.forks = forks
        self.home = folder / "home"
        self.root = folder / "project"
        self.printed = ""
        self.disturbed = False
        self.proof = self.home / "saved"  # exists if somebody saved a file during a run
        layout = self.random.choice(list(LAYOUTS))
        self.note(f"layout: {layout}")
        self._make_project(*LAYOUTS[layout])

    def _make_project(self, config: str, settings: str) -> None:
        self.home.mkdir()
        (self.home / "sitecustomize.py").write_text(TROUBLE)
        (self.root / "nbs").mkdir(parents=True)
        (self.root / config).write_text(settings)
        (self.root / ".gitignore").write_text(".literate*\n__pycache__/\n")
        self.config = self.root / config
        for name in ("00_a", "01_b"):
            self.save(self.root / "nbs" / f"{name}.ipynb", self.new_cells(name[3:]))
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "first")

    def note(self, step: str) -> None:
        self.steps.append(step)

    def words_in(self, folder: str) -> set[str]:
        """The words below a folder."""
        found: set[str] = set()
        for path in (self.root / folder).rglob("*"):
            if path.suffix in (".py", ".ipynb", ".txt") and path.is_file():
                text = path.read_text(errors="replace")
                text = re.sub(r"(?m)^- `lib\..*", "", text)  # a list of modules is generated
                found.update(match[1] for match in WORD.finditer(text))
        return found

    def files(self) -> dict[str, bytes]:
        """The content of all files, except for those of git, state files and temporary files."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            parts = set(path.relative_to(self.root).parts)
            if parts & {".git", ".literate", "__pycache__"} or path.name.startswith(".literate-"):
                continue
            if path.is_file():
                found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    # --- running the compiler ---

    def run(
        self,
        *arguments: str,
        folder: Path | None = None,
        bytes_left: int = 0,
        trouble: dict[str, object] | None = None,
    ) -> int:
        """Run a command; its exit code."""
        run = self._run_in_fork if self.forks else self._run_process
        code, printed = run(arguments, folder or self.root, bytes_left, trouble)
        self.printed = printed.decode(errors="replace")
        return code

    def _run_process(
        self,
        arguments: tuple[str, ...],
        folder: Path,
        bytes_left: int,
        trouble: dict[str, object] | None,
    ) -> tuple[int, bytes]:
        more = {"PYTHONDONTWRITEBYTECODE": "1"}
        if trouble:
            more |= {"FUZZ_TROUBLE": json.dumps(trouble), "PYTHONPATH": str(self.home)}
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=folder,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            preexec_fn=lambda: _limit_files(bytes_left),
        )
        return done.returncode, done.stdout

    def _run_in_fork(
        self,
        arguments: tuple[str, ...],
        folder: Path,
        bytes_left: int,
        trouble: dict[str, object] | None,
    ) -> tuple[int, bytes]:
        _import_all()
        source, output = os.pipe()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(self.environment(FUZZ_TROUBLE=json.dumps(trouble)))
            _become_command(output, arguments, bytes_left, bool(trouble))
        os.close(output)
        with open(source, "rb") as pipe:
            printed = pipe.read()
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), printed

    def compile(self) -> None:
        """Run the compiler in one of many ways, and check what must hold."""
        arguments = self.random.choice(self.runs)
        if "NOTEBOOK" in arguments:
            named = os.path.relpath(self.random.choice(self.notebooks()), self.root)
            arguments = [named if each == "NOTEBOOK" else each for each in arguments]
        trouble: dict[str, object] = {}
        if self.troubles and self.random.random() < 0.3:
            trouble = self.random.choice(self.troubles)()
        bytes_left = int(str(trouble.pop("bytes_left", 0)))
        self.note(f"notebook2script {' '.join(arguments)}")
        if trouble or bytes_left:
            path = trouble.get("path") or bytes_left
            self.steps[-1] += f" (at {trouble.get('at')}: {trouble.get('signal') or path})"
        self.proof.unlink(missing_ok=True)
        before, files = self.words_in("nbs") | self.words_in("lib"), self.files()
        self.disturbed = bool(trouble or bytes_left)
        code = self.run(*arguments, bytes_left=bytes_left, trouble=trouble)
        self.steps[-1] += f" -> {code}"
        self.check_output(arguments, code, trouble)
        if self.proof.exists():
            before |= set(re.findall(r"t\d+", str(trouble["line"])))
        self.check_words(before)
        if self.disturbed:
            return
        if (code != 0 or "--check" in arguments) and self.files() != files:
            raise Violation(f"exit code {code}, but files were changed\n{self.printed}")
        if code == 0 and arguments in AT_REST:
            self.check_rest()
            self.check_scratch()

    # --- what disturbs a run ---

    def all_troubles(self) -> list[Callable[[], dict[str, object]]]:
        return [self.kill, self.kill, self.interrupt, self.fill_disk, self.save_meanwhile]

    def kill(self) -> dict[str, object]:
        return self._trouble(signal=9)

    def interrupt(self) -> dict[str, object]:
        return self._trouble(signal=self.random.choice([2, 15]))

    def fill_disk(self) -> dict[str, object]:
        return {"bytes_left": self.random.choice([1, 100, 1000, 3000])}

    def save_meanwhile(self) -> dict[str, object]:
        """An editor saves a file."""
        paths = [*self.modules(), *self.notebooks(), self.config, self.root / "lib/__init__.py"]
        present = [path for path in paths if path.exists() and _is_sound(path)]
        path = self.random.choice(present)
        line = "" if path == self.config else f"{self.line()}\n"
        cell = self.new_cell(f"#| export\n{line}")
        return self._trouble(
            path=str(path), line=line, cell=cell, renames=self.random.random() < 0.5
        )

    def _trouble(self, **about: object) -> dict[str, object]:
        moment = {"at": self.random.randrange(1, 80), "folder": str(self.root), "signal": 0}
        return {**moment, "proof": str(self.proof), **about}

    # --- what must hold ---

    def check_output(self, arguments: list[str], code: int, trouble: dict[str, object]) -> None:
        expected = {0, 1, 2, 3}
        if trouble.get("signal"):
            number = int(str(trouble["signal"]))
            expected |= {-number, 128 + number}
        if code not in expected:
            raise Violation(f"exit code {code}: {self.printed}")
        if "Traceback" in self.printed or "internal error" in self.printed:
            raise Violation(self.printed)
        if "--json" in arguments and not self.disturbed and code != 2:
            try:
                json.loads(self.printed)
            except ValueError:
                raise Violation(f"not JSON: {self.printed}") from None

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
        for folder in ("nbs", "lib"):
            if list((self.root / folder).rglob(".literate-*")):
                raise Violation(f"temporary files are left in {folder}")
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
        after = {folder: self.words_in(folder) for folder in ("nbs", "lib")}
        for folder, words in before.items():
            gone = words - after[folder]
            if edit == self.delete_module:  # it is made again
                gone -= after["nbs"]
            self.removed |= gone


# --- a process that becomes a command ----------------------------------------------------------


def _limit_files(bytes_left: int) -> None:
    if bytes_left:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))


def _import_all() -> None:
    """Import what the command imports, so that its copies have it."""
    if sys.path[0] == str(ROOT):
        return
    sys.path.insert(0, str(ROOT))
    import importlib

    for path in sorted((ROOT / "literate" / "compile").glob("*.py")):
        importlib.import_module(f"literate.compile.{path.stem}".removesuffix(".__init__"))
    importlib.import_module("literate.commands.export")
    for name in ("black", "ctypes", "fire"):
        importlib.import_module(name)


def _become_command(
    output: int, arguments: tuple[str, ...], bytes_left: int, has_trouble: bool
) -> None:
    """Run the command in this process, and end it."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", 0), "utf-8", "backslashreplace", write_through=True
    )
    sys.argv = ["notebook2script.py", *arguments]
    _limit_files(bytes_left)
    if has_trouble:
        exec(TROUBLE, {})
    code = 70
    try:
        from literate.commands.export import run

        run()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _is_sound(path: Path) -> bool:
    """Whether a file has no conflict markers."""
    return "<<<<<<<" not in path.read_text(errors="replace")


# --- all histories -----------------------------------------------------------------------------


def violations(
    seed: int, histories: int, steps: int, without: set[str], forks: bool
) -> Iterator[str]:
    """What does not hold, with the history that led there."""
    for number in range(seed, seed + histories):
        with tempfile.TemporaryDirectory() as folder:
            history = History(number, Path(folder), without, forks)
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
    parser.add_argument("--fork", action="store_true")
    options = parser.parse_args()
    count = 0
    without = set(options.without.split(","))
    for violation in violations(
        options.seed, options.histories, options.steps, without, options.fork
    ):
        count += 1
        print(violation, end="\n\n", flush=True)
    print(f"{options.histories} histories, {count} of them with a violation")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
