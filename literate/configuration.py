"""Configuration: the values of a settings.ini or a pyproject.toml, read by their types.

This file knows the two formats. `project.py` knows the keys and their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from configparser import ConfigParser, InterpolationError, SectionProxy
from configparser import Error as ConfigError
from pathlib import Path

from .diagnostics import UserError, diagnose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_SWITCHES = {
    **dict.fromkeys(["true", "yes", "y", "t", "on", "1"], True),
    **dict.fromkeys(["false", "no", "n", "f", "off", "0", ""], False),
}


class ConfigReader:
    """Reads the values of a configuration by their types.

    Each method raises a `UserError` that names the key if the value has another type.
    """

    def __init__(
        self, config: Path, values: Mapping[str, object], defaults: Mapping[str, str]
    ) -> None:
        self._config = config
        self._values = values
        self._defaults = defaults

    def text(self, key: str) -> str:
        """A text; "" if neither the configuration nor the defaults have the key."""
        value = self._get(key)
        if not isinstance(value, str) or "\0" in value:  # no file name can hold this character
            self._refuse(key, value, "is not a text")
        return value

    def flag(self, key: str) -> bool:
        """A switch: True or False."""
        value = self._get(key)
        word = str(value).lower()
        if word not in _SWITCHES:
            self._refuse(key, value, "is neither True nor False")
        return _SWITCHES[word]

    def words(self, key: str, separator: str = r"\s+") -> tuple[str, ...]:
        """A list of words, or the words of a text, which a pattern separates."""
        value = self._get(key)
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(value)
        text = self.text(key) or self._defaults.get(key, "")
        return tuple(word for word in re.split(separator, text) if word)

    def _get(self, key: str) -> object:
        default = self._defaults.get(key, "")
        if isinstance(self._values, SectionProxy):
            return _interpolate(self._values, key, default)
        return self._values.get(key, default)

    def _refuse(self, key: str, value: object, reason: str) -> NoReturn:
        shown = " ".join(str(value).split())
        refuse_settings(self._config, f"{key} = {shown} {reason}")


def _interpolate(section: SectionProxy, key: str, default: str) -> str:
    """A value of a settings.ini, in which `%(key)s` stands for the value of another key."""
    try:
        return section.get(key, default)
    except InterpolationError:  # `description = 100% pure` must not stop the work
        return section.get(key, default, raw=True)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; a `UserError` if it is broken."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        refuse_settings(path, f"not TOML: {error}")


def toml_table(config: Path, data: dict[str, Any], *names: str) -> dict[str, Any]:
    """A table of a TOML file; an empty table if the file does not have it."""
    for name in names:
        data = data.get(name, {})
        if not isinstance(data, dict):
            refuse_settings(config, f"{'.'.join(names)} is not a table")
    return data


def read_ini(config: Path, weaker: list[str]) -> ConfigParser:
    """The content of an INI file, and of weaker files for the keys that it leaves out."""
    parser = ConfigParser()
    try:
        parser.read(weaker, encoding="utf-8")
        parser.read_string(config.read_text(encoding="utf-8"), str(config))
    except (ConfigError, UnicodeDecodeError) as error:
        message = str(error).replace("\n", " ")
        refuse_settings(config, message, hint="see the README's example")
    return parser


def refuse_settings(config: Path, message: str, hint: str | None = None) -> NoReturn:
    """Raise a `UserError`: a setting cannot be used."""
    raise UserError(diagnose("settings", message, config, hint=hint))
