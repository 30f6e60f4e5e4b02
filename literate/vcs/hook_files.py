"""The hooks of git that call this program, and whose hooks are left alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..files import read_file, write_atomically
from .hooked_repository import Repository

PRE_COMMIT, POST_MERGE, POST_REWRITE = "pre-commit", "post-merge", "post-rewrite"
HOOKS = (PRE_COMMIT, POST_MERGE, POST_REWRITE)

_OURS = "# Written by `literate hooks install`. `literate hooks uninstall` removes it."
_FRAMEWORK = "pre-commit.com"  # stands in each hook of the program pre-commit
_FRAMEWORK_FILE = ".pre-commit-config.yaml"
_CALLS_US = re.compile(r"\bliterate-check\b|\bliterate (export --check|hooks run)\b")
# When pre-commit installs itself, it gives the former hook this ending and goes on calling it.
_FORMER = ".legacy"


def hook_text(name: str, command: str) -> str:
    """A hook that calls this program; without it, the hook says so and stops nothing."""
    return f"""#!/bin/sh
{_OURS}
if command -v {command} >/dev/null 2>&1; then
    exec {command} hooks run {name} "$@"
fi
echo "literate: this hook did nothing, because its command is gone ({command})." >&2
echo "Repair it with: literate hooks install" >&2
"""


def line_to_add(name: str) -> str:
    """What somebody adds to a hook of their own."""
    return f'literate hooks run {name} "$@" || exit $?'


def write_hook(repository: Repository, name: str, command: str) -> bool:
    """Write a hook, and say whether it was possible: somebody's own hook stays as it is."""
    path = repository.hooks / name
    if repository.hooks_are_set or not (is_ours(path) or not _exists(path)):
        return False
    if not is_ours(former_hook(path)):  # pre-commit calls ours already
        write_atomically(path, hook_text(name, command))
        path.chmod(0o755)
    return True


def remove_hook(repository: Repository, name: str) -> bool:
    """Remove a hook if it is ours, and say whether it was there."""
    path = repository.hooks / name
    removed = False
    for each in (path, former_hook(path)):
        if is_ours(each):
            each.unlink()
            removed = True
    return removed


def hook_state(repository: Repository, name: str) -> tuple[bool, str]:
    """Whether a hook calls this program, and what there is to say about it."""
    path = repository.hooks / name
    shown = os.path.relpath(path, repository.root)
    if is_ours(path) or is_ours(former_hook(path)):
        if os.access(path, os.X_OK):
            return True, "installed"
        return False, f"{shown} may not be executed (literate hooks install)"
    text = _text(path)
    if f"hooks run {name}" in text or f"hooks run {name}" in _husky_text(repository, name):
        return True, "called by your own hook"
    if _FRAMEWORK in text and _CALLS_US.search(_text(repository.root / _FRAMEWORK_FILE)):
        return True, "called by the program pre-commit"
    if _FRAMEWORK in text:
        return False, f"{shown} belongs to pre-commit: see literate's hooks in docs/hooks.md"
    add = f"add the line: {line_to_add(name)}"
    if repository.hooks_are_set:
        place = os.path.relpath(_own_place(repository, name), repository.root)
        return False, f"git takes its hooks from elsewhere (core.hooksPath); to {place} {add}"
    if _exists(path):
        return False, f"{shown} is your own hook, and stays as it is; {add}"
    return False, "not installed (literate hooks install)"


def _own_place(repository: Repository, name: str) -> Path:
    """The file in which somebody writes a hook, where the configuration sets the folder.

    husky generates the folder that git uses, and takes the hooks from the folder above it.
    """
    folder = repository.hooks
    is_of_husky = folder.name == "_" and folder.parent.name == ".husky"
    return (folder.parent if is_of_husky else folder) / name


def _husky_text(repository: Repository, name: str) -> str:
    return _text(_own_place(repository, name)) if repository.hooks_are_set else ""


def former_hook(path: Path) -> Path:
    """Where the program pre-commit keeps the hook that was there before it."""
    return path.with_name(path.name + _FORMER)


def is_ours(path: Path) -> bool:
    """Whether a hook is one that this program has written."""
    return _OURS in _text(path)


def command_of(path: Path) -> str:
    """The command that a hook of ours calls, as a word of a shell."""
    for line in _text(path).splitlines():
        if line.startswith("if command -v "):
            return line.removeprefix("if command -v ").partition(" >/dev/null")[0]
    return ""


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _text(path: Path) -> str:
    try:
        return read_file(path, 1 << 20).decode("utf-8", "replace")
    except OSError:
        return ""
