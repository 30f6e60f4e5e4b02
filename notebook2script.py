#!/usr/bin/env python3
"""Compile the notebooks of a project into the modules of its package: `literate export`."""

from literate.commands.export import run

if __name__ == "__main__":
    run()
