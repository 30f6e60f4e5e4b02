"""What git's configuration and its attributes say, so that git treats notebooks as notebooks.

git runs each command in a shell. If literate is gone, git does what it does without us: a filter
passes the notebook on, and a merge is git's own. Without this, a merge would look as if it had
ended in a conflict, in a file without marks.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..diagnostics import UserError
from ..git import run_git
from ..project import Project
from ..records import dataclass

FILTER, MERGE, MODULES, DIFF = "filter", "merge", "modules", "diff"
DRIVERS = (FILTER, MERGE, MODULES, DIFF)

_ARGUMENTS = "%O %A %B %P %L %S %X %Y"
_GITS_OWN_MERGE = "git merge-file --marker-size=%L %A %O %B"


@dataclass(frozen=True)
class Driver:
    """A part of git's configuration, and the attribute by which files get it."""

    part: str
    section: str  # of the configuration: filter.literate
    attribute: str  # such as filter=literate
    settings: dict[str, str]  # by the name of the key


def drivers(command: str) -> dict[str, Driver]:
    """All drivers, by part, for a command that calls this program."""
    merge = f"{command} merge --driver {_ARGUMENTS}"
    modules = f"{command} merge --driver --modules {_ARGUMENTS}"
    textconv = _or_else(command, f'{command} diff --textconv "$1"', 'cat "$1"')
    made = [
        Driver(
            FILTER,
            "filter.literate",
            "filter=literate",
            {"clean": _or_else(command, f"{command} clean --stdin %f", "cat"), "smudge": "cat"},
        ),
        Driver(
            MERGE,
            "merge.literate",
            "merge=literate",
            {
                "name": "notebooks, merged by cell",
                "driver": _or_else(command, merge, _GITS_OWN_MERGE),
            },
        ),
        Driver(
            MODULES,
            "merge.literate-modules",
            "merge=literate-modules",
            {
                "name": "modules that are generated from notebooks",
                "driver": _or_else(command, modules, _GITS_OWN_MERGE),
            },
        ),
        Driver(
            DIFF,
            "diff.literate",
            "diff=literate",
            # git puts the file behind this command, and a function can say where it belongs.
            {"textconv": f"f() {{ {textconv}; }}; f"},
        ),
    ]
    return {driver.part: driver for driver in made}


def _or_else(command: str, ours: str, other: str) -> str:
    return f"if command -v {command} >/dev/null 2>&1; then {ours}; else {other}; fi"


def command_in(setting: str) -> str:
    """The command that a setting calls; "" if we have not written it."""
    found = re.search(r"if command -v (.+?) >/dev/null", setting)
    return found[1] if found else ""


# --- the configuration -------------------------------------------------------------------------


def write_settings(folder: Path, driver: Driver, where: str) -> None:
    """Write a driver into git's configuration; `where` is --local or --global."""
    for key, value in driver.settings.items():
        run_git(folder, "config", where, f"{driver.section}.{key}", value)


def remove_settings(folder: Path, driver: Driver, where: str) -> bool:
    """Take a driver out of git's configuration, and say whether it was there."""
    if not read_settings(folder, driver, where):
        return False
    run_git(folder, "config", where, "--remove-section", driver.section)
    return True


def read_settings(folder: Path, driver: Driver, where: str) -> dict[str, str]:
    """The settings of a driver that git's configuration has, by the name of the key."""
    found = {}
    for key in driver.settings:
        name = f"{driver.section}.{key}"
        value = run_git(folder, "config", where, "--get", name, missing="").rstrip("\n")
        if value:
            found[key] = value
    return found


# --- the attributes ----------------------------------------------------------------------------


def attribute_lines(
    parts: list[str], root: Path | None, project: Project | None, taken: dict[str, str]
) -> list[str]:
    """The lines of attributes for some drivers.

    `root` is the repository's folder, or None for all repositories. Attributes that are `taken` by
    another tool are left out.
    """
    made = drivers("literate")
    words = [made[part].attribute for part in (FILTER, DIFF, MERGE) if part in parts]
    words = [word for word in words if word.partition("=")[0] not in taken]
    lines = [f"*.ipynb {' '.join(words)}"] if words else []
    if MODULES in parts and root is not None and project is not None:
        folder = project.lib_path.relative_to(root).as_posix()
        literal = re.sub(r"([\\*?\[\]])", r"\\\1", folder)
        pattern = f"/{literal}/**/*.py"
        if not re.fullmatch(r"[\w./*+-]+", pattern):
            escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
            pattern = f'"{escaped}"'
        lines.append(f"{pattern} {made[MODULES].attribute}")
    return lines


def attributes_of(root: Path, path: str) -> dict[str, str]:
    """What git's attributes say of a file, for the three attributes that we use.

    An attribute that says nothing is left out.
    """
    try:
        text = run_git(root, "check-attr", "-z", "filter", "merge", "diff", "--", path)
    except UserError:
        return {}
    fields = text.split("\0")
    values = dict(zip(fields[1::3], fields[2::3], strict=False))
    return {name: value for name, value in values.items() if value != "unspecified"}
