"""`literate export`: compile the notebooks of a project into the modules of its package."""

from __future__ import annotations

import sys

from ..compile.fast_path import still_said

TYPE_CHECKING = False  # all else is imported if something has changed
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from ..project import Project

    Changed = (
        dict[Path, list[Path]] | None
    )  # files written, and the notebooks they come from; None: nothing may be


def notebook2script(
    *notebooks: str,  # notebooks, folders or globs, from here or from nbs_path; none means all of the project
    up_to: str = "",  # stop after the notebooks with this number, such as 02
    check: bool = False,  # write nothing; exit 1 and show the difference if a module is stale or anything is wrong
    update: bool = False,  # carry edits made in modules into the notebooks; with --check, only say which
    prune: bool = False,  # delete modules whose notebook is gone; with --update, also cells that a module has lost
    watch: bool = False,  # go on compiling at every save, until Ctrl-C
    force: bool = False,  # give up edits made in modules; with --update, those made in notebooks to the same cells
    json: bool = False,  # print what is wrong, and what was written, as JSON: for editors
    quiet: bool = False,  # print nothing but what is wrong
) -> int:
    """Compile notebooks into modules: cells tagged #export or #| export go to the package that settings.ini names.

    Exit codes: 0 done, 1 something is wrong or stale, 2 bad usage, 3 a cell was changed in its notebook and in its module.
    """
    from ..compile import compile_project
    from ..diagnostics import UserError
    from ..discovery import choose_notebooks
    from ..project import project_of

    try:
        project = project_of(notebooks)
    except UserError as error:
        if json and error.exit_code == 1:
            _report_json(error.problems, None, 0)
            return 1
        raise
    if watch:
        return _watch(project, notebooks, up_to, force, quiet)
    if update:
        return _update(project, check, force, prune, quiet)
    report = _report_json if json else _report_quietly if quiet else _report
    chosen = choose_notebooks(project, notebooks, up_to) if notebooks or up_to else None
    if check:
        return _check(project, chosen, report)
    try:
        plan, written = compile_project(project, chosen, force, prune)
    except UserError as error:
        report(error.problems, None, 0)
        return error.exit_code
    sources = plan.sources
    report(
        plan.diagnostics,
        {path: sources.get(path, []) for path in written.changed},
        written.unchanged,
    )
    return 0


def _report(diagnostics: Collection, changed: Changed, unchanged: int) -> None:
    """What is wrong, a line for each file written, and a line that counts."""
    _report_quietly(diagnostics, changed, unchanged)
    if changed is None:
        return
    if changed:
        from ..diagnostics import display_path

        for path, notebooks in changed.items():
            print(
                f"{display_path(path)} <- {', '.join(map(display_path, notebooks))}"
                if notebooks
                else display_path(path)
            )
    problems = f", {_count(len(diagnostics), 'problem')}" if diagnostics else ""
    print(f"{_count(len(changed), 'file')} written, {unchanged} unchanged{problems}")


def _report_quietly(diagnostics: Collection, changed: Changed, unchanged: int) -> None:
    for problem in diagnostics:
        print(problem, file=sys.stderr)
    if changed is None:
        print(f"nothing written: {_count(len(diagnostics), 'problem')}", file=sys.stderr)


def _report_json(diagnostics: Iterable, changed: Changed, unchanged: int) -> None:
    from json import dumps

    from ..diagnostics import Diagnostic

    problems = [
        {**vars(d), "path": d.path and str(d.path)}
        if isinstance(d, Diagnostic)
        else {"message": str(d)}
        for d in diagnostics
    ]
    print(
        dumps(
            {
                "diagnostics": problems,
                "written": [str(path) for path in changed or ()],
                "unchanged": unchanged,
            },
            indent=1,
        )
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _check(project: Project, chosen: list[Path] | None, report) -> int:
    from ..compile.plan import make_plan
    from ..compile.write import diff, stale_files

    plan = make_plan(project, chosen, strict=True)
    if plan.has_errors or report is _report_json:
        report(plan.diagnostics, None, 0)
    if plan.has_errors:
        return 1
    stale = stale_files(plan)
    if report is not _report_json:
        for path, (old, new) in stale.items():
            print(diff(path, old, new), end="")
        if stale or report is _report:
            print(f"{_count(len(stale), 'file')} stale, {len(plan.files) - len(stale)} up to date")
    return 1 if stale else 0


def _update(project: Project, check: bool, force: bool, prune: bool, quiet: bool) -> int:
    from ..compile import update_notebooks

    carried, written = update_notebooks(project, force, prune, dry=check)
    for edit in carried if not quiet or check else []:
        print(edit)
    if not quiet:
        print(
            f"{_count(len(carried), 'cell')} {'to carry over' if check else 'carried over'}"
            + (f", {_count(len(written.changed), 'file')} written" if written else "")
        )
    return 1 if check and carried else 0


def _watch(
    project: Project, notebooks: tuple[str, ...], up_to: str, force: bool, quiet: bool
) -> int:
    from watchfiles import watch

    from ..command import tell
    from ..diagnostics import UserError, display_path

    def compile_once() -> None:
        try:
            notebook2script(*notebooks, up_to=up_to, force=force, quiet=quiet)
        except UserError as error:  # such as a notebook that is named and gone for a moment
            print(error, file=sys.stderr)
        except OSError as error:  # a full disk: the next save may find room
            tell(error)

    watching = False
    changes = watch(
        project.nbs_path,
        watch_filter=lambda _, path: path.endswith(".ipynb"),
        debounce=50,
        step=10,
        rust_timeout=200,
        yield_on_timeout=True,
    )
    try:
        for changed in changes:
            if (
                not watching or changed
            ):  # it yields first once it watches: no save is missed from then on
                compile_once()
            if not watching:
                watching = True
                print(f"watching {display_path(project.nbs_path)}; Ctrl-C ends it", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 0


def run() -> None:
    """The console command."""
    if len(sys.argv) == 1 and (last := still_said()):
        said, files = last
        try:
            _report(said, {}, files)
            return print(end="", flush=True)
        except OSError:  # it cannot be printed: told as whatever else goes wrong
            pass
    from ..command import leave, main

    leave(main(notebook2script))
