"""The project: its folders, what its settings.ini or pyproject.toml says, and its state files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, SectionProxy
from contextlib import contextmanager
from pathlib import Path

from .configuration import ConfigReader, read_ini, read_toml, refuse_settings, shortened, toml_table
from .diagnostics import UsageError, UserError, diagnose
from .files import Lock, read_file, real_target, write_state_file
from .git import remote_repository
from .git_config import git_configs
from .records import dataclass, field, replace
from .stamps import Stamps, stamps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SETTINGS, PYPROJECT = "settings.ini", "pyproject.toml"

# The layouts of modules, which the two generations of nbdev define.
NBDEV2, NBDEV3 = "nbdev 2", "nbdev 3"

# The state files: what the tools remember between two runs.
STATE_DIR = ".literate"
GENERATED = "generated.json"  # the text of each module as it was generated last
COMPILED = "compiled.json"  # the last compile, notebook by notebook
LAST_REPORT = "last-report"  # what the last compile printed, and the files that it looked at
PASSED = "passed.json"  # which notebooks passed, and with which dependencies
FAILURES = "failed.json"  # which notebooks failed when they ran last
EXERCISES = "exercises.json"  # which exercises of a student's edition are done
IMPORT_TIMES = "import-times.json"  # which modules the notebooks import, and how long that takes
HISTORY = "history"  # former versions of files, whose edits were given up
LOCK = "lock"  # held by the process that writes into this folder

KEPT_VERSIONS = 20  # of each file in the history


class NoSettingsError(UsageError):
    """No folder from the given one upwards has settings. Notebooks run all the same."""


@dataclass(frozen=True)
class Project:
    """The settings of a project.

    They come from settings.ini with the keys of nbdev 2, or from the table [tool.nbdev] of
    pyproject.toml with the keys of nbdev 3.
    """

    root: Path
    nbs_path: Path
    lib_path: Path
    layout: str = NBDEV2
    recursive: bool = True  # notebooks in subfolders belong to the project
    cell_number: bool = True  # cell markers carry the cell's number
    cell_ids: bool = False  # cell markers carry the cell's id instead
    put_version_in_init: bool = True
    black_formatting: bool = False
    description: str = ""
    docs_url: str = ""  # of the documentation, without a slash at the end
    readme_nb: str = "index.ipynb"
    relative_imports: bool = True  # imports of the own package become relative in modules
    strict: bool = False  # warnings count as errors
    version: str = "0.0.1"
    min_python: str = ""  # the oldest Python that the project supports, such as 3.9
    test_flags: tuple[str, ...] = ("notest",)
    preload: tuple[str, ...] | None = None  # modules to import once for all notebooks, or None
    index_settings: dict[str, str] = field(default_factory=dict)  # repeated in _modidx.py
    # the files that hold the settings, with their stamps from before they were read
    config_stamps: Stamps = field(default_factory=dict, compare=False)
    own_state_dir: Path | None = None  # where a project without settings keeps its state

    @property
    def package(self) -> str:
        """The import name of the library."""
        return self.lib_path.name

    @property
    def state_dir(self) -> Path:
        """The folder for the state files; it does not belong into version control."""
        return self.own_state_dir or self.root / STATE_DIR

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """The folders in which the compiler writes: the project, and its notebooks elsewhere."""
        if self.nbs_path.is_relative_to(self.root):
            return (self.root,)
        return (self.root, self.nbs_path)


@contextmanager
def state_lock(project: Project) -> Iterator[Lock]:
    """Hold the lock of the state folder. The folder is made if necessary, and kept out of git."""
    folder = project.state_dir
    try:
        real_target(folder, () if project.own_state_dir else (project.root,))
    except OSError as error:
        message = error.strerror or str(error)
        raise UserError(diagnose("outside-project", message, folder)) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        message = "this is not a folder, but the tools keep their state there"
        problem = diagnose("unreadable", message, folder, hint="move it out of the way")
        raise UserError(problem) from None
    with Lock(folder / LOCK) as lock:
        ignored = folder / ".gitignore"
        if not ignored.exists():
            write_state_file(ignored, "*\n")
        yield lock


def find_project(start: Path | None = None) -> Project:
    """The project that a folder belongs to; without an argument, the current folder.

    Raises a `NoSettingsError` if no folder from there upwards has settings.
    """
    start = Path(os.path.abspath(start or Path.cwd()))
    for folder in [start, *start.parents]:
        for name in (PYPROJECT, SETTINGS):
            config = folder / name
            project = read_project(config) if config.is_file() else None
            if project is not None:
                return project
    missing = f"no {SETTINGS}, and no {PYPROJECT} with [tool.nbdev], in {start} or above it"
    raise NoSettingsError(f"{missing}: run this inside a project")


def project_of(notebooks: tuple[str, ...]) -> Project:
    """The project that a command line means.

    It is the project of the first notebook that the command line names, if this is a path.
    Otherwise it is the project of the current folder.
    """
    path = Path(notebooks[0]) if notebooks else Path.cwd()
    if not path.exists():
        return find_project()
    return find_project(path if path.is_dir() else path.parent)


def read_project(config: Path) -> Project | None:
    """Read a settings.ini or a pyproject.toml.

    Returns None for a pyproject.toml without [tool.nbdev]. Raises a `UserError` that names a
    setting that cannot be used.
    """
    stamps_before = stamps(_configs(config))
    read = _read_pyproject if config.name == PYPROJECT else _read_settings
    project = read(config)
    return None if project is None else replace(project, config_stamps=stamps_before)


def _configs(config: Path) -> list[str]:
    """All files on which the settings of a project depend, whether they exist or not.

    Git's configuration is among them, because it can give the project its name.
    """
    own = [str(config.parent / name) for name in (SETTINGS, PYPROJECT)]
    if config.name == PYPROJECT:
        return [*own, *user_configs("config.toml")]
    return [*own, *user_configs(SETTINGS), *git_configs(config.parent)]


def user_configs(name: str) -> list[str]:
    """Where nbdev looks for a user's settings for all projects; later files count more."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    folders = [home, *shared.split(":")]
    return [os.path.join(folder, "nbdev", name) for folder in reversed(folders)]


