"""Writing to the disk: only what changed, and never over an edit."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import (
    NOTEBOOK2SCRIPT,
    cell_sources,
    edit_module,
    edit_notebook,
    notebook,
    notebook2script,
)

from literate import files
from literate.compile import compile_project, planned_update, update_notebooks, write
from literate.compile import plan as plan_module
from literate.compile.baseline import Baseline
from literate.compile.edits import EditConflictError, UncarriedEditsError, find_edits
from literate.compile.module import issued_module
from literate.compile.plan import make_plan
from literate.compile.write import diff, locked, write_plan
from literate.diagnostics import UsageError, UserError
from literate.project import Project, read_project, state_lock

LAYOUTS = ["cell_ids = True", "", "cell_number = False"]


def snapshot(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Content and time of each file, but for state files."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and ".literate" not in path.parts:
            found[path] = (path.read_bytes(), path.stat().st_mtime_ns)
    return found


def clone(project: Project) -> None:
    """Make the project look like a fresh clone: git knows all files, and no state exists."""
    shutil.rmtree(project.state_dir)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init"], ["add", "."], [*identity, "commit", "-m", "a"]):
        subprocess.run(["git", *words], cwd=project.root, check=True, capture_output=True)


# --- what is written ---------------------------------------------------------------------------


def test_unchanged_files_are_left_alone(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    before = snapshot(project.lib_path)
    assert compile_project(project)[1].changed == ()
    assert snapshot(project.lib_path) == before
    edit_notebook(project, "x = 1", "x = 2")
    _, result = compile_project(project)
    assert [path.name for path in result.changed] == ["a.py"]


def test_errors_of_all_notebooks_are_raised_together(make_project):
    project = make_project({"00_a": ["#export\n("], "01_b": ["#export\n)"]})
    with pytest.raises(UserError) as error:
        compile_project(project)
    assert len(error.value.problems) == 2


def test_a_diff_shows_what_a_compile_would_change(make_project):
    project = make_project({})
    text = diff(project.lib_path / "a.py", "x = 1\ny = 1", "x = 2\ny = 1")
    assert text == (
        "--- lib/a.py\n+++ lib/a.py (from the notebooks)\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n y = 1\n"
    )


def test_a_hand_written_file_is_replaced_only_when_forced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    module = project.lib_path / "a.py"
    module.write_text("mine = 1\n")
    message = "a.py exists and was not made from a notebook .*--force"
    for prefer in ("", "notebook"):
        with pytest.raises(UserError, match=message):
            compile_project(project, prefer=prefer)
    assert module.read_text() == "mine = 1\n"
    compile_project(project, force=True)
    assert "x = 1" in module.read_text()


def test_a_module_that_is_no_text_is_replaced_only_when_forced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    module = project.lib_path / "a.py"
    module.write_bytes(b"# \xfcber")
    with pytest.raises(UserError, match="a.py: error: not UTF-8 .*--force"):
        compile_project(project)
    compile_project(project, force=True)
    assert "x = 1" in module.read_text()


def test_an_empty_file_in_the_place_of_a_module_is_replaced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "a.py").touch()
    compile_project(project)
    assert "x = 1" in (project.lib_path / "a.py").read_text()


def test_files_that_are_not_generated_keep_their_bytes(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    library = project.lib_path
    (library / "sub").mkdir(parents=True)
    (library / "sub" / "__init__.py").write_bytes(b"# \xfcber\r\nx = 1\r\n")
    (library / ".#a.py").symlink_to("somebody@somewhere")  # as Emacs locks a file
    (library / "data.py").mkdir()
    (library / "sub" / "mine.py").write_bytes(b"# -*- coding: latin-1 -*-\r\ny = '\xfc'\r\n")
    before = snapshot(library)
    compile_project(project)
    after = snapshot(library)
    assert {path: after[path] for path in before} == before


def test_a_byte_order_mark_stays_out_of_the_middle(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    init = project.lib_path / "__init__.py"
    init.write_bytes(b"\xef\xbb\xbfimport os\r\n")
    compile_project(project)
    assert init.read_bytes() == b'__version__ = "0.0.1"\nimport os\n'


@pytest.mark.parametrize("content", [b"x = (\n", b"x = '\xfc'\n", b"x = '\0'\n"])
def test_a_docstring_cannot_be_put_into_what_is_no_python(make_project, content):
    project = make_project({"00_a": ["#| default_exp a", "#| export\nx = 1"]})
    (project.root / "settings.ini").unlink()
    config = project.root / "pyproject.toml"
    config.write_text('[project]\nname = "lib"\n[tool.nbdev]\nput_version_in_init = false\n')
    project.lib_path.mkdir()
    (project.lib_path / "__init__.py").write_bytes(content)
    with pytest.raises(UserError, match="lib/__init__.py.*mend it"):
        compile_project(read_project(config))


# --- edits are not lost ------------------------------------------------------------------------


@pytest.mark.parametrize("is_clone", [True, False], ids=["clone", "baseline"])
def test_an_edit_made_in_a_module_is_not_lost(make_project, is_clone):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    if is_clone:
        clone(project)
    edit_module(project, "x = 1", "x = 42  # precious")
    module = project.lib_path / "a.py"
    edited = module.read_text()
    message = "a.py: error: edited by hand since it was generated: 1 changed"
    with pytest.raises(UncarriedEditsError, match=message):
        compile_project(project)
    assert module.read_text() == edited
    assert notebook2script().returncode == 1
    edit_notebook(project, "x = 1", "x = 2")
    with pytest.raises(EditConflictError, match="changed here and in nbs/00_a.ipynb:cell 1"):
        compile_project(project)
    assert module.read_text() == edited
    assert notebook2script().returncode == 3
    compile_project(project, force=True)
    assert "precious" not in module.read_text()


def test_in_a_clone_git_tells_that_a_module_was_not_edited(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    clone(project)
    edit_notebook(project, "x = 1", "x = 2")
    _, result = compile_project(project)
    assert [path.name for path in result.changed] == ["a.py"]


def test_without_a_baseline_and_git_a_module_that_differs_counts_as_edited(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    write_plan(make_plan(project))
    shutil.rmtree(project.state_dir)
    edit_notebook(project, "x = 1", "x = 2")
    with pytest.raises(EditConflictError):
        compile_project(project)


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_after_a_crash_an_edit_is_compared_with_the_right_base(make_project, written):
    """The process died just before or just after it replaced the module."""
    project = make_project({"00_a": ["#export\nx = 1", "#export\ny = 1"]})
    compile_project(project)
    module = project.lib_path / "a.py"
    edit_notebook(project, "x = 1", "x = 2")
    issued = issued_module(make_plan(project).modules[0], project)
    state = Baseline(project).state_while_writing({module: (module.read_text(), issued)})
    for path, text in state.items():
        path.write_text(text)
    if written:
        module.write_text(issued.text)
    edit_module(project, "y = 1", "y = 'precious'")
    edit_notebook(project, "x = 2", "x = 3")
    plan = make_plan(project)
    (edits,) = find_edits(plan, plan.files.keys(), Baseline(project))
    assert [edit.code for edit in edits.edits] == ["y = 'precious'"]
    assert edits.count == 1


@pytest.mark.parametrize("files_before", range(4))
def test_an_update_that_is_killed_loses_no_edit(make_project, monkeypatch, files_before):
    """Whichever of its files was the last one that it replaced."""
    project = make_project({"00_a": ["#export\nx = 1", "#export\ny = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "precious = 1")
    kill_after(monkeypatch, files_before)
    with pytest.raises(Killed):
        update_notebooks(project)
    monkeypatch.undo()
    edit_notebook(project, "y = 1", "y = 2")
    update_notebooks(project)
    assert cell_sources(project) == ["#export\nprecious = 1", "#export\ny = 2"]
    assert "precious = 1\n" in (project.lib_path / "a.py").read_text()


class Killed(BaseException):
    """The process dies."""


def kill_after(monkeypatch, number: int) -> None:
    """Let the process die when it has put this number of files into their places."""
    left = [number]

    def count(function):
        def count_or_die(*arguments):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return function(*arguments)

        return count_or_die

    monkeypatch.setattr(os, "replace", count(os.replace))
    monkeypatch.setattr(files, "exchange", count(files.exchange))


def test_edits_are_looked_for_only_in_the_given_modules(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")
    edit_module(project, "y = 1", "y = 2", "b")
    plan = make_plan(project)
    module = project.lib_path / "b.py"
    (edits,) = find_edits(plan, {module}, Baseline(project))
    assert edits.module.path == module


def test_an_edit_that_is_made_while_edits_are_carried_is_not_lost(make_project, monkeypatch):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")

    def edit_and_write(*arguments, **options):
        edit_module(project, "x = 2", "x = 'precious'")
        return write_plan(*arguments, **options)

    monkeypatch.setattr(planned_update, "write_plan", edit_and_write)
    with pytest.raises(EditConflictError):
        update_notebooks(project)
    assert "precious" in (project.lib_path / "a.py").read_text()
    assert cell_sources(project) == ["#export\nx = 1"]


# --- a side wins -------------------------------------------------------------------------------


@pytest.fixture
def edited(make_project):
    """A project with an edit, a conflict, and text outside of cells in a.py."""
    cells = ["#export\nx = 1", "#export\ny = 1", "#export\nz = 1"]
    project = make_project({"00_a": cells, "01_b": ["#export\nw = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 'module'")
    edit_module(project, "y = 1", "y = 'module'")
    edit_module(project, "__all__ = ", "OUTSIDE = 1\n__all__ = ")
    edit_notebook(project, "y = 1", "y = 'notebook'")
    return project


def test_with_prefer_notebook_edits_made_in_modules_are_given_up(edited):
    before = snapshot(edited.nbs_path)
    _, result = compile_project(edited, prefer="notebook")
    assert [path.name for path in result.changed] == ["a.py"]
    text = (edited.lib_path / "a.py").read_text()
    assert "module" not in text and "OUTSIDE" not in text
    assert "x = 1" in text and "y = 'notebook'" in text
    assert snapshot(edited.nbs_path) == before
    assert compile_project(edited)[1].changed == ()


def test_prefer_notebook_compiles_only_the_chosen_notebooks(edited):
    edit_module(edited, "w = 1", "w = 'precious'", "b")
    compile_project(edited, [edited.nbs_path / "00_a.ipynb"], prefer="notebook")
    assert "y = 'notebook'" in (edited.lib_path / "a.py").read_text()
    assert "w = 'precious'" in (edited.lib_path / "b.py").read_text()


WRONG_PREFERENCES = [
    ({"prefer": "modules"}, "--prefer takes module or notebook, not 'modules'"),
    ({"prefer": "notebook", "force": True}, "--prefer and --force exclude each other"),
    ({"prefer": "module", "force": True}, "--prefer and --force exclude each other"),
]


@pytest.mark.parametrize("function", [compile_project, update_notebooks])
@pytest.mark.parametrize(("options", "message"), WRONG_PREFERENCES)
def test_a_preference_that_does_not_fit_is_a_usage_error(edited, function, options, message):
    before = snapshot(edited.root)
    with pytest.raises(UsageError, match=message):
        function(edited, **options)
    assert snapshot(edited.root) == before


def test_the_module_can_be_preferred_only_in_an_update(edited):
    before = snapshot(edited.root)
    with pytest.raises(UsageError, match="--prefer module needs --update"):
        compile_project(edited, prefer="module")
    assert snapshot(edited.root) == before


# --- pruning -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS, ids=["ids", "numbers", "neither"])
def test_a_module_without_a_notebook_is_reported_and_pruned_on_request(make_project, layout):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]}, layout)
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").rename(project.nbs_path / "01_c.ipynb")
    plan, _ = compile_project(project)
    (orphan,) = plan.diagnostics
    assert (orphan.code, orphan.path.name, orphan.severity) == ("orphan", "b.py", "warning")
    edit_module(project, "y = 1", "y = 'precious'", "b")
    for prefer in ("", "notebook"):
        with pytest.raises(UncarriedEditsError, match="b.py: error: no notebook makes this module"):
            compile_project(project, prune=True, prefer=prefer)
    edit_module(project, "y = 'precious'", "y = 1", "b")
    plan, _ = compile_project(project, prune=True)
    assert plan.diagnostics == []
    assert not (project.lib_path / "b.py").exists()
    assert (project.lib_path / "c.py").exists()
    assert "lib.b" not in (project.lib_path / "_modidx.py").read_text()


@pytest.mark.parametrize("layout", LAYOUTS, ids=["ids", "numbers", "neither"])
def test_handwritten_modules_are_no_orphans(make_project, layout):
    project = make_project({"00_a": ["#export\nx = 1"]}, layout)
    compile_project(project)
    (project.lib_path / "mine.py").write_text("x = 1\n")
    (project.nbs_path / "_draft.ipynb").write_text(notebook("#export\nx = 1"))
    header = "# AUTOGENERATED! DO NOT EDIT! File to edit: ../nbs/_draft.ipynb.\n"
    (project.lib_path / "draft.py").write_text(header)
    assert compile_project(project, prune=True)[0].diagnostics == []


@pytest.fixture
def with_orphan(make_project):
    """A project in which no notebook generates b.py any more, and a.py was edited."""
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").unlink()
    edit_module(project, "x = 1", "x = 2")
    return project


def test_nothing_is_pruned_where_an_edit_stops_the_work(with_orphan):
    with pytest.raises(UncarriedEditsError, match="edited by hand"):
        compile_project(with_orphan, prune=True)
    assert (with_orphan.lib_path / "b.py").exists()


def test_with_prefer_notebook_an_edit_does_not_stop_the_pruning(with_orphan):
    compile_project(with_orphan, prune=True, prefer="notebook")
    assert "x = 1" in (with_orphan.lib_path / "a.py").read_text()
    assert not (with_orphan.lib_path / "b.py").exists()


def test_with_force_edited_orphans_are_deleted(with_orphan):
    edit_module(with_orphan, "y = 1", "y = 2", "b")
    compile_project(with_orphan, prune=True, force=True)
    assert not (with_orphan.lib_path / "b.py").exists()


# --- two processes, and killed ones ------------------------------------------------------------


def is_locked(project: Project) -> bool:
    """Whether the lock is held exclusively: not even a shared lock is possible beside it."""
    with open(project.state_dir / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize("function", [compile_project, update_notebooks])
def test_the_lock_is_held_from_reading_to_writing(make_project, monkeypatch, function):
    project = make_project({"00_a": ["#export\nx = 1"]})
    calls = []

    def watch(module, name):
        original = getattr(module, name)

        def watched(*arguments, **options):
            calls.append((name, is_locked(project)))
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, watched)

    watch(plan_module if function is compile_project else planned_update, "make_plan")
    watch(write, "replace_files")
    function(project)
    assert {name for name, _ in calls} == {"make_plan", "replace_files"}
    assert all(locked for _, locked in calls)
    assert not is_locked(project)


def test_two_commands_at_once_take_turns(make_project):
    cells = {f"{n:02}_m{n}": [f"#export\nx{i} = {n}" for i in range(30)] for n in range(20)}
    project = make_project(cells)
    with state_lock(project):  # all of them have to wait
        processes = [
            subprocess.Popen([sys.executable, NOTEBOOK2SCRIPT], stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
    last_lines = [process.communicate()[0].splitlines()[-1] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    unchanged = ["0 files written, 22 unchanged"] * 3
    assert sorted(last_lines) == [*unchanged, "22 files written, 0 unchanged"]


OURS = ".literate-0123456789abcdef.tmp"


@pytest.mark.parametrize("lock", ["4711\n", None], ids=["of a killed process", "gone"])
def test_temporary_files_of_a_killed_process_are_deleted(make_project, lock):
    project = make_project({"00_a": ["#export\nx = 1"], "sub/01_b": ["#export\ny = 1"]})
    compile_project(project)
    folders = [project.state_dir, project.lib_path, project.nbs_path, project.nbs_path / "sub"]
    for folder in folders:
        for name in (OURS, ".notes.tmp", ".a.py.4711.tmp", ".literate-notes.tmp"):
            (folder / name).touch()
    with locked(project):
        pass  # the last process came to its end: nothing has to be done
    assert all((folder / OURS).exists() for folder in folders)
    if lock is None:
        (project.state_dir / "lock").unlink()
    else:
        (project.state_dir / "lock").write_text(lock)
    with locked(project):
        pass
    for folder in folders:
        kept = {path.name for path in folder.iterdir() if path.suffix == ".tmp"}
        assert kept == {".notes.tmp", ".a.py.4711.tmp", ".literate-notes.tmp"}


def test_killed_at_any_time_it_leaves_whole_modules_and_the_next_run_goes_on(make_project):
    project = make_project({"00_m0": ["x"]})

    def written(value: int) -> int:
        """How many modules hold this value: they are written one after the other."""
        texts = [module.read_text() for module in project.lib_path.glob("m*.py")]
        return sum([f" = {value}\n" in text for text in texts])

    for number in range(12):
        for n in range(12):
            cells = [f"#export\nx{i} = {number}" for i in range(30)]
            (project.nbs_path / f"{n:02}_m{n}.ipynb").write_text(notebook(*cells))
        process = subprocess.Popen([sys.executable, NOTEBOOK2SCRIPT], stdout=subprocess.DEVNULL)
        while process.poll() is None and written(number) < number:
            time.sleep(0.0002)
        process.kill()
        process.wait()
        for module in project.lib_path.glob("m*.py"):
            lines = module.read_text().splitlines()
            values = {line.split(" = ")[1] for line in lines if line.startswith("x")}
            assert len(values) == 1
            assert module.read_text().count("# %%") == 31
    done = notebook2script()
    assert done.returncode == 0, done.stderr
    assert not list(project.root.rglob("*.tmp"))


# --- links that lead out of the project --------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path_factory) -> Path:
    """A folder outside of the project, with a file that must stay as it is."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "notes.txt").write_text("precious")
    return folder


