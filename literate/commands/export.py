"""`literate export`: compile the notebooks of a project into the modules of its package."""

from __future__ import annotations

import sys

from ..compile.fast_path import load_report

# Everything else is imported only if something has changed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..diagnostics import Diagnostic
    from ..project import Project

    Problems = Sequence[Diagnostic | str]
    # The files that were written, each with its notebooks; None if nothing may be written.
    Written = Mapping[Path, Sequence[Path]] | None
    Report = Callable[[Problems, Written, int], None]  # the number counts unchanged files


def notebook2script(
    # notebooks, folders or globs, from the current folder or from nbs_path; by default all
    *notebooks: str,
    # stop after the notebooks with this number, such as 02
    up_to: str = "",
    # write nothing; exit 1 and show the difference if a module is stale or anything is wrong
    check: bool = False,
    # carry edits made in modules into the notebooks; with --check, only list them
    update: bool = False,
    # delete modules whose notebook is gone; with --update, also cells that a module has lost
    prune: bool = False,
    # go on compiling at every save, until Ctrl-C
    watch: bool = False,
    # module or notebook: with --update, the side that wins where both changed a cell; without it,
    # only notebook, which gives up edits made in modules
    prefer: str = "",
    # give up edits made in modules, and replace files written by hand; with --update, like
    # --prefer module, but text outside of cells is given up
    force: bool = False,
    # print what is wrong, and what was written, as JSON: for editors
    json: bool = False,
    # print nothing but what is wrong
    quiet: bool = False,
) -> int:
    """Compile notebooks into modules of the package that the settings name.

    The cells that begin with #export or #| export become the modules.

    Exit codes: 0 done, 1 something is wrong or stale, 2 bad usage, 3 a cell was changed in its
    notebook and in its module.
    """
    from ..compile import check_preference
    from ..diagnostics import UserError
    from ..discovery import choose_notebooks
    from ..project import project_of

    check_preference(prefer, force, updates=update and not watch)  # --watch only compiles
    try:
        project = project_of(notebooks)
    except UserError as error:
        if json and error.exit_code == 1:
            _report_json(error.problems, None, 0)
            return 1
        raise
    if watch:
        return _watch(project, notebooks, up_to=up_to, prefer=prefer, force=force, quiet=quiet)
    chosen = choose_notebooks(project, notebooks, up_to) if notebooks or up_to else None
    if update:
        return _update(project, chosen, check, force, prune, prefer, quiet)
    report = _report
    if json:
        report = _report_json
    elif quiet:
        report = _report_quietly
    if check:
        return _check(project, chosen, report)
    return _compile(project, chosen, force, prune, prefer, report)


# --- the ways to work --------------------------------------------------------------------------


def _compile(
    project: Project,
    chosen: list[Path] | None,
    force: bool,
    prune: bool,
    prefer: str,
    report: Report,
) -> int:
    from ..compile import compile_project
    from ..diagnostics import UserError

    try:
        plan, result = compile_project(project, chosen, force, prune, prefer)
    except UserError as error:
        report(error.problems, None, 0)
        return error.exit_code
    sources = plan.sources
    written = {path: sources.get(path, []) for path in result.changed}
    report([*plan.diagnostics, *result.given_up], written, result.unchanged)
    return 0


def _check(project: Project, chosen: list[Path] | None, report: Report) -> int:
    """Write nothing, and show what a compile would change."""
    from ..compile.plan import make_plan
    from ..compile.write import diff, stale_files

    plan = make_plan(project, chosen, strict=True)
    if plan.has_errors:
        report(plan.diagnostics, None, 0)
        return 1
    stale = stale_files(plan)
    if report is _report_json:
        report(plan.diagnostics, None, 0)
    else:
        for path, (old, new) in stale.items():
            print(diff(path, old, new), end="")
        if stale or report is _report:
            up_to_date = len(plan.files) - len(stale)
            print(f"{_count(len(stale), 'file')} stale, {up_to_date} up to date")
    return 1 if stale else 0


