"""The report of an unchanged project: it is kept as it was printed, and every change is noticed."""

import os
import subprocess
import sys

import pytest
from conftest import edit_notebook, notebook, notebook2script, rewrite

from literate import stamps as stamps_module
from literate.compile import compile_project, fast_path, write
from literate.compile.fast_path import load_report, store_report
from literate.diagnostics import UserError
from literate.project import find_project
from literate.stamps import stamps


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
    messages, files, remarks = load_report()
    assert (files, remarks) == (5, 0)
    (message,) = messages
    assert message.endswith("[unknown-directive]")
    done = notebook2script()
    assert done.stdout == "0 files written, 5 unchanged, 1 problem\n"
    assert "did you mean" in done.stderr


def test_an_unchanged_project_is_known_from_each_of_its_folders(project, monkeypatch):
    monkeypatch.chdir(project.nbs_path / "sub")
    assert load_report() is None  # messages name files relative to the current folder
    compile_project(project)
    messages, _, _ = load_report()
    assert messages[0].startswith("01_b.ipynb:")


def test_without_a_project_there_is_no_report(monkeypatch):
    monkeypatch.chdir("/")
    assert load_report() is None


@pytest.fixture
def later(monkeypatch):
    """Let the clock be an hour ahead when this is called: then no file has changed recently."""
    now = stamps_module.time_ns

    def move_the_clock():
        monkeypatch.setattr(stamps_module, "time_ns", lambda: now() + 3600 * 10**9)

    return move_the_clock


def test_after_two_seconds_nothing_is_opened(project, later, monkeypatch):
    later()
    assert load_report()  # this looks at the files a last time
    monkeypatch.setattr(stamps_module, "_digest", None)
    assert load_report()


def test_a_report_that_cannot_be_stored_again_is_used(project, later, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    later()
    monkeypatch.setattr("literate.files.write_atomically", refuse)
    assert load_report()


def test_in_the_first_two_seconds_a_change_without_a_trace_is_noticed(project, monkeypatch):
    """Notebooks, modules and settings: each may be saved twice within a tick of the clock."""
    numbers = {path: known[:4] for path, known in stamps(every_file(project)).items()}
    take = stamps_module.numbers
    monkeypatch.setattr(
        stamps_module, "numbers", lambda path: list(numbers.get(str(path)) or take(path))
    )
    for path in every_file(project):
        content = path.read_bytes()
        assert load_report()
        path.write_bytes(b"x" * len(content))
        assert load_report() is None, path
        path.write_bytes(content)


def every_file(project):
    """The files of a project on which its modules depend, and the modules."""
    return [
        project.root / "settings.ini",
        *project.nbs_path.rglob("*.ipynb"),
        *(path for path in project.lib_path.rglob("*.py") if path.stat().st_size),
    ]


@pytest.mark.parametrize("name", ["last-report", "compiled.json"])
def test_a_state_file_of_version_0_1_is_replaced(project, name):
    path = project.state_dir / name
    current = path.read_text()
    path.write_text(current.replace("literate report 3\0\0", "").replace('"format": 2, ', ""))
    assert path.read_text() != current
    if name == "last-report":
        assert load_report() is None
    compile_project(project)
    assert path.read_text()[:17] == current[:17]
    assert load_report()


def test_a_report_that_a_project_from_elsewhere_brings_along_is_not_used(project):
    """It can name files that do not exist, but nobody foresees the stamps of those that do."""
    store_report(project.root, ["all is well"], 3, {})
    assert load_report() is None
    store_report(project.root, ["all is well"], 3, {"/nosuch": []})
    assert load_report() is None


def test_a_pipe_in_the_place_of_the_report_is_not_read(project):
    path = project.state_dir / "last-report"
    path.unlink()
    os.mkfifo(path)
    assert load_report() is None


@pytest.mark.parametrize(
    "messages", [[], ["one"], ["two\nlines", "ü"], ["half of a character: \udcff"]]
)
def test_a_report_is_kept_as_it_is_printed(project, messages):
    paths = [project.root / "settings.ini", "nosuch"]
    store_report(project.root, messages, 3, stamps(paths), remarks=1)
    printed = [message.replace("\udcff", "\\udcff") for message in messages]
    assert load_report() == (printed, 3, 1)


def rewrite_unseen(path, old, new):
    """Change a file, and give it the time of change that it had."""
    status = path.stat()
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def swap(one, other):
    """Exchange two files that have one size and one time."""
    middle = one.with_suffix(".middle")
    one.rename(middle)
    other.rename(one)
    middle.rename(other)


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
        lambda p: os.environ.update(GIT_DIR="/elsewhere"),
        lambda p: os.environ.update(GIT_CONFIG_COUNT="1"),
        # the same size and the same time
        lambda p: rewrite_unseen(p.nbs_path / "00_a.ipynb", "x = 1", "x = 2"),
        lambda p: swap(p.nbs_path / "00_a.ipynb", p.nbs_path / "sub" / "01_b.ipynb"),
        # files that no notebook makes
        lambda p: (p.lib_path / "by_hand.py").write_text("y = 2"),
        lambda p: (p.lib_path / "by_hand.py").unlink(),
        lambda p: (p.lib_path / "data" / "new.py").write_text(""),
        lambda p: (p.lib_path / "data" / "deeper").mkdir(),
    ],
)
def test_every_change_is_noticed(project, change, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    for name in ("GIT_DIR", "GIT_CONFIG_COUNT"):  # they are removed again at the end
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.chdir(project.root)
    (project.lib_path / "by_hand.py").write_text("y = 1")
    (project.lib_path / "data").mkdir()
    compile_project(project)
    assert load_report()
    change(project)
    assert load_report() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda p: rewrite_unseen(p.root / "settings.ini", "lib_name = lib", "lib_name = bil"),
        lambda p: rewrite_unseen(p.nbs_path / "00_a.ipynb", "x = 1", "x = 2"),
        lambda p: (p.nbs_path / "02_new.ipynb").write_text(notebook("x")),
        lambda p: (p.lib_path / "mine.py").write_text("x = 1"),
        lambda p: (p.lib_path / "a.py").write_text("edited"),
    ],
)
@pytest.mark.parametrize("moment", ["before_writing", "after_writing"])
def test_a_change_while_a_compile_runs_is_noticed(project, moment, change, monkeypatch):
    """Somebody saves a file just before the modules are written, or just after."""
    write_plan = write.write_plan

    def write_and_change(*arguments):
        if moment == "before_writing":
            change(project)
        result = write_plan(*arguments)
        if moment == "after_writing":
            change(project)
        return result

    edit_notebook(project, "y = 1", "y = 2", "sub/01_b")
    monkeypatch.setattr(write, "write_plan", write_and_change)
    try:
        compile_project(find_project())
    except UserError:  # a module that was edited
        pass
    assert load_report() is None


