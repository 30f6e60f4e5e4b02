"""settings.ini, and which notebooks a command line means."""

import subprocess

import pytest

from literate.diagnostics import UsageError, UserError
from literate.discovery import choose_notebooks, is_up_to
from literate.project import find_project, read_project


def test_defaults_are_nbdevs(tmp_path):
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = my-lib\n")
    project = read_project(tmp_path / "settings.ini")
    assert (project.nbs_path, project.lib_path, project.package) == (
        tmp_path / "nbs",
        tmp_path / "my_lib",
        "my_lib",
    )
    assert project.recursive and project.cell_number and not project.cell_ids and not project.strict
    assert project.test_flags == ("notest",)


def test_interpolation_and_odd_values(tmp_path):
    (tmp_path / "settings.ini").write_text(
        "[DEFAULT]\nrepo = r\nlib_path = src/%(repo)s\ndescription = 100% pure\ndoc_host = https://%(nobody)s.io\ntst_flags = slow|gpu fast\n"
    )
    project = read_project(tmp_path / "settings.ini")
    assert project.lib_path == tmp_path / "src/r" and project.test_flags == ("slow", "gpu", "fast")
    assert project.index_settings["doc_host"] == "https://%(nobody)s.io"


def test_what_settings_say_of_all_projects_of_a_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    for folder, text in {"home": "user = me", "etc": "user = you\nbranch = dev"}.items():
        (tmp_path / folder / "nbdev").mkdir(parents=True)
        (tmp_path / folder / "nbdev" / "settings.ini").write_text(f"[DEFAULT]\n{text}\n")
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = r\ndoc_host =\n")
    found = read_project(tmp_path / "settings.ini").index_settings
    assert found == {
        "branch": "dev",
        "doc_baseurl": "/r",
        "doc_host": "",
        "git_url": "https://github.com/me/r",
        "lib_path": "r",
    }
    (tmp_path / "home" / "nbdev" / "config.toml").write_text("branch = 'dev'\nlib_path = 'x'\n")
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'r'\n[tool.nbdev]\nlib_path = 'y'\n"
    )
    found = read_project(tmp_path / "pyproject.toml")
    assert found.index_settings["branch"] == "dev" and found.package == "y"


def test_a_project_without_a_name_has_its_repositorys(tmp_path):
    def read():
        (tmp_path / "settings.ini").write_text("[DEFAULT]\nuser = me\ntitle = %(lib_name)s\n")
        return read_project(tmp_path / "settings.ini")

    assert read().package == tmp_path.name
    subprocess.run(
        "git init -q . && git remote add origin git@github.com:me/my-lib.git",
        shell=True,
        check=True,
        cwd=tmp_path,
    )
    assert (
        read().package == "my_lib"
        and read().index_settings["git_url"] == "https://github.com/me/my-lib"
    )


@pytest.mark.parametrize(
    "word, expected",
    [
        ("True", True),
        ("y", True),
        ("T", True),
        ("on", True),
        ("1", True),
        ("no", False),
        ("f", False),
        ("", False),
    ],
)
def test_switches_are_read_as_nbdev_reads_them(tmp_path, word, expected):
    (tmp_path / "settings.ini").write_text(f"[DEFAULT]\nrepo = r\nrecursive = {word}\n")
    assert read_project(tmp_path / "settings.ini").recursive is expected


