"""`literate hooks`: git cleans, compares and merges notebooks by cell, and checks commits."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..vcs.installing import PartState

_ACTIONS = ("install", "uninstall", "status")


def hooks(
    # install, uninstall or status
    *action: str,
    # in your own configuration, for all repositories: the drivers alone, and no hooks
    global_: bool = False,
    # install only these: filter, merge, modules, diff, pre-commit, post-merge, post-rewrite
    parts: str = "",
    # print the parts as JSON
    json: bool = False,
) -> int:
    """Set up git for notebooks, in the repository of the current folder.

    install writes .gitattributes, git's configuration and three hooks, and never touches a hook of
    yours. uninstall takes out exactly that. status says what is missing, and why.

    Exit codes: 0 done and all of it works, 1 something is missing, 2 bad usage.
    """
    from ..diagnostics import UsageError

    word, *arguments = action or ("",)
    if word not in _ACTIONS:
        problem = f"{word!r} is not an action" if word else "an action is needed"
        raise UsageError(f"{problem}: install, uninstall or status")
    if arguments:
        raise UsageError(f"unexpected argument {arguments[0]!r}")
    if parts and word != "install":
        raise UsageError("--parts goes with install")
    if word == "install":
        return _install(parts, global_, json)
    if word == "uninstall":
        return _uninstall(global_, json)
    return _status(global_, json)


def _run(arguments: list[str]) -> int:
    from ..diagnostics import UsageError
    from ..vcs.hook_files import HOOKS
    from ..vcs.hook_runs import run_hook

    if not arguments or arguments[0] not in HOOKS:
        raise UsageError(f"hooks run takes the name of a hook: {', '.join(HOOKS)}")
    return run_hook(arguments[0], arguments[1:])


def _install(words: str, for_all: bool, json: bool) -> int:
    from pathlib import Path

    from ..vcs.installing import choose_parts, install, notes_after_install

    parts = choose_parts(words, for_all)
    states = install(Path.cwd(), parts, for_all)
    code = _print_states(states, json)
    if not json:
        for note in notes_after_install(Path.cwd(), parts, for_all):
            print(note)
    return code


def _uninstall(for_all: bool, json: bool) -> int:
    from pathlib import Path

    from ..vcs.installing import uninstall

    removed = uninstall(Path.cwd(), for_all)
    if json:
        from json import dumps

        print(dumps({"removed": removed}, indent=1))
        return 0
    for each in removed:
        print(f"removed from {each}" if "attributes" in each else f"removed {each}")
    if not removed:
        print("nothing to remove")
    return 0


def _status(for_all: bool, json: bool) -> int:
    from pathlib import Path

    from ..vcs.installing import leftovers, status

    code = _print_states(status(Path.cwd(), for_all), json)
    if not json and not for_all:
        for line in leftovers(Path.cwd()):
            print(line)
    return code


def _print_states(states: Sequence[PartState], json: bool) -> int:
    """Print a line for each part; 0 if all of them work."""
    from ..printable import printable

    if json:
        from json import dumps

        from ..records import asdict

        print(dumps(asdict(states), indent=1, ensure_ascii=False))
    else:
        for state in states:
            mark = "ok" if state.works else "--"
            print(printable(f"{mark}  {state.part:13}{state.note}"))
    return 0 if all(state.works for state in states) else 1


def run() -> None:
    """The console command. `literate hooks run NAME ...` is how a hook of git calls it."""
    from ..command import leave, main

    words = sys.argv[1:]
    if words[:1] == ["run"]:  # git's arguments for a hook are not flags of this command
        leave(main(lambda: _run(words[1:]), [], "literate hooks run"))
    leave(main(hooks))
