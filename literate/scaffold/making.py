"""The files of a project, written where there are none yet."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..diagnostics import UserError, display_path
from ..files import read_file, write_atomically
from ..project import PYPROJECT, find_project, read_project
from ..records import dataclass
from ..vcs.attributes import our_lines, read_attributes, with_lines
from ..vcs.drivers import DRIVERS, attribute_lines
from .facts import Facts
from .licences import licence_text
from .service_files import PRE_COMMIT, github_file, gitlab_file
from .settings_text import added_to_pyproject, new_pyproject
from .start_notebooks import core_notebook, index_notebook, readme

WRITTEN, ADDED, KEPT = "written", "added to", "kept"

_LICENCE_NAMES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING")
_README_NAMES = ("README.md", "README.rst", "README.txt", "README")

_IGNORED = """\
__pycache__/
.ipynb_checkpoints/
.literate/
.venv/
*.egg-info/
build/
dist/
"""


@dataclass(frozen=True)
class MadeFile:
    """A file of the project, and what became of it."""

    path: str  # from the folder of the project
    state: str


def make_new_project(folder: Path, facts: Facts) -> list[MadeFile]:
    """Make a project in a folder that does not exist yet.

    It appears as a whole: if something goes wrong on the way, nothing is left of it.
    """
    if folder.exists() or folder.is_symlink():
        shown = display_path(folder)
        raise UserError(f"{shown} exists already (literate init works inside of a folder)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".literate-", dir=folder.parent) as temporary:
        place = Path(temporary, folder.name)
        place.mkdir()
        made = [*fill_folder(place, facts), *compile_folder(place)]
        place.rename(folder)
    return made


def fill_folder(folder: Path, facts: Facts) -> list[MadeFile]:
    """Write the files that a folder lacks for a project, and say what became of each."""
    made = [_write_settings(folder, facts)]
    for name, (text, others) in _texts(facts).items():
        made.append(_write(folder, name, text, others))
    made.append(_write_attributes(folder))
    return made


def _texts(facts: Facts) -> dict[str, tuple[Callable[[], str], tuple[str, ...]]]:
    """The text of each file by its name, and the names of files that make it unnecessary."""
    year = datetime.date.today().year
    texts: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {}
    if not facts.has_notebooks:
        texts[f"{facts.nbs_path}/00_{facts.module}.ipynb"] = (lambda: core_notebook(facts), ())
        texts[f"{facts.nbs_path}/index.ipynb"] = (lambda: index_notebook(facts), ())
    texts["README.md"] = (lambda: readme(facts), _README_NAMES)
    if facts.licence != "none":
        text = licence_text(facts.licence, facts.author, year)
        texts["LICENSE"] = (lambda: text, _LICENCE_NAMES)
    texts[".gitignore"] = (lambda: _IGNORED, ())
    texts[".github/workflows/test.yml"] = (lambda: github_file(facts), ())
    texts[".gitlab-ci.yml"] = (lambda: gitlab_file(facts), ())
    texts[".pre-commit-config.yaml"] = (lambda: PRE_COMMIT, ())
    return texts


def _write(folder: Path, name: str, text: Callable[[], str], others: tuple[str, ...]) -> MadeFile:
    for each in (name, *others):
        path = folder / each
        if path.exists() or path.is_symlink():
            return MadeFile(each, KEPT)
    write_atomically(folder / name, text(), inside=[folder])
    return MadeFile(name, WRITTEN)


def _write_settings(folder: Path, facts: Facts) -> MadeFile:
    """Write pyproject.toml, or add a table to it. Settings that are there stay."""
    if facts.settings:
        return MadeFile(facts.settings, KEPT)
    path = folder / PYPROJECT
    if not facts.can_be_built:
        write_atomically(path, new_pyproject(facts), inside=[folder])
        return MadeFile(PYPROJECT, WRITTEN)
    old = read_file(path).decode("utf-8") if facts.has_pyproject else ""
    write_atomically(path, old + added_to_pyproject(facts, old), inside=[folder])
    return MadeFile(PYPROJECT, ADDED if old else WRITTEN)


def _write_attributes(folder: Path) -> MadeFile:
    """Add our lines to .gitattributes; `literate hooks install` writes the same ones."""
    name = ".gitattributes"
    project = read_project(folder / PYPROJECT) if (folder / PYPROJECT).exists() else None
    old = read_attributes(folder / name)
    if our_lines(old):
        return MadeFile(name, KEPT)
    lines = attribute_lines(list(DRIVERS), folder, project, {})
    write_atomically(folder / name, with_lines(old, lines), inside=[folder])
    return MadeFile(name, ADDED if old else WRITTEN)


def compile_folder(folder: Path) -> list[MadeFile]:
    """Compile the notebooks of a new project."""
    from ..compile import compile_project

    _, result = compile_project(find_project(folder))
    changed = [path.relative_to(folder).as_posix() for path in result.changed]
    return [MadeFile(name, WRITTEN) for name in changed]
