"""Where git's configuration is. This is found without git, because it is asked at each compile."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_LARGEST = 1_000_000  # bytes of a configuration that is searched for other files
_MOST = 100  # files: a configuration from elsewhere may include others without end


def git_configs(folder: Path) -> list[str]:
    """The files of git's configuration in a folder, whether they exist or not.

    These are the files of the system, of the user and of the repository, and those that they
    include. If the folder is in no repository, the places are among them where one may be made.
    """
    waiting = [*_system_configs(), *_user_configs(), *_repository_configs(str(folder))]
    found: dict[str, None] = {}  # a dict keeps the order
    while waiting and len(found) < _MOST:
        path = waiting.pop(0)
        if path not in found:
            found[path] = None
            waiting += _included(path)
    return list(found)


def _system_configs() -> list[str]:
    if os.environ.get("GIT_CONFIG_NOSYSTEM"):
        return []
    return [os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"]


def _user_configs() -> list[str]:
    config = os.environ.get("GIT_CONFIG_GLOBAL")
    if config:
        return [config]
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [os.path.join(folder, "git", "config"), os.path.expanduser("~/.gitconfig")]


# --- the repository ----------------------------------------------------------------------------


def _repository_configs(folder: str) -> list[str]:
    chosen = os.environ.get("GIT_DIR")
    if chosen:
        return _configs_in(os.path.join(folder, chosen))
    found: list[str] = []
    while True:
        git_dir = os.path.join(folder, ".git")
        if os.path.isdir(git_dir):
            found += _configs_in(git_dir)
        else:
            found.append(git_dir)
        if os.path.isfile(git_dir):  # in a worktree and in a submodule, it names the folder
            named = _text(git_dir).partition("gitdir:")[2].strip()
            return found + _configs_in(os.path.join(folder, named))
        parent = os.path.dirname(folder)
        if os.path.exists(os.path.join(git_dir, "HEAD")) or parent == folder:
            return found
        folder = parent


def _configs_in(git_dir: str) -> list[str]:
    """The configuration in the folder of a repository, or in that of a worktree."""
    link = os.path.join(git_dir, "commondir")
    shared = os.environ.get("GIT_COMMON_DIR") or _text(link).strip()
    names = [os.path.join(shared, "config"), "config.worktree", "commondir"]
    return [os.path.normpath(os.path.join(git_dir, name)) for name in names]


# --- other files -------------------------------------------------------------------------------


def _included(config: str) -> Iterator[str]:
    """The files that a configuration includes, under whatever condition."""
    text = _text(config)
    if "include" not in text.lower():
        return
    includes = False
    for line in text.splitlines():
        words = line.strip()
        if words.startswith("["):
            section, _, words = words.partition("]")
            includes = section.lower().startswith("[include")
        key, _, value = words.partition("=")
        path = value.strip().strip('"')
        if includes and key.strip().lower() == "path" and path:
            yield os.path.join(os.path.dirname(config), os.path.expanduser(path))


def _text(path: str) -> str:
    """The text of a regular file; "" for anything else, and for a file of a strange size."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return ""
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return ""
