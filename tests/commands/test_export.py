"""The command line of the compiler: its flags, its output and its exit codes."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import pytest
from conftest import (
    NOTEBOOK2SCRIPT,
    PATIENCE,
    cell_sources,
    edit_module,
    edit_notebook,
    notebook,
    notebook2script,
    rewrite,
)

from literate.commands import export as commands
from literate.compile import compile_project, watch
from literate.diagnostics import UsageError


def snapshot(folder: Path) -> dict[Path, bytes]:
    """The content of each file, but for state files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if ".literate" not in path.parts}


# --- compiling and checking --------------------------------------------------------------------


def test_files_are_named_and_counted(make_project):
    cells = {"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = 1"], "01a_c": ["#export\nz = 1"]}
    make_project(cells)
    done = notebook2script("--up-to", "01")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "lib/a.py <- nbs/00_a.ipynb\n"
        "lib/b.py <- nbs/01_b.ipynb\n"
        "lib/__init__.py\n"
        "lib/_modidx.py\n"
        "4 files written, 0 unchanged\n"
    )
    assert notebook2script().stdout.endswith("2 files written, 3 unchanged\n")
    assert notebook2script("--quiet").stdout == ""


def test_check_shows_the_difference_and_writes_nothing(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    done = notebook2script("--check")
    assert (done.returncode, done.stdout) == (0, "0 files stale, 3 up to date\n")
    edit_notebook(project, "x = 1", "x = 2")
    done = notebook2script("--check")
    assert done.returncode == 1
    assert "-x = 1\n+x = 2\n" in done.stdout
    assert done.stdout.endswith("1 file stale, 2 up to date\n")
    assert "x = 1" in (project.lib_path / "a.py").read_text()
    done = notebook2script("--check", "--quiet")
    assert done.returncode == 1
    assert done.stdout.endswith("1 file stale, 2 up to date\n")


def test_check_makes_warnings_errors(make_project):
    make_project({"00_a": ["#exprot\nx = 1"]})
    assert notebook2script().returncode == 0
    assert notebook2script("--check").returncode == 1


def test_with_an_error_nothing_is_written(make_project, tmp_path):
    make_project({"00_a": ["#export\nx = 1"], "01_b": ["#export\ny = ("]})
    before = snapshot(tmp_path)
    done = notebook2script()
    assert done.returncode == 1
    assert snapshot(tmp_path) == before
    assert done.stderr == (
        "nbs/01_b.ipynb:cell 1 (00000000):2:5: error: '(' was never closed "
        "(this cell is exported) [syntax]\n"
        "nothing written: 1 problem\n"
    )


def test_a_notebook_is_found_from_any_folder_of_the_project(make_project, monkeypatch):
    project = make_project({"00_a": ["#export\nx = 1"]})
    monkeypatch.chdir(project.nbs_path)
    assert notebook2script("00_a.ipynb").returncode == 0
    monkeypatch.chdir(project.root.parent)
    assert notebook2script(f"{project.root.name}/nbs/00_a.ipynb").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [["nosuch.ipynb"], ["--nope"], ["--up-to", "x"], ["--up-to"], ["--check=maybe"], ["--prefer"]],
    ids=" ".join,
)
def test_bad_usage_is_named(make_project, arguments):
    make_project({"00_a": ["#export\nx = 1"]})
    done = notebook2script(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_outside_of_a_project_there_is_nothing_to_compile(monkeypatch):
    monkeypatch.chdir("/")
    assert notebook2script().returncode == 2


# --- the side that wins ------------------------------------------------------------------------


@pytest.fixture
def disputed(make_project):
    """The cell of x was changed on both sides, and the cell of y only in the module."""
    project = make_project({"00_a": ["#export\nx = 1", "#export\ny = 1"]})
    compile_project(project)
    edit_notebook(project, "x = 1", "x = 'notebook'")
    edit_module(project, "x = 1", "x = 'module'")
    edit_module(project, "y = 1", "y = 'module'")
    return project


@pytest.mark.parametrize("arguments", [[], ["--update"]], ids=["compile", "update"])
def test_a_conflict_has_an_exit_code_of_its_own(disputed, arguments):
    before = snapshot(disputed.root)
    done = notebook2script(*arguments)
    assert done.returncode == 3
    assert "use --prefer notebook, or --update --prefer module" in done.stderr
    assert snapshot(disputed.root) == before


def test_what_update_gives_up_is_a_part_of_its_json(disputed):
    done = notebook2script("--update", "--prefer", "module", "--json")
    assert done.returncode == 0
    (given_up, *_) = json.loads(done.stdout)["diagnostics"]
    assert given_up["code"] == "given-up"
    assert given_up["detail"].startswith("    - ")


def test_remarks_are_not_counted_as_problems(make_project):
    make_project({"00_a": ["#export\nfrom math import *\nx = tau", "#exprot\nz"]})
    for written in ("3 files written, 0", "0 files written, 3"):  # compiled, and then remembered
        done = notebook2script()
        assert done.stdout.endswith(f"{written} unchanged, 1 problem, 1 remark\n")


@pytest.mark.parametrize("flags", [["--prefer", "notebook"], ["--prefer=notebook"], ["--force"]])
def test_a_compile_gives_edits_up_on_request(disputed, flags):
    done = notebook2script(*flags)
    assert done.returncode == 0
    assert done.stderr.startswith("lib/a.py: warning: 2 lines are given up")
    assert done.stderr.endswith("[given-up]\n    - x = 'module'\n    - y = 'module'\n")
    assert done.stdout == "lib/a.py <- nbs/00_a.ipynb\n1 file written, 2 unchanged, 1 problem\n"
    text = (disputed.lib_path / "a.py").read_text()
    assert "x = 'notebook'" in text and "y = 1" in text


@pytest.mark.parametrize("flags", [["--prefer", "module"], ["--force"]], ids=" ".join)
def test_an_update_takes_the_cells_of_the_module_on_request(disputed, flags):
    done = notebook2script("--update", *flags)
    assert done.returncode == 0
    assert done.stderr.startswith("nbs/00_a.ipynb: warning: 1 line is given up")
    assert done.stderr.endswith("[given-up]\n    - x = 'notebook'\n")
    assert done.stdout.endswith("2 cells carried over, 0 files written\n")
    assert cell_sources(disputed) == ["#export\nx = 'module'", "#export\ny = 'module'"]


def test_an_update_takes_the_cells_of_the_notebook_on_request(disputed):
    done = notebook2script("--update", "--prefer", "notebook")
    assert done.returncode == 0
    assert done.stderr.startswith("lib/a.py: warning: 1 line is given up")
    assert done.stderr.endswith("[given-up]\n    - x = 'module'\n")
    assert done.stdout.endswith("1 cell carried over, 1 file written\n")
    assert cell_sources(disputed) == ["#export\nx = 'notebook'", "#export\ny = 'module'"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--prefer module", "--prefer module needs --update"),
        ("--check --prefer module", "--prefer module needs --update"),
        ("--watch --update --prefer module", "--prefer module needs --update"),
        ("--prefer both", "--prefer takes module or notebook, not 'both'"),
        ("--update --prefer both", "--prefer takes module or notebook, not 'both'"),
        ("--prefer notebook --force", "--prefer and --force exclude each other"),
        ("--update --prefer module --force", "--prefer and --force exclude each other"),
        ("--json --prefer both", "--prefer takes module or notebook, not 'both'"),
    ],
)
def test_a_side_that_does_not_fit_is_bad_usage(disputed, arguments, message):
    before = snapshot(disputed.root)
    done = notebook2script(*arguments.split())
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert snapshot(disputed.root) == before


