"""What a project's settings say about cleaning. A notebook without a project needs none."""

from __future__ import annotations

import os
from pathlib import Path

from ..files import read_file
from ..records import replace
from .noise import ALL, NONE, CleanOptions

# The parsers of settings are imported when there are settings: git calls this for each notebook.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..configuration import ConfigReader

_PYPROJECT, _SETTINGS = "pyproject.toml", "settings.ini"


def options_for(folder: Path) -> CleanOptions:
    """The options that the settings of the project around a folder give.

    The nearest settings count: a pyproject.toml that has [tool.literate] or [tool.nbdev], or a
    settings.ini of nbdev. The search ends at the root of the git repository.
    """
    folder = Path(os.path.abspath(folder))
    for candidate in (folder, *folder.parents):
        for name, read in ((_PYPROJECT, _from_pyproject), (_SETTINGS, _from_settings)):
            config = candidate / name
            options = read(config) if config.is_file() else None
            if options is not None:
                return options
        if (candidate / ".git").exists():
            break
    return CleanOptions()


def _mentions(config: Path, *words: bytes) -> bool:
    try:
        content = read_file(config)
    except OSError as error:
        from ..configuration import refuse_settings

        refuse_settings(config, error.strerror or str(error))
    return any(word in content for word in words)


def _from_pyproject(config: Path) -> CleanOptions | None:
    if not _mentions(config, b"literate", b"nbdev"):
        return None
    from ..configuration import ConfigReader, read_toml, toml_table

    data = read_toml(config)
    tools = toml_table(config, data, "tool")
    own = toml_table(config, data, "tool", "literate")
    if "nbdev" not in tools and not own:
        return None
    nbdev = ConfigReader(config, toml_table(config, data, "tool", "nbdev"), {})
    drop = ConfigReader(config, own, {}).words("clean_drop")
    options = replace(CleanOptions(), drop=drop)
    return _with_nbdev(options, nbdev) if "nbdev" in tools else options


def _from_settings(config: Path) -> CleanOptions | None:
    if not _mentions(config, b"lib_path", b"lib_name", b"nbs_path", b"clean_drop"):
        return None  # it belongs to another program
    from ..configuration import ConfigReader, read_ini

    settings = ConfigReader(config, read_ini(config, weaker=())["DEFAULT"], {})
    options = replace(CleanOptions(), drop=settings.words("clean_drop"))
    return _with_nbdev(options, settings)


def _with_nbdev(options: CleanOptions, settings: ConfigReader) -> CleanOptions:
    """The options with what nbdev's own keys say.

    nbdev removes all metadata that is not allowed. Here only noise is removed, so a key that is
    allowed is noise that stays.
    """
    return replace(
        options,
        outputs=NONE if settings.flag("clear_all") else ALL,
        addresses=settings.flag("clean_ids"),
        keep=settings.words("allowed_metadata_keys"),
        keep_in_cells=settings.words("allowed_cell_metadata_keys"),
        plain_kernel_names=True,
    )
