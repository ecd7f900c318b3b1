"""Where settings come from: a TOML file, the environment, the command; and where each one stands.

Later sources win over earlier ones. Every value can be traced to the line of the file or to the
variable that set it, because an error that names the place is mended at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings import SettingsError as PydanticSettingsError

Place = Sequence[str | int]
"""The way to a value: names of tables, and places in lists."""

DELIMITER = "__"


class SettingsError(ValueError):
    """Raised when settings can not be used; ``faults`` has a line for each reason."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Sources:
    """All that was set by hand. Raises SettingsError for what can not even be read.

    A variable is the model's prefix, then the names of the tables and of the setting in capitals,
    with two underscores between; a list or a whole table is written as JSON.
    """

    def __init__(
        self,
        model: type[BaseSettings],
        file: Path | None = None,
        command: Mapping[str, Any] | None = None,
    ) -> None:
        self.file = file
        self._prefix = model.model_config.get("env_prefix", "")
        self._text = "" if file is None else _read(file)
        self._in_file = {} if file is None else _parsed(file, self._text)
        self._in_environment = self._environment(model)
        self._in_command = dict(command or {})

    def merged(self) -> dict[str, Any]:
        """One tree of all, the later source winning."""
        tree: dict[str, Any] = {}
        for source in (self._in_file, self._in_environment, self._in_command):
            _merge(tree, source)
        return tree

    def origin(self, place: Place) -> str:
        """Where the value was set: `onetape.toml:12`, or a variable; empty where it was not."""
        if has(self._in_command, place):
            return ""
        for length in range(len(place), 0, -1):
            part = place[:length]
            if has(self._in_environment, part):
                names = [str(each) for each in part if isinstance(each, str)]
                return self._prefix + DELIMITER.join(names).upper()
            if self.file is not None and has(self._in_file, part):
                return f"{self.file}:{line_of(self._text, part)}"
        return ""

    def sets(self, place: Place) -> bool:
        """Whether the value itself was set anywhere."""
        return any(
            has(source, place) for source in (self._in_file, self._in_environment, self._in_command)
        )

    def is_from_file(self, place: Place) -> bool:
        """Whether the file has the last word on this value."""
        return has(self._in_file, place) and not (
            has(self._in_command, place) or has(self._in_environment, place)
        )

    def _environment(self, model: type[BaseSettings]) -> dict[str, Any]:
        for variable in sorted(os.environ):
            if variable.upper().startswith(self._prefix):
                table, is_nested, _ = variable[len(self._prefix) :].lower().partition(DELIMITER)
                # Without a table it may be a variable of some other program of ours.
                if is_nested and table not in model.model_fields:
                    raise SettingsError(f"{variable}: {unknown(table, model.model_fields)}")
        try:
            return EnvSettingsSource(model)()
        except PydanticSettingsError as error:
            name = re.findall(r'"(\w+)"', str(error))[0]
            raise SettingsError(
                f"{self._prefix}{name.upper()} is no JSON; expected a list or a table as JSON"
            ) from None


def unknown(name: str, known: Sequence[str] | Mapping[str, Any], within: str = "") -> str:
    """That this is no setting, and which one may have been meant."""
    near = get_close_matches(name, list(known), 1, 0.6)
    meant = f"; did you mean {within}{near[0]}?" if near else ""
    return f"{within}{name} is not a setting{meant}"


def line_of(text: str, place: Place) -> int:
    """The line of a TOML text on which the value at ``place`` begins.

    The parser itself is asked: the value begins behind the longest start of the text that can be
    read and does not have it yet.
    """
    lines = text.splitlines(keepends=True)
    before = 0
    for count in range(1, len(lines) + 1):
        try:
            tree = tomllib.loads("".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value of several lines
        if has(tree, place):
            break
        before = count
    return before + 1


def has(tree: Any, place: Place) -> bool:
    """Whether there is something at this place."""
    for each in place:
        try:
            tree = tree[each]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"settings file {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"settings file {file} is not TOML: {error}") from None


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings file {file} is not TOML: {error}") from None


def resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """``part`` of a JSON schema, by what it refers to."""
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            inner = into.get(name)
            into[name] = inner = dict(inner) if isinstance(inner, dict) else {}
            _merge(inner, value)
        else:
            into[name] = value
