"""The documentation: its commands run, its flags exist, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import notebook

import literate.__main__ as commands

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "literate/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
BIN = Path(sys.executable).parent

# Commands in console blocks that are not run here, and where they are run instead.
RUN_ELSEWHERE = {
    "pip install literate-notebooks": ".ci/wheels installs the wheel",
    "pip install literate-notebooks jupyterlab": ".ci/wheels installs the wheel",
    "git clone https://github.com/foundations/foundations && cd foundations": "needs a network",
    "make": "CI",
    "make test": "CI, and it runs this test",
    "make lint": "CI",
}

# What a reader does by hand at a command.
BY_HAND = {"jupyter lab nbs": "write a notebook"}

EXAMPLE = notebook("#export\ndef double(x):\n    return 2 * x", "assert double(3) == 6")

PLACEHOLDERS = {
    "BASE OURS THEIRS": "nbs/00_core.ipynb nbs/00_core.ipynb nbs/00_core.ipynb",
    "FILE": "report.out",
    "NAME": "python3",
    "NOTEBOOK": "nbs/00_core.ipynb",
    "PROJECT": ".",
    "SEED": "1",
}
# They do not end by themselves, or need a cluster.
ENDLESS = {"watch", "--watch", "--dask", "--pdb", "--serve"}

# Commands that need further words: where a page names one alone, its help is asked for.
NEED_WORDS = {"literate hooks", "literate locate", "literate merge", "literate new"}

# Flags in the documentation that belong to other programs.
FOREIGN_FLAGS = {
    *("--branch", "--cov", "--flags", "--junitxml", "--lf", "--nbmake", "--nbval", "--notebooks"),
    *("--notebook-workers", "--source", "--to", "--net", "--epochs", "--last-failed", "--save"),
    *("--output", "--outputjson", "--no-pretty"),
    *("--shifts", "--sets", "--again", "--show-contexts", "--cov-context"),
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# --- console blocks ----------------------------------------------------------------------------


@dataclass
class Step:
    """A command of a console block, and the output that the page shows below it."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps_of(block: str) -> list[Step]:
    steps: list[Step] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:].split("  #")[0].strip()))
        elif steps:
            steps[-1].shown.append(line)
    return steps


class Reader:
    """Somebody who follows a page, command by command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remembers = folder / ".folder"
        self.environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def follow(self, step: Step) -> None:
        if step.command in RUN_ELSEWHERE:
            return
        if step.command in BY_HAND:
            (self.folder / "nbs" / "00_core.ipynb").write_text(EXAMPLE)
            return
        script = f"set -e\n{step.command}\npwd > {self.remembers}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{step.command}\n{output}"
        self.folder = Path(self.remembers.read_text().strip())
        if step.shown:
            assert normalized(output.splitlines()) == normalized(step.shown), step.command


def normalized(lines: list[str]) -> list[str]:
    """Lines without what differs from run to run: seconds, and trailing blanks."""
    return [re.sub(r"\b\d+\.\d+ ?s\b", "SECONDS", line).rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_reader_can_follow_the_page(page, tmp_path):
    found = blocks(page.read_text(encoding="utf-8"), "console")
    if not found:
        pytest.skip("it has no console block")
    reader = Reader(tmp_path)
    for block in found:
        for step in steps_of(block):
            reader.follow(step)


def test_a_wrong_command_and_a_wrong_output_are_found(tmp_path):
    reader = Reader(tmp_path)
    reader.follow(Step("echo '1 passed in 0.3s'", ["1 passed in 12.5s"]))
    with pytest.raises(AssertionError):
        reader.follow(Step("echo 1", ["2"]))
    with pytest.raises(AssertionError):
        reader.follow(Step("literate exprot"))


# --- commands and flags in the text ------------------------------------------------------------


def commands_in(page: Path) -> list[str]:
    """The commands of literate that stand in the text and the tables of a page."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    words = "|".join(commands.COMMANDS)
    pattern = rf"(literate ({words})|python (notebook2script|run_notebook)\.py)\b.*"
    return [span for span in dict.fromkeys(spans) if re.fullmatch(pattern, span)]


COMMANDS = sorted({command for page in PAGES for command in commands_in(page)})


@pytest.fixture
def example(tmp_path):
    """A small project in a git repository, and the two scripts of this repository."""
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "00_core.ipynb").write_text(EXAMPLE)
    (tmp_path / "nbs" / "01_more.ipynb").write_text(notebook("import math", "math.pi"))
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nlib_path = small\n")
    for script in ("notebook2script.py", "run_notebook.py"):
        shutil.copy(ROOT / script, tmp_path)
    identity = "-c user.name=Ada -c user.email=ada@example.org"
    steps = "git init -q -b main; git add nbs; git $ID commit -q -m first; git branch side"
    script = steps.replace("$ID", identity)
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_in_the_text_is_accepted(command, example):
    for name, value in PLACEHOLDERS.items():
        command = re.sub(rf"\b{name}\b", value, command)
    if command in NEED_WORDS:
        command += " --help"
    if ENDLESS & set(command.split()):
        pytest.skip("it does not end by itself")
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(example),  # for what a command writes for all projects
    }
    done = subprocess.run(
        ["bash", "-c", f"literate export --quiet; {command}"],
        cwd=example,
        env=environment,
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    assert done.returncode in (0, 1), output
    assert "Traceback" not in output


def help_of(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "literate", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_flag_exists():
    helps = "".join(map(help_of, commands.COMMANDS))
    known = set(re.findall(r"--[a-z][a-z-]+", helps))
    known |= {"--help", "--version"} | FOREIGN_FLAGS
    for page in PAGES:
        if page.name == "claims.md":  # its spans are code of the notebooks
            continue
        text = page.read_text(encoding="utf-8")
        for span in re.findall(r"`([^`\n]+)`", text):
            if span.startswith(("pip ", "jupyter ", "git ", "nbdev")):
                continue
            for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", span):
                assert flag in known, f"{relative(page)}: {flag}"


PRINT_PAGES_WITH_TABLES = """
import flags
for page in sorted(flags.DOCS.glob("*.md")):
    print(flags.with_tables(page.read_text(encoding="utf-8")), end="")
"""


def test_the_tables_of_flags_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "-c", PRINT_PAGES_WITH_TABLES],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        check=True,
    )
    pages = sorted((ROOT / "docs").glob("*.md"))
    assert done.stdout == "".join(page.read_text(encoding="utf-8") for page in pages)


def test_the_files_for_services_are_up_to_date():
    command = "import service_files as s; print(s.with_files(s.PAGE.read_text()), end='')"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


# --- links -------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors_of(target), link


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name
