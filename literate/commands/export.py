"""`literate export`: compile the notebooks of a project into the modules of its package."""

from __future__ import annotations

import sys

from ..compile.fast_path import load_report

# Everything else is imported only if something has changed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ..compile.update import CarriedEdit
    from ..compile.write import WriteResult
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
    if watch:
        _refuse_beside_watch(check=check, update=update, prune=prune, json=json)
    if prune and not update and (notebooks or up_to):
        _refuse_to_prune_in_part()
    report = _report_function(json, quiet)
    try:
        project = project_of(notebooks)
        if watch:
            return _watch(project, notebooks, up_to=up_to, prefer=prefer, force=force, quiet=quiet)
        chosen = choose_notebooks(project, notebooks, up_to) if notebooks or up_to else None
        if update:
            return _update(project, chosen, check, force, prune, prefer, json, quiet)
        if check:
            return _check(project, chosen, force, prune, report)
        return _compile(project, chosen, force, prune, prefer, report)
    except UserError as error:
        if not json or error.exit_code == 2:  # bad usage is not a report
            raise
        _report_json(error.problems, None, 0)
        return error.exit_code
    except OSError as error:  # such as a full disk
        return _report_os_error(error, json)


# --- flags that do not fit together ------------------------------------------------------------

_NOT_WHILE_WATCHING = {
    "check": "--watch writes modules, and --check writes nothing",
    "update": "--watch does not change notebooks while somebody edits them",
    "prune": "--watch deletes nothing, because a notebook may be on its way to another name",
    "json": "--watch has no end, and --json prints one report at the end",
}


def _refuse_beside_watch(**flags: bool) -> None:
    """Raise a `UsageError` for a flag that --watch would have to ignore."""
    from ..diagnostics import UsageError

    for name, is_set in flags.items():
        if is_set:
            raise UsageError(f"{_NOT_WHILE_WATCHING[name]}: use one of them")


def _refuse_to_prune_in_part() -> None:
    from ..diagnostics import UsageError

    raise UsageError(
        "--prune looks for modules that no notebook makes: leave out the notebooks and --up-to"
    )


def _report_os_error(error: OSError, json: bool) -> int:
    """Report a file that cannot be written as JSON; other errors are raised again."""
    if not json or not error.filename:
        raise error
    _report_json([f"{error.filename}: {error.strerror}"], None, 0)
    return 1


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


def _check(
    project: Project, chosen: list[Path] | None, force: bool, prune: bool, report: Report
) -> int:
    """Write nothing, and show what a compile would change."""
    from ..compile.package_files import read_text
    from ..compile.plan import make_plan
    from ..compile.write import diff, stale_files
    from ..diagnostics import UserError
    from ..printable import printable_lines

    plan = make_plan(project, chosen, strict=True, prune=prune, force=force)
    if plan.has_errors:
        report(plan.diagnostics, None, 0)
        return 1
    try:
        stale = stale_files(plan)
    except UserError as error:
        report(error.problems, None, 0)
        return error.exit_code
    up_to_date = len(plan.files) - len(stale)
    if prune:
        stale.update({path: (read_text(path), "") for path in plan.orphans})
    if report is _report_json:
        _print_json(plan.diagnostics, unchanged=up_to_date, stale=[str(path) for path in stale])
    else:
        for path, (old, new) in stale.items():
            print(printable_lines(diff(path, old, new)), end="")
        if stale or report is _report:
            print(f"{_count(len(stale), 'file')} stale, {up_to_date} up to date")
    return 1 if stale else 0


def _update(
    project: Project,
    chosen: list[Path] | None,
    check: bool,
    force: bool,
    prune: bool,
    prefer: str,
    json: bool,
    quiet: bool,
) -> int:
    from ..compile import update_notebooks

    carried, result = update_notebooks(project, force, prune, check, prefer, chosen)
    code = 1 if check and carried else 0
    if json:
        _report_update_as_json(carried, result)
        return code
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
    return code


