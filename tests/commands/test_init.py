"""`literate init` in folders that hold something already."""

from __future__ import annotations

import json

import pytest
from conftest import notebook, write_files
from git_project import git, literate


def test_an_empty_folder_becomes_a_green_project(tmp_path):
    folder = tmp_path / "my-library"
    folder.mkdir()
    assert literate(folder, "init").returncode == 0
    assert literate(folder, "test").returncode == 0
    assert literate(folder, "export", "--check").returncode == 0
    done = literate(folder, "init")
    assert "0 files made" in done.stdout


def test_a_library_with_modules_gets_notebooks_beside_them(tmp_path):
    files = {
        "pyproject.toml": '[project]\nname = "my-library"\nversion = "1.2.3"\n',
        "src/my_library/__init__.py": "from .core import x\n",
        "src/my_library/core.py": "x = 1\n",
    }
    write_files(tmp_path, files)
    assert literate(tmp_path, "init").returncode == 0
    for name in ("src/my_library/__init__.py", "src/my_library/core.py"):
        assert (tmp_path / name).read_text() == files[name]
    assert "def mean" in (tmp_path / "src/my_library/first.py").read_text()
    assert literate(tmp_path, "export", "--check").returncode == 0


def test_notebooks_become_a_library(tmp_path):
    cells = ["#| default_exp work", "#| export\ndef f():\n    return 1", "assert f() == 1"]
    write_files(tmp_path, {"notebooks/a.ipynb": notebook(*cells)})
    done = literate(tmp_path, "init", "--name", "my-library")
    assert done.returncode == 0
    assert not (tmp_path / "my_library").exists()  # nothing of a person is compiled unasked
    assert "  literate export\n" in done.stdout
    assert literate(tmp_path, "export").returncode == 0
    assert (tmp_path / "my_library" / "work.py").exists()
    assert literate(tmp_path, "test").returncode == 0


def test_the_next_step_in_a_repository_is_its_hooks(tmp_path):
    folder = tmp_path / "my-library"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", "git@example.org:me/other-name.git")
    done = literate(folder, "init")
    assert "  literate hooks install\n" in done.stdout
    assert (folder / "other_name" / "core.py").exists()
    text = (folder / "pyproject.toml").read_text()
    assert 'Repository = "https://example.org/me/other-name"' in text


def test_the_files_as_json(tmp_path):
    folder = tmp_path / "my-library"
    folder.mkdir()
    states = json.loads(literate(folder, "init", "--json").stdout)["files"]
    assert {"path": "LICENSE", "state": "written"} in states


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["here"], 2, "error: unexpected argument 'here'"),
        (["--name", "a b"], 2, "error: 'a b' cannot be the name of a library"),
        (["--licence", "gpl"], 2, "error: --licence gpl"),
    ],
)
def test_a_wrong_command_line_writes_nothing(words, code, message, tmp_path):
    done = literate(tmp_path, "init", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_pyproject_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project")
    done = literate(tmp_path, "init")
    assert done.returncode == 1
    assert done.stderr.startswith("pyproject.toml: error: not TOML")
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
