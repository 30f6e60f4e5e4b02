"""What git says about a folder, and what is said without git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from literate.git import (
    files_at,
    git_output,
    last_change,
    remote_repository,
    text_at,
    text_in_head,
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    run_git(tmp_path, "init", "-q")
    return tmp_path


def run_git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "url, name",
    [
        ("https://github.com/me/my_lib.git", "my_lib"),
        ("https://github.com/me/my-lib", "my-lib"),
        ("git@github.com:me/my_lib.git", "my_lib"),
        ("my_lib", "my_lib"),
    ],
)
def test_the_name_of_the_remote_repository(repository, url, name):
    run_git(repository, "remote", "add", "origin", url)
    assert remote_repository(repository) == name


def test_without_a_remote_repository(repository):
    assert remote_repository(repository) == ""


def test_the_text_in_head(repository):
    path = repository / "sub" / "é.py"
    path.parent.mkdir()
    path.write_bytes(b"x = 1\r\n\xff\n")
    assert text_in_head(path) is None
    run_git(repository, "add", ".")
    run_git(repository, "commit", "-q", "-m", "first")
    path.write_text("x = 2\n")
    assert text_in_head(path) == "x = 1\r\n\udcff\n"
    assert text_in_head(repository / "other.py") is None


HARMFUL = """
[core]
    fsmonitor = touch {flag}; false
    pager = touch {flag}
    sshCommand = touch {flag}
    repositoryformatversion = 1
[diff]
    external = touch {flag}
[extensions]
    partialClone = x
[remote "x"]
    url = ./
    promisor = true
    uploadpack = touch {flag}; true
"""


def test_the_configuration_of_a_repository_runs_no_program(repository, tmp_path_factory):
    """An object is missing, so that git would fetch it with the program that the file names."""
    flag = tmp_path_factory.mktemp("flag") / "ran"
    path = repository / "a.py"
    path.write_text("x = 1\n")
    run_git(repository, "add", ".")
    run_git(repository, "commit", "-q", "-m", "first")
    with open(repository / ".git" / "config", "a") as config:
        config.write(HARMFUL.format(flag=flag))
    assert text_in_head(path) == "x = 1\n"
    for name in (repository / ".git" / "objects").glob("??/*"):
        if name.stat().st_size < 40:  # the blob
            name.unlink()
    assert text_in_head(path) is None
    assert not flag.exists()


def test_a_folder_that_looks_like_a_bare_repository_is_none(repository):
    """Such a folder can be committed, and then its configuration comes with a clone."""
    run_git(repository, "init", "-q", "--bare", "lib")
    run_git(repository / "lib", "remote", "add", "origin", "https://example.org/trap")
    assert remote_repository(repository / "lib") == ""


def test_the_files_of_a_commit(repository):
    for name in ("a.ipynb", "sub/b.ipynb", "c.py"):
        path = repository / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (repository / "link.ipynb").symlink_to("a.ipynb")
    run_git(repository, "add", ".")
    run_git(repository, "commit", "-q", "-m", "first")
    first = last_change(repository / "a.ipynb")
    (repository / "a.ipynb").write_text("changed")
    run_git(repository, "commit", "-q", "-a", "-m", "second")
    inner = repository / "sub" / "b.ipynb"
    assert files_at(repository, first, ".ipynb") == [repository / "a.ipynb", inner]
    assert files_at(repository / "sub", "HEAD", ".ipynb") == [inner]
    assert text_at(repository / "a.ipynb", first) == "a.ipynb"
    assert text_at(repository / "a.ipynb", "HEAD") == "changed"
    assert last_change(repository / "c.py") == first != last_change(repository / "a.ipynb")
    assert text_at(repository / "d", "HEAD") is None
    assert text_at(repository / "c.py", "none") is None


def test_without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_output(tmp_path, "--version") is None
    assert files_at(tmp_path, "HEAD", ".ipynb") == []
    assert last_change(tmp_path / "a.py") == ""
    assert remote_repository(tmp_path) == ""
