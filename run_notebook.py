#!/usr/bin/env python3
"""Run the notebooks of a project as tests: `literate test`."""

from literate.commands.test import run

if __name__ == "__main__":
    run()
