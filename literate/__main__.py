"""All commands under one name: `literate export ...` and `literate test ...`."""

from __future__ import annotations

import sys
from importlib import import_module

import literate

COMMANDS = {
    "export": "compile the notebooks of a project into the modules of its package",
    "test": "run the notebooks of a project as tests",
}
ALIASES = {"compile": "export", "run": "test"}  # the words of version 0.1


def run() -> None:
    """The console command `literate`."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word in ("--version", "-V"):
        print(f"literate {literate.__version__}")
    elif word in ("--help", "-h"):
        print(usage())
    elif (command := ALIASES.get(word, word)) in COMMANDS:
        sys.argv[:2] = [f"literate {word}"]
        import_module(f".commands.{command}", __package__).run()
    else:
        problem = f"unknown command {word!r}" if word else "a command is needed"
        print(f"error: {problem}\n\n{usage()}", file=sys.stderr)
        sys.exit(2)


def usage() -> str:
    """The commands, a line each."""
    lines = [f"  {word:8}{text}" for word, text in COMMANDS.items()]
    head = ["usage: literate COMMAND [FLAGS] [NOTEBOOKS...]", ""]
    foot = ["", "literate COMMAND --help lists the flags of a command; literate --version"]
    return "\n".join([*head, *lines, *foot])


if __name__ == "__main__":
    run()
