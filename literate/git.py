"""Git: the one place that runs it."""

from __future__ import annotations

from pathlib import Path


def git_output(folder: Path, *arguments: str) -> str | None:
    """What a git command prints in a folder; None without git, or if the command fails."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", "surrogateescape")


def text_in_head(path: Path) -> str | None:
    """The text of a file in git's HEAD; None without git, or if git does not know the file."""
    return git_output(path.parent, "show", f"HEAD:./{path.name}")


def text_at(path: Path, revision: str) -> str | None:
    """The text of a file in a commit; None without git, or if the commit does not have the file."""
    return git_output(path.parent, "cat-file", "blob", f"{revision}:./{path.name}")


def files_at(folder: Path, revision: str, suffix: str) -> list[Path]:
    """The files below a folder that a commit holds, and whose names end with `suffix`.

    Links and submodules are left out.
    """
    listing = git_output(folder, "ls-tree", "-r", "-z", revision, ".") or ""
    found = []
    for entry in listing.split("\0"):
        about, _, name = entry.partition("\t")
        if about.startswith("100") and name.endswith(suffix):
            found.append(folder / name)
    return found


def last_change(path: Path) -> str:
    """The commit that changed a file last, or ""."""
    name = f"./{path.name}"
    return (git_output(path.parent, "rev-list", "-1", "HEAD", "--", name) or "").strip()


def remote_repository(folder: Path) -> str:
    """The name of the remote repository, such as "fastcore"; "" if there is none."""
    url = git_output(folder, "config", "--get", "remote.origin.url") or ""
    path = url.strip().removesuffix(".git").replace(":", "/")
    return path.rpartition("/")[2]
