"""The project: its settings from both kinds of files, its folders, and its state files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from literate import project as project_module
from literate.diagnostics import UsageError, UserError
from literate.project import (
    COMPILED,
    FAILURES,
    GENERATED,
    IMPORT_TIMES,
    LAST_REPORT,
    LOCK,
    NBDEV2,
    NBDEV3,
    PASSED,
    STATE_DIR,
    Project,
    find_project,
    project_of,
    read_project,
    state_lock,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture
def settings(tmp_path):
    """Read a settings.ini with these lines: `settings("repo = r")`."""

    def read(lines: str) -> Project:
        path = tmp_path / "settings.ini"
        path.write_text(f"[DEFAULT]\n{lines}\n")
        return read_project(path)

    return read


@pytest.fixture
def pyproject(tmp_path):
    """Read a pyproject.toml with this text."""

    def read(text: str) -> Project | None:
        path = tmp_path / "pyproject.toml"
        path.write_text(text)
        return read_project(path)

    return read


# --- settings.ini ------------------------------------------------------------------------------


def test_the_defaults_of_settings_are_those_of_nbdev(settings, tmp_path):
    project = settings("repo = my-lib")
    assert project == Project(
        root=tmp_path,
        nbs_path=tmp_path / "nbs",
        lib_path=tmp_path / "my_lib",
        layout=NBDEV2,
        recursive=True,
        cell_number=True,
        cell_ids=False,
        put_version_in_init=True,
        black_formatting=False,
        relative_imports=True,
        strict=False,
        version="0.0.1",
        test_flags=("notest",),
        preload=None,
        index_settings={
            "doc_baseurl": "/my-lib",
            "doc_host": "https://.github.io",
            "git_url": "https://github.com//my-lib",
            "lib_path": "my_lib",
        },
    )
    assert project.package == "my_lib"
    assert project.state_dir == tmp_path / STATE_DIR


def test_a_key_that_is_given_replaces_its_default(settings, tmp_path):
    project = settings(
        "repo = r\nnbs_path = notes\nlib_path = src/lib\nrecursive = no\ncell_number = 0\n"
        "cell_ids = yes\nput_version_in_init = off\nrelative_imports = f\nstrict = on\n"
        "version = 1.2\nbranch = dev\npreload = torch, numpy"
    )
    assert (project.nbs_path, project.lib_path) == (tmp_path / "notes", tmp_path / "src" / "lib")
    assert not (project.recursive or project.cell_number)
    assert not (project.put_version_in_init or project.relative_imports)
    assert project.cell_ids and project.strict
    assert (project.version, project.preload) == ("1.2", ("torch", "numpy"))
    assert project.index_settings["branch"] == "dev"


def test_settings_may_refer_to_other_settings(settings, tmp_path):
    project = settings("repo = r\nlib_path = src/%(repo)s-%(version)s\ntst_flags = slow|gpu fast")
    assert project.lib_path == tmp_path / "src" / "r-0.0.1"
    assert project.test_flags == ("slow", "gpu", "fast")


def test_empty_test_flags_are_the_default(settings):
    assert settings("repo = r\ntst_flags =").test_flags == ("notest",)


def test_a_setting_that_refers_to_nothing_is_taken_as_it_is(settings):
    project = settings("repo = r\ndoc_host = https://%(nobody)s.io")
    assert project.index_settings["doc_host"] == "https://%(nobody)s.io"


@pytest.mark.parametrize(
    "line", ["tst_flags = %(nothing)s", "preload = %", "description = 100% pure"]
)
def test_a_percent_sign_does_not_stop_the_work(settings, line):
    assert settings(f"repo = r\n{line}").package == "r"


def test_a_name_may_have_a_percent_sign(settings):
    assert settings("repo = my-100%").package == "my_100%"


def test_a_project_without_a_name_has_the_name_of_its_repository(settings, tmp_path):
    lines = "user = me\ntitle = %(lib_name)s"
    assert settings(lines).package == tmp_path.name
    url = "git@github.com:me/my-lib.git"
    subprocess.run(["git", "init", "-q"], check=True, cwd=tmp_path)
    subprocess.run(["git", "remote", "add", "origin", url], check=True, cwd=tmp_path)
    project = settings(lines)
    assert project.package == "my_lib"
    assert project.index_settings["git_url"] == "https://github.com/me/my-lib"


def test_a_setting_may_refer_to_the_name_of_the_folder(tmp_path):
    folder = tmp_path / "my-100%"
    folder.mkdir()
    path = folder / "settings.ini"
    path.write_text("[DEFAULT]\nuser = me\n")
    assert read_project(path).package == "my_100%"
    path.write_text("[DEFAULT]\nlib_path = src/%(repo)s\ndoc_baseurl = /\ngit_url = https://x\n")
    assert read_project(path).lib_path == folder / "src" / "my-100%"


def test_git_is_not_asked_for_a_name_that_no_setting_needs(settings, monkeypatch):
    monkeypatch.setattr(project_module, "_repository", lambda root: pytest.fail("it was asked"))
    settings("lib_path = a\ndoc_baseurl = /\ngit_url = https://x")
    settings("repo = r")


def test_without_git_a_project_has_the_name_of_its_folder(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert settings("user = me").package == tmp_path.name


def test_black_must_be_installed_to_be_used(settings, monkeypatch):
    monkeypatch.setattr(project_module, "_is_installed", lambda package: True)
    assert settings("repo = r\nblack_formatting = True").black_formatting
    monkeypatch.setattr(project_module, "_is_installed", lambda package: False)
    with pytest.raises(UserError, match="but black is not installed .pip install black"):
        settings("repo = r\nblack_formatting = True")
    assert not settings("repo = r\nblack_formatting = False").black_formatting


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[DEFAULT]\nrecursive = perhaps\n", "recursive = perhaps is neither True nor False"),
        ("no section", "section"),
        ("[DEFAULT]\na = 1\na = 2\n", "already exists"),
        ("[DEFAULT]\nlib_path = ../x\n", "lib_path = ../x is not a folder inside of the project"),
        ("[DEFAULT]\nlib_path = .\n", "lib_path = . is not a folder inside"),
        ("[DEFAULT]\nlib_path = /x\n", "lib_path = /x is not a folder inside"),
        ("[DEFAULT]\nnbs_path = ..\n", "above the project"),
        ("[DEFAULT]\nnbs_path = /\n", "above the project"),
        ("[DEFAULT]\nversion = 1\n two\n", "version = 1 two cannot"),
        ('[DEFAULT]\nversion = "1"\n', 'version = "1" cannot'),
    ],
)
def test_broken_settings_get_one_line(tmp_path, text, message):
    path = tmp_path / "settings.ini"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as error:
        read_project(path)
    assert "settings.ini" in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_that_are_not_utf8_get_one_line(tmp_path):
    path = tmp_path / "settings.ini"
    path.write_bytes(b"[DEFAULT]\nauthor = \xff\n")
    with pytest.raises(UserError, match="utf-8.*see the README's example"):
        read_project(path)


# --- pyproject.toml ----------------------------------------------------------------------------


def test_the_defaults_of_a_pyproject_are_those_of_nbdev(pyproject, tmp_path):
    project = pyproject("[project]\nname = 'my-lib'\n[tool.nbdev]\n")
    assert project == Project(
        root=tmp_path,
        nbs_path=tmp_path / "nbs",
        lib_path=tmp_path / "my_lib",
        layout=NBDEV3,
        cell_ids=True,
        test_flags=("notest",),
        preload=None,
        index_settings={
            "branch": "main",
            "doc_baseurl": "/",
            "doc_host": "",
            "git_url": "",
            "lib_path": "my_lib",
        },
    )


def test_keys_of_a_pyproject_replace_their_defaults(pyproject, tmp_path):
    project = pyproject(
        "[project]\nname = 'x'\ndescription = 'All of it.'\n"
        "[project.urls]\nDocumentation = 'https://docs.io/lib/'\nSource = 'https://git.io/lib/'\n"
        "[tool.nbdev]\nlib_path = 'lib'\nnbs_path = '.'\nbranch = 'dev'\nreadme_nb = 'a.ipynb'\n"
        "recursive = false\nput_version_in_init = false\nstrict = true\nrelative_imports = false\n"
        "tst_flags = ['slow', 'a b']\npreload = ['torch']\n"
    )
    assert (project.nbs_path, project.lib_path) == (tmp_path, tmp_path / "lib")
    assert not (project.recursive or project.put_version_in_init or project.relative_imports)
    assert project.strict
    assert (project.readme_nb, project.description) == ("a.ipynb", "All of it.")
    assert (project.test_flags, project.preload) == (("slow", "a b"), ("torch",))
    assert project.docs_url == "https://docs.io/lib"
    assert project.index_settings == {
        "branch": "dev",
        "doc_baseurl": "/lib",
        "doc_host": "https://docs.io",
        "git_url": "https://git.io/lib",
        "lib_path": "lib",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tool = 'nbdev'", "tool is not a table"),
        ("project = 1\n[tool.nbdev]", "project is not a table"),
        ("[project]\nurls = 3\n[tool.nbdev]", "project.urls is not a table"),
        ("[project]\nname = 1\n[tool.nbdev]", "name = 1 is not a text"),
        ("[tool.nbdev]\nlib_path = ['a']", "lib_path .* is not a text"),
        ('[tool.nbdev]\nlib_path = "x"\nnbs_path = "a\\u0000"', "nbs_path .* is not a text"),
        ('[tool.nbdev]\nlib_path = "../x"', "lib_path = ../x is not a folder inside"),
        ("[tool.nbdev]\nlib_path = 'x'\nrecursive = 'maybe'", "recursive = maybe is neither"),
        ("[tool.nbdev]\nlib_path = 'x'\nstrict = 1.5", "strict = 1.5 is neither"),
        ("[tool.nbdev]\nlib_path = 'x'\ntst_flags = [1]", "tst_flags"),
        ("[tool.nbdev]\nlib_path = 'x'\npreload = true", "preload = True is not a text"),
        ("[tool.nbdev]\nlib_path = 'x'\nexport_procs = ['a:b']", "export_procs cannot be run"),
        ("[tool.nbdev", "not TOML"),
        ("nbdev = " + "[" * 9999, "not TOML"),
    ],
)
def test_a_broken_pyproject_gets_one_line(pyproject, text, message):
    with pytest.raises(UserError, match=message) as error:
        pyproject(f"{text}\n# nbdev\n")
    assert "pyproject.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pyproject_without_nbdev_is_passed_over(pyproject, settings, tmp_path):
    assert pyproject('[project]\nname = "nbdev-user"\n') is None
    assert pyproject("this is not TOML") is None
    settings("repo = r")
    assert find_project(tmp_path).lib_path.name == "r"


# --- the user's settings for all projects ------------------------------------------------------


@pytest.fixture
def user_folders(tmp_path, monkeypatch) -> tuple[Path, Path]:
    """The folders of the user's settings, and of the settings for all users."""
    home, shared = tmp_path / "home" / "nbdev", tmp_path / "etc" / "nbdev"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.parent))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(shared.parent))
    home.mkdir(parents=True)
    shared.mkdir(parents=True)
    return home, shared