LINKS = ["lib/a.py", "lib/_modidx.py", "lib/__init__.py", "lib/sub", "lib"]


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("target", ["notes.txt", "missing", "."])
def test_nothing_is_written_through_a_link_out_of_the_project(
    make_project, elsewhere, name, target
):
    project = make_project(
        {"00_a": ["#export\nx = 1"], "01_b": ["#default_exp sub.b", "#export\ny = 1"]}
    )
    link = project.root / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere / target)
    for arguments in ([], ["--force"], ["--check"]):
        done = notebook2script(*arguments)
        assert done.returncode == 1
        assert "internal error" not in done.stderr
        assert Path(name).name in done.stderr
    assert snapshot(elsewhere).keys() == {elsewhere / "notes.txt"}
    assert (elsewhere / "notes.txt").read_text() == "precious"


def test_each_link_is_named_once(make_project, elsewhere):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    project.lib_path.symlink_to(elsewhere)
    with pytest.raises(UserError) as error:
        compile_project(project)
    (problem,) = error.value.problems
    assert (problem.code, problem.path) == ("outside-project", project.lib_path)
    assert str(elsewhere) in problem.message


def test_the_state_folder_may_not_be_a_link_out_of_the_project(make_project, elsewhere):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.state_dir.symlink_to(elsewhere)
    with pytest.raises(UserError, match="^.literate: error: it leads out of the project"):
        compile_project(project)
    assert snapshot(elsewhere).keys() == {elsewhere / "notes.txt"}


