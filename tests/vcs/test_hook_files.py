"""The files of hooks."""

from __future__ import annotations

import subprocess

from git_project import make_repository

from literate.vcs.hook_files import (
    HOOKS,
    command_of,
    hook_state,
    hook_text,
    is_ours,
    remove_hook,
    write_hook,
)
from literate.vcs.hooked_repository import find_repository


def test_a_hook_is_a_script_that_calls_us_with_all_arguments(tmp_path):
    fake = tmp_path / "my literate"
    fake.write_text('#!/bin/sh\necho "$@"\nexit 3\n')
    fake.chmod(0o755)
    for name in HOOKS:
        path = tmp_path / name
        path.write_text(hook_text(name, f"'{fake}'"))
        done = subprocess.run(["sh", path, "a b", "--c"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (3, f"hooks run {name} a b --c\n")
        assert is_ours(path)
        assert command_of(path) == f"'{fake}'"


def test_a_hook_is_written_and_removed(tmp_path):
    repository = find_repository(make_repository(tmp_path / "r"))
    path = repository.hooks / "pre-commit"
    assert not is_ours(path)
    assert write_hook(repository, "pre-commit", "literate")
    assert path.stat().st_mode & 0o111 == 0o111
    assert hook_state(repository, "pre-commit") == (True, "installed")
    path.chmod(0o644)
    works, note = hook_state(repository, "pre-commit")
    assert (works, note) == (
        False,
        ".git/hooks/pre-commit may not be executed (literate hooks install)",
    )
    assert remove_hook(repository, "pre-commit")
    assert not remove_hook(repository, "pre-commit")
    assert not path.exists()


def test_the_folder_of_hooks_is_made(tmp_path):
    repository = find_repository(make_repository(tmp_path / "r"))
    for path in repository.hooks.iterdir():
        path.unlink()
    repository.hooks.rmdir()
    assert write_hook(repository, "post-merge", "literate")
    assert (repository.hooks / "post-merge").exists()
