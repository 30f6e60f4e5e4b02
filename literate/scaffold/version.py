"""The version of a project: where it stands, and how it goes up."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ..configuration import read_toml, toml_table
from ..diagnostics import UsageError, UserError, display_path
from ..files import read_file, replace_files
from ..project import NBDEV2, PYPROJECT, SETTINGS, Project
from ..records import dataclass

PARTS = ("major", "minor", "patch")

# The form of a version: PEP 440, without the spellings that it merely tolerates.
_VERSION = re.compile(
    r"(?:\d+!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?P<rest>(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?)"
)
_SETTINGS_LINE = re.compile(r"(?m)^(?P<before>version[ \t]*[=:][ \t]*)(?P<version>[^\s#;]+)")
_TOML_LINE = re.compile(
    r"(?P<before>^[ \t]*version[ \t]*=[ \t]*(?P<quote>[\"']))(?P<version>[^\"'\n]*)(?=(?P=quote))"
)


@dataclass(frozen=True)
class Place:
    """Where a version stands: a part of the text of a file."""

    path: Path
    text: str
    start: int
    end: int

    @property
    def version(self) -> str:
        """The version as it is written there."""
        return self.text[self.start : self.end]

    def with_version(self, version: str) -> str:
        """The text of the file with another version."""
        return self.text[: self.start] + version + self.text[self.end :]


def find_places(project: Project) -> list[Place]:
    """Where the version of a project stands; the first place is its source.

    Raises a `UserError` if it stands nowhere, or if two places say different things.
    """
    in_settings = _in_settings(project)
    if project.layout == NBDEV2 and in_settings is None:  # the package only repeats it
        path = display_path(project.root / SETTINGS)
        raise UserError(f"{path} has no version (add the line version = {project.version})")
    found = [in_settings, _in_pyproject(project), _in_init(project)]
    places = [place for place in found if place is not None]
    if not places:
        init = display_path(project.lib_path / "__init__.py")
        raise UserError(
            f"the version stands neither in {SETTINGS}, nor in {PYPROJECT}, nor as "
            f'__version__ = "..." in {init} (write it into one of them)'
        )
    first = places[0]
    for place in places[1:]:
        if place.version != first.version:
            raise UserError(
                f"{display_path(first.path)} says version {first.version}, and "
                f"{display_path(place.path)} says {place.version} (make them equal)"
            )
    return places


def _in_settings(project: Project) -> Place | None:
    path = project.root / SETTINGS
    if not path.is_file():
        return None
    text = _read(path)
    return _place(path, text, _SETTINGS_LINE.search(text))


def _in_pyproject(project: Project) -> Place | None:
    """The version in the table [project]."""
    path = project.root / PYPROJECT
    if not path.is_file() or "version" not in toml_table(path, read_toml(path), "project"):
        return None
    text = _read(path)
    table = ""
    position = 0
    for line in text.splitlines(keepends=True):
        header = re.match(r"[ \t]*\[\[?([^\[\]]+)\]", line)
        if header:
            table = header[1].strip()
        match = _TOML_LINE.match(line) if table == "project" else None
        if match:
            return Place(path, text, position + match.start("version"), position + match.end())
        position += len(line)
    raise UserError(
        f"{display_path(path)}: the version is not on a line of its own in the table [project] "
        f'(write it as version = "0.0.1")'
    )


def _in_init(project: Project) -> Place | None:
    """The string of `__version__` in the package."""
    path = project.lib_path / "__init__.py"
    if not path.is_file():
        return None
    text = _read(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        value = node.value
        if "__version__" in names and isinstance(value, ast.Constant):
            return _place_of_string(path, text, value)
    return None


def _place_of_string(path: Path, text: str, value: ast.Constant) -> Place | None:
    """The place of a string of Python that is written without escapes and prefixes."""
    if not isinstance(value.value, str):
        return None
    lines = text.split("\n")
    before = lines[value.lineno - 1].encode()[: value.col_offset].decode()
    start = sum(len(line) + 1 for line in lines[: value.lineno - 1]) + len(before)
    content = value.value
    for quote in ('"""', "'''", '"', "'"):
        if text.startswith(f"{quote}{content}{quote}", start):
            start += len(quote)
            return Place(path, text, start, start + len(content))
    return None


def _place(path: Path, text: str, match: re.Match[str] | None) -> Place | None:
    return None if match is None else Place(path, text, match.start("version"), match.end())


def _read(path: Path) -> str:
    return read_file(path).decode("utf-8", "surrogateescape")


# --- raising it --------------------------------------------------------------------------------


def raised(version: str, part: str) -> str:
    """The version after a step: a part that goes up, or an explicit new version.

    A version such as 1.2.0rc1 becomes 1.2.0 by `patch`, because it comes before it.
    """
    if part not in PARTS:
        if not _VERSION.fullmatch(part):
            raise UsageError(
                f"{part!r} is neither {', '.join(PARTS)} nor a version such as 1.2.0 or 1.2.0rc1"
            )
        return part
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UserError(
            f"the present version {version!r} is not a version as PEP 440 has it "
            f"(give the new one: literate bump 1.2.0)"
        )
    numbers = [int(number) for number in match["release"].split(".")]
    numbers += [0] * (3 - len(numbers))
    place = PARTS.index(part)
    is_before_release = re.match(r"(a|b|rc|\.dev)\d", match["rest"]) is not None
    if not (is_before_release and not any(numbers[place + 1 :])):
        numbers[place] += 1
    return ".".join(map(str, [*numbers[: place + 1], *[0] * (2 - place)]))


def write_version(project: Project, places: list[Place], version: str) -> None:
    """Write a version into all of its places, and change no other character."""
    files = {place.path: (place.text, place.with_version(version)) for place in places}
    replace_files(files, project.own_folders)