def _watch(
    project: Project,
    notebooks: tuple[str, ...],
    *,
    up_to: str,
    prefer: str,
    force: bool,
    quiet: bool,
) -> int:
    """Compile now and at every save, of a notebook or of the settings."""
    import gc

    from ..command import tell
    from ..compile.watch import GONE, WATCHED, events
    from ..diagnostics import UserError, display_path

    gc.enable()  # this process lives long

    def compile_once() -> None:
        try:
            notebook2script(*notebooks, up_to=up_to, prefer=prefer, force=force, quiet=quiet)
        except UserError as error:  # for example, a notebook on the command line is being renamed
            print(error, file=sys.stderr)
        except OSError as error:  # a full disk: at the next save there may be room
            tell(error)

    try:
        while True:
            folder = display_path(project.nbs_path)
            for event in events(project):
                if event == GONE:
                    print(f"{folder} is not there: waiting for it; Ctrl-C ends it", file=sys.stderr)
                    continue
                compile_once()
                if event == WATCHED:
                    print(f"watching {folder}; Ctrl-C ends it", file=sys.stderr)
            project = _read_again(project, notebooks)
    except KeyboardInterrupt:
        return 0


def _read_again(project: Project, notebooks: tuple[str, ...]) -> Project:
    """The project after its settings were saved; the same one if they cannot be read.

    What is wrong with them is printed by the next compile.
    """
    from ..diagnostics import UserError
    from ..project import project_of
    from ..records import replace
    from ..stamps import stamps

    stamps_before = stamps(project.config_stamps)
    try:
        return project_of(notebooks)
    except (UserError, OSError):
        return replace(project, config_stamps=stamps_before)


# --- reports -----------------------------------------------------------------------------------


def _report_function(json: bool, quiet: bool) -> Report:
    if json:
        return _report_json
    return _report_quietly if quiet else _report


def _report(problems: Problems, written: Written, unchanged: int) -> None:
    """Print what is wrong, a line for each written file, and a last line with the numbers."""
    _report_quietly(problems, written, unchanged)
    if written is None:
        return
    for path, notebooks in written.items():
        print(_written_line(path, notebooks))
    files = f"{_count(len(written), 'file')} written, {unchanged} unchanged"
    print(files + _numbers(len(problems), _remarks_among(problems)))


def _remarks_among(problems: Problems) -> int:
    """How many of the messages are remarks, which stop nothing anywhere."""
    from ..diagnostics import REMARK

    severities = [problem.severity for problem in problems if not isinstance(problem, str)]
    return severities.count(REMARK)


def _numbers(messages: int, remarks: int) -> str:
    """The end of the last line: how many problems there are, and how many remarks."""
    numbers = ""
    if messages > remarks:
        numbers += f", {_count(messages - remarks, 'problem')}"
    if remarks:
        numbers += f", {_count(remarks, 'remark')}"
    return numbers


def _written_line(path: Path, notebooks: Sequence[Path]) -> str:
    from ..diagnostics import display_path

    if not notebooks:
        return display_path(path)
    return f"{display_path(path)} <- {', '.join(map(display_path, notebooks))}"


def _report_quietly(problems: Problems, written: Written, unchanged: int) -> None:
    for problem in problems:
        print(_shown(problem), file=sys.stderr)
    if written is None:
        numbers = _numbers(len(problems), _remarks_among(problems)).removeprefix(", ")
        print(f"nothing written: {numbers}", file=sys.stderr)


def _shown(problem: Diagnostic | str) -> str:
    """A problem as it is printed; the texts come from the last compile, or from anywhere."""
    if not isinstance(problem, str):
        return str(problem)
    from ..printable import printable_lines

    return printable_lines(problem)


def _report_json(problems: Problems, written: Written, unchanged: int) -> None:
    _print_json(problems, written or (), unchanged)


def _report_update_as_json(carried: Sequence[CarriedEdit], result: WriteResult | None) -> None:
    edits = []
    for edit in carried:
        edits.append(
            {
                "kind": edit.kind,
                "notebook": str(edit.notebook),
                "cell": edit.cell_index,
                "module": str(edit.module),
                "line": edit.line,
            }
        )
    if result is None:
        _print_json([], carried=edits)
    else:
        _print_json(result.given_up, result.changed, result.unchanged, carried=edits)


def _print_json(
    problems: Problems, written: Iterable[Path] = (), unchanged: int = 0, **more: object
) -> None:
    from json import dumps

    from ..diagnostics import as_data

    report = {
        "diagnostics": [as_data(problem) for problem in problems],
        "written": [str(path) for path in written],
        "unchanged": unchanged,
        **more,
    }
    # A CI service would obey `##vso[...]` in a text.
    print(dumps(report, indent=1).replace("##", r"\u0023#"))


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
    messages, files, remarks = last_report
    try:
        _report_quietly(messages, {}, files)
        print(f"0 files written, {files} unchanged{_numbers(len(messages), remarks)}", flush=True)
    except OSError:  # it cannot be printed: the full command reports this like any other error
        return False
    return True
