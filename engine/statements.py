"""What a broker states when it is asked: orders, executions, holdings and cash, as plain values.

A statement is the broker's side of the books at one moment. Adapters make statements, ``reconcile``
and ``explanations`` compare them with ours, and nothing here is ever on the tape: only what follows
from a difference is. An order may stand at the broker more than once (a replaced one, a second one
born in a lost connection), so every :class:`BrokerOrder` is one incarnation, named by the broker's
own id.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b

import msgspec

from engine.instruments import Instrument
from engine.requests import OrderRequest
from engine.values import ZERO, Side, Status


class BrokerOrder(msgspec.Struct, frozen=True):
    """One order as the broker shows it. ``order_id`` is ours where the broker carries our id, else
    None; ``request`` holds its present terms in our words; ``filled`` is its running total.
    """

    broker_id: str
    order_id: str | None
    request: OrderRequest
    status: Status
    filled: Decimal = ZERO
    average_price: Decimal | None = None
    triggered: bool = False
    message: str = ""


class Execution(msgspec.Struct, frozen=True):
    """One fill as the broker shows it now: corrected to ``revision``, or ``busted``.

    ``execution_id`` is the same in every revision. ``executed_at`` is ns UTC.
    """

    execution_id: str
    broker_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    executed_at: int
    order_id: str | None = None
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    revision: int = 0
    busted: bool = False


class Holding(msgspec.Struct, frozen=True):
    """A position as the broker shows it: signed quantity, and cost signed alike in the instrument's
    currency, None where the broker does not say.
    """

    quantity: Decimal
    cost: Decimal | None = None


class Snapshot(msgspec.Struct, frozen=True):
    """One account at one moment, whole: a query that failed makes no snapshot.

    ``positions`` names every symbol held; what is absent is flat. ``completed`` and ``executions``
    reach back to ``complete_since`` (ns UTC) without a gap. ``instruments`` are the terms of what
    is named, as far as the broker tells them.
    """

    account: str
    open_orders: tuple[BrokerOrder, ...]
    completed: tuple[BrokerOrder, ...]
    executions: tuple[Execution, ...]
    positions: dict[str, Holding]
    cash: dict[str, Decimal]
    taken_at: int
    complete_since: int = 0
    instruments: tuple[Instrument, ...] = ()


class Lookup(msgspec.Struct, frozen=True):
    """The answer to a search for one order by our id: every incarnation found, with its executions.

    ``complete`` says that open, completed and executed orders were all searched, as far back as the
    order is old, so that finding nothing means something.
    """

    order_id: str
    found: tuple[BrokerOrder, ...] = ()
    executions: tuple[Execution, ...] = ()
    complete: bool = True


def execution_key(account: str, execution: Execution) -> str:
    """The id that an execution is known by here: the broker's, or where it has none, one that
    follows from what it is, so that seeing it again finds it again.
    """
    if execution.execution_id:
        return execution.execution_id
    parts = (
        account,
        execution.broker_id,
        execution.side.value,
        format(execution.quantity.normalize(), "f"),
        format(execution.price.normalize(), "f"),
        str(execution.executed_at),
    )
    return "xid_" + blake2b("|".join(parts).encode(), digest_size=12).hexdigest()
