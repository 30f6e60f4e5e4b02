"""Onto the disk: only what changed, never over an edit, and the command around it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import PATIENCE, notebook, rewrite

from literate.compile import compile_project
from literate.compile.plan import make_plan
from literate.compile.write import EditConflictError, UncarriedEditsError, write_plan
from literate.diagnostics import UserError
from literate.project import read_project

DOOR = Path(__file__).parents[2] / "notebook2script.py"


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, DOOR, *arguments], capture_output=True, text=True)


def snapshot(folder: Path) -> dict:
    return {
        p: (p.read_bytes(), p.stat().st_mtime_ns)
        for p in folder.rglob("*")
        if p.is_file() and ".literate" not in p.parts
    }


def test_unchanged_files_are_left_alone(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    before = snapshot(project.lib_path)
    assert compile_project(project)[1].changed == ()
    assert snapshot(project.lib_path) == before
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 2"))
    assert [p.name for p in compile_project(project)[1].changed] == ["a.py"]


def test_with_an_error_nothing_is_written(make_project, tmp_path):
    make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = ("]})
    before = snapshot(tmp_path)
    done = run()
    assert done.returncode == 1 and snapshot(tmp_path) == before
    assert done.stderr == (
        "nbs/01_b.ipynb:cell 1 (00000000):2:5: error: '(' was never closed (this cell is exported) [syntax]\n"
        "nothing written: 1 problem\n"
    )


@pytest.mark.parametrize("has_git", [True, False])
def test_an_edit_made_in_a_module_is_not_lost(make_project, has_git):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    module = project.lib_path / "a.py"
    if has_git:  # a fresh clone: no base, but a HEAD
        subprocess.run(
            "rm -r .literate; git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm a",
            shell=True,
            check=True,
        )
    module.write_text(module.read_text().replace("x = 1", "x = 42  # precious"))
    edited = module.read_text()
    with pytest.raises(
        UncarriedEditsError, match="a.py: error: edited by hand since it was generated: 1 changed"
    ):
        compile_project(project)
    assert module.read_text() == edited and run().returncode == 1
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 2"))
    with pytest.raises(EditConflictError, match="changed here and in nbs/00_a.ipynb:cell 1"):
        compile_project(project)
    assert module.read_text() == edited and run().returncode == 3
    compile_project(project, force=True)
    assert "precious" not in module.read_text()


def test_without_a_base_git_head_tells_that_a_module_was_not_edited(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    subprocess.run(
        "rm -r .literate; git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm a",
        shell=True,
        check=True,
    )
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 2"))
    assert [p.name for p in compile_project(project)[1].changed] == ["a.py"]


def test_without_base_and_git_a_module_that_differs_counts_as_edited(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    write_plan(make_plan(project))
    shutil.rmtree(project.state_dir)
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 2"))
    with pytest.raises(EditConflictError):
        compile_project(project)


def test_the_command_and_its_exit_codes(make_project):
    make_project(
        {"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"], "01a_c": ["#export\nz = 1"]}
    )
    done = run("--up-to", "01")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "lib/a.py <- nbs/00_a.ipynb\nlib/b.py <- nbs/01_b.ipynb\nlib/__init__.py\nlib/_modidx.py\n"
        "4 files written, 0 unchanged\n"
    )
    assert run().stdout.endswith("2 files written, 3 unchanged\n") and run("--quiet").stdout == ""
    assert run("--check").returncode == 0
    rewrite(Path("nbs/00_a.ipynb"), notebook("#export\nx = 2"))
    done = run("--check")
    assert (
        done.returncode == 1 and "-x = 1\n+x = 2\n" in done.stdout and "1 file stale" in done.stdout
    )
    assert "x = 1" in Path("lib/a.py").read_text()
    for arguments in [
        ["nosuch.ipynb"],
        ["--nope"],
        ["--up-to", "x"],
        ["--up-to"],
        ["--check=maybe"],
    ]:
        done = run(*arguments)
        assert (
            done.returncode == 2
            and "Traceback" not in done.stderr
            and done.stderr.startswith("error: ")
        ), arguments
    os.chdir("/")
    assert run().returncode == 2


def test_check_makes_warnings_errors(make_project):
    make_project({"00_a": ["#exprot\nx = 1"]})
    assert run().returncode == 0 and run("--check").returncode == 1


def test_a_notebook_is_found_from_any_folder_of_the_project(make_project, monkeypatch):
    project = make_project({"00_a": ["#export\nx = 1"]})
    monkeypatch.chdir(project.nbs_path)
    assert run("00_a.ipynb").returncode == 0
    monkeypatch.chdir(project.root.parent)
    assert run(f"{project.root.name}/nbs/00_a.ipynb").returncode == 0


def test_api_raises_with_everything_that_is_wrong(make_project):
    with pytest.raises(UserError) as error:
        compile_project(make_project({"00_a": ["#export\n("], "01_b": ["#export\n)"]}))
    assert len(error.value.problems) == 2


@contextmanager
def watching() -> Iterator[subprocess.Popen]:
    """The command that watches; whoever waits in vain for what it says is told by its end."""
    command = [sys.executable, "-u", DOOR, "--watch"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            process.kill()
            watchdog.cancel()


def test_watch_compiles_at_every_save_and_survives_a_broken_notebook(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    with watching() as process:

        def until(word: str) -> None:
            said = ""
            while word not in said:
                said = process.stdout.readline()
                assert said, f"never said {word}"

        until("watching")
        (project.nbs_path / "00_a.ipynb").write_text("{")
        until("not JSON")
        (project.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 3"))
        until("lib/a.py <-")
        assert "x = 3" in (project.lib_path / "a.py").read_text()
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 0


def test_json_for_editors(make_project):
    make_project({"00_a": ["#export\nx = 1"], "01_b": ["#exprot\ny = 1"]})

    def said(*arguments):
        done = run("--json", *arguments)
        return done.returncode, json.loads(done.stdout)

    code, found = said()
    assert (
        code == 0
        and found["unchanged"] == 0
        and [Path(p).name for p in found["written"]] == ["a.py", "__init__.py", "_modidx.py"]
    )
    (problem,) = found["diagnostics"]
    assert (problem["code"], problem["cell"], problem["line"], problem["hint"]) == (
        "unknown-directive",
        0,
        1,
        "did you mean #export?",
    )
    assert said()[1]["unchanged"] == 3 and said()[1]["diagnostics"] == found["diagnostics"]
    assert said("--check")[0] == 1
    rewrite(Path("nbs/00_a.ipynb"), notebook("#export\nx = ("))
    code, found = said()
    assert (
        code == 1
        and [d["code"] for d in found["diagnostics"]] == ["syntax", "unknown-directive"]
        and found["written"] == []
    )


def test_two_commands_at_once_take_turns(make_project):
    make_project({f"{n:02}_m{n}": [f"#export\nx{i} = {n}" for i in range(30)] for n in range(20)})
    processes = [
        subprocess.Popen([sys.executable, DOOR], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate()[0].splitlines()[-1] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert sorted(said) == ["0 files written, 22 unchanged"] * 3 + ["22 files written, 0 unchanged"]


def test_killed_at_any_time_it_leaves_whole_modules_and_the_next_run_goes_on(make_project):
    project = make_project({"00_m0": ["x"]})

    def written(value: int) -> int:
        """How many modules hold this value: they are written one after the other."""
        texts = [module.read_text() for module in project.lib_path.glob("m*.py")]
        return sum(f" = {value}\n" in text for text in texts)

    for number in range(12):
        for n in range(12):
            (project.nbs_path / f"{n:02}_m{n}.ipynb").write_text(
                notebook(*[f"#export\nx{i} = {number}" for i in range(30)])
            )
        process = subprocess.Popen([sys.executable, DOOR], stdout=subprocess.DEVNULL)
        while process.poll() is None and written(number) < number:
            time.sleep(0.0002)
        process.kill()
        process.wait()
        for module in project.lib_path.glob("m*.py"):
            values = {
                line.split(" = ")[1]
                for line in module.read_text().splitlines()
                if line.startswith("x")
            }
            assert len(values) == 1 and module.read_text().count("# %%") == 31
    done = run()
    assert done.returncode == 0, done.stderr
    assert not list(project.root.rglob("*.tmp"))


def test_a_hand_written_file_is_replaced_only_when_forced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "a.py").write_text("mine = 1\n")
    with pytest.raises(UserError, match="a.py exists and was not made from a notebook .*--force"):
        compile_project(project)
    assert (project.lib_path / "a.py").read_text() == "mine = 1\n"
    compile_project(project, force=True)
    assert "x = 1" in (project.lib_path / "a.py").read_text()


def test_files_that_are_not_generated_keep_their_bytes(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    (project.lib_path / "sub").mkdir(parents=True)
    (project.lib_path / "sub" / "__init__.py").write_bytes(b"# \xfcber\r\nx = 1\r\n")
    (project.lib_path / ".#a.py").symlink_to(
        "somebody@somewhere"
    )  # Emacs locks a file that is being edited
    (project.lib_path / "data.py").mkdir()
    (project.lib_path / "sub" / "mine.py").write_bytes(
        b"# -*- coding: latin-1 -*-\r\ny = '\xfc'\r\n"
    )
    before = snapshot(project.lib_path)
    compile_project(project)
    after = snapshot(project.lib_path)
    assert {path: after[path] for path in before} == before


def test_what_stands_in_the_way_is_named(make_project, tmp_path):
    """A file where the state is kept, a module that is a folder, and a folder of notebooks that is not there."""
    make_project({"00_a": ["#export\nx = 1"]})
    (tmp_path / ".literate").write_text("")
    assert run().stderr.startswith(
        ".literate: error: this is not a folder, but the tools keep their state there (move it out of the way)"
    )
    (tmp_path / ".literate").unlink()
    (tmp_path / "lib" / "a.py").mkdir(parents=True)
    assert run().stderr.startswith(
        "lib/a.py: error: Is a directory (check the path and its permissions) [unreadable]"
    )
    shutil.rmtree(tmp_path / "nbs")
    done = run()
    assert (
        done.returncode == 0
        and "nbs: warning: there is no such folder" in done.stderr
        and run("--check").returncode == 1
    )


def test_json_says_also_what_is_wrong_with_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = lib\nrecursive = perhaps\n")
    done = run("--json")
    assert done.returncode == 1 and [p["code"] for p in json.loads(done.stdout)["diagnostics"]] == [
        "settings"
    ]


def test_a_pipe_in_the_place_of_a_module_is_named(make_project, tmp_path):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    for name in ("a.py", "__init__.py"):
        (project.lib_path / name).unlink()
        os.mkfifo(project.lib_path / name)
        assert (
            f"lib/{name}: " in (error := run("--force").stderr)
            and "it is not a regular file" in error
        )
        (project.lib_path / name).unlink()


def test_a_module_that_is_no_text_is_replaced_only_when_forced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "a.py").write_bytes(b"# \xfcber")
    with pytest.raises(UserError, match="a.py: error: not UTF-8 .*--force"):
        compile_project(project)
    compile_project(project, force=True)
    assert "x = 1" in (project.lib_path / "a.py").read_text()


def test_nothing_is_pruned_where_an_edit_stops_the_work(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"]})
    compile_project(project)
    (project.nbs_path / "01_b.ipynb").unlink()
    module = project.lib_path / "a.py"
    rewrite(module, module.read_text().replace("x = 1", "x = 2"))
    with pytest.raises(UncarriedEditsError, match="edited by hand"):
        compile_project(project, prune=True)
    assert (project.lib_path / "b.py").exists()


def test_a_byte_order_mark_stays_out_of_the_middle(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "__init__.py").write_bytes(b"\xef\xbb\xbfimport os\r\n")
    compile_project(project)
    assert (project.lib_path / "__init__.py").read_bytes() == b'__version__ = "0.0.1"\nimport os\n'


@pytest.mark.parametrize("content", [b"x = (\n", b"x = '\xfc'\n", b"x = '\0'\n"])
def test_a_docstring_cannot_be_put_into_what_is_no_python(make_project, content):
    project = make_project({"00_a": ["#| default_exp a", "#| export\nx = 1"]})
    (project.root / "settings.ini").unlink()
    (project.root / "pyproject.toml").write_text(
        '[project]\nname = "lib"\n[tool.nbdev]\nput_version_in_init = false\n'
    )
    project.lib_path.mkdir()
    (project.lib_path / "__init__.py").write_bytes(content)
    with pytest.raises(UserError, match="lib/__init__.py.*mend it"):
        compile_project(read_project(project.root / "pyproject.toml"))