# --- defaults ----------------------------------------------------------------------------------

# The values of keys that a configuration leaves out, as in nbdev.
_DEFAULTS = {
    "nbs_path": "nbs",
    "put_version_in_init": "true",
    "recursive": "true",
    "relative_imports": "true",
    "strict": "false",
    "tst_flags": "notest",
}
_PYPROJECT_DEFAULTS = {**_DEFAULTS, "branch": "main", "readme_nb": "index.ipynb"}
_SETTINGS_DEFAULTS = {
    **_DEFAULTS,
    "black_formatting": "false",
    "cell_ids": "false",
    "cell_number": "true",
    "user": "",
    "version": "0.0.1",
    "lib_name": "%(repo)s",
    "doc_baseurl": "/%(repo)s",
    "doc_host": "https://%(user)s.github.io",
    "git_url": "https://github.com/%(user)s/%(repo)s",
}

# The settings that _modidx.py repeats.
_INDEX_KEYS = ("branch", "doc_baseurl", "doc_host", "git_url", "lib_path")


# --- pyproject.toml ----------------------------------------------------------------------------


def _read_pyproject(config: Path) -> Project | None:
    if not _mentions_nbdev(config):  # most of these files belong to other projects
        return None
    data = read_toml(config)
    if "nbdev" not in toml_table(config, data, "tool"):
        return None
    keys = {**_read_user_toml(), **toml_table(config, data, "tool", "nbdev")}
    if keys.get("export_procs"):
        hint = "remove it, or compile with nbdev-export"
        refuse_settings(config, "export_procs cannot be run here", hint)
    nbdev = ConfigReader(config, keys, _PYPROJECT_DEFAULTS)
    about = ConfigReader(config, toml_table(config, data, "project"), {})
    urls = ConfigReader(config, toml_table(config, data, "project", "urls"), {})
    index_settings = _pyproject_index(nbdev, about, urls)
    return Project(
        root=config.parent,
        nbs_path=_nbs_path(config, nbdev.text("nbs_path")),
        lib_path=_lib_path(config, index_settings["lib_path"]),
        layout=NBDEV3,
        cell_ids=True,
        recursive=nbdev.flag("recursive"),
        put_version_in_init=nbdev.flag("put_version_in_init"),
        strict=nbdev.flag("strict"),
        relative_imports=nbdev.flag("relative_imports"),
        description=about.text("description"),
        min_python=about.text("requires-python").removeprefix(">="),
        docs_url=_docs_url(index_settings),
        readme_nb=nbdev.text("readme_nb"),
        test_flags=nbdev.words("tst_flags"),
        index_settings=index_settings,
        preload=nbdev.words("preload") if "preload" in keys else None,
    )


def _mentions_nbdev(config: Path) -> bool:
    try:
        return b"nbdev" in read_file(config)
    except OSError as error:
        refuse_settings(config, error.strerror or str(error))


