"""The report of an unchanged project: it is kept as it was printed, and every change is noticed."""

import os
import subprocess

import pytest
from conftest import edit_notebook, notebook, notebook2script, rewrite

from literate.compile import compile_project
from literate.compile.fast_path import load_report, store_report
from literate.files import stamps


@pytest.fixture
def project(make_project):
    made = make_project(
        {
            "00_a": ["#export\nx = 1"],
            "sub/01_b": ["#default_exp sub.b", "#export\ny = 1", "#exprot\nz"],
        }
    )
    compile_project(made)
    return made


def test_an_unchanged_project_is_known_with_its_warnings(project):
    messages, files = load_report()
    assert files == 5
    (message,) = messages
    assert message.endswith("[unknown-directive]")
    done = notebook2script()
    assert done.stdout == "0 files written, 5 unchanged, 1 problem\n"
    assert "did you mean" in done.stderr


def test_an_unchanged_project_is_known_from_each_of_its_folders(project, monkeypatch):
    monkeypatch.chdir(project.nbs_path / "sub")
    assert load_report() is None  # messages name files relative to the current folder
    compile_project(project)
    messages, _ = load_report()
    assert messages[0].startswith("01_b.ipynb:")


def test_without_a_project_there_is_no_report(monkeypatch):
    monkeypatch.chdir("/")
    assert load_report() is None


def test_nothing_is_opened(project):
    for path in project.nbs_path.rglob("*.ipynb"):
        status = path.stat()
        # With the same size and the same time, only opening the file would tell.
        path.write_bytes(b"x" * status.st_size)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert load_report()
    assert notebook2script().returncode == 0


@pytest.mark.parametrize(
    "messages", [[], ["one"], ["two\nlines", "ü"], ["half of a character: \udcff"]]
)
def test_a_report_is_kept_as_it_is_printed(project, messages):
    store_report(project.root, messages, 3, stamps([project.nbs_path, "nosuch"]))
    printed = [message.replace("\udcff", "\\udcff") for message in messages]
    assert load_report() == (printed, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: edit_notebook(p, "x = 1", "x = 2"),
        lambda p: (p.nbs_path / "02_new.ipynb").write_text(notebook("x")),
        lambda p: (p.nbs_path / "00_a.ipynb").unlink(),
        lambda p: (p.nbs_path / "00_a.ipynb").rename(p.nbs_path / "00_z.ipynb"),
        lambda p: (p.lib_path / "a.py").write_text("edited"),
        lambda p: (p.lib_path / "a.py").unlink(),
        lambda p: (p.lib_path / "sub" / "mine.py").write_text("x = 1"),
        lambda p: rewrite(
            p.root / "settings.ini", (p.root / "settings.ini").read_text() + "strict = True\n"
        ),
        lambda p: (p.nbs_path / "sub" / "02_new.ipynb").write_text(notebook("x")),
        lambda p: (p.root / "pyproject.toml").write_text(""),
        # git's remote can give the project its name
        lambda p: subprocess.run(["git", "init", "-q", p.root], check=True),
        lambda p: (p.state_dir / "last-report").write_text("{broken"),
        lambda p: (p.state_dir / "last-report").write_bytes(b"\xff\0\0\0\0\0\0"),
        lambda p: (p.state_dir / "last-report").unlink(),
        lambda p: os.chdir(p.nbs_path),  # messages name files relative to the current folder
        lambda p: os.environ.update(XDG_CONFIG_HOME="/elsewhere"),
    ],
)
def test_every_change_is_noticed(project, change, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    monkeypatch.chdir(project.root)
    compile_project(project)
    assert load_report()
    change(project)
    assert load_report() is None
