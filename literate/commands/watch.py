"""`literate watch`: compile and test a project while somebody edits it."""

from __future__ import annotations

from ..execute.server.launch import started_ahead

# Everything else is imported while the server, which forks the processes of notebooks, gets ready.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from ..command import Flag
    from ..execute.options import Options
    from ..live.keys import Keys
    from ..live.screen import Screen
    from ..project import Project

# The options of a run that make sense while somebody edits.
OPTIONS = (
    *("workers", "timeout", "cell_timeout", "flags", "allow_errors", "strict", "param"),
    *("max_memory", "isolation", "kernel"),
)


def watch_flags() -> tuple[Flag, ...]:
    """Every flag of this command."""
    from ..command import Flag
    from ..execute.options import option_flags

    options = {flag.name: flag for flag in option_flags()}
    return (
        Flag(
            "notebooks",
            tuple,
            (),
            "notebooks, folders or globs, from the current folder or from nbs_path; by default all",
        ),
        Flag("exclude", str, "", "notebooks, folders or globs to leave out", repeats=True),
        Flag("up_to", str, "", "stop after the notebooks with this number, such as 02"),
        *(options[name] for name in OPTIONS),
        Flag("json", bool, False, "print each event as JSON on a line of its own: for editors"),
    )


def watch(*notebooks: str, **flags: Any) -> int:
    """Compile and test a project, and again at each save, until q or Ctrl-C.

    After an edit, a notebook goes on from the last snapshot before the cell that was changed.

    Exit codes: 0 ended by q or Ctrl-C, 2 bad usage, 143 SIGTERM, 129 SIGHUP.
    """
    from ..command import defaults_of

    return follow(notebooks, {**defaults_of(watch_flags()), **flags})


def follow(notebooks: tuple[str, ...], values: dict[str, Any]) -> int:
    """Watch these notebooks, with the values of all flags."""
    import gc

    from ..execute.options import parse_options
    from ..rootfinding import project_to_run
    from ..signals import Stopped, stopped_by_signals

    gc.enable()  # this process lives long
    options = parse_options(values)
    project = project_to_run(notebooks)
    choose = _chooser(notebooks, values)
    choose(project)  # a name that means nothing is an error of the command line
    with stopped_by_signals():
        try:
            _watch(project, notebooks, choose, options, values["json"])
        except KeyboardInterrupt as stop:
            if isinstance(stop, Stopped) and str(stop):  # another signal than that of Ctrl-C
                raise
    return 0


def _chooser(notebooks: tuple[str, ...], values: dict[str, Any]) -> Callable[[Project], list[Path]]:
    """A function that finds the notebooks that the command line means, as they are now."""
    from ..discovery import choose_notebooks, without_excluded

    def choose(project: Project) -> list[Path]:
        paths = choose_notebooks(project, notebooks, values["up_to"])
        if values["exclude"]:
            paths = without_excluded(project, paths, values["exclude"])
        return paths

    return choose


def _watch(
    project: Project,
    notebooks: tuple[str, ...],
    choose: Callable[[Project], list[Path]],
    options: Options,
    json: bool,
) -> None:
    """Watch until somebody ends it. After a change of the settings, begin again."""
    from functools import partial

    from ..execute.session import Session
    from ..live.compiling import Compiler
    from ..live.keys import Keys
    from ..live.loop import Key, Loop

    screen = _screen(project, json)
    keys = Keys(lambda key: loop.happenings.put(Key(key)))
    must_go_on = True
    while must_go_on:
        session = Session(project, options)
        compiler = Compiler(project) if project.config_stamps else None
        debug = _debugger(project, options, screen, keys)
        chosen = partial(choose, project)
        loop = Loop(project, chosen, session, compiler, screen, debug)
        try:
            with screen, keys:
                screen.begin(project.root, choose(project))
                loop.run()
        finally:
            loop.close()
        must_go_on = loop.must_read_settings
        if must_go_on:
            project = _read_again(project, notebooks, screen)


def _screen(project: Project, json: bool) -> Screen:
    """The screen that suits stdout: a terminal shows a display, and other programs get lines."""
    import sys

    if json:
        from ..live.json_lines import JsonLines

        return JsonLines(project.root)
    if sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty():
        from ..live.terminal import TerminalScreen

        return TerminalScreen()
    from ..live.screen import Screen

    return Screen()


def _read_again(project: Project, notebooks: tuple[str, ...], screen: Screen) -> Project:
    """The project after its settings were saved; the same one if they cannot be read."""
    from ..diagnostics import UserError
    from ..records import replace
    from ..rootfinding import project_to_run
    from ..stamps import stamps

    stamps_before = stamps(project.config_stamps)
    try:
        return project_to_run(notebooks)
    except (UserError, OSError) as error:
        screen.problem(str(error))
        return replace(project, config_stamps=stamps_before)


def _debugger(
    project: Project, options: Options, screen: Screen, keys: Keys
) -> Callable[[Path], None] | None:
    """A function that runs a notebook and opens the debugger where it fails."""
    from ..live.terminal import TerminalScreen

    if not isinstance(screen, TerminalScreen):
        return None

    def debug(path: Path) -> None:
        from ..execute.options import find_terminal
        from ..execute.runner import run
        from ..records import replace
        from ..report.terminal import Report

        screen.hide()
        keys.pause()
        try:
            terminal = find_terminal(options.kernel)
            report = Report([path])
            for event in run(project, [path], replace(options, terminal=terminal)):
                report.take(event)
            input("press Enter to go on watching ")
        finally:
            keys.resume()
            screen.show()

    return debug


def run() -> None:
    """The console command."""
    with started_ahead():
        from ..command import leave, main

        code = main(watch, flags=watch_flags())
    leave(code)