def test_settings_of_the_user_complete_those_of_the_project(settings, user_folders):
    home, shared = user_folders
    (home / "settings.ini").write_text("[DEFAULT]\nuser = me\n")
    (shared / "settings.ini").write_text("[DEFAULT]\nuser = you\nbranch = dev\n")
    assert settings("repo = r\ndoc_host =").index_settings == {
        "branch": "dev",
        "doc_baseurl": "/r",
        "doc_host": "",
        "git_url": "https://github.com/me/r",
        "lib_path": "r",
    }


def test_a_toml_file_of_the_user_completes_a_pyproject(pyproject, user_folders):
    home, _ = user_folders
    (home / "config.toml").write_text("branch = 'dev'\nlib_path = 'x'\n")
    project = pyproject("[project]\nname = 'r'\n[tool.nbdev]\nlib_path = 'y'\n")
    assert project.index_settings["branch"] == "dev"
    assert project.package == "y"


# --- finding a project -------------------------------------------------------------------------


def test_a_project_is_found_from_below_and_not_from_elsewhere(make_project, tmp_path):
    make_project({"sub/00_a": ["x"]})
    assert find_project(tmp_path / "nbs" / "sub").root == tmp_path
    with pytest.raises(UsageError, match="no settings.ini, and no pyproject.toml with .tool.nbdev"):
        find_project(tmp_path.parent)


