"""Git's configuration: each file that git would read is known."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from literate.git_config import git_configs


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


def files_that_git_reads(folder: Path) -> set[str]:
    """The files from which git takes values in a folder."""
    shown = git(folder, "config", "--list", "--show-origin", "--name-only", "-z").split("\0")
    names = {origin.removeprefix("file:") for origin in shown if origin.startswith("file:")}
    top = Path(git(folder, "rev-parse", "--show-toplevel").strip())  # what the names start from
    return {os.path.normpath(top / name) for name in names}


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_a_repository_and_a_folder_in_it(repository):
    (repository / "nbs").mkdir()
    for folder in (repository, repository / "nbs"):
        found = files_that_git_reads(folder)
        assert str(repository / ".git" / "config") in found
        assert found <= set(git_configs(folder))


def test_a_worktree(repository, tmp_path):
    git(repository, "config", "extensions.worktreeConfig", "true")
    git(repository, "worktree", "add", "-q", "../tree")
    git(tmp_path / "tree", "config", "--worktree", "a.b", "c")
    found = files_that_git_reads(tmp_path / "tree")
    assert len(found) == 2
    assert found <= set(git_configs(tmp_path / "tree"))


def test_the_user_and_the_system(repository, tmp_path, monkeypatch):
    for name in ("system", "global"):
        (tmp_path / name).write_text("[a]\nb = c\n")
        monkeypatch.setenv(f"GIT_CONFIG_{name.upper()}", str(tmp_path / name))
    monkeypatch.delenv("GIT_CONFIG_NOSYSTEM")
    found = files_that_git_reads(repository)
    assert len(found) == 3
    assert found <= set(git_configs(repository))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[a]\nb = c\n")
    (tmp_path / "git").mkdir()
    (tmp_path / "git" / "config").write_text("[a]\nb = c\n")
    found = files_that_git_reads(repository)
    assert len(found) == 3
    assert found <= set(git_configs(repository))


def test_a_repository_that_the_environment_names(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert files_that_git_reads(tmp_path) <= set(git_configs(tmp_path))


@pytest.mark.parametrize("name", ["more", "../more", "~/more", '"more"'])
@pytest.mark.parametrize("section", ["[include]", '[includeIf "gitdir:/"]', "[Include]"])
def test_files_that_a_configuration_includes(repository, tmp_path, monkeypatch, name, section):
    monkeypatch.setenv("HOME", str(tmp_path))
    config = repository / ".git" / "config"
    config.write_text(f"{config.read_text()}{section}\n\tpath = {name}\n")
    target = os.path.expanduser(name.strip('"'))
    included = Path(os.path.normpath(repository / ".git" / target))
    included.write_text('[include] path = "last"\n[a]\nb = c\n')
    (included.parent / "last").write_text("[a]\nb = c\n")
    found = {os.path.normpath(path) for path in git_configs(repository)}
    assert files_that_git_reads(repository) <= found
    assert {str(included), str(included.parent / "last")} <= found


def test_a_configuration_that_includes_itself_and_one_that_is_no_file(repository):
    config = repository / ".git" / "config"
    config.write_text("[include]\npath = config\npath = pipe\npath = nosuch\n")
    os.mkfifo(repository / ".git" / "pipe")
    found = git_configs(repository)
    assert {str(repository / ".git" / name) for name in ("pipe", "nosuch")} <= set(found)


def test_the_places_where_a_repository_may_be_made(tmp_path):
    (tmp_path / "a").mkdir()
    found = git_configs(tmp_path / "a")
    assert str(tmp_path / "a" / ".git") in found
    assert str(tmp_path / ".git") in found
