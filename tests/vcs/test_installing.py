"""`literate hooks install`, `uninstall` and `status` in all kinds of repositories."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_project import git, hooks, literate, make_repository

DRIVERS = {"filter", "merge", "modules", "diff"}
HOOKS = {"pre-commit", "post-merge", "post-rewrite"}


@pytest.fixture
def repository(tmp_path) -> Path:
    return make_repository(tmp_path / "my project")


def everything(folder: Path) -> dict[str, bytes]:
    """The configuration, the hooks and the attributes of a repository."""
    git_dir = Path(git(folder, "rev-parse", "--absolute-git-dir").rstrip("\n"))
    found = {}
    for path in [git_dir / "config", folder / ".gitattributes", *(git_dir / "hooks").glob("*")]:
        if path.exists():
            found[path.name] = path.read_bytes()
    return found


def test_each_part_is_installed_and_removed_again(repository):
    before = everything(repository)
    assert {note for _, note in hooks(repository, "status").values()} == {
        "not installed (literate hooks install)"
    }
    installed = hooks(repository, "install")
    assert set(installed) == DRIVERS | HOOKS
    assert set(installed.values()) == {(True, "installed")}
    assert literate(repository, "hooks", "status").returncode == 0
    once = everything(repository)
    hooks(repository, "install")
    assert everything(repository) == once
    assert literate(repository, "hooks", "uninstall").returncode == 0
    assert everything(repository) == before
    assert literate(repository, "hooks", "status").returncode == 1
    assert literate(repository, "hooks", "uninstall").stdout == "nothing to remove\n"


def test_git_knows_what_belongs_to_whom(repository):
    hooks(repository, "install")
    told = git(repository, "check-attr", "-a", "nbs/00_core.ipynb", "lib/core.py", "lib/sub/a.py")
    assert told.splitlines() == [
        "nbs/00_core.ipynb: diff: literate",
        "nbs/00_core.ipynb: merge: literate",
        "nbs/00_core.ipynb: filter: literate",
        "lib/core.py: merge: literate-modules",
        "lib/sub/a.py: merge: literate-modules",
    ]
    assert git(repository, "check-attr", "-a", "setup.py") == ""


def test_a_folder_of_modules_may_have_blanks(repository):
    text = (repository / "settings.ini").read_text()
    (repository / "settings.ini").write_text(text.replace("lib_path = lib", "lib_path = my lib"))
    hooks(repository, "install")
    assert "literate-modules" in git(repository, "check-attr", "merge", "my lib/core.py")
    assert hooks(repository, "status")["modules"] == (True, "installed")


def test_some_parts_can_be_chosen(repository):
    assert set(hooks(repository, "install", "--parts", "merge,diff pre-commit")) == {
        "merge",
        "diff",
        "pre-commit",
    }
    works = {part for part, (works, _) in hooks(repository, "status").items() if works}
    assert works == {"merge", "diff", "pre-commit"}
    hooks(repository, "install", "--parts", "filter")  # the others stay
    works = {part for part, (works, _) in hooks(repository, "status").items() if works}
    assert works == {"filter", "merge", "diff", "pre-commit"}


def test_an_attribute_of_another_tool_stays(repository):
    (repository / ".gitattributes").write_text("*.ipynb filter=nbstripout merge=nbdime\n")
    states = hooks(repository, "install")
    assert states["filter"] == (
        False,
        "another tool has it: the attributes of nbs/a.ipynb say filter=nbstripout (remove that "
        "line, and run literate hooks install)",
    )
    assert not states["merge"][0]
    assert states["diff"] == (True, "installed")
    told = git(repository, "check-attr", "-a", "nbs/00_core.ipynb")
    assert "merge: nbdime" in told and "filter: nbstripout" in told and "diff: literate" in told


def test_the_attributes_in_the_folder_of_the_notebooks_count_more(repository):
    (repository / "nbs" / ".gitattributes").write_text("*.ipynb merge=nbdev-merge\n")
    git(repository, "config", "merge.nbdev-merge.driver", "nbdev_merge %O %A %B %P")
    works, note = hooks(repository, "install")["merge"]
    assert not works
    assert "merge=nbdev-merge" in note
    told = literate(repository, "hooks", "status").stdout
    assert "git config --remove-section merge.nbdev-merge" in told


def test_a_file_of_attributes_that_git_leaves_out_is_named(repository):
    note = ".gitignore leaves .gitattributes out"
    assert note not in literate(repository, "hooks", "install").stdout
    (repository / ".gitignore").write_text(".literate\n.gitattributes\n")
    assert note in literate(repository, "hooks", "install").stdout


OWN = "#!/bin/sh\necho my own\n"


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_of_somebody_else_stays(repository, name):
    path = repository / ".git" / "hooks" / name
    path.write_text(OWN)
    works, note = hooks(repository, "install")[name]
    assert not works
    assert (
        f'is your own hook, and stays as it is; add the line: literate hooks run {name} "$@"'
        in (note)
    )
    assert path.read_text() == OWN
    path.write_text(OWN + note.rpartition("add the line: ")[2] + "\n")
    assert hooks(repository, "status")[name] == (True, "called by your own hook")
    hooks_before = path.read_text()
    literate(repository, "hooks", "uninstall")
    assert path.read_text() == hooks_before


def test_a_link_in_place_of_a_hook_stays(repository, tmp_path):
    path = repository / ".git" / "hooks" / "pre-commit"
    path.symlink_to(tmp_path / "nowhere")
    assert not hooks(repository, "install")["pre-commit"][0]
    assert path.is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_the_hook_of_the_program_pre_commit_stays(repository):
    path = repository / ".git" / "hooks" / "pre-commit"
    path.write_text("#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n")
    works, note = hooks(repository, "install")["pre-commit"]
    assert not works
    assert "belongs to pre-commit" in note
    (repository / ".pre-commit-config.yaml").write_text("- id: literate-check\n")
    assert hooks(repository, "status")["pre-commit"] == (True, "called by the program pre-commit")


def test_pre_commit_may_come_after_us_and_call_us(repository):
    hooks(repository, "install")
    folder = repository / ".git" / "hooks"
    (folder / "pre-commit").rename(folder / "pre-commit.legacy")  # as it does itself
    (folder / "pre-commit").write_text("#!/bin/sh\n# https://pre-commit.com\n")
    (folder / "pre-commit").chmod(0o755)
    assert hooks(repository, "status")["pre-commit"] == (True, "installed")
    hooks(repository, "install")
    assert "pre-commit.com" in (folder / "pre-commit").read_text()
    literate(repository, "hooks", "uninstall")
    assert not (folder / "pre-commit.legacy").exists()
    assert (folder / "pre-commit").exists()


@pytest.mark.parametrize(
    ("folder", "place"), [(".husky/_", ".husky/pre-commit"), ("my hooks", "my hooks/pre-commit")]
)
def test_a_folder_of_hooks_that_is_set_stays(repository, folder, place):
    (repository / folder).mkdir(parents=True)
    git(repository, "config", "core.hooksPath", folder)
    works, note = hooks(repository, "install")["pre-commit"]
    assert not works
    assert f"core.hooksPath); to {place} add the line: literate hooks run pre-commit" in note
    assert list((repository / folder).iterdir()) == []
    assert not (repository / ".git" / "hooks" / "pre-commit").exists()
    (repository / place).write_text('literate hooks run pre-commit "$@" || exit $?\n')
    assert hooks(repository, "status")["pre-commit"] == (True, "called by your own hook")


def test_a_worktree_has_the_configuration_and_the_hooks_of_its_repository(repository, tmp_path):
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other tree"))
    states = hooks(tmp_path / "other tree", "install")
    assert all(works for works, _ in states.values()), states
    assert (repository / ".git" / "hooks" / "pre-commit").exists()
    literate(tmp_path / "other tree", "hooks", "uninstall")
    assert not (repository / ".git" / "hooks" / "pre-commit").exists()


def test_a_submodule_has_its_own(repository, tmp_path):
    outer = make_repository(tmp_path / "outer")
    git(outer, "submodule", "add", "-q", str(repository), "inner part")
    states = hooks(outer / "inner part", "install")
    assert all(works for works, _ in states.values()), states
    assert not any(works for works, _ in hooks(outer, "status").values())
    assert (outer / ".git" / "modules" / "inner part" / "hooks" / "pre-commit").exists()


def test_a_project_may_be_in_a_folder_of_its_repository(tmp_path):
    repository = make_repository(tmp_path / "all")
    inner = repository / "python part"
    inner.mkdir()
    for name in ("nbs", "lib", "settings.ini"):
        git(repository, "mv", name, str(inner / name))
    states = hooks(inner, "install")
    assert all(works for works, _ in states.values()), states
    assert (repository / ".gitattributes").exists()
    assert "literate-modules" in git(repository, "check-attr", "merge", "python part/lib/core.py")


def test_without_settings_there_are_no_modules(repository):
    (repository / "settings.ini").unlink()
    states = hooks(repository, "install")
    assert states.pop("modules")[1].startswith("there are no settings")
    assert all(works for works, _ in states.values())


def test_what_a_clone_does_not_have_is_named(repository, tmp_path):
    hooks(repository, "install")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-qm", "attributes", "--no-verify")
    git(tmp_path, "clone", "-q", str(repository), "a clone")
    note = "git's configuration does not have merge.literate (literate hooks install)"
    assert hooks(tmp_path / "a clone", "status")["merge"] == (False, note)


def test_a_command_that_is_gone_is_named(repository):
    hooks(repository, "install")
    for path in [
        repository / ".git" / "config",
        *map((repository / ".git" / "hooks").joinpath, HOOKS),
    ]:
        text = path.read_text()
        start = text.find("command -v ")
        if start >= 0:
            command = text[start:].split()[2]
            path.write_text(text.replace(command, "/gone/literate"))
    note = "its command is gone: /gone/literate (literate hooks install)"
    assert set(hooks(repository, "status").values()) == {(False, note)}
    assert all(works for works, _ in hooks(repository, "install").values())


def test_a_configuration_that_was_changed_by_hand_is_named(repository):
    hooks(repository, "install")
    git(repository, "config", "diff.literate.textconv", "cat")
    note = "the configuration was changed by hand (literate hooks install)"
    assert hooks(repository, "status")["diff"] == (False, note)
    git(repository, "config", "--unset", "merge.literate.driver")
    assert "does not have merge.literate" in hooks(repository, "status")["merge"][1]


def test_all_repositories_of_a_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    repository = make_repository(tmp_path / "r")
    states = hooks(repository, "install", "--global")
    assert states == dict.fromkeys(("filter", "merge", "diff"), (True, "installed"))
    attributes = tmp_path / ".config" / "git" / "attributes"
    assert "*.ipynb filter=literate diff=literate merge=literate" in attributes.read_text()
    assert "merge: literate" in git(repository, "check-attr", "-a", "nbs/00_core.ipynb")
    assert not (repository / ".git" / "hooks" / "pre-commit").exists()
    here = hooks(repository, "status")
    assert here["merge"] == (True, "installed")
    assert not here["pre-commit"][0]
    literate(repository, "hooks", "uninstall", "--global")
    assert not attributes.exists()
    assert "literate" not in (tmp_path / ".gitconfig").read_text()


def test_the_attributes_of_a_user_may_be_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    git(tmp_path, "config", "--global", "core.attributesFile", "~/mine")
    hooks(tmp_path, "install", "--global", "--parts", "merge")
    assert "*.ipynb merge=literate\n" in (tmp_path / "mine").read_text()


@pytest.mark.parametrize("action", ["install", "uninstall", "status"])
def test_outside_of_a_repository_there_is_one_clear_line(tmp_path, action):
    done = literate(tmp_path, "hooks", action)
    assert done.returncode == 1
    assert done.stderr == (f"error: {tmp_path}: no git repository here (make one with git init)\n")


def test_a_file_that_cannot_be_written_is_named(repository):
    (repository / ".gitattributes").mkdir()
    done = literate(repository, "hooks", "install")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert ".gitattributes" in done.stderr
