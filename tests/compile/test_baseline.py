"""The texts that were generated last are known, also after a crash and after an upgrade."""

import json

import pytest
from conftest import cell_sources, edit_module, edit_notebook

from literate.compile import compile_project, update_notebooks
from literate.compile.baseline import Baseline
from literate.compile.edits import EditConflictError, UncarriedEditsError
from literate.markers import Issued


@pytest.fixture
def project(make_project):
    made = make_project({"00_a": ["#export\nx = 1"]})
    made.state_dir.mkdir()
    made.lib_path.mkdir()
    return made


@pytest.fixture
def module(project):
    path = project.lib_path / "a.py"
    path.write_text("old")
    return path


def issued(text: str) -> Issued:
    return Issued(text, ())


def texts(project, path) -> list[str]:
    """The texts that another process finds."""
    return Baseline(project).texts(path)


def test_at_first_no_text_is_known(project, module):
    assert texts(project, module) == []
    assert not (project.state_dir / "generated.json").exists()


def begin_to_write(project, path, disk: str, new: str) -> None:
    """What happens until a process dies that was about to replace a text by a new one."""
    state = Baseline(project).state_while_writing({path: (disk, issued(new))})
    for file, content in state.items():
        file.write_text(content)


def base(project, path, disk: str) -> str:
    """The text from which the text on the disk comes, as another process finds it."""
    found = Baseline(project).base(path, disk)
    return found.text if found else ""


def test_while_modules_are_written_both_texts_are_known(project, module):
    baseline = Baseline(project)
    baseline.commit({module: issued("old")})
    begin_to_write(project, module, "old", "new")
    assert texts(project, module) == ["old", "new"]
    begin_to_write(project, module, "old", "newer")  # it was killed, and the notebook changed
    assert texts(project, module) == ["old", "newer"]
    begin_to_write(project, module, "newer", "newest")  # it was killed again, after the writing
    assert texts(project, module) == ["newer", "newest"]
    begin_to_write(project, module, "newer", "newer")  # the notebook has the former text again
    assert texts(project, module) == ["newer"]
    Baseline(project).commit({module: issued("newer")})
    assert Baseline(project).state_while_writing({module: ("newer", issued("newer"))}) == {}


def test_a_module_that_does_not_exist_has_no_old_text(project, module):
    Baseline(project).commit({module: issued("old")})
    module.unlink()
    begin_to_write(project, module, "", "new")
    assert texts(project, module) == ["new"]


OLD = "a\nb\nc\nd"  # as it was generated
EDITED = "a\nB\nc\nd"  # a person changed it
NEW = "a\nB\nc\nD\nE\nF"  # the update takes the edit over, and the notebook changed other lines


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        (EDITED, OLD),
        (f"typed 1\ntyped 2\n{EDITED}", OLD),
        (NEW, NEW),
        (f"typed 1\ntyped 2\n{NEW}", NEW),
        ("something\nelse", OLD),
    ],
    ids=["as before", "as before, and edited", "replaced", "replaced and edited", "unclear"],
)
def test_after_a_crash_the_text_on_the_disk_tells_whether_it_was_replaced(
    project, module, disk, expected
):
    Baseline(project).commit({module: issued(OLD)})
    begin_to_write(project, module, EDITED, NEW)
    assert base(project, module, disk) == expected


def test_without_a_known_text_there_is_no_base(project, module):
    assert Baseline(project).base(module, "any") is None


def test_a_deleted_module_is_forgotten(project, module):
    other = project.lib_path / "sub" / "b.py"
    baseline = Baseline(project)
    baseline.commit({module: issued("old"), other: issued("other")})
    baseline.commit({}, gone=[module, project.lib_path / "never_written.py"])
    assert texts(project, module) == []
    assert texts(project, other) == ["other"]


def test_an_unchanged_baseline_is_not_written_again(project, module):
    Baseline(project).commit({module: issued("old")})
    file = project.state_dir / "generated.json"
    number = file.stat().st_ino  # a file that is written atomically is a new one
    Baseline(project).commit({module: issued("old")})
    assert file.stat().st_ino == number


