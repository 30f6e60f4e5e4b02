"""`literate new`: from nothing to a green project, by what the command prints."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest
from git_project import git, hooks, literate, run

from literate.__main__ import COMMANDS


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with a blank in its name, and a person that git knows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    git(tmp_path, "config", "--global", "user.name", "Ann Example")
    git(tmp_path, "config", "--global", "user.email", "ann@example.org")
    place = tmp_path / "my projects"
    place.mkdir()
    return place


def printed_commands(output: str) -> list[str]:
    return [line.strip() for line in output.partition("To go on:\n")[2].splitlines()]


def test_a_project_is_green_by_its_own_instructions(folder):
    done = literate(folder, "new", "my-library")
    assert (done.returncode, done.stderr) == (0, "")
    first, install, *others = printed_commands(done.stdout)
    assert (first, install) == ("cd my-library", "python -m pip install -e '.[dev]'")
    project = folder / "my-library"
    for command in others:
        if "hooks install" in command:
            # Drivers whose commands come with another part of literate are not needed here.
            command += " --parts 'pre-commit post-merge post-rewrite'"
        done = run(project, "bash", "-c", command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert git(project, "log", "--format=%s") == "A new project\n"
    assert git(project, "status", "--porcelain") == ""
    assert literate(project, "export", "--check").returncode == 0


@pytest.mark.skipif("readme" not in COMMANDS, reason="there is no literate readme")
def test_the_readme_is_that_of_its_notebook(folder):
    literate(folder, "new", "my-library")
    done = literate(folder / "my-library", "readme", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wheel_can_be_built(folder):
    literate(folder, "new", "my-library")
    project = folder / "my-library"
    flags = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    done = run(project, sys.executable, "-m", "pip", "wheel", *flags, "-w", "dist", ".")
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (project / "dist").iterdir()
    assert wheel.name == "my_library-0.0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert {"my_library/core.py", "my_library/__init__.py"} <= set(names)
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        text = archive.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "Author-email: Ann Example <ann@example.org>" in text


def test_git_can_be_set_up_at_once(folder):
    done = literate(folder, "new", "my-library", "--git", "--licence", "mit")
    assert done.returncode == 0, done.stderr
    project = folder / "my-library"
    assert git(project, "log", "--format=%s") == "A new project\n"
    assert git(project, "status", "--porcelain") == ""
    assert all(works for works, _ in hooks(project, "status").values())
    assert "git init" not in done.stdout


def test_git_has_to_know_who_commits(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    done = literate(folder, "new", "my-library", "--git")
    assert done.returncode == 1
    assert done.stderr.startswith("error: git does not know who you are")
    assert list(folder.iterdir()) == []


def test_a_path_may_lead_to_the_name(folder):
    assert literate(folder, "new", "deep/er/my-library").returncode == 0
    assert (folder / "deep" / "er" / "my-library" / "my_library" / "core.py").exists()
    assert literate(folder / "deep", "new", "../other").returncode == 0
    assert (folder / "other" / "other" / "core.py").exists()


def test_the_files_as_json(folder):
    done = literate(folder, "new", "my-library", "--json")
    files = [each["path"] for each in json.loads(done.stdout)["files"]]
    assert all((folder / "my-library" / name).is_file() for name in files)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "error: one name is needed: literate new my-library"),
        (["a-b", "c-d"], 2, "error: one name is needed"),
        (["a b"], 2, "error: 'a b' cannot be the name of a library"),
        (["json"], 2, "error: Python has a module json already"),
        (["a-b", "--licence", "gpl"], 2, "error: --licence gpl: there is apache-2.0, mit, none"),
        (["taken"], 1, "error: taken exists already (literate init works inside of a folder)"),
        (["file/a-b"], 1, "error: "),
    ],
)
def test_what_cannot_be_made_is_one_clear_line(words, code, message, folder):
    (folder / "taken").mkdir()
    (folder / "file").write_text("x")
    done = literate(folder, "new", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["file", "taken"]
