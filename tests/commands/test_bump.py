"""`literate bump` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_project import literate, make_repository


@pytest.fixture
def project(tmp_path) -> Path:
    folder = make_repository(tmp_path / "r")
    with open(folder / "settings.ini", "a") as file:
        file.write("version = 0.9.9\n")
    assert literate(folder, "export").returncode == 0
    return folder


def test_the_version_goes_up_and_the_modules_fit(project):
    done = literate(project, "bump", "minor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0.9.9 -> 0.10.0 in settings.ini, lib/__init__.py\n"
    assert (project / "settings.ini").read_text().endswith("version = 0.10.0\n")
    assert literate(project, "export", "--check").returncode == 0
    assert literate(project, "bump").stdout == "0.10.0\n"


def test_a_new_project_has_one_source(tmp_path):
    literate(tmp_path, "new", "my-library")
    project = tmp_path / "my-library"
    assert literate(project, "bump", "1.0.0rc1").stdout == (
        "0.0.1 -> 1.0.0rc1 in my_library/__init__.py\n"
    )
    assert literate(project, "bump", "patch").stdout.startswith("1.0.0rc1 -> 1.0.0 in ")
    assert literate(project, "export", "--check").returncode == 0


def test_check_only_prints_it(project):
    before = (project / "settings.ini").read_bytes()
    done = literate(project, "bump", "major", "--check")
    assert done.stdout == "0.9.9 -> 1.0.0 in settings.ini, lib/__init__.py\n"
    assert (project / "settings.ini").read_bytes() == before


def test_the_versions_as_json(project):
    assert json.loads(literate(project, "bump", "patch", "--json").stdout) == {
        "old": "0.9.9",
        "new": "0.9.10",
        "files": [str(project / "settings.ini"), str(project / "lib" / "__init__.py")],
    }


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["huge"], 2, "error: 'huge' is neither major, minor, patch nor a version such as"),
        (["major", "minor"], 2, "error: unexpected argument 'minor'"),
        (["--dry"], 2, "error: unknown flag --dry"),
    ],
)
def test_a_wrong_command_line_is_refused(words, code, message, project):
    done = literate(project, "bump", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)


def test_outside_of_a_project_there_is_one_clear_line(tmp_path):
    done = literate(tmp_path, "bump", "patch")
    assert done.returncode == 2
    assert "run this inside a project" in done.stderr


def test_two_versions_are_named(project):
    path = project / "lib" / "__init__.py"
    path.write_text(path.read_text().replace("0.9.9", "0.9.8"))
    done = literate(project, "bump", "patch")
    assert done.returncode == 1
    assert done.stderr == (
        "error: settings.ini says version 0.9.9, and lib/__init__.py says 0.9.8 (make them equal)\n"
    )