def test_the_markers_of_a_text_are_known(project, module):
    markers = ((1, ""), (3, "6fd14ecd"))
    Baseline(project).commit({module: Issued("# %% auto\n\n# %% a.ipynb 1\n", markers)})
    found = Baseline(project).base(module, "")
    assert found is not None and found.markers == markers


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "1", '{"lib/a.py": "old"}', '{"lib/a.py": [1]}'),
        *('{"lib/a.py": [{"text": 1, "markers": []}]}', '{"lib/a.py": [{"text": ""}]}'),
        *('{"lib/a.py": [{"text": "", "markers": [[2, ""]]}]}', '{"lib/a.py": [{}]}'),
        '{"lib/a.py": [{"text": "", "markers": [], "over": 1}]}',
        *('{"lib/a.py": [{"text": "", "markers": [1]}]}', '{"lib/a.py": [null]}'),
    ],
)
def test_a_damaged_file_is_like_a_missing_one(project, module, content):
    (project.state_dir / "generated.json").write_text(content)
    assert texts(project, module) == []
    Baseline(project).commit({module: issued("old")})
    assert texts(project, module) == ["old"]


# --- the file of version 0.1 -------------------------------------------------------------------


def test_the_former_file_is_read_until_the_new_one_is_written(project, module):
    former = project.state_dir / "base.json"
    former.write_text(json.dumps({"lib/a.py": ["old"]}))
    baseline = Baseline(project)
    assert baseline.texts(module) == ["old"]
    assert former.exists()
    baseline.commit({module: issued("old")})  # nothing has changed, but the new file is needed
    assert not former.exists()
    assert texts(project, module) == ["old"]


def test_the_former_file_does_not_count_beside_the_new_one(project, module):
    former = project.state_dir / "base.json"
    former.write_text(json.dumps({"lib/a.py": ["old"]}))
    (project.state_dir / "generated.json").write_text(
        json.dumps({"lib/a.py": [{"text": "new", "markers": []}]})
    )
    assert texts(project, module) == ["new"]
    Baseline(project).commit({module: issued("newer")})
    assert former.exists()


@pytest.fixture
def upgraded(make_project):
    """A project that was compiled with version 0.1, and not yet with this one."""
    made = make_project({"00_a": ["#export\nx = 1", "#export\ny = 1"]})
    compile_project(made)
    state = made.state_dir
    versions = json.loads((state / "generated.json").read_text())
    former = {name: [each["text"] for each in found] for name, found in versions.items()}
    (state / "base.json").write_text(json.dumps(former))
    (state / "generated.json").unlink()
    (state / "compiled.json").unlink()
    (state / "last-report").unlink()
    return made


def test_an_upgrade_loses_no_edit(upgraded):
    edit_module(upgraded, "x = 1", "x = 'precious'")
    edit_notebook(upgraded, "y = 1", "y = 2")
    with pytest.raises(UncarriedEditsError):  # without a base this would be a conflict
        compile_project(upgraded)
    update_notebooks(upgraded)
    assert cell_sources(upgraded) == ["#export\nx = 'precious'", "#export\ny = 2"]
    assert not (upgraded.state_dir / "base.json").exists()
    assert compile_project(upgraded)[1].changed == ()


def test_an_upgrade_knows_unedited_modules(upgraded):
    edit_notebook(upgraded, "y = 1", "y = 2")
    _, result = compile_project(upgraded)
    assert [path.name for path in result.changed] == ["a.py"]
    assert not (upgraded.state_dir / "base.json").exists()


def test_without_any_baseline_an_old_module_is_a_conflict(upgraded):
    (upgraded.state_dir / "base.json").unlink()
    edit_notebook(upgraded, "y = 1", "y = 2")
    with pytest.raises(EditConflictError):
        compile_project(upgraded)
