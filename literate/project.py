"""The project: its settings.ini or pyproject.toml, its folders, and which notebooks belong to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, InterpolationError, SectionProxy
from configparser import Error as ConfigError
from contextlib import contextmanager
from pathlib import Path

from .diagnostics import UsageError, UserError, diagnose
from .files import Lock, write_atomically
from .records import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SETTINGS, PYPROJECT = "settings.ini", "pyproject.toml"

# The state files: what the tools remember between two runs. docs/state-files.md describes each.
STATE_DIR = ".literate"
GENERATED = "generated.json"  # the text of each module as it was generated last
COMPILED = "compiled.json"  # the last compile, notebook by notebook
PASSED = "passed.json"  # which notebooks passed, and with which dependencies
IMPORT_TIMES = "import-times.json"  # which modules the notebooks import, and how long that takes
LOCK = "lock"  # held by the process that writes into this folder
NBDEV2, NBDEV3 = (
    "nbdev 2",
    "nbdev 3",
)  # the layouts of modules, as the two generations of nbdev write them
_DEFAULTS = {
    "user": "",
    "nbs_path": "nbs",
    "version": "0.0.1",
    "tst_flags": "notest",
    "lib_name": "%(repo)s",
    "doc_baseurl": "/%(repo)s",
    "doc_host": "https://%(user)s.github.io",
    "git_url": "https://github.com/%(user)s/%(repo)s",
}  # of a settings.ini
_SWITCHES = {
    **dict.fromkeys(["true", "yes", "y", "t", "on", "1"], True),
    **dict.fromkeys(["false", "no", "n", "f", "off", "0", ""], False),
}


@dataclass(frozen=True)
class Project:
    """What settings.ini says, in nbdev 2's keys, or the [tool.nbdev] of pyproject.toml, in nbdev 3's."""

    root: Path
    nbs_path: Path
    lib_path: Path
    layout: str = NBDEV2
    recursive: bool = True
    cell_number: bool = True  # cell markers carry the cell's number
    cell_ids: bool = False  # cell markers carry the cell's id instead
    put_version_in_init: bool = True
    black_formatting: bool = False
    description: str = ""
    docs_url: str = (
        ""  # where the documentation is: nbdev 3 names each module's page in its docstring
    )
    readme_nb: str = "index.ipynb"
    relative_imports: bool = True  # own-package imports become relative in modules
    strict: bool = False  # warnings are errors
    version: str = "0.0.1"
    test_flags: tuple[str, ...] = ("notest",)
    preload: tuple[str, ...] | None = (
        None  # what the runner imports once for all notebooks; None: what is worth it
    )
    index_settings: dict = field(default_factory=dict)  # what _modidx.py repeats

    @property
    def package(self) -> str:
        """The import name of the library."""
        return self.lib_path.name

    @property
    def state_dir(self) -> Path:
        """The folder for the state files; it does not belong into version control."""
        return self.root / STATE_DIR


@contextmanager
def state_lock(project: Project) -> Iterator[Lock]:
    """Hold the lock of the state folder. The folder is made if necessary, and kept out of git."""
    folder = project.state_dir
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        message = "this is not a folder, but the tools keep their state there"
        problem = diagnose("unreadable", message, folder, hint="move it out of the way")
        raise UserError(problem) from None
    with Lock(folder / LOCK) as lock:
        ignored = folder / ".gitignore"
        if not ignored.exists():
            write_atomically(ignored, "*\n")
        yield lock


def find_project(start: Path | None = None) -> Project:
    """The project that a folder (the current one by default) belongs to; a `UsageError` if there is none."""
    start = Path(os.path.abspath(start or Path.cwd()))
    for folder in [start, *start.parents]:
        for config in (folder / PYPROJECT, folder / SETTINGS):
            if config.is_file() and (project := read_project(config)):
                return project
    raise UsageError(
        f"no {SETTINGS}, and no {PYPROJECT} with [tool.nbdev], in {start} or above it: run this inside a project"
    )


def project_of(notebooks: tuple[str, ...]) -> Project:
    """The project that a command line means: of the first notebook it names, if that is a path, or of the current folder."""
    path = Path(notebooks[0]) if notebooks else Path.cwd()
    return find_project((path if path.is_dir() else path.parent) if path.exists() else None)


def read_project(config: Path) -> Project | None:
    """Read a settings.ini or a pyproject.toml (None if it says nothing of nbdev); a `UserError` names what cannot be used."""
    return _read_pyproject(config) if config.name == PYPROJECT else _read_settings(config)


class _Values:
    """What a configuration says, each value asked for by its kind; a `UserError` names one that is of another."""

    def __init__(self, config: Path, values: Mapping[str, object]) -> None:
        self._config, self._values = config, values

    def text(self, key: str, default: str = "") -> str:
        """A text without characters that no file name can have."""
        value = self._get(key, default)
        if not isinstance(value, str) or "\0" in value:
            self._refuse(key, value, "is no text")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or False."""
        value = self._get(key, default)
        if str(value).lower() not in _SWITCHES:
            self._refuse(key, value, "is neither True nor False")
        return _SWITCHES[str(value).lower()]

    def words(self, key: str, default: str = "", between: str = r"\s+") -> tuple[str, ...]:
        """A list of words, or a text that is split into them."""
        value = self._get(key, default)
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        return tuple(filter(None, re.split(between, self.text(key, default) or default)))

    def _get(self, key: str, default: object) -> object:
        try:
            return self._values.get(key, default)
        except InterpolationError:  # `description = 100% pure` must not stop the work
            return self._values.get(key, raw=True)

    def _refuse(self, key: str, value: object, why: str) -> NoReturn:
        raise UserError(
            diagnose("settings", f"{key} = {' '.join(str(value).split())} {why}", self._config)
        )