def test_links_inside_of_the_project_are_followed(make_project):
    project = make_project(
        {"00_a": ["#export\nx = 1"], "01_b": ["#default_exp sub.b", "#export\ny"]}
    )
    (project.root / "src" / "sub").mkdir(parents=True)
    (project.root / "src" / "sub" / "__init__.py").write_text("mine = 1\n")
    project.lib_path.symlink_to("src")
    compile_project(project)
    assert project.lib_path.is_symlink()
    assert "x = 1" in (project.root / "src" / "a.py").read_text()
    assert (project.root / "src" / "sub" / "__init__.py").read_text() == "mine = 1\n"
    assert compile_project(project)[1].changed == ()


def test_temporary_files_are_not_looked_for_elsewhere(make_project, elsewhere):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    (elsewhere / OURS).touch()
    project.nbs_path.rename(project.root / "old")
    project.nbs_path.symlink_to(elsewhere)
    (project.state_dir / "lock").write_text("4711\n")
    with locked(project):
        pass
    assert (elsewhere / OURS).exists()


# --- files that are saved while a compile runs -------------------------------------------------


@pytest.fixture
def save_meanwhile(monkeypatch):
    """`save_meanwhile(path, texts)` saves a file before files are replaced, once for each text."""

    def prepare(path: Path, texts: list[str]) -> None:
        waiting = list(texts)
        replace = write.replace_files

        def save_and_replace(*arguments, **options):
            if waiting:
                path.write_text(waiting.pop(0))
            replace(*arguments, **options)

        monkeypatch.setattr(write, "replace_files", save_and_replace)

    return prepare