@pytest.mark.parametrize("name", ["sub/b.py", "__init__.py", "_modidx.py"])
def test_a_file_that_is_changed_just_after_it_was_written_is_noticed(project, name, monkeypatch):
    write_plan = write.write_plan

    def write_and_change(*arguments):
        result = write_plan(*arguments)
        (project.lib_path / name).write_text("edited")
        return result

    edit_notebook(project, "y = 1", "def y(): pass", "sub/01_b")
    monkeypatch.setattr(write, "write_plan", write_and_change)
    compile_project(find_project())
    assert load_report() is None


def test_the_place_of_the_program_counts(project, monkeypatch):
    """Two versions of literate may compile the same project."""
    monkeypatch.setattr(fast_path, "__file__", "/elsewhere/fast_path.py")
    assert load_report() is None


def test_what_black_formatted_depends_on_black(make_project, tmp_path, monkeypatch):
    (tmp_path / "site" / "black").mkdir(parents=True)
    black = tmp_path / "site" / "black" / "__init__.py"
    black.write_text("def format_str(code, mode): return code\nclass Mode: pass\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setitem(sys.modules, "black", None)  # so that the real one is there at the end
    monkeypatch.delitem(sys.modules, "black")
    make_project({"00_a": ["#export\nx = 1"]}, "black_formatting = True")
    compile_project(find_project())
    assert load_report()
    rewrite(black, black.read_text())
    assert load_report() is None


def test_a_docstring_in_a_module_written_by_hand_counts(make_nbdev3_project):
    project = make_nbdev3_project({"00_core": ["#| default_exp core", "#| export\nx = 1"]})
    by_hand = project.lib_path / "by_hand.py"
    by_hand.parent.mkdir()
    by_hand.write_text('"""Old.\n\na\nb\nc"""\n')
    compile_project(project)
    assert "Old." in (project.lib_path / "__init__.py").read_text()
    by_hand.write_text('"""New.\n\na\nb\nc"""\n')
    assert load_report() is None
    compile_project(project)
    assert "New." in (project.lib_path / "__init__.py").read_text()