def _update(
    project: Project,
    chosen: list[Path] | None,
    check: bool,
    force: bool,
    prune: bool,
    prefer: str,
    quiet: bool,
) -> int:
    from ..compile import update_notebooks

    carried, result = update_notebooks(project, force, prune, check, prefer, chosen)
    for remark in result.given_up if result else ():
        print(remark, file=sys.stderr)
    if check or not quiet:
        for edit in carried:
            print(edit)
    if not quiet:
        summary = f"{_count(len(carried), 'cell')} {'to carry over' if check else 'carried over'}"
        if result is not None:
            summary += f", {_count(len(result.changed), 'file')} written"
        print(summary)
    return 1 if check and carried else 0


def _watch(
    project: Project,
    notebooks: tuple[str, ...],
    *,
    up_to: str,
    prefer: str,
    force: bool,
    quiet: bool,
) -> int:
    """Compile now and at every save."""
    import gc

    from watchfiles import watch

    from ..command import tell
    from ..diagnostics import UserError, display_path

    gc.enable()  # this process lives long

    def compile_once() -> None:
        try:
            notebook2script(*notebooks, up_to=up_to, prefer=prefer, force=force, quiet=quiet)
        except UserError as error:  # for example, a notebook on the command line is being renamed
            print(error, file=sys.stderr)
        except OSError as error:  # a full disk: at the next save there may be room
            tell(error)

    is_watching = False
    saves = watch(
        project.nbs_path,
        watch_filter=lambda _, path: path.endswith(".ipynb"),
        debounce=50,
        step=10,
        rust_timeout=200,
        yield_on_timeout=True,
    )
    try:
        for changed_files in saves:
            # It yields for the first time when it watches. From then on, no save is missed.
            if changed_files or not is_watching:
                compile_once()
            if not is_watching:
                is_watching = True
                print(f"watching {display_path(project.nbs_path)}; Ctrl-C ends it", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 0


# --- reports -----------------------------------------------------------------------------------


def _report(problems: Problems, written: Written, unchanged: int) -> None:
    """Print what is wrong, a line for each written file, and a last line with the numbers."""
    _report_quietly(problems, written, unchanged)
    if written is None:
        return
    for path, notebooks in written.items():
        print(_written_line(path, notebooks))
    summary = f"{_count(len(written), 'file')} written, {unchanged} unchanged"
    if problems:
        summary += f", {_count(len(problems), 'problem')}"
    print(summary)


def _written_line(path: Path, notebooks: Sequence[Path]) -> str:
    from ..diagnostics import display_path

    if not notebooks:
        return display_path(path)
    return f"{display_path(path)} <- {', '.join(map(display_path, notebooks))}"


def _report_quietly(problems: Problems, written: Written, unchanged: int) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    if written is None:
        print(f"nothing written: {_count(len(problems), 'problem')}", file=sys.stderr)


def _report_json(problems: Problems, written: Written, unchanged: int) -> None:
    from json import dumps

    report = {
        "diagnostics": [_json_of(problem) for problem in problems],
        "written": [str(path) for path in written or ()],
        "unchanged": unchanged,
    }
    print(dumps(report, indent=1))


def _json_of(problem: Diagnostic | str) -> dict[str, object]:
    from ..diagnostics import Diagnostic

    if not isinstance(problem, Diagnostic):
        return {"message": problem}
    path = None if problem.path is None else str(problem.path)
    return {**vars(problem), "path": path}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# --- the console command -----------------------------------------------------------------------


def run() -> None:
    """The console command."""
    if len(sys.argv) == 1 and _repeat_last_report():
        return
    # While modules are imported, nothing becomes garbage. To look for it takes 5% of a compile.
    import gc

    gc.disable()
    from ..command import leave, main

    leave(main(notebook2script))


def _repeat_last_report() -> bool:
    """Print the report of the last compile, if nothing has changed since."""
    last_report = load_report()
    if last_report is None:
        return False
    messages, number_of_files = last_report
    try:
        _report(messages, {}, number_of_files)
        print(end="", flush=True)
    except OSError:  # it cannot be printed: the full command reports this like any other error
        return False
    return True