def _read_pyproject(config: Path) -> Project | None:
    if b"nbdev" not in config.read_bytes():
        return None
    data, root = _toml(config), config.parent
    if "nbdev" not in _table(config, data, "tool"):
        return None
    keys = _table(config, data, "tool", "nbdev")
    if os.path.exists(of_user := user_configs("config.toml")[-1]):
        keys = {**_toml(Path(of_user)), **keys}
    if keys.get("export_procs"):
        raise UserError(
            diagnose(
                "settings",
                "export_procs cannot be run here",
                config,
                hint="remove it, or compile with nbdev-export",
            )
        )
    said, about, urls = (
        _Values(config, values)
        for values in (
            keys,
            _table(config, data, "project"),
            _table(config, data, "project", "urls"),
        )
    )
    scheme, slashes, rest = urls.text("Documentation").partition("://")
    host, _, path = rest.partition("/")
    base = "/" + path.strip("/")
    index = {
        "branch": said.text("branch", "main"),
        "doc_baseurl": base,
        "doc_host": f"{scheme}://{host}" if slashes else "",
        "git_url": (urls.text("Repository") or urls.text("Source")).rstrip("/"),
        "lib_path": said.text("lib_path") or about.text("name").replace("-", "_"),
    }
    return Project(
        root=root,
        nbs_path=_nbs_path(config, said.text("nbs_path", "nbs")),
        lib_path=_lib_path(config, index["lib_path"]),
        layout=NBDEV3,
        cell_ids=True,
        recursive=said.flag("recursive", True),
        put_version_in_init=said.flag("put_version_in_init", True),
        strict=said.flag("strict", False),
        relative_imports=said.flag("relative_imports", True),
        description=about.text("description"),
        docs_url=f"{index['doc_host']}{base.rstrip('/')}" if slashes else "",
        readme_nb=said.text("readme_nb", "index.ipynb"),
        test_flags=said.words("tst_flags", "notest"),
        index_settings=index,
        preload=said.words("preload") if "preload" in keys else None,
    )


