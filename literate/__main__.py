"""Both commands under one name: `python -m literate compile ...`, `python -m literate run ...`."""

from __future__ import annotations

import sys


def run() -> None:
    """The console command `literate`."""
    commands = {"compile": "notebook2script", "run": "run_notebook"}
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word not in commands:
        print("usage: literate compile|run [FLAGS] [NOTEBOOKS...]\n\n"
              "  compile  compile notebooks into modules (notebook2script)\n  run      run notebooks as tests (run_notebook)",
              file=sys.stdout if word in ("--help", "-h") else sys.stderr)
        sys.exit(0 if word in ("--help", "-h") else 2)
    del sys.argv[1]
    sys.argv[0] = f"literate {word}"
    __import__(commands[word]).run()


if __name__ == "__main__":
    run()
