"""The project's own masks: patterns of what may differ in outputs from run to run.

They stand in pyproject.toml, as `mask = ["..."]` in the table [tool.literate], or in settings.ini,
as the key `mask` with a pattern on each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser, Error
from pathlib import Path

from ..configuration import read_toml, refuse_settings, toml_table
from ..project import PYPROJECT, SETTINGS, Project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .same_text import Mask

_WORD = "MASKED"  # takes the place of what a mask finds


def project_masks(project: Project) -> tuple[Mask, ...]:
    """The masks of a project. Raises a `UserError` for a pattern that is not valid."""
    masks = []
    for config, pattern in (*_in_pyproject(project.root), *_in_settings(project.root)):
        try:
            masks.append((re.compile(pattern, re.MULTILINE), _WORD))
        except (re.error, RecursionError, OverflowError) as error:
            hint = "write a regular expression of Python"
            refuse_settings(config, f"mask = {pattern} is not a pattern: {error}", hint)
    return tuple(masks)


def _in_pyproject(root: Path) -> Iterator[tuple[Path, str]]:
    config = root / PYPROJECT
    if not config.is_file() or b"literate" not in config.read_bytes():
        return
    patterns = toml_table(config, read_toml(config), "tool", "literate").get("mask", [])
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list) or not all(isinstance(each, str) for each in patterns):
        refuse_settings(config, "mask is not a list of texts", hint='write mask = ["..."]')
    for pattern in patterns:
        yield config, pattern


def _in_settings(root: Path) -> Iterator[tuple[Path, str]]:
    """The masks in settings.ini. A `%` stands for itself there, as patterns need it."""
    config = root / SETTINGS
    if not config.is_file():
        return
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(config.read_text(encoding="utf-8"))
    except (Error, UnicodeDecodeError):  # whoever read the other settings has said so
        return
    for line in parser["DEFAULT"].get("mask", "").splitlines():
        if line.strip():
            yield config, line.strip()
