"""The text of pyproject.toml for a new project, and what is added to one that is there."""

from __future__ import annotations

import json

import literate

from .facts import OLDEST_PYTHON, Facts
from .licences import LICENCES


def new_pyproject(facts: Facts) -> str:
    """A whole pyproject.toml."""
    return "\n".join([_build_system(), _project(facts), _build_settings(facts), _nbdev(facts)])


def added_to_pyproject(facts: Facts, old: str) -> str:
    """What is added to a pyproject.toml without settings for notebooks."""
    separator = "" if old.endswith("\n\n") or not old else "\n" if old.endswith("\n") else "\n\n"
    return separator + _nbdev(facts)


def _build_system() -> str:
    return """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
"""


def _project(facts: Facts) -> str:
    about = facts.description or f"Say here in one sentence what {facts.name} does."
    lines = [
        "[project]",
        f"name = {_string(facts.name)}",
        'dynamic = ["version"]',
        f"description = {_string(about)}",
        'readme = "README.md"',
        f'requires-python = ">={OLDEST_PYTHON}"',
    ]
    if LICENCES[facts.licence]:
        lines += [f"license = {_string(LICENCES[facts.licence])}", 'license-files = ["LICENSE"]']
    person = {"name": facts.author, "email": facts.email}
    known = [f"{key} = {_string(value)}" for key, value in person.items() if value]
    if known:
        lines.append(f"authors = [{{{', '.join(known)}}}]")
    version = ".".join(literate.__version__.split(".")[:2])
    lines += [
        "dependencies = []",
        "",
        "[project.optional-dependencies]",
        f'dev = ["literate-notebooks>={version}"]',
        "",
    ]
    if facts.repository:
        lines += ["[project.urls]", f"Repository = {_string(facts.repository)}", ""]
    return "\n".join(lines)


def _build_settings(facts: Facts) -> str:
    where = f"where = [{_string(facts.library_in.rstrip('/'))}]\n" if facts.library_in else ""
    return f"""\
[tool.setuptools.dynamic]
# The version stands in the package's __init__.py and nowhere else. `literate bump` raises it.
version = {{attr = "{facts.package}.__version__"}}

[tool.setuptools.packages.find]
{where}include = ["{facts.package}*"]
"""


def _nbdev(facts: Facts) -> str:
    text = f"""\
[tool.nbdev]
lib_path = {_string(facts.lib_path)}
nbs_path = {_string(facts.nbs_path)}
branch = {_string(facts.branch)}
"""
    if facts.can_be_built:  # the version has a place already
        text += "put_version_in_init = false\n"
    return text


def _string(text: str) -> str:
    """A text as TOML writes it; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