def _pyproject_index(
    nbdev: ConfigReader, about: ConfigReader, urls: ConfigReader
) -> dict[str, str]:
    """The settings that _modidx.py repeats, from three tables of pyproject.toml."""
    scheme, slashes, rest = urls.text("Documentation").partition("://")
    host, _, path = rest.partition("/")
    repository = urls.text("Repository") or urls.text("Source")
    return {
        "branch": nbdev.text("branch"),
        "doc_baseurl": "/" + path.strip("/"),
        "doc_host": f"{scheme}://{host}" if slashes else "",
        "git_url": repository.rstrip("/"),
        "lib_path": nbdev.text("lib_path") or about.text("name").replace("-", "_"),
    }


def _docs_url(index_settings: Mapping[str, str]) -> str:
    """Where the documentation is: nbdev 3 names each module's page in the module's docstring."""
    host = index_settings["doc_host"]
    path = index_settings["doc_baseurl"].rstrip("/")
    return host + path if host else ""


def _read_user_toml() -> dict[str, Any]:
    """The settings of the user for all projects."""
    path = user_configs("config.toml")[-1]
    return read_toml(Path(path)) if os.path.exists(path) else {}


# --- settings.ini ------------------------------------------------------------------------------


def _read_settings(config: Path) -> Project:
    section = _read_section(config)
    settings = ConfigReader(config, section, _SETTINGS_DEFAULTS)
    return Project(
        root=config.parent,
        nbs_path=_nbs_path(config, settings.text("nbs_path")),
        lib_path=_lib_path(config, settings.text("lib_path")),
        recursive=settings.flag("recursive"),
        cell_number=settings.flag("cell_number"),
        cell_ids=settings.flag("cell_ids"),
        put_version_in_init=settings.flag("put_version_in_init"),
        strict=settings.flag("strict"),
        relative_imports=settings.flag("relative_imports"),
        black_formatting=_black_formatting(config, settings),
        version=_version(config, settings),
        min_python=settings.text("min_python"),
        test_flags=settings.words("tst_flags", r"[\s|]+"),
        preload=settings.words("preload", r"[\s,]+") if settings.text("preload") else None,
        index_settings={key: settings.text(key) for key in _INDEX_KEYS if key in section},
    )


def _version(config: Path, settings: ConfigReader) -> str:
    version = settings.text("version")
    if re.search(r'["\\\n]', version):
        refuse_settings(config, f"version = {shortened(version)} cannot be written into a module")
    return version


def _black_formatting(config: Path, settings: ConfigReader) -> bool:
    formats = settings.flag("black_formatting")
    if formats and not _is_installed("black"):
        message = "black_formatting = True, but black is not installed"
        refuse_settings(config, message, hint="pip install black")
    return formats


def _is_installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _read_section(config: Path) -> SectionProxy:
    """The section DEFAULT of a settings.ini with the defaults of the keys that it leaves out.

    The defaults stand in the section because other values refer to them: `v%(version)s`.
    """
    parser = read_ini(config, weaker=user_configs(SETTINGS))
    section = parser["DEFAULT"]
    if _needs_repository(parser, section):
        section["repo"] = _repository(config.parent).replace("%", "%%")
    if "lib_path" not in section:
        lib_path = section.get("repo", "", raw=True).replace("-", "_")
        # The section would refuse a name with a lone %. The stubs call this dict a Mapping.
        parser.defaults()["lib_path"] = lib_path  # type: ignore[index]
    for key, value in _SETTINGS_DEFAULTS.items():
        if key not in section:
            section[key] = value
    return section


def _needs_repository(parser: ConfigParser, section: SectionProxy) -> bool:
    """Whether the key `repo` is missing and needed. To find its value, git must be started."""
    if "repo" in section:
        return False
    made_from_it = ("lib_path", "doc_baseurl", "git_url")
    is_incomplete = any(key not in section for key in made_from_it)
    return is_incomplete or "%(repo)s" in str(parser.defaults())


def _repository(root: Path) -> str:
    """The name for a project without the key `repo`: its remote repository's, or its folder's."""
    return remote_repository(root) or root.name


# --- folders -----------------------------------------------------------------------------------


def _lib_path(config: Path, path: str) -> Path:
    """The library's folder, which must lie in the project, because `--prune` deletes there."""
    root = config.parent
    lib_path = Path(os.path.normpath(root / path))
    if lib_path == root or not lib_path.is_relative_to(root):
        message = f"lib_path = {shortened(path)} is not a folder inside of the project"
        refuse_settings(config, message, hint="write a folder below this one")
    return lib_path


def _nbs_path(config: Path, path: str) -> Path:
    """The notebooks' folder; a folder above the project would mean a search of the whole disk."""
    root = config.parent
    nbs_path = Path(os.path.normpath(root / path))
    if nbs_path in root.parents:
        message = f"nbs_path = {shortened(path)} is above the project"
        refuse_settings(config, message, hint="write a folder for the notebooks alone")
    return nbs_path