# --- every flag beside every other -------------------------------------------------------------

FLAGS = {
    "notebooks": "",
    "up_to": "00",
    "check": True,
    "update": True,
    "prune": True,
    "watch": True,
    "prefer": "notebook",
    "force": True,
    "json": True,
    "quiet": True,
}
REFUSED = {
    **dict.fromkeys([("check", "watch"), ("update", "watch"), ("prune", "watch")], "--watch"),
    ("watch", "json"): "--watch",
    **dict.fromkeys([("notebooks", "prune"), ("up_to", "prune")], "--prune"),
    ("prefer", "force"): "--prefer",
}


def export(capsys, flags: tuple[str, ...]) -> tuple[int, str, str]:
    """Run the command in this process; its exit code and what it printed."""
    names = ["00_a.ipynb"] if "notebooks" in flags else []
    code = commands.notebook2script(
        *names, **{flag: FLAGS[flag] for flag in flags if flag != "notebooks"}
    )
    return code, *capsys.readouterr()


@pytest.fixture
def stale(make_project, monkeypatch):
    """A notebook was saved since the last compile. --watch ends when it would begin to wait."""

    def watched_once(project):
        yield watch.WATCHED
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "events", watched_once)
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit_notebook(project, "x = 1", "x = 2")
    return project


@pytest.mark.parametrize("flags", [*combinations(FLAGS, 2)], ids=" ".join)
def test_two_flags_work_together_or_are_refused(stale, capsys, flags):
    before = snapshot(stale.root)
    if flags in REFUSED:
        with pytest.raises(UsageError, match=f"^error: {REFUSED[flags]}"):
            export(capsys, flags)
        assert snapshot(stale.root) == before
        return
    code, out, err = export(capsys, flags)
    writes = "check" not in flags
    assert code == (1 if "check" in flags and "update" not in flags else 0)
    assert (snapshot(stale.root) != before) == writes
    assert ("x = 2" in (stale.lib_path / "a.py").read_text()) == writes
    assert err == ("watching nbs; Ctrl-C ends it\n" if "watch" in flags else "")
    if "json" in flags:
        json.loads(out)
    elif "quiet" in flags and writes:
        assert out == ""


