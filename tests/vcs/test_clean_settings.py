"""What a project's settings say about cleaning."""

from __future__ import annotations

import pytest

from literate.diagnostics import UserError
from literate.vcs.clean_settings import options_for
from literate.vcs.noise import CleanOptions


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "nbs").mkdir()
    return tmp_path


def test_without_settings(folder):
    assert options_for(folder / "nbs") == CleanOptions()
    (folder / "pyproject.toml").write_text("[tool.ruff]\nx = 1\n")
    (folder / "settings.ini").write_text("[other]\nx = 1\n")
    assert options_for(folder / "nbs") == CleanOptions()


def test_the_keys_of_literate(folder):
    (folder / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["toc", "a.b"]\n')
    assert options_for(folder / "nbs") == CleanOptions(drop=("toc", "a.b"))


NBDEV3 = """
[tool.nbdev]
allowed_metadata_keys = "widgets vscode"
allowed_cell_metadata_keys = ["collapsed"]
clean_ids = true
clear_all = true
[tool.literate]
clean_drop = ["toc"]
"""
NBDEV2 = """
[DEFAULT]
lib_path = lib
allowed_metadata_keys = widgets vscode
allowed_cell_metadata_keys = collapsed
clean_ids = True
clear_all = True
clean_drop = toc
"""


@pytest.mark.parametrize(("name", "text"), [("pyproject.toml", NBDEV3), ("settings.ini", NBDEV2)])
def test_the_keys_of_nbdev(folder, name, text):
    (folder / name).write_text(text)
    assert options_for(folder / "nbs") == CleanOptions(
        outputs="none",
        addresses=True,
        drop=("toc",),
        keep=("widgets", "vscode"),
        keep_in_cells=("collapsed",),
        plain_kernel_names=True,
    )


def test_the_defaults_of_nbdev_are_not_taken_over(folder):
    (folder / "settings.ini").write_text("[DEFAULT]\nlib_path = lib\n")
    assert options_for(folder) == CleanOptions(plain_kernel_names=True)


def test_the_nearest_settings_count_and_none_outside_of_the_repository(folder, tmp_path):
    inner = folder / "nbs"
    (folder.parent / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["outside"]\n')
    assert options_for(inner) == CleanOptions()
    (folder / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["far"]\n')
    (inner / "pyproject.toml").write_text('[tool.literate]\nclean_drop = ["near"]\n')
    assert options_for(inner).drop == ("near",)
    (folder.parent / "pyproject.toml").unlink()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.literate\n"),
        ("pyproject.toml", "[tool.literate]\nclean_drop = 3\n"),
        ("pyproject.toml", "[tool.nbdev]\nclean_ids = 'perhaps'\n"),
        ("settings.ini", "lib_path = x\n"),
    ],
)
def test_settings_that_cannot_be_used_are_named(folder, name, text):
    (folder / name).write_text(text)
    with pytest.raises(UserError, match=name):
        options_for(folder)
