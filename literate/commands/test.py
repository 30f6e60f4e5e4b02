"""`literate test`: run the notebooks of a project as tests."""

from __future__ import annotations

from ..execute.server.launch import started_ahead

# Everything else is imported while the server, which forks the processes of notebooks, gets ready.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from ..command import Flag
    from ..execute.options import Options
    from ..execute.results import Event
    from ..project import Project

# The order of the flags in the help. A flag that is missing here comes at the end.
_HELP_ORDER = (
    *("notebooks", "exclude", "up_to", "workers", "timeout", "cell_timeout", "flags", "fail_fast"),
    *(
        "changed",
        "failed",
        "watch",
        "explain",
        "retries",
        "shuffle",
        "shard",
        "allow_errors",
        "strict",
        "pdb",
    ),
    *("param", "max_memory", "isolation", "kernel", "check_outputs", "save", "dask"),
    *("junit", "html", "json", "github", "durations", "quiet", "verbose"),
)


def all_flags() -> tuple[Flag, ...]:
    """Every flag of this command: the options of a run, the reports, and the command's own."""
    from ..execute.options import option_flags
    from ..report.registry import report_flags

    unordered = {flag.name: flag for flag in (*own_flags(), *option_flags(), *report_flags())}
    names = [name for name in _HELP_ORDER if name in unordered]
    names += [name for name in unordered if name not in _HELP_ORDER]
    return tuple(unordered[name] for name in names)


def own_flags() -> tuple[Flag, ...]:
    """The flags that belong to this command alone."""
    from ..command import Flag

    return (
        Flag(
            "notebooks",
            tuple,
            (),
            "notebooks, folders or globs, from the current folder or from nbs_path; by default all",
        ),
        Flag(
            "exclude",
            str,
            "",
            "notebooks, folders or globs to leave out; it may be given several times",
            repeats=True,
        ),
        Flag("failed", bool, False, "run only the notebooks that failed when they ran last"),
        Flag("up_to", str, "", "stop after the notebooks with this number, such as 02"),
        Flag(
            "explain",
            bool,
            False,
            "run nothing: list what each notebook depends on, and why --changed would run it",
        ),
        Flag("shard", str, "", "run one part of the notebooks: 1/4, 2/4, ... on four machines"),
        Flag(
            "dask",
            str,
            "",
            "run on the workers of the Dask cluster with this scheduler, such as tcp://host:8786",
        ),
        Flag(
            "github",
            bool,
            False,
            "annotate the failing lines on GitHub; this is the default in GitHub Actions",
        ),
        Flag(
            "watch",
            bool,
            False,
            "compile, and run what changed, at each save; the same as literate watch",
        ),
        Flag("durations", int, 0, "list this many of the slowest cells", minimum=0),
        Flag("quiet", bool, False, "print only the failures and the closing line"),
        Flag("verbose", bool, False, "also print what passing cells print"),
    )


def run_notebook(*notebooks: str, **flags: Any) -> int:
    """Run notebooks from top to bottom, each in a fresh process, and say what failed and where.

    Exit codes: 0 something ran and everything passed, 1 something failed or nothing ran, 2 bad
    usage, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP.
    """
    from ..command import defaults_of
    from ..discovery import choose_notebooks, without_excluded
    from ..execute.options import parse_options, pick_shard
    from ..rootfinding import project_to_run

    values = {**defaults_of(all_flags()), **flags}
    if values["watch"]:
        return _follow(notebooks, values)
    project = project_to_run(notebooks)
    paths = choose_notebooks(project, notebooks, values["up_to"])
    if values["exclude"]:
        paths = without_excluded(project, paths, values["exclude"])
    if values["failed"]:
        paths = _failed(project, paths)
        if not paths:
            print("nothing to run: none of these notebooks failed when it ran last")
            return 0
    paths = pick_shard(paths, values["shard"])
    options = parse_options(values)
    if values["explain"]:
        from ..execute.runner import explain

        print(*explain(project, paths, options), sep="\n")
        return 0
    events = _start(values["dask"], project, paths, options)
    return _show(events, paths, project, values)


def _follow(notebooks: tuple[str, ...], values: dict[str, Any]) -> int:
    """Run what changes, until somebody ends it: `literate watch`."""
    from ..command import defaults_of
    from ..diagnostics import UsageError
    from .watch import follow, watch_flags

    fitting = {"watch", "changed", "verbose", *(flag.name for flag in watch_flags())} - {"json"}
    for name, default in defaults_of(all_flags()).items():
        if values[name] != default and name not in fitting:
            spelling = name.replace("_", "-")
            raise UsageError(f"--watch has no end, and --{spelling} belongs to a single run")
    return follow(notebooks, {**values, "json": False})


def _failed(project: Project, paths: list[Path]) -> list[Path]:
    """Those of the notebooks that failed when they ran last."""
    from ..diagnostics import UsageError
    from ..execute.failures import failed_last_time

    failed = failed_last_time(project, paths)
    if failed is None:
        raise UsageError("--failed: no run is on record here; run once without it")
    return failed


def _start(dask: str, project: Project, paths: list[Path], options: Options) -> Iterator[Event]:
    """Begin the run on this machine, or on the cluster with this scheduler."""
    if dask:
        from ..execute.cluster import run_on_dask

        return run_on_dask(dask, project, paths, options)
    from ..execute.runner import run

    return run(project, paths, options)


def _show(
    events: Iterator[Event], paths: list[Path], project: Project, values: dict[str, Any]
) -> int:
    """Print the run while it happens, write the reports at its end, and return the exit code."""
    from ..report.registry import REPORT_FILES, is_github, written_reports
    from ..report.terminal import make_report
    from ..signals import stopped_by_signals

    report = make_report(
        paths,
        quiet=values["quiet"],
        verbose=values["verbose"],
        durations=values["durations"],
        live=not values["pdb"],  # a live display would write over the debugger
    )
    files = {file.flag: values[file.flag] for file in REPORT_FILES}
    on_github = values["github"] or is_github()
    reports = written_reports(lambda: report.run, project.root, on_github, **files)
    with stopped_by_signals(), reports, report:
        try:
            for event in events:
                report.take(event)
        finally:
            _close(events)
    return 0 if report.run.passed else 1


def _close(events: Iterator[Event]) -> None:
    """End everything that the run has started, if it is not over."""
    from collections.abc import Generator

    if isinstance(events, Generator):
        events.close()


def run() -> None:
    """The console command."""
    with started_ahead():
        from ..command import leave, main

        code = main(run_notebook, flags=all_flags())
    leave(code)
