"""`onetape tape FILE`: the facts on a tape as lines of JSON, filtered, perhaps followed.

Reading needs no permission from the writer: a running server's tape is shown as far as it is on
disk, and `--follow` shows each record once it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import typer

from api.commands import options
from api.commands.terminal import BAD_INPUT, Failure, examples, plain, put_json
from engine.events import Event
from engine.tape.record import Record
from engine.values import NANOSECONDS

TYPES = tuple(fact.__struct_config__.tag for fact in get_args(Event))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "tape",
        epilog=examples(
            "onetape tape demo.tape",
            "onetape tape demo.tape --order ord_0000000042",
            "onetape tape onetape.tape --type trade_filled --follow",
        ),
    )(tape)


def tape(
    file: options.TapeFile,
    after: Annotated[
        int, typer.Option(metavar="N", min=0, help="Only records with a higher number.")
    ] = 0,
    order: Annotated[
        str | None, typer.Option(metavar="ID", help="Only facts about this order and its legs.")
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="T", help="Only facts of this type; may be repeated."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more, until interrupted.")
    ] = False,
) -> None:
    """Print the facts on a tape, a JSON object a line."""
    from api.compose import read_tape

    wanted = frozenset(types or ())
    for unknown in sorted(wanted.difference(TYPES)):
        raise Failure(f"--type is {unknown!r}; expected one of {', '.join(TYPES)}", BAD_INPUT)
    with read_tape(file) as reader:
        records = reader.follow(after) if follow else reader.records(after)
        for record in _about(records, order):
            if not wanted or record.event.__struct_config__.tag in wanted:
                put_json(line(record))


def line(record: Record) -> dict[str, Any]:
    """A record as it is printed: its place, its UTC time, its type, and then the fact's fields."""
    return {
        "seq": record.seq,
        "ts": iso(record.ts),
        "account": record.account,
        "causation": record.causation,
        **plain(record.event),
    }


def iso(ts: int) -> str:
    """A time in ns UTC as ISO 8601, to the nanosecond where there is more than a second."""
    seconds, rest = divmod(ts, NANOSECONDS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{whole}{fraction}Z"


def _about(records: Iterator[Record], order: str | None) -> Iterator[Record]:
    """The records about one order: its own, and those of the legs that protect it."""
    if order is None:
        yield from records
        return
    family = {order}
    for record in records:
        event = record.event
        if getattr(event, "parent_order_id", None) in family:
            family.add(getattr(event, "order_id", ""))
        if getattr(event, "order_id", None) in family:
            yield record
