"""Configuration: the values of a settings.ini or a pyproject.toml, read by their types.

This file knows the two formats. `project.py` knows the keys and their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from configparser import ConfigParser, InterpolationError, SectionProxy
from configparser import Error as ConfigError
from pathlib import Path

from .diagnostics import UserError, diagnose
from .files import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# A configuration may come from anywhere. These limits are far above what people write, and below
# what would fill the memory or keep the parsers busy for minutes.
_LARGEST_FILE = 1 << 20
_LONGEST_VALUE = 1 << 16
_MOST_DOTS_IN_A_LINE = 5000  # in TOML, each dot may stand for one more table
_TOO_MANY_BLANKS = r"[^\S\n]{200}"  # in the middle of a line, the parser of INI is slow with them
_DEEPEST_REFERENCE = 10  # configparser refuses deeper ones

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
            return self._interpolate(self._values, key, default)
        return self._values.get(key, default)

    def _refuse(self, key: str, value: object, reason: str) -> NoReturn:
        refuse_settings(self._config, f"{key} = {shortened(value)} {reason}")

    def _interpolate(self, section: SectionProxy, key: str, default: str) -> str:
        """A value of a settings.ini, in which `%(key)s` stands for the value of another key."""
        if _unfolded_size(section, key) > _LONGEST_VALUE:
            refuse_settings(self._config, f"{key} is too long when all references are filled in")
        try:
            return section.get(key, default)
        except InterpolationError:  # `description = 100% pure` must not stop the work
            return section.get(key, default, raw=True)


def shortened(value: object, length: int = 60) -> str:
    """A value as messages show it: in one line, and without its end if it is long."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[:length]}..."


def _unfolded_size(section: SectionProxy, key: str, depth: int = 0) -> int:
    """At least how long a value is with all references filled in; not exact if it is too long."""
    value = section.get(key, "", raw=True)
    size = len(value)
    if depth > _DEEPEST_REFERENCE or "%(" not in value:
        return size
    for reference in re.findall(r"%\(([^)]+)\)s", value):
        size += _unfolded_size(section, section.parser.optionxform(reference), depth + 1)
        if size > _LONGEST_VALUE:
            break
    return size


def _read_text(path: Path) -> str:
    """The text of a configuration, without a byte order mark.

    Raises a `UserError` if it cannot be read, or if it is too large for a configuration.
    """
    try:
        return read_file(path, _LARGEST_FILE).decode("utf-8-sig")
    except OSError as error:
        refuse_settings(path, error.strerror or str(error))


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file; a `UserError` if it is broken."""
    import tomllib

    try:
        text = _read_text(path)
        if max(line.count(".") for line in text.split("\n")) > _MOST_DOTS_IN_A_LINE:
            refuse_settings(path, "a line has too many dots")
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        refuse_settings(path, f"not TOML: {shortened(error) or 'nested too deeply'}")


def toml_table(config: Path, data: dict[str, Any], *names: str) -> dict[str, Any]:
    """A table of a TOML file; an empty table if the file does not have it."""
    for name in names:
        data = data.get(name, {})
        if not isinstance(data, dict):
            refuse_settings(config, f"{'.'.join(names)} is not a table")
    return data


def read_ini(config: Path, weaker: Iterable[str]) -> ConfigParser:
    """The content of an INI file, and of weaker files for the keys that it leaves out."""
    parser = ConfigParser()
    present = [path for path in map(Path, weaker) if path.is_file()]
    try:
        for path in [*present, config]:
            text = _read_text(path)
            if re.search(_TOO_MANY_BLANKS, text):
                refuse_settings(path, "a line has too many blanks in a row")
            parser.read_string(text, str(path))
    except (ConfigError, UnicodeDecodeError) as error:
        message = shortened(error, 200)
        refuse_settings(config, message, hint="see the README's example")
    return parser


def refuse_settings(config: Path, message: str, hint: str | None = None) -> NoReturn:
    """Raise a `UserError`: a setting cannot be used."""
    raise UserError(diagnose("settings", message, config, hint=hint))