def _read_settings(config: Path) -> Project:
    section, root = _section(config), config.parent
    said = _Values(config, section)
    if re.search(r'["\\\n]', version := said.text("version")):
        raise UserError(
            diagnose(
                "settings",
                f"version = {' '.join(version.split())} cannot be written into a module",
                config,
            )
        )
    if said.flag("black_formatting", False) and not _is_installed("black"):
        raise UserError(
            diagnose(
                "settings",
                "black_formatting = True, but black is not installed",
                config,
                hint="pip install black",
            )
        )
    return Project(
        root=root,
        nbs_path=_nbs_path(config, said.text("nbs_path")),
        lib_path=_lib_path(config, said.text("lib_path")),
        recursive=said.flag("recursive", True),
        cell_number=said.flag("cell_number", True),
        cell_ids=said.flag("cell_ids", False),
        put_version_in_init=said.flag("put_version_in_init", True),
        strict=said.flag("strict", False),
        relative_imports=said.flag("relative_imports", True),
        black_formatting=said.flag("black_formatting", False),
        version=version,
        test_flags=said.words("tst_flags", "notest", r"[\s|]+"),
        preload=said.words("preload", between=r"[\s,]+") if said.text("preload") else None,
        index_settings={
            key: said.text(key)
            for key in ("branch", "doc_baseurl", "doc_host", "git_url", "lib_path")
            if key in section
        },
    )


def _table(config: Path, data: dict, *names: str) -> dict:
    """A table of a TOML file; an empty one if there is none."""
    for name in names:
        data = data.get(name, {})
        if not isinstance(data, dict):
            raise UserError(diagnose("settings", f"{'.'.join(names)} is no table", config))
    return data


def _toml(path: Path) -> dict:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(diagnose("settings", f"not TOML: {error}", path)) from None


def _section(config: Path) -> SectionProxy:
    """What a settings.ini says, with nbdev's defaults for what it leaves out."""
    parser = ConfigParser()
    try:
        parser.read(user_configs(SETTINGS), encoding="utf-8")
        parser.read_string(config.read_text(encoding="utf-8"), str(config))
    except (ConfigError, UnicodeDecodeError) as error:
        raise UserError(
            diagnose(
                "settings", str(error).replace("\n", " "), config, hint="see the README's example"
            )
        ) from None
    section = parser["DEFAULT"]
    if "repo" not in section and (
        not {"lib_path", "doc_baseurl", "git_url"} <= section.keys()
        or "%(repo)s" in str(parser.defaults())
    ):
        section["repo"] = _repository(config.parent).replace("%", "%%")
    if "lib_path" not in section:
        parser.defaults()["lib_path"] = section.get("repo", raw=True).replace(
            "-", "_"
        )  # a lone % in it is no error of ours
    for key in _DEFAULTS.keys() - section.keys():
        section[key] = _DEFAULTS[key]
    return section


def user_configs(name: str) -> list[str]:
    """Where nbdev looks for a user's settings for all projects, the weakest first."""
    folders = [
        os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"),
        *(os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"),
    ]
    return [os.path.join(folder, "nbdev", name) for folder in reversed(folders)]


def _repository(root: Path) -> str:
    """What nbdev takes for the name of a project that doesn't say it: its remote repository's name, or else its folder's."""
    import subprocess

    try:
        found = subprocess.run(
            ["git", "config", "--get", "remote.origin.url"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return root.name
    return found.stdout.strip().removesuffix(".git").split(":")[-1].split("/")[-1] or root.name


def _lib_path(config: Path, path: str) -> Path:
    """The library's folder, which has to lie in the project: `--prune` deletes there."""
    lib_path = _below(config.parent, path)
    if lib_path == config.parent or not lib_path.is_relative_to(config.parent):
        raise UserError(
            diagnose(
                "settings",
                f"lib_path = {path} is no folder inside of the project",
                config,
                hint="write a folder below this one",
            )
        )
    return lib_path


def _nbs_path(config: Path, path: str) -> Path:
    """The notebooks' folder, which may lie anywhere but above the project: the whole disk would be searched."""
    nbs_path = _below(config.parent, path)
    if nbs_path in config.parent.parents:
        raise UserError(
            diagnose(
                "settings",
                f"nbs_path = {path} is above the project",
                config,
                hint="write a folder for the notebooks alone",
            )
        )
    return nbs_path


def _is_installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _below(root: Path, path: str) -> Path:
    return Path(os.path.normpath(root / path))
