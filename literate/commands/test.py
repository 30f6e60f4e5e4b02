"""`literate test`: run the notebooks of a project as tests."""

from __future__ import annotations

from ..execute.server.launch import started_ahead

TYPE_CHECKING = False  # all else is imported while the warm parent gets ready
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..execute import Options
    from ..project import Project


def run_notebook(
    *notebooks: str,  # notebooks, folders or globs, from here or from nbs_path; none means all of the project
    up_to: str = "",  # stop after the notebooks with this number, such as 02
    workers: int = 0,  # notebooks to run at once; 0 means one for each core
    timeout: float = 600.0,  # seconds that a notebook may take; 0 means no limit
    cell_timeout: float = 0.0,  # seconds that a cell may take; 0 means no limit
    flags: str = "",  # test flags whose cells run too, such as "slow gpu"
    fail_fast: bool = False,  # stop at the first notebook that fails
    changed: bool = False,  # leave out notebooks that passed, and of whose dependencies nothing has changed since
    explain: bool = False,  # run nothing: list what each notebook depends on, and why --changed would run it
    retries: int = 0,  # how often a notebook that fails runs again; one that then passes is flaky
    shuffle: str = "",  # run the notebooks in a random order; any text is a seed, and the same order again
    shard: str = "",  # run one part of the notebooks: 1/4, 2/4, ... on four machines
    allow_errors: bool = False,  # run on after a failing cell, to see every failure
    strict: bool = False,  # failing threads, tasks and !commands, and processes left behind, are failures too
    pdb: bool = False,  # open the debugger where a notebook fails; one notebook at a time, without time limits
    param: str = "",  # set variables: "epochs=1 name='a b'", after a cell tagged parameters, or at the start
    max_memory: str = "",  # memory that each process of a notebook may take, such as 4G
    isolation: str = "fork",  # fork from a warm process, or spawn a fresh interpreter for each notebook
    kernel: str = "",  # run in this Jupyter kernel, instead of the built-in engine
    check_outputs: bool = False,  # compare the outputs with the stored ones, within tolerances
    save: bool = False,  # write the outputs of notebooks that pass back into them
    dask: str = "",  # run on the workers of the Dask cluster with this scheduler, such as tcp://host:8786
    junit: str = "",  # write a JUnit XML report to this file
    html: str = "",  # write a report for people, with all outputs, to this file
    json: str = "",  # write everything to this file, for programs
    github: bool = False,  # annotate the failing lines on GitHub; on by itself in GitHub Actions
    durations: int = 0,  # list this many of the slowest cells
    quiet: bool = False,  # print the failures and the closing line, and nothing else
    verbose: bool = False,  # also print what passing cells print
) -> int:
    """Run notebooks from top to bottom, each in a fresh process, and say what failed and where.

    Exit codes: 0 something ran and everything passed, 1 something failed or nothing ran, 2 bad usage, 130 Ctrl-C.
    """
    from .. import execute
    from ..diagnostics import UsageError
    from ..discovery import choose_notebooks
    from ..execute.options import (
        check_choice,
        check_kernel,
        find_terminal,
        parse_parameters,
        parse_size,
        pick_shard,
    )
    from ..project import project_of

    if min(workers, timeout, cell_timeout, durations, retries) < 0:
        raise UsageError(
            "--workers, --timeout, --cell-timeout, --durations and --retries take numbers from 0"
        )
    project = project_of(notebooks)
    paths = pick_shard(choose_notebooks(project, notebooks, up_to), shard)
    options = execute.Options(
        workers,
        timeout,
        cell_timeout,
        frozenset(flags.replace(",", " ").split()),
        fail_fast,
        save,
        retries=retries,
        shuffle=shuffle,
        allow_errors=allow_errors,
        strict=strict,
        parameters=parse_parameters(param),
        changed=changed,
        check_outputs=check_outputs,
        max_memory=parse_size(max_memory),
        isolation=check_choice("--isolation", isolation, ("fork", "spawn")),
        kernel=check_kernel(kernel),
        terminal=find_terminal(kernel or dask) if pdb else "",
    )
    if explain:
        print(*execute.explain(project, paths, options), sep="\n")
        return 0
    events = _events(dask, project, paths, options)
    return _show(
        events,
        paths,
        project,
        (quiet, verbose, durations, not pdb),
        github,
        junit=junit,
        html=html,
        json=json,
    )


def _events(dask: str, project: Project, paths: list[Path], options: Options) -> Iterator:
    if not dask:
        from ..execute import run

        return run(project, paths, options)
    from ..execute.cluster import run_on_dask

    return run_on_dask(dask, project, paths, options)


def _show(
    events: Iterator,
    paths: list[Path],
    project: Project,
    terminal: tuple[bool, bool, int, bool],
    github: bool,
    **files: str,
) -> int:
    """Hand each event to the terminal, and the whole run to the reports that were asked for."""
    from ..report.registry import is_github, written_reports
    from ..report.terminal import make_report

    report = make_report(paths, *terminal)
    with written_reports(lambda: report.run, project.root, github or is_github(), **files), report:
        try:
            for event in events:
                report.take(event)
        finally:
            events.close()
    return 0 if report.run.passed else 1


def run() -> None:
    """The console command."""
    with started_ahead():
        from ..command import leave, main

        code = main(run_notebook)
    leave(code)