@pytest.mark.parametrize(
    "text, word",
    [
        ("[DEFAULT]\nrecursive = perhaps\n", "recursive = perhaps"),
        ("no section", "section"),
        ("[DEFAULT]\na = 1\na = 2\n", "already exists"),
        ("[DEFAULT]\nlib_path = ../x\n", "not a folder inside"),
        ("[DEFAULT]\nlib_path = .\n", "not a folder inside"),
        ("[DEFAULT]\nlib_path = /x\n", "not a folder inside"),
        ("[DEFAULT]\nnbs_path = ..\n", "above the project"),
        ("[DEFAULT]\nnbs_path = /\n", "above the project"),
        ("[DEFAULT]\nversion = 1\n two\n", "version = 1 two cannot"),
        ('[DEFAULT]\nversion = "1"\n', 'version = "1" cannot'),
    ],
)
def test_broken_settings_are_one_clear_line(tmp_path, text, word):
    (tmp_path / "settings.ini").write_text(text)
    with pytest.raises(UserError, match=word) as error:
        read_project(tmp_path / "settings.ini")
    assert "settings.ini" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text, word",
    [
        ("tool = 'nbdev'", "tool is not a table"),
        ("project = 1\n[tool.nbdev]", "project is not a table"),
        ("[project]\nurls = 3\n[tool.nbdev]", "project.urls is not a table"),
        ("[project]\nname = 1\n[tool.nbdev]", "name = 1 is not a text"),
        ("[tool.nbdev]\nlib_path = ['a']", "lib_path .* is not a text"),
        ('[tool.nbdev]\nlib_path = "x"\nnbs_path = "a\\u0000"', "nbs_path .* is not a text"),
        ("[tool.nbdev]\nlib_path = 'x'\nrecursive = 'maybe'", "recursive = maybe is neither"),
        ("[tool.nbdev]\nlib_path = 'x'\nstrict = 1.5", "strict = 1.5 is neither"),
        ("[tool.nbdev]\nlib_path = 'x'\ntst_flags = [1]", "tst_flags"),
        ("[tool.nbdev]\nlib_path = 'x'\npreload = true", "preload = True is not a text"),
    ],
)
def test_a_broken_pyproject_is_one_clear_line(tmp_path, text, word):
    (tmp_path / "pyproject.toml").write_text(f"{text}\n# nbdev\n")
    with pytest.raises(UserError, match=word) as error:
        read_project(tmp_path / "pyproject.toml")
    assert "pyproject.toml" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["tst_flags = %(nothing)s", "preload = %", "description = 100% pure"]
)
def test_a_percent_sign_does_not_stop_the_work(tmp_path, text):
    (tmp_path / "settings.ini").write_text(f"[DEFAULT]\nrepo = r\n{text}\n")
    assert read_project(tmp_path / "settings.ini").package == "r"


def test_a_lone_percent_in_a_name(tmp_path):
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = my-100%\n")
    assert read_project(tmp_path / "settings.ini").package == "my_100%"


def test_a_project_is_found_from_below_and_missed_elsewhere(make_project, tmp_path):
    make_project({"sub/00_a": ["x"]})
    assert find_project(tmp_path / "nbs" / "sub").root == tmp_path
    with pytest.raises(UsageError, match="no settings.ini"):
        find_project(tmp_path.parent)


def test_choosing_notebooks(make_project, monkeypatch):
    project = make_project(
        {name: ["x"] for name in ["01_b", "00_a", "02_c", "02a_d", "sub/03_e", "index"]}
    )

    def names(*words, **options):
        return [path.stem for path in choose_notebooks(project, words, **options)]

    assert names() == ["00_a", "01_b", "02_c", "02a_d", "03_e", "index"]
    assert names("01_b.ipynb") == names("nbs/01_b.ipynb") == names("01*") == ["01_b"]
    assert names("sub", "nbs/00_a.ipynb", "00_a.ipynb") == ["03_e", "00_a"]
    assert names("nbs/0[01]*") == ["00_a", "01_b"] and names(up_to="02") == ["00_a", "01_b", "02_c"]
    monkeypatch.chdir(project.nbs_path)
    assert names("00_a.ipynb") == ["00_a"]
    for missing in ["nosuch.ipynb", "settings.ini", "*.txt"]:
        with pytest.raises(UsageError, match="no such notebook"):
            names(missing)
    with pytest.raises(UsageError, match="--up-to takes a notebook's number"):
        names(up_to="two")


@pytest.mark.parametrize(
    "name, last, expected",
    [
        ("02_x.ipynb", "02", True),
        ("02_x.ipynb", "2", True),
        ("02a_x.ipynb", "02", False),
        ("02a_x.ipynb", "02b", True),
        ("10_x.ipynb", "9", False),
        ("9_x.ipynb", "10", True),
        ("index.ipynb", "99", False),
        ("02_x.ipynb", "02_fully_connected.ipynb", True),
    ],
)
def test_up_to_compares_numbers(tmp_path, name, last, expected):
    assert is_up_to(tmp_path / name, last) is expected


@pytest.mark.parametrize(
    "text, word",
    [
        ('[tool.nbdev]\nlib_path = "../x"\n', "not a folder inside"),
        ("[tool.nbdev\n", "not TOML"),
        ("nbdev = " + "[" * 9999, "not TOML"),
        ('[tool.nbdev]\nlib_path = "x"\nexport_procs = ["a:b"]\n', "export_procs"),
    ],
)
def test_broken_pyproject_files(tmp_path, text, word):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UserError, match=word):
        read_project(tmp_path / "pyproject.toml")


def test_a_pyproject_without_nbdev_is_passed_over(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "nbdev-user"\n')
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nrepo = r\n")
    assert find_project(tmp_path).lib_path.name == "r"
