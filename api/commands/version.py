"""`onetape version`: which OneTape this is."""

from __future__ import annotations

from importlib.metadata import version as installed_version

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("version")(version)


def version() -> None:
    """Print the version."""
    typer.echo(f"onetape {installed_version('onetape')}")
