"""The files around the modules: `__init__.py`, llms.txt, and modules that no notebook makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import edit_notebook, notebook

from literate.compile import compile_project
from literate.compile.docstrings import LLMS_MARK
from literate.compile.package_files import find_orphans, python_files, read_text
from literate.compile.plan import make_plan
from literate.diagnostics import UserError
from literate.discovery import project_notebooks
from literate.project import Project

TITLE = "md:# A\n> Summary.\n>\n> Two.\n> Three."


def files(project: Project) -> dict[str, str]:
    """The planned files of the library, by their path in it."""
    plan = make_plan(project)
    assert not plan.has_errors, plan.diagnostics
    found = {}
    for path, text in plan.files.items():
        if path.is_relative_to(project.lib_path):
            found[path.relative_to(project.lib_path).as_posix()] = text
    return found


# --- `__init__.py` -----------------------------------------------------------------------------


def test_each_folder_of_a_module_gets_an_init_file(make_project):
    cells = ["#default_exp sub.deep.a", "#export\nx = 1"]
    found = files(make_project({"00_a": cells}, "version = 1.2"))
    assert found["__init__.py"] == '__version__ = "1.2"\n'
    assert found["sub/__init__.py"] == ""
    assert found["sub/deep/__init__.py"] == ""
    assert list(found)[-1] == "_modidx.py"


def test_a_folder_of_hand_written_files_gets_an_init_file(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    (project.lib_path / "mine" / "deep").mkdir(parents=True)
    (project.lib_path / "mine" / "deep" / "b.py").write_text("")
    (project.lib_path / "data").mkdir()
    found = files(project)
    assert found["mine/__init__.py"] == found["mine/deep/__init__.py"] == ""
    assert "data/__init__.py" not in found


def test_the_version_is_replaced_and_the_rest_stays(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]}, "version = 1.2")
    project.lib_path.mkdir()
    init = project.lib_path / "__init__.py"
    init.write_text('"""Mine."""\n__version__ = "1.0"\nimport os\n')
    assert files(project)["__init__.py"] == '"""Mine."""\n__version__ = "1.2"\nimport os\n'


def test_put_version_in_init_can_be_turned_off(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]}, "put_version_in_init = False")
    project.lib_path.mkdir()
    (project.lib_path / "__init__.py").write_bytes(b"import os\r\n")
    assert files(project)["__init__.py"] == "import os\r\n"


def test_a_module_may_be_an_init_file(make_project):
    project = make_project({"00_a": ["#default_exp sub.__init__", "#export\nx = 1"]})
    assert "x = 1" in files(project)["sub/__init__.py"]


# --- the package in nbdev 3's layout -----------------------------------------------------------


@pytest.fixture
def described(make_nbdev3_project) -> Project:
    """A project of nbdev 3 with a module whose docstring says more than a summary."""
    cells = ["md:# A\n> Summary.", "md:#| export\nMore.\n\nAnd more.", "#| default_exp a"]
    return make_nbdev3_project({"00_a": [*cells, "#| export\ndef f(): ..."]})


def test_the_package_and_llms_txt_list_the_modules(described):
    assert "- `lib.a`: Summary." in files(described)["__init__.py"]
    llms = make_plan(described).files[described.nbs_path / "llms.txt"]
    assert "- `lib.a`: Summary." in llms
    assert LLMS_MARK in llms


@pytest.mark.parametrize("text, is_replaced", [("Mine.\n", False), (f"Old.\n{LLMS_MARK}\n", True)])
def test_a_llms_txt_is_replaced_only_if_it_was_generated(described, text, is_replaced):
    path = described.nbs_path / "llms.txt"
    path.write_text(text)
    assert (path in make_plan(described).files) == is_replaced


@pytest.mark.parametrize("content", [b"x = (\n", b"x = '\xfc'\n", b"x = '\0'\n"])
def test_a_docstring_cannot_go_into_a_file_that_is_not_python(described, content):
    described.lib_path.mkdir()
    (described.lib_path / "__init__.py").write_bytes(content)
    plan = make_plan(described)
    (problem,) = plan.diagnostics
    assert (problem.code, problem.path.name) == ("syntax", "__init__.py")
    assert plan.files == {}


# --- orphans -----------------------------------------------------------------------------------


def orphans(project: Project) -> list[str]:
    """The orphans that a whole compile finds."""
    notebooks = project_notebooks(project)
    planned = {module.path for module in make_plan(project).modules}
    found = find_orphans(project, notebooks, planned)
    assert found == make_plan(project).orphans
    return [path.relative_to(project.lib_path).as_posix() for path in found]


def write_generated(project: Project, module: str, notebook_path: str) -> None:
    """Write a module as an earlier run would have left it."""
    path = project.lib_path / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# AUTOGENERATED! DO NOT EDIT! File to edit: {notebook_path}.\n")


def test_a_module_whose_notebook_is_gone_is_an_orphan(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    write_generated(project, "gone.py", "../nbs/01_gone.ipynb")
    assert orphans(project) == ["gone.py"]


def test_a_notebook_that_exports_to_another_module_leaves_an_orphan(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    assert orphans(project) == []
    (project.nbs_path / "00_a.ipynb").write_text(notebook("#default_exp b", "#export\nx = 1"))
    assert orphans(project) == ["a.py"]


def test_a_notebook_that_is_left_out_keeps_its_module(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "_draft": ["#export\nx = 1"]})
    write_generated(project, "draft.py", "../nbs/_draft.ipynb")
    assert orphans(project) == []
    (project.nbs_path / "_draft.ipynb").unlink()
    assert orphans(project) == ["draft.py"]


def test_a_folder_in_the_place_of_the_notebook_does_not_keep_a_module(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    write_generated(project, "draft.py", "../nbs/_draft.ipynb")
    (project.nbs_path / "_draft.ipynb").mkdir()
    assert orphans(project) == ["draft.py"]


def test_the_path_in_a_header_of_nbdev_1_counts_from_the_project(make_project):
    project = make_project({"00_a": ["#export\nx = 1"], "_draft": ["#export\nx = 1"]})
    write_generated(project, "sub/draft.py", "nbs/_draft.ipynb")
    write_generated(project, "sub/gone.py", "nbs/_gone.ipynb")
    assert orphans(project) == ["sub/gone.py"]


def test_files_without_a_header_are_not_orphans(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    (project.lib_path / "mine.py").write_text("x = 1\n")
    for name in ("__init__.py", "_modidx.py"):
        write_generated(project, name, "../nbs/01_gone.ipynb")
    assert orphans(project) == []


# --- reading -----------------------------------------------------------------------------------


def test_python_files(tmp_path):
    for name in ("a.py", "sub/b.py", "sub/c.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / ".#a.py").symlink_to("somebody@somewhere")
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    found = {path.relative_to(tmp_path).as_posix() for path in python_files(tmp_path)}
    assert found == {"a.py", "sub/b.py"}
    assert list(python_files(tmp_path / "nosuch")) == []


def test_read_text_keeps_bytes_and_line_ends(tmp_path: Path):
    path = tmp_path / "a.py"
    path.write_bytes(b"# \xfcber\r\n")
    text = read_text(path)
    assert text.encode("utf-8", "surrogateescape") == b"# \xfcber\r\n"


# --- the index ---------------------------------------------------------------------------------


def test_what_a_person_added_to_the_index_stays(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    index = project.lib_path / "_modidx.py"
    text = index.read_text()
    index.write_text(text.replace("\n\nd = ", "\nimport os\n\nd = ", 1) + "mine = 1\n")
    edit_notebook(project, "x = 1", "def f(): ...")
    compile_project(project)
    new = index.read_text()
    assert new.startswith("# Autogenerated by nbdev\nimport os\n\nd = {")
    assert new.endswith("}\nmine = 1\n")
    assert "lib.a.f" in new
    assert compile_project(project)[1].changed == ()


def test_an_index_with_other_line_ends_is_written_as_a_whole(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    index = project.lib_path / "_modidx.py"
    text = index.read_bytes()
    index.write_bytes(text.replace(b"\n", b"\r\n"))
    compile_project(project)
    assert index.read_bytes() == text


def test_an_index_that_a_person_wrote_is_replaced_only_when_forced(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    project.lib_path.mkdir()
    index = project.lib_path / "_modidx.py"
    index.write_text("d = {}  # mine\n")
    with pytest.raises(UserError, match="_modidx.py exists and was not generated .*--force"):
        compile_project(project)
    assert index.read_text() == "d = {}  # mine\n"
    compile_project(project, force=True)
    assert "lib.a" in index.read_text()