def test_quiet_changes_nothing_about_json(stale, capsys):
    _, loud, _ = export(capsys, ("check", "json"))
    assert export(capsys, ("check", "json", "quiet")) == (1, loud, "")


def test_a_quiet_check_shows_only_what_is_stale(stale, capsys):
    _, out, _ = export(capsys, ("check", "quiet"))
    assert out.endswith("1 file stale, 2 up to date\n")
    compile_project(stale)
    assert export(capsys, ("check", "quiet")) == (0, "", "")


@pytest.mark.parametrize("flags", [("check", "prune"), ("check", "prune", "json")], ids=" ".join)
def test_a_check_names_what_would_be_deleted(stale, capsys, flags):
    compile_project(stale)
    (stale.nbs_path / "00_a.ipynb").rename(stale.nbs_path / "00_b.ipynb")
    before = snapshot(stale.root)
    code, out, _ = export(capsys, flags)
    assert code == 1
    assert "lib/a.py" in out and "lib/b.py" in out
    assert snapshot(stale.root) == before


def test_a_check_with_force_does_not_mind_a_file_written_by_hand(stale, capsys):
    (stale.lib_path / "a.py").write_text("by_hand = 1\n")
    code, _, err = export(capsys, ("check",))
    assert code == 1 and "a.py" in err
    code, out, err = export(capsys, ("check", "force"))
    assert (code, err) == (1, "")
    assert "-by_hand = 1\n" in out


# --- carrying edits ----------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["cell_ids = True", "", "cell_number = False"])
def test_an_update_names_and_counts_cells(make_project, layout):
    project = make_project({"00_a": ["md:# A", "#export\nx = 1"]}, layout)
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")
    done = notebook2script("--update", "--check")
    assert done.returncode == 1
    assert "nbs/00_a.ipynb:cell 2 (00000001) <- lib/a.py:" in done.stdout
    assert done.stdout.endswith("1 cell to carry over\n")
    assert "x = 1" in cell_sources(project)[1]
    quiet = notebook2script("--update", "--check", "--quiet")
    assert quiet.returncode == 1
    assert quiet.stdout == done.stdout.splitlines(keepends=True)[0]
    done = notebook2script("--update")
    assert done.returncode == 0
    assert done.stdout.endswith("1 cell carried over, 0 files written\n")
    assert notebook2script("--update", "--check").returncode == 0
    assert notebook2script("--update", "--quiet").stdout == ""


# --- watching ----------------------------------------------------------------------------------


