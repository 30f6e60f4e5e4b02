"""`literate clean`: notebooks without the noise that git should not see."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..vcs.clean_files import Outcome
    from ..vcs.noise import CleanOptions

STDIN = "--stdin"


def clean(
    # notebooks, folders or globs, from the current folder or from nbs_path; by default all; with
    # --stdin, the path that the notebook has in the project
    *notebooks: str,
    # which outputs stay: all, text (no images, HTML and widgets) or none
    outputs: str = "",
    # give an id to each cell without one; the same cell gets the same id everywhere
    ids: bool = False,
    # shorten <Model at 0x7f3a> in outputs to <Model>
    addresses: bool = False,
    # write nothing; exit 1 if a notebook has noise
    check: bool = False,
    # write nothing; show what would change
    diff: bool = False,
    # read one notebook from standard input and print it without noise: for git
    stdin: bool = False,
    # print as JSON what was taken out of which notebook
    json: bool = False,
) -> int:
    """Take noise out of notebooks, and nothing that a person meant.

    Noise is what changes by itself: execution counts, times, the state of editors and of widgets
    that nothing shows, and the versions of kernels. Outputs, tags and unknown metadata stay.

    Exit codes: 0 done, 1 something is wrong, or not clean with --check, 2 bad usage.
    """
    from ..diagnostics import UsageError
    from ..vcs.noise import ALL, NONE, TEXT

    if outputs not in ("", ALL, TEXT, NONE):
        raise UsageError(f"--outputs takes all, text or none, not {outputs!r}")
    if stdin:
        if check or diff or json or len(notebooks) > 1:
            raise UsageError("--stdin takes one path, and neither --check, --diff nor --json")
        return _filter(notebooks[0] if notebooks else "", outputs, ids, addresses)
    return _clean(notebooks, outputs, ids, addresses, check, diff, json)


def _options(folder: Path, outputs: str, ids: bool, addresses: bool) -> CleanOptions:
    """The options of the project around a folder, and those of the command line on top."""
    from ..records import replace
    from ..vcs.clean_settings import options_for

    options = options_for(folder)
    return replace(
        options,
        outputs=outputs or options.outputs,
        ids=ids,
        addresses=addresses or options.addresses,
    )


# --- files -------------------------------------------------------------------------------------


def _clean(
    names: tuple[str, ...],
    outputs: str,
    ids: bool,
    addresses: bool,
    check: bool,
    diff: bool,
    json: bool,
) -> int:
    from ..discovery import choose_notebooks
    from ..rootfinding import project_to_run
    from ..vcs.clean_files import clean_files

    paths = choose_notebooks(project_to_run(names), names)

    def options_in(folder: Path) -> CleanOptions:
        return _options(folder, outputs, ids, addresses)

    outcomes = clean_files(paths, options_in, writes=not (check or diff))
    if json:
        _print_json(outcomes)
    else:
        _report(outcomes, diff, is_done=not (check or diff))
    failed = any(outcome.problem for outcome in outcomes)
    is_stale = check and any(outcome.is_changed for outcome in outcomes)
    return 1 if failed or is_stale else 0


def _report(outcomes: Sequence[Outcome], diff: bool, is_done: bool) -> None:
    from ..diagnostics import display_path
    from ..printable import printable, printable_lines

    changed = [outcome for outcome in outcomes if outcome.is_changed]
    for outcome in outcomes:
        if outcome.problem:
            print(outcome.problem, file=sys.stderr)
        elif outcome.is_changed and diff:
            print(printable_lines(outcome.diff), end="")
        elif outcome.is_changed:
            print(printable(f"{display_path(outcome.path)}: {outcome.summary}"))
    failed = sum(bool(outcome.problem) for outcome in outcomes)
    state = "cleaned" if is_done else "to clean"
    line = f"{_count(len(changed))} {state}, {len(outcomes) - len(changed) - failed} clean"
    print(f"{line}, {failed} not readable" if failed else line)


def _count(number: int) -> str:
    return "1 notebook" if number == 1 else f"{number} notebooks"


def _print_json(outcomes: Sequence[Outcome]) -> None:
    from json import dumps

    entries = []
    for outcome in outcomes:
        entry = {
            "path": str(outcome.path),
            "changed": outcome.is_changed,
            "removed": outcome.removed,
            "problem": outcome.problem,
        }
        entries.append(entry)
    print(dumps({"notebooks": entries}, indent=1, ensure_ascii=False))


# --- git's filter ------------------------------------------------------------------------------


def _filter(name: str, outputs: str = "", ids: bool = False, addresses: bool = False) -> int:
    """Print the notebook from standard input without noise.

    What cannot be cleaned is printed as it came, so that git never loses anything.
    """
    from pathlib import Path

    from ..diagnostics import UserError
    from ..vcs.cleaning import clean_notebook

    path = Path(name or "standard input")
    raw = sys.stdin.buffer.read()
    try:
        options = _options(path.parent, outputs, ids, addresses)
        cleaned = clean_notebook(path, raw, options)
        result = cleaned.new.encode("utf-8") if cleaned.is_changed else raw
        code = 0
    except UserError as error:
        print(error, file=sys.stderr)
        result, code = raw, 1
    sys.stdout.flush()
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    return code


def _is_path(word: str) -> bool:
    """Whether a word is the path that git gives, and not a flag; a path may begin with a hyphen."""
    return not word.startswith("-") or word.endswith(".ipynb")


def run() -> None:
    """The console command."""
    from ..command import leave, main

    words = sys.argv[1:]
    if len(words) == 2 and words[0] == STDIN and _is_path(words[1]):
        # This is how git calls the filter for each file. Fire takes longer than all of the work.
        leave(main(lambda: _filter(words[1]), []))
    leave(main(clean))