def test_an_edit_made_while_a_compile_runs_is_found(make_project, save_meanwhile):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    module = project.lib_path / "a.py"
    edited = module.read_text() + "\n# %%\nprecious = 1\n"
    edit_notebook(project, "x = 1", "x = 2")
    save_meanwhile(module, [edited])
    with pytest.raises(UserError):
        compile_project(project)
    assert module.read_text() == edited


def test_what_is_typed_into_the_init_file_meanwhile_stays(make_project, save_meanwhile):
    project = make_project({"00_a": ["#export\nx = 1"]}, "version = 1.2")
    project.lib_path.mkdir()
    init = project.lib_path / "__init__.py"
    save_meanwhile(init, ["typed = 1\n", "typed = 2\n"])
    compile_project(project)
    assert init.read_text() == '__version__ = "1.2"\ntyped = 2\n'


def test_a_file_that_is_saved_again_and_again_is_named(make_project, save_meanwhile):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    init = project.lib_path / "__init__.py"
    save_meanwhile(init, [f"typed = {number}\n" for number in range(9)])
    with pytest.raises(UserError, match="__init__.py: error: it was saved again and again"):
        compile_project(project)
    assert init.read_text() == "typed = 3\n"  # the first run and three more
    assert not (project.lib_path / "a.py").exists()


def test_an_orphan_that_is_saved_meanwhile_is_not_deleted(make_project, monkeypatch):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").unlink()
    delete = write.delete_file
    module = project.lib_path / "b.py"

    def save_and_delete(*arguments):
        edit_module(project, "y = 1", "y = 'precious'", "b")
        delete(*arguments)

    monkeypatch.setattr(write, "delete_file", save_and_delete)
    with pytest.raises(UncarriedEditsError):
        compile_project(project, prune=True)
    assert "precious" in module.read_text()
