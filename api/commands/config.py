"""`onetape config check`: what is wrong with the settings and where, or what is in force and why.

Right settings are printed as TOML, each with where it was set; secrets are three stars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import typer

from api.commands import options
from api.commands.terminal import BAD_INPUT, examples, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    config = typer.Typer(no_args_is_help=True, help="Look at the settings.")
    config.callback()(_settings)
    config.command(
        "check",
        epilog=examples("onetape config check", "onetape config check --config paper.toml"),
    )(check)
    app.add_typer(config, name="config")


def _settings() -> None:
    """Look at the settings."""


def check(config: options.Config = None) -> None:
    """Say what is wrong with the settings, with line and name; print those in force if nothing."""
    from api.keyfile import KeyFile
    from api.settings import Settings, SettingsError, file_or_default, load_from
    from api.sources import Sources

    try:
        sources = Sources(Settings, file_or_default(config))
        settings = load_from(sources)
        keys = KeyFile(settings.server.keys_file).read()
    except SettingsError as error:
        for fault in error.faults:
            say(fault)  # bare, so that an editor finds the line
        raise typer.Exit(BAD_INPUT) from None
    for place, value in leaves(settings):
        origin = sources.origin(place) if sources.sets(place) else ""
        name = ".".join(place)
        shown = f"# {name} is not set" if value is None else f"{name} = {toml(value)}"
        typer.echo(f"{shown}  # {origin}" if origin else shown)
    asked = "no key is asked for" if keys is None else f"API keys: {len(keys)}"
    say(f"the settings are right; {asked} ({settings.server.keys_file})")


def leaves(model: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting with its place; a list is one. Those of the top come before the tables."""
    values = [(name, getattr(model, name)) for name in type(model).model_fields]
    for is_table in (False, True):
        for name, value in values:
            if _is_table(value) is is_table:
                inner = leaves(value, (*place, name)) if is_table else [((*place, name), value)]
                yield from inner


def toml(value: Any) -> str:
    """A value as TOML has it."""
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return toml(value.value)
        case int() | float():
            return str(value)
        case tuple() | list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return _inline(f"{toml(name)} = {toml(each)}" for name, each in value.items())
        case _ if _is_table(value):
            return _inline(
                f"{'.'.join(name)} = {toml(each)}"
                for name, each in leaves(value)
                if each is not None
            )
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inline(members: Iterable[str]) -> str:
    return "{ " + ", ".join(members) + " }"


def _is_table(value: Any) -> bool:
    return hasattr(type(value), "model_fields")
