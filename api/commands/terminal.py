"""How commands speak: results on stdout, everything said along the way on stderr, errors in a line.

`Failure` is the only thing that a command raises to stop with a message; whoever runs the command
prints it and exits with its code: 2 where what was typed can not be used, 1 where the job failed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.values import decimal_text

BAD_INPUT = 2
FAILED = 1
BAR_STRIDE = 1_000
"""Items between two movements of a progress bar."""

Item = TypeVar("Item")


class Failure(Exception):
    """Raised by a command that can not do what was asked: one line for a person, and a code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def examples(*lines: str) -> str:
    """The end of a command's help: things to type."""
    return "\n\n".join(["Examples:", *lines])


def refuse(given: dict[str, object], why: str) -> None:
    """Raise Failure for the first of these options that was given."""
    for name, value in given.items():
        if value is not None and value is not False and value != []:
            raise Failure(f"{name} can not be used here: {why}", BAD_INPUT)


def say(message: str) -> None:
    """Tell the person something, on stderr."""
    typer.echo(message, err=True)


def say_error(message: str) -> None:
    """Tell the person what went wrong, in one line on stderr."""
    say("error: " + " ".join(message.split()))


def put_json(value: Any) -> None:
    """One JSON object on one line of stdout."""
    typer.echo(msgspec.json.encode(plain(value)))


def plain(value: Any) -> Any:
    """`value` as JSON has it: structs are objects, decimals are plain digits as text."""
    return _spelt(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _spelt(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case dict():
            return {key: _spelt(each) for key, each in value.items()}
        case list() | tuple():
            return [_spelt(each) for each in value]
        case _:
            return value


def counted(items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
    """`items`, followed by a progress bar on stderr where somebody watches."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(), transient=True, disable=not is_watched()) as bar:
        task = bar.add_task(what, total=total)
        for count, item in enumerate(items, start=1):
            yield item
            if count % BAR_STRIDE == 0:
                bar.update(task, completed=count)


def console() -> Console:
    """Where a person is talked to."""
    return Console(stderr=True)


def busy(what: str) -> AbstractContextManager[object]:
    """A sign of life on stderr for work whose length is not known, where somebody watches."""
    return console().status(what) if is_watched() else nullcontext()


def is_watched() -> bool:
    """Whether a person looks at stderr."""
    return sys.stderr.isatty()
