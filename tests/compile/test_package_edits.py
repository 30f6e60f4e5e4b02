"""Edits in the files around the modules are not lost without a word."""

import subprocess

import pytest
from conftest import edit_notebook

from literate.compile import compile_project, update_notebooks
from literate.compile.docstrings import LLMS_MARK
from literate.compile.edits import UncarriedEditsError
from literate.project import Project


@pytest.fixture
def described(make_nbdev3_project) -> Project:
    """A project of nbdev 3 with a module whose docstring says more than a summary."""
    cells = ["md:# A\n> Summary.", "md:#| export\nMore.\n\nAnd more.", "#| default_exp a"]
    return make_nbdev3_project({"00_a": [*cells, "#| export\ndef f(): ..."]})


# --- the package's docstring, edited -----------------------------------------------------------


def test_an_edited_docstring_of_the_package_is_not_lost(described):
    compile_project(described)
    init = described.lib_path / "__init__.py"
    text = init.read_text()
    init.write_text(text.replace("Summary.", "Summary, by hand."))
    with pytest.raises(UncarriedEditsError, match="__init__.py: error: its docstring was written"):
        compile_project(described)
    assert "by hand" in init.read_text()
    compile_project(described, prefer="notebook")
    assert init.read_text() == text


def test_a_docstring_that_was_generated_is_replaced(described):
    compile_project(described)
    edit_notebook(described, "Summary.", "Other.")
    compile_project(described)
    assert "- `lib.a`: Other." in (described.lib_path / "__init__.py").read_text()


def test_a_docstring_that_was_there_before_is_not_lost(described):
    described.lib_path.mkdir()
    init = described.lib_path / "__init__.py"
    init.write_text('"""Mine."""\n')
    with pytest.raises(UncarriedEditsError):
        compile_project(described)
    assert init.read_text() == '"""Mine."""\n'


# --- llms.txt ----------------------------------------------------------------------------------


def test_an_edit_in_llms_txt_is_not_lost(described):
    compile_project(described)
    llms = described.nbs_path / "llms.txt"
    text = llms.read_text()
    llms.write_text(f"Typed.\n{text}")
    for function in (compile_project, update_notebooks):
        with pytest.raises(UncarriedEditsError, match="llms.txt: error: edited by hand"):
            function(described)
    assert llms.read_text() == f"Typed.\n{text}"
    _, result = compile_project(described, prefer="notebook")
    assert [remark.detail for remark in result.given_up] == ["    - Typed."]
    assert llms.read_text() == text
    kept = described.state_dir / "history" / "nbs" / "llms.txt" / "1.txt"
    assert kept.read_text() == f"Typed.\n{text}"


def test_without_its_last_line_a_llms_txt_is_a_persons(described):
    compile_project(described)
    llms = described.nbs_path / "llms.txt"
    llms.write_text("Mine.\n")
    compile_project(described)
    assert llms.read_text() == "Mine.\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_generated_llms_txt_is_replaced(described, line_end):
    compile_project(described)
    llms = described.nbs_path / "llms.txt"
    llms.write_text(llms.read_text(), newline=line_end)
    edit_notebook(described, "Summary.", "Other.")
    _, result = compile_project(described)
    assert result.given_up == ()
    assert "Other." in (described.nbs_path / "llms.txt").read_text()


@pytest.mark.parametrize("is_committed", [False, True])
def test_what_was_not_known_of_a_llms_txt_is_shown_and_kept(described, is_committed):
    llms = described.nbs_path / "llms.txt"
    llms.write_text(f"From elsewhere.\n{LLMS_MARK}\n")
    if is_committed:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init"], ["add", "."], [*identity, "commit", "-m", "a"]):
            subprocess.run(["git", *words], cwd=described.root, check=True, capture_output=True)
    _, result = compile_project(described)
    shown = [remark.detail for remark in result.given_up]
    assert shown == ([] if is_committed else ["    - From elsewhere."])
    assert "Summary." in llms.read_text()


# --- _modidx.py --------------------------------------------------------------------------------


@pytest.fixture
def index(make_project):
    project = make_project({"00_a": ["#export\nx = 1"]})
    compile_project(project)
    return project, project.lib_path / "_modidx.py"


@pytest.mark.parametrize("options", [{}, {"prefer": "notebook"}, {"force": True}])
@pytest.mark.parametrize("place", ["above", "below"])
def test_what_a_person_adds_to_the_index_stays_even_by_force(index, options, place):
    project, path = index
    text = path.read_text()
    edited = f"typed = 1\n{text}" if place == "above" else f"{text}typed = 1\n"
    path.write_text(edited)
    _, result = compile_project(project, **options)
    assert path.read_text() == edited
    assert result.given_up == ()


def test_an_index_that_is_replaced_by_force_is_shown_and_kept(index):
    project, path = index
    path.write_text("typed = 1\n")
    _, result = compile_project(project, force=True)
    assert [remark.detail for remark in result.given_up] == ["    - typed = 1"]
    kept = project.state_dir / "history" / "lib" / "_modidx.py" / "1.py"
    assert kept.read_text() == "typed = 1\n"
