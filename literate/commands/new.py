"""`literate new`: a new project, complete and green."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from ..scaffold.facts import Facts


def new(
    # the name of the library, such as my-library, or a path that ends with it
    *name: str,
    # apache-2.0, mit or none
    licence: str = "apache-2.0",
    # also make a git repository with a first commit, and install the hooks
    git: bool = False,
    # print as JSON which files were written
    json: bool = False,
) -> int:
    """Make a new project: notebooks, settings, README, licence, and files for CI.

    Your name and address come from git's configuration. Nothing is downloaded.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    import os
    from pathlib import Path

    from ..diagnostics import UsageError, UserError
    from ..scaffold.facts import facts_for_new
    from ..scaffold.making import make_new_project
    from ..scaffold.reporting import as_json, summary

    if len(name) != 1:
        raise UsageError("one name is needed: literate new my-library")
    folder = Path(os.path.abspath(name[0]))
    facts = facts_for_new(folder.name, Path.cwd(), licence)
    if git and not (facts.author and facts.email):
        raise UserError(
            "git does not know who you are (git config --global user.name 'Your Name', and "
            "user.email)"
        )
    made = make_new_project(folder, facts)
    if git:
        _commit(folder, facts.branch)
    if json:
        print(as_json(made))
        return 0
    print(summary(folder, made))
    print(*_next_steps(folder, facts, git), sep="\n")
    return 0


def _commit(folder: Path, branch: str) -> None:
    """Make a repository with all files in one commit."""
    from ..git import run_git
    from ..vcs.installing import PARTS, install

    run_git(folder, "init", "--quiet", "--initial-branch", branch)
    install(folder, list(PARTS), for_all=False)
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", "A new project")


def _next_steps(folder: Path, facts: Facts, has_git: bool) -> list[str]:
    from shlex import quote

    from ..diagnostics import display_path
    from ..scaffold.service_files import install_command

    lines = ["", "To go on:", f"  cd {quote(display_path(folder))}", f"  {install_command(facts)}"]
    lines.append("  literate test")
    if not has_git:
        lines += [
            f"  git init --initial-branch {quote(facts.branch)}",
            "  literate hooks install",
            "  git add --all",
            "  git commit --message 'A new project'",
        ]
    return lines


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(new))
