"""A project in a git repository, and git as a person uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import notebook, write_files

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SETTINGS = "[DEFAULT]\nlib_path = lib\nlib_name = lib\nuser = me\nrepo = lib\ncell_ids = True\n"
PERSON = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_COUNT": "1",  # a submodule from a folder beside this one
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
}


def environment() -> dict[str, str]:
    """Variables with which programs find this literate, and git knows a person."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **PERSON, "PATH": path, "PYTHONPATH": str(ROOT)}


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    """Run a command in a folder."""
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, errors="replace"
    )


def git(folder: Path, *words: str) -> str:
    """What a git command prints; it must succeed."""
    done = run(folder, "git", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def literate(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run a command of literate."""
    return run(folder, sys.executable, "-m", "literate", *words)


def hooks(folder: Path, *words: str) -> dict[str, tuple[bool, str]]:
    """What `literate hooks` says of each part: whether it works, and a note."""
    done = literate(folder, "hooks", *words, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return {each["part"]: (each["works"], each["note"]) for each in json.loads(done.stdout)}


def make_repository(folder: Path) -> Path:
    """A repository with a compiled project, in which everything is committed."""
    folder.mkdir(parents=True)
    write_files(
        folder,
        {
            "settings.ini": SETTINGS,
            "nbs/00_core.ipynb": notebook("#export\nx = 1", "#export\ny = 1"),
            "nbs/01_more.ipynb": notebook("#export\nz = 1"),
            ".gitignore": ".literate\n",
        },
    )
    git(folder, "init", "-q", "-b", "main")
    assert literate(folder, "export").returncode == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def edit(folder: Path, old: str, new: str, name: str = "nbs/00_core.ipynb") -> None:
    """Replace a text in a file."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
