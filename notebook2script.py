#!/usr/bin/env python3
"""Compile the notebooks of a project into the modules of its package."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from literate.command import main
from literate.compile import compile_project, update_notebooks
from literate.compile.state import Memory, recall
from literate.diagnostics import UserError, short
from literate.project import Project, choose_notebooks, project_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from literate.compile.plan import Plan
    from literate.compile.write import Written


def notebook2script(
    *notebooks: str,       # notebooks, folders or globs, from here or from nbs_path; none means all of the project
    up_to: str = "",       # stop after the notebooks with this number, such as 02
    check: bool = False,   # write nothing; exit 1 and show the difference if a module is stale or anything is wrong
    update: bool = False,  # carry edits made in modules into the notebooks; with --check, only say which
    prune: bool = False,   # delete modules whose notebook is gone; with --update, also cells that a module has lost
    watch: bool = False,   # go on compiling at every save, until Ctrl-C
    force: bool = False,   # give up edits made in modules; with --update, those made in notebooks to the same cells
    quiet: bool = False,   # print nothing but what is wrong
) -> int:
    """Compile notebooks into modules: cells tagged #export or #| export go to the package that settings.ini names.

    Exit codes: 0 done, 1 something is wrong or stale, 2 bad usage, 3 a cell was changed in its notebook and in its module.
    """
    project = project_of(notebooks)
    if watch:
        return _watch(project, notebooks, up_to, force, quiet)
    if update:
        return _update(project, check, force, prune, quiet)
    chosen = choose_notebooks(project, notebooks, up_to) if notebooks or up_to else None
    if chosen is None and not force and not prune and (last := recall(project)) and last.is_same() and not (check and last.diagnostics):
        return _report_unchanged(last, quiet)
    if check:
        return _check(project, chosen, quiet)
    try:
        plan, written = compile_project(project, chosen, force, prune)
    except UserError as error:
        print(f"{error}\nnothing written: {count(len(error.problems), 'problem')}", file=sys.stderr)
        return error.exit_code
    for problem in plan.diagnostics:
        print(problem, file=sys.stderr)
    if not quiet:
        _report(plan, written)
    return 0


def _update(project: Project, check: bool, force: bool, prune: bool, quiet: bool) -> int:
    carried, written = update_notebooks(project, force, prune, dry=check)
    for edit in carried if not quiet or check else []:
        print(edit)
    if not quiet:
        print(f"{count(len(carried), 'cell')} {'to carry over' if check else 'carried over'}"
              + (f", {count(len(written.changed), 'file')} written" if written else ""))
    return 1 if check and carried else 0


def _report_unchanged(last: Memory, quiet: bool) -> int:
    for problem in last.diagnostics:
        print(problem, file=sys.stderr)
    if not quiet:
        print(f"0 files written, {last.files} unchanged{_problems(last.diagnostics)}")
    return 0


def _check(project: Project, chosen: list[Path] | None, quiet: bool) -> int:
    from literate.compile.plan import make_plan
    from literate.compile.write import diff, stale_files

    plan = make_plan(project, chosen, strict=True)
    for problem in plan.diagnostics:
        print(problem, file=sys.stderr)
    if plan.has_errors:
        return 1
    stale = stale_files(plan)
    for path, (old, new) in stale.items():
        print(diff(path, old, new), end="")
    if stale or not quiet:
        print(f"{count(len(stale), 'file')} stale, {len(plan.files) - len(stale)} up to date")
    return 1 if stale else 0


def _report(plan: Plan, written: Written) -> None:
    notebooks = {m.path: dict.fromkeys(short(cell.notebook) for cell in m.cells) for m in plan.modules}
    for path in written.changed:
        print(f"{short(path)} <- {', '.join(notebooks[path])}" if path in notebooks else short(path))
    print(f"{count(len(written.changed), 'file')} written, {written.unchanged} unchanged{_problems(plan.diagnostics)}")


def _problems(diagnostics: Sequence) -> str:
    return f", {count(len(diagnostics), 'problem')}" if diagnostics else ""


def count(number: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _watch(project: Project, notebooks: tuple[str, ...], up_to: str, force: bool, quiet: bool) -> int:
    from watchfiles import watch

    def compile_once() -> None:
        try:
            notebook2script(*notebooks, up_to=up_to, force=force, quiet=quiet)
        except UserError as error:  # a notebook that is half saved or broken: the next save may mend it
            print(error, file=sys.stderr)

    watching = False
    changes = watch(project.nbs_path, watch_filter=lambda _, path: path.endswith(".ipynb"), debounce=50, step=10,
                    rust_timeout=200, yield_on_timeout=True, raise_interrupt=False)
    try:
        for changed in changes:
            if not watching or changed:  # it yields first once it watches: no save is missed from then on
                compile_once()
            if not watching:
                watching = True
                print(f"watching {short(project.nbs_path)}; Ctrl-C ends it", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 0


def run() -> None:
    """The console command."""
    code = main(notebook2script)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # without taking thousands of syntax trees apart first


if __name__ == "__main__":
    run()
