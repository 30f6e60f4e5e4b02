"""docs/from-nbdev.md names each command and each setting of nbdev, and what literate reads."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import distribution
from pathlib import Path

import nbdev.config
import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "from-nbdev.md").read_text(encoding="utf-8")

# The commands and settings of nbdev 3.3.26, which cannot be installed beside nbdev 2.
COMMANDS_OF_3 = """
    nb-export nbdev-bump-version nbdev-changelog nbdev-clean nbdev-conda nbdev-contributing
    nbdev-create-config nbdev-diff nbdev-diff-driver nbdev-docs nbdev-export nbdev-filter nbdev-fix
    nbdev-help nbdev-install nbdev-install-hooks nbdev-install-quarto nbdev-merge nbdev-migrate
    nbdev-migrate-config nbdev-new nbdev-prepare nbdev-preview nbdev-proc-nbs nbdev-pypi
    nbdev-readme nbdev-release-both nbdev-release-gh nbdev-release-git nbdev-requirements
    nbdev-sidebar nbdev-test nbdev-trust nbdev-update nbdev-update-license watch-export
""".split()
SETTINGS_OF_3 = """
    nbs_path doc_path tst_flags recursive readme_nb clean_ids clear_all put_version_in_init
    jupyter_hooks custom_sidebar branch doc_procs export_procs exec_profile cell_timeout
    lib_path title allowed_metadata_keys allowed_cell_metadata_keys conda_user conda_requirements
""".split()
# Keys that nbdev 2 reads from settings.ini, or its setup.py, beside those of nbdev_create_config.
MORE_SETTINGS_OF_2 = """
    requirements pip_requirements conda_requirements dev_requirements console_scripts conda_user
""".split()
NO_SETTINGS = {"path", "cfg_name"}  # arguments of nbdev_create_config about the file itself

_CALL = r"""\.(?:text|flag|words)\(\s*["']{key}["']"""


def table_below(heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by what stands in the first column."""
    part = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = {}
    for line in part.splitlines():
        if line.startswith("| `"):
            first, *others = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows[first.strip("`")] = others
    return rows


COMMANDS = table_below("Commands")
SETTINGS = table_below("Settings")


def commands_of_2() -> set[str]:
    points = distribution("nbdev").entry_points
    return {point.name.replace("_", "-") for point in points if point.group == "console_scripts"}


def settings_of_2() -> set[str]:
    names = inspect.signature(nbdev.config.nbdev_create_config).parameters
    return (set(names) - NO_SETTINGS) | set(MORE_SETTINGS_OF_2)


def named(rows: dict[str, list[str]], column: int) -> set[str]:
    return {name for name, cells in rows.items() if cells[column] == "yes"}


def test_each_command_of_nbdev_is_named():
    assert named(COMMANDS, 0) == commands_of_2()
    assert named(COMMANDS, 1) == set(COMMANDS_OF_3)
    assert all(cells[2] for cells in COMMANDS.values())


def test_each_setting_of_nbdev_is_named():
    assert named(SETTINGS, 0) == settings_of_2()
    assert named(SETTINGS, 1) == set(SETTINGS_OF_3)
    assert all(cells[3] for cells in SETTINGS.values())
    assert {cells[2] for cells in SETTINGS.values()} == {"yes", "docs", "no"}


def code_of_settings() -> str:
    """The code that reads settings."""
    paths = (ROOT / "literate").rglob("*.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


CODE = code_of_settings()
PROJECT = (ROOT / "literate" / "project.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_what_the_page_says_of_a_setting_is_true(key):
    is_read = re.search(_CALL.format(key=key), CODE) is not None
    # Keys that others refer to, or that are repeated, stand in the tables of project.py.
    is_known = is_read or re.search(rf"""["']{key}["']""", PROJECT) is not None
    says = SETTINGS[key][2]
    if says == "yes":
        assert is_known
    elif says == "no":
        assert not is_read or key in ("description",)
        assert not is_known or key == "export_procs"  # which is refused


def test_the_commands_in_its_place_exist():
    from literate.__main__ import COMMANDS as WORDS

    promised = {"docs", "readme"}  # they come with the documentation
    words = set(re.findall(r"`literate (\w+)", PAGE))
    assert words - promised <= set(WORDS)
