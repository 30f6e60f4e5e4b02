"""Git: the one place that runs it.

A project may come from anywhere, and git obeys the configuration that it finds in its folders. So
git runs here in a way in which no configuration makes it start another program.
"""

from __future__ import annotations

import os
from pathlib import Path

from .diagnostics import UserError

_SAFE_SETTINGS = {
    "safe.bareRepository": "explicit",  # a folder that only looks like a repository is none
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
}
_SAFE_ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",  # objects that are missing are not fetched
    "GIT_ALLOW_PROTOCOL": "none",  # the same for versions of git before 2.45
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


def git_output(folder: Path, *arguments: str) -> str | None:
    """What a git command prints in a folder; None without git, or if the command fails.

    It must be a command that only reads, and that uses neither filters nor the external programs
    for differences: `cat-file`, and not `show`.
    """
    import subprocess

    settings: list[str] = []
    for name, value in _SAFE_SETTINGS.items():
        settings += ["-c", f"{name}={value}"]
    try:
        done = subprocess.run(
            ["git", "--no-pager", *settings, *arguments],
            cwd=folder,
            env={**os.environ, **_SAFE_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "surrogateescape")


def text_in_head(path: Path) -> str | None:
    """The text of a file in git's HEAD; None without git, or if git does not know the file."""
    return git_output(path.parent, "cat-file", "blob", f"HEAD:./{path.name}")


def text_at(path: Path, revision: str) -> str | None:
    """The text of a file in a commit; None without git, or if the commit does not have the file."""
    return git_output(path.parent, "cat-file", "blob", f"{revision}:./{path.name}")


def files_at(folder: Path, revision: str, suffix: str) -> list[Path]:
    """The files below a folder that a commit holds, and whose names end with `suffix`.

    Links and submodules are left out.
    """
    return list(blobs_at(folder, revision, suffix))


def blobs_at(folder: Path, revision: str, suffix: str) -> dict[Path, str]:
    """The same files, each with the name of its blob."""
    listing = git_output(folder, "ls-tree", "-r", "-z", revision, ".") or ""
    found = {}
    for entry in listing.split("\0"):
        about, _, name = entry.partition("\t")
        if about.startswith("100") and name.endswith(suffix):
            found[folder / name] = about.split(" ")[2]
    return found


def tracked_files(folder: Path, suffix: str) -> list[Path]:
    """The files below a folder that git's index holds, and whose names end with `suffix`."""
    listing = git_output(folder, "ls-files", "-z") or ""
    return [folder / name for name in listing.split("\0") if name.endswith(suffix)]


def blob_text(folder: Path, blob: str) -> str | None:
    """The text of a blob; None if the repository does not hold it."""
    return git_output(folder, "cat-file", "blob", blob)


def is_revision(folder: Path, name: str) -> bool:
    """Whether git knows a commit by this name."""
    commit = f"{name}^{{commit}}"
    return (
        git_output(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", commit)
        is not None
    )


def root_of_repository(folder: Path) -> Path | None:
    """The folder in which the files of the repository are; None outside of a repository."""
    root = (git_output(folder, "rev-parse", "--show-toplevel") or "").rstrip("\n")
    return Path(root) if root else None


def last_change(path: Path) -> str:
    """The commit that changed a file last, or ""."""
    name = f"./{path.name}"
    return (git_output(path.parent, "rev-list", "-1", "HEAD", "--", name) or "").strip()


def remote_repository(folder: Path) -> str:
    """The name of the remote repository, such as "fastcore"; "" if there is none."""
    url = git_output(folder, "config", "--get", "remote.origin.url") or ""
    path = url.strip().removesuffix(".git").replace(":", "/")
    return path.rpartition("/")[2]


def run_git(folder: Path, *arguments: str, missing: str | None = None) -> str:
    """What a git command prints, run as the user would run it, with all of the configuration.

    This is for commands that somebody starts to change their own repository. If git fails, the
    result is `missing`, or without that a `UserError` with git's message.
    """
    import subprocess

    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True
        )
    except OSError as error:
        raise UserError(f"git cannot be run: {error.strerror}") from None
    if done.returncode:
        if missing is not None:
            return missing
        message = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise UserError(f"git {arguments[0]}: {message or f'exit code {done.returncode}'}")
    return done.stdout.decode("utf-8", "surrogateescape")
