#!/usr/bin/env python3
"""Run the notebooks of a project as tests."""

from __future__ import annotations

import sys

from literate import command, execute
from literate.diagnostics import UsageError
from literate.project import choose_notebooks, project_of


def run_notebook(
    *notebooks: str,           # notebooks, folders or globs, from here or from nbs_path; none means all of the project
    up_to: str = "",           # stop after the notebooks with this number, such as 02
    workers: int = 0,          # notebooks to run at once; 0 means one for each core
    timeout: float = 600.0,    # seconds that a notebook may take; 0 means no limit
    cell_timeout: float = 0.0,  # seconds that a cell may take; 0 means no limit
    flags: str = "",           # test flags whose cells run too, such as "slow gpu"
    fail_fast: bool = False,   # stop at the first notebook that fails
    save: bool = False,        # write the outputs of notebooks that pass back into them
    quiet: bool = False,       # print the failures and the closing line, and nothing else
    verbose: bool = False,     # also print what passing cells print
) -> int:
    """Run notebooks from top to bottom, each in a fresh process, and say what failed and where.

    Exit codes: 0 something ran and everything passed, 1 something failed or nothing ran, 2 bad usage, 130 Ctrl-C.
    """
    if min(workers, timeout, cell_timeout) < 0:
        raise UsageError("--workers, --timeout and --cell-timeout take numbers from 0")
    project = project_of(notebooks)
    paths = choose_notebooks(project, notebooks, up_to)
    asked = frozenset(flags.replace(",", " ").split())
    events = execute.run(project, paths, execute.Options(workers, timeout, cell_timeout, asked, fail_fast, save))
    from literate.report.terminal import make_report

    with make_report(paths, quiet, verbose) as report:
        try:
            for event in events:
                report.take(event)
        finally:
            events.close()
    return 0 if report.passed else 1


def run() -> None:
    """The console command."""
    sys.exit(command.main(run_notebook))


if __name__ == "__main__":
    run()
