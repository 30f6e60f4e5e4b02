"""Where things are in a repository."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from git_project import git, make_repository

from literate.diagnostics import UserError
from literate.vcs.hooked_repository import find_repository, global_attributes, is_there, own_command


def test_a_repository_is_found_from_each_of_its_folders(tmp_path):
    root = make_repository(tmp_path / "my project")
    for folder in (root, root / "nbs"):
        found = find_repository(folder)
        assert (found.root, found.hooks) == (root, root / ".git" / "hooks")
        assert found.project.lib_path == root / "lib"
        assert not found.hooks_are_set


def test_the_settings_of_a_project_around_the_repository_do_not_count(tmp_path):
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nlib_path = outer\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    assert find_repository(inner).project is None


def test_there_must_be_a_repository(tmp_path):
    with pytest.raises(UserError, match="no git repository here"):
        find_repository(tmp_path)


def test_in_a_repository_the_command_is_that_of_this_python():
    (path,) = shlex.split(own_command(for_all=False))
    assert Path(path) == Path(sys.executable).with_name("literate")
    assert is_there(own_command(for_all=False))
    assert own_command(for_all=True) == "literate"
    assert not is_there("'/gone/literate'")
    assert not is_there("")


def test_the_attributes_of_a_user_follow_the_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert global_attributes() == tmp_path / ".config" / "git" / "attributes"
    monkeypatch.setenv("XDG_CONFIG_HOME", os.path.join(tmp_path, "x"))
    assert global_attributes() == tmp_path / "x" / "git" / "attributes"
    git(tmp_path, "config", "--global", "core.attributesFile", "~/mine")
    assert global_attributes() == tmp_path / "mine"