@contextmanager
def watching(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command that watches. If it never prints what a test waits for, it is killed."""
    command = [sys.executable, "-u", NOTEBOOK2SCRIPT, "--watch", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            process.kill()
            watchdog.cancel()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Read the output up to a line with these words."""
    line = ""
    while words not in line:
        line = process.stdout.readline()
        assert line, f"{words!r} was never printed"


def test_watch_compiles_at_every_save_and_survives_a_broken_notebook(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    path = project.nbs_path / "00_a.ipynb"
    with watching() as process:
        read_until(process, "watching")
        path.write_text("{")
        read_until(process, "not JSON")
        path.write_text(notebook("#export\nx = 3"))
        read_until(process, "lib/a.py <-")
        assert "x = 3" in (project.lib_path / "a.py").read_text()
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 0


def test_watch_goes_on_when_the_folder_is_there_again(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    path = project.nbs_path / "00_a.ipynb"
    away = project.root / "away"
    with watching() as process:
        read_until(process, "watching nbs")
        project.nbs_path.rename(away)
        read_until(process, "nbs is not there: waiting for it")
        away.rename(project.nbs_path)
        read_until(process, "watching nbs")
        path.write_text(notebook("#export\nx = 2"))
        read_until(process, "lib/a.py <-")
        shutil.rmtree(project.nbs_path)
        read_until(process, "nbs is not there: waiting for it")
        project.nbs_path.mkdir()
        path.write_text(notebook("#export\nx = 3"))
        read_until(process, "lib/a.py <-")
        assert "x = 3" in (project.lib_path / "a.py").read_text()


def test_watch_waits_for_a_folder_that_is_not_there_yet(make_project):
    project = make_project({})
    with watching() as process:
        read_until(process, "nbs is not there: waiting for it")
        project.nbs_path.mkdir()
        (project.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 1"))
        read_until(process, "lib/a.py <-")


def test_watch_notices_a_folder_in_the_place_of_another(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    other = project.root / "other"
    other.mkdir()
    (other / "00_a.ipynb").write_text(notebook("#export\nx = 2"))
    with watching() as process:
        read_until(process, "watching nbs")
        project.nbs_path.rename(project.root / "away")
        other.rename(project.nbs_path)
        read_until(process, "lib/a.py <-")
        read_until(process, "watching nbs")
        (project.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 3"))
        read_until(process, "lib/a.py <-")


def test_watch_compiles_when_a_folder_with_notebooks_comes(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    new = project.root / "new"
    new.mkdir()
    (new / "01_b.ipynb").write_text(notebook("#export\ny = 1"))
    with watching() as process:
        read_until(process, "watching nbs")
        new.rename(project.nbs_path / "sub")
        read_until(process, "lib/b.py <-")


def test_watch_reads_settings_that_are_saved(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    config = project.root / "settings.ini"
    settings = config.read_text()
    with watching() as process:
        read_until(process, "watching nbs")
        config.write_text(settings + "recursive = perhaps\n")
        read_until(process, "is neither True nor False")
        config.write_text(settings + "version = 1.2.3\n")
        read_until(process, "lib/__init__.py")
        shutil.copytree(project.nbs_path, project.root / "other")
        config.write_text(settings.replace("nbs_path = nbs", "nbs_path = other"))
        read_until(process, "watching other")


def test_watch_can_prefer_the_notebook(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 'module'")
    with watching("--prefer", "notebook") as process:
        read_until(process, "lib/a.py <-")
        assert "x = 1" in (project.lib_path / "a.py").read_text()


# --- JSON --------------------------------------------------------------------------------------


def test_json_for_editors(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#exprot\ny = 1"]})

    def report(*arguments: str):
        done = notebook2script("--json", *arguments)
        return done.returncode, json.loads(done.stdout)

    code, found = report()
    assert (code, found["unchanged"]) == (0, 0)
    written = [Path(path).name for path in found["written"]]
    assert written == ["a.py", "__init__.py", "_modidx.py"]
    (problem,) = found["diagnostics"]
    assert problem["code"] == "unknown-directive"
    assert (problem["path"], problem["cell"], problem["line"]) == (
        str(project.nbs_path / "01_b.ipynb"),
        0,
        1,
    )
    assert problem["hint"] == "did you mean #export?"
    _, again = report()
    assert again["unchanged"] == 3
    assert again["diagnostics"] == found["diagnostics"]
    assert report("--check")[0] == 1
    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = ("))
    code, found = report()
    assert code == 1
    assert [problem["code"] for problem in found["diagnostics"]] == ["syntax", "unknown-directive"]
    assert found["written"] == []


def test_a_full_disk_is_reported_as_json(make_project):
    """Files are limited to one byte, which stands for a full disk."""
    resource = pytest.importorskip("resource")
    project = make_project({"00_a": ["#export\nx = 1"]})

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))

    command = [sys.executable, str(NOTEBOOK2SCRIPT), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    (problem,) = json.loads(done.stdout)["diagnostics"]
    assert (done.returncode, done.stderr) == (1, "")
    assert "File too large" in problem["message"]
    assert not (project.lib_path / "a.py").exists()


def test_a_check_as_json_names_what_is_stale(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    for stale in ([], [project.lib_path / "a.py"]):
        if stale:
            edit_notebook(project, "x = 1", "x = 2")
        done = notebook2script("--check", "--json")
        assert done.returncode == len(stale)
        found = json.loads(done.stdout)
        assert found["stale"] == list(map(str, stale))
        assert (found["diagnostics"], found["written"]) == ([], [])
        assert found["unchanged"] == 3 - len(stale)


def test_an_update_as_json(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    edit_module(project, "x = 1", "x = 2")
    done = notebook2script("--update", "--check", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    (edit,) = found["carried"]
    assert edit["line"] > 1
    assert edit == {
        "kind": "changed",
        "notebook": str(project.nbs_path / "00_a.ipynb"),
        "cell": 0,
        "module": str(project.lib_path / "a.py"),
        "line": edit["line"],
    }
    done = notebook2script("--update", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["carried"] == [edit]


def test_what_an_update_refuses_as_json(disputed):
    done = notebook2script("--update", "--json")
    assert (done.returncode, done.stderr) == (3, "")
    found = json.loads(done.stdout)
    assert [problem["code"] for problem in found["diagnostics"]] == ["conflict"]
    assert found["written"] == []


def test_json_reports_also_what_is_wrong_with_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = lib\nrecursive = perhaps\n")
    done = notebook2script("--json")
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["diagnostics"]
    assert problem["code"] == "settings"


# --- what the system refuses -------------------------------------------------------------------


def test_what_stands_in_the_way_is_named(make_project, tmp_path):
    """A file in the place of the state folder, a folder in the place of a module, no notebooks."""
    make_project({"00_a": ["#export\nx = 1"]})
    (tmp_path / ".literate").write_text("")
    assert notebook2script().stderr.startswith(
        ".literate: error: this is not a folder, but the tools keep their state there "
        "(move it out of the way)"
    )
    (tmp_path / ".literate").unlink()
    (tmp_path / "lib" / "a.py").mkdir(parents=True)
    assert notebook2script().stderr.startswith(
        "lib/a.py: error: Is a directory (check the path and its permissions) [unreadable]"
    )
    shutil.rmtree(tmp_path / "nbs")
    done = notebook2script()
    assert done.returncode == 0
    assert "nbs: warning: there is no such folder" in done.stderr
    assert notebook2script("--check").returncode == 1


@pytest.mark.parametrize("name", ["a.py", "__init__.py"])
def test_a_pipe_in_the_place_of_a_module_is_named(make_project, name):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    (project.lib_path / name).unlink()
    os.mkfifo(project.lib_path / name)
    error = notebook2script("--force").stderr
    assert f"lib/{name}: " in error
    assert "it is not a regular file" in error


@pytest.mark.parametrize(("to", "code"), [(">&-", 0), (">/dev/full", 1), (">&- 2>&-", 0)])
@pytest.mark.parametrize("arguments", [[], ["--check", "00_a.ipynb"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_that_cannot_be_written(make_project, monkeypatch, unbuffered, arguments, to, code):
    project = make_project({"00_a": ["#export\nx = 1"], "01_b": ["#exprot\nz"]})
    compile_project(project)
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    command = f"{shlex.join([sys.executable, str(NOTEBOOK2SCRIPT), *arguments])} {to}"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


HARMFUL = "\x1b[2J\n::error::forged\n##vso[task.forged]"


@pytest.mark.parametrize("arguments", [[], ["--check"], ["--json"], ["--update"]])
def test_what_stands_in_cells_and_names_commands_nobody(make_project, arguments):
    """A file with a forged name is named, and a cell that was changed on both sides is shown."""
    project = make_project({"00_a": [f"#export\nx = '''{HARMFUL}'''"], "01_b": ["#export\n("]})
    forged = project.nbs_path / "::error::\x1bb.ipynb"
    (project.nbs_path / "01_b.ipynb").rename(forged)
    first = notebook2script(*arguments)
    forged.unlink()
    notebook2script()
    edit_module(project, "x = '''", "x = '''module ")
    edit_notebook(project, "x = '''", "x = '''notebook ")
    second = notebook2script(*arguments)
    said = first.stdout + first.stderr + second.stdout + second.stderr
    assert "forged" in said
    assert said.replace("\n", "").replace("\t", "").isprintable()
    assert "##vso[" not in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
