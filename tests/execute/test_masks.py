"""The project's own masks, and where they stand."""

import pytest

from literate.diagnostics import UserError
from literate.execute.masks import project_masks


def patterns(project) -> list[str]:
    return [pattern.pattern for pattern, _ in project_masks(project)]


def test_a_project_without_masks(make_project, tmp_path):
    project = make_project({})
    assert patterns(project) == []
    (tmp_path / "pyproject.toml").write_text("[tool.literate]\n")
    assert patterns(project) == []


def test_masks_in_both_files(make_project, tmp_path):
    project = make_project({})
    settings = tmp_path / "settings.ini"
    settings.write_text(settings.read_text() + "mask =\n  run \\w+\n  100% of \\d\n")
    (tmp_path / "pyproject.toml").write_text("[tool.literate]\nmask = 'a'\n")
    assert patterns(project) == ["a", r"run \w+", r"100% of \d"]
    (tmp_path / "pyproject.toml").write_text("[tool.literate]\nmask = ['a', 'b']\n")
    assert patterns(project)[:2] == ["a", "b"]


@pytest.mark.parametrize("value", ["3", "['a', 3]", "['(']", "['a{99999999999999}']"])
def test_masks_that_cannot_be_used(make_project, tmp_path, value):
    project = make_project({})
    (tmp_path / "pyproject.toml").write_text(f"[tool.literate]\nmask = {value}\n")
    with pytest.raises(UserError, match="pyproject.toml: error: mask "):
        project_masks(project)