def test_a_command_line_means_the_project_of_its_first_notebook(make_project, tmp_path):
    make_project({"00_a": ["x"]})
    other = tmp_path / "other"
    (other / "nbs").mkdir(parents=True)
    (other / "settings.ini").write_text("[DEFAULT]\nrepo = other\n")
    (other / "nbs" / "01_b.ipynb").touch()
    assert project_of(()).root == tmp_path
    assert project_of(("nosuch.ipynb", "other")).root == tmp_path
    assert project_of(("other/nosuch.ipynb",)).root == tmp_path
    assert project_of(("nbs/00_a.ipynb", "other")).root == tmp_path
    assert project_of(("other/nbs/01_b.ipynb",)).root == other
    assert project_of(("other/nbs",)).root == other


# --- state files -------------------------------------------------------------------------------


def run_command(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


def test_each_state_file_has_a_constant(make_project):
    """The fast path of the compiler has a copy of its file's name, because it imports nothing."""
    project = make_project({"00_a": ["#export\nx = 1"]})
    run_command(str(ROOT / "notebook2script.py"))
    run_command(str(ROOT / "run_notebook.py"))
    written = {path.name for path in project.state_dir.iterdir()}
    written.discard(IMPORT_TIMES)  # written only if an import took long
    assert written == {".gitignore", LOCK, GENERATED, COMPILED, LAST_REPORT, PASSED, FAILURES}


def test_the_state_folder_is_kept_out_of_git_unless_the_user_decides_otherwise(make_project):
    project = make_project({})
    with state_lock(project):
        ignored = project.state_dir / ".gitignore"
        assert ignored.read_text() == "*\n"
    ignored.write_text("")
    with state_lock(project):
        assert ignored.read_text() == ""


def test_a_file_in_the_place_of_the_state_folder_gets_a_line(make_project):
    project = make_project({})
    project.state_dir.write_text("")
    with pytest.raises(UserError, match="not a folder.*move it out of the way"):
        with state_lock(project):
            pytest.fail("the lock was taken")
