"""All commands under one name: `literate export ...` and `literate test ...`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import literate

COMMANDS = {
    "export": "compile the notebooks of a project into the modules of its package",
    "test": "run the notebooks of a project as tests",
    "watch": "compile and test a project while you edit it",
    "clean": "take noise out of notebooks before they are committed",
    "diff": "show the differences between notebooks as text, cell by cell",
    "merge": "merge notebooks by cell, for git or by hand",
    "docs": "make a site of the notebooks of a project",
    "readme": "make README.md from a notebook",
    "exercises": "make the student's edition of notebooks, whose exercises check themselves",
    "new": "make a new project, complete and green",
    "init": "make a folder a project: write what is missing, and overwrite nothing",
    "bump": "raise the version of a project",
    "hooks": "set up git for notebooks: drivers, and a check before each commit",
    "locate": "print the cell of a line of a module, and back, also in what other tools print",
}
ALIASES = {"compile": "export", "run": "test"}  # the names of the commands in version 0.1


def run() -> None:
    """The console command `literate`."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    command = ALIASES.get(word, word)
    if command in COMMANDS:
        # A command reads the rest of the command line and shows its name in messages as typed.
        sys.argv[:2] = [f"literate {word}"]
        import_module(f".commands.{command}", __package__).run()
    elif word in ("--version", "-V"):
        _print(f"literate {literate.__version__}")
    elif word in ("--help", "-h"):
        _print(usage())
    else:
        problem = f"unknown command {word!r}" if word else "a command is needed"
        print(f"error: {problem}\n\n{usage()}", file=sys.stderr)
        sys.exit(2)


def _print(text: str) -> None:
    """Print a text; a reader that has seen enough of it, such as `head`, is not an error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def usage() -> str:
    """The help page: one line for each command."""
    lines = ["usage: literate COMMAND [FLAGS] [NOTEBOOKS...]", ""]
    for command, description in COMMANDS.items():
        lines.append(f"  {command:11}{description}")
    lines += ["", "literate COMMAND --help lists the flags of a command; literate --version"]
    return "\n".join(lines)


if __name__ == "__main__":
    run()
