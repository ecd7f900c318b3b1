"""`onetape replay FILE`: the state that a tape gives, folded from its first record.

The fold is the same in any process on any day, and `--digest` shows it: a hash of the tape up to
the record asked for, one of the state that follows from it, and one of what traded.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands import options
from api.commands.terminal import BAD_INPUT, Failure, counted, examples, put_json
from engine.tape.chain import GENESIS
from engine.tape.trading import trading_digest

if TYPE_CHECKING:
    from engine.state import State

DIGEST_BYTES = 16


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "replay",
        epilog=examples(
            "onetape replay onetape.tape",
            "onetape replay onetape.tape --until 1000",
            "onetape replay onetape.tape --digest",
        ),
    )(replay)


def replay(
    file: options.TapeFile,
    until: Annotated[
        int | None, typer.Option(min=0, metavar="SEQ", help="Stop after this record.")
    ] = None,
    digest: Annotated[
        bool,
        typer.Option(
            "--digest", help="Print only the hashes: of the tape, the state, and what traded."
        ),
    ] = False,
) -> None:
    """Fold the tape and print what follows from it, as one JSON object."""
    from api.compose import read_tape
    from engine.state import State

    with read_tape(file) as reader:
        head = reader.head
        last = head if until is None else until
        if last > head:
            raise Failure(f"--until is {until}; expected at most {head}, the tape's end", BAD_INPUT)
        state = State()
        for record in counted(reader.records(until=last), "replaying", last):
            state.apply(record)
        hashes: dict[str, Any] = {
            "seq": last,
            "tape_id": reader.tape_id,
            "tape_digest": (reader.hash_at(last) or GENESIS).hex(),
            "state_digest": blake2b(state.to_bytes(), digest_size=DIGEST_BYTES).hexdigest(),
        }
        if digest:
            hashes["trading_digest"] = trading_digest(reader.records(until=last)).hex()
    put_json(hashes if digest else {**hashes, **summary(state)})


def summary(state: State) -> dict[str, Any]:
    """What a person asks first of a state: accounts, their cash and positions, orders, trades."""
    statuses = Counter(order.status.value for order in state.orders.values())
    return {
        "accounts": [
            {
                "id": account.id,
                "currency": account.currency,
                "cash": account.cash,
                "realized_pnl": account.realized,
                "commission": account.commission,
                "positions": [
                    {
                        "id": position.id,
                        "symbol": position.symbol,
                        "quantity": position.quantity,
                        "cost": position.cost,
                    }
                    for position in account.positions.values()
                ],
            }
            for account in state.accounts.values()
        ],
        "orders": dict(sorted(statuses.items())),
        "trades": len(state.trades),
    }
