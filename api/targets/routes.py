"""Every path of the target API, below `/api/v1`, for one desk.

A batch is written down whole, answered by the engine at once where the broker is near, and awaited
for a limited time where the cancel of an earlier order has to be confirmed. What is answered is on
disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from api.accounts import account_named, account_of
from api.auth import Scope
from api.dialect import Dialect, dialect
from api.endpoints import Call, Operation
from api.forms import Form
from api.metrics import Metrics
from api.openapi import About
from api.refusals import Detail
from api.targets import errors, parse, render, wire
from api.waiting import until
from engine import batching
from engine.batches import Batch
from engine.errors import EngineError
from engine.line import LineState

if TYPE_CHECKING:
    from api.desk import Desk
    from engine.targets import Target

log = logging.getLogger("onetape.targets")

BASE = "/api/v1"
BATCHES_MAX = 100
CANCEL_TIMEOUT_S = 5.0
"""Longest wait for the cancel of an order that a new target supersedes."""
KEY = b"x-api-key"

ABOUT = About(
    "OneTape: target positions",
    "Name the positions that an account is to hold; the difference is ordered. Every call but "
    "the health check needs a key in the header `X-API-Key`. Numbers are JSON numbers.",
    ("/",),
    Detail,
)
_NO_QUERY = Form()
_FAILS = {401: errors.NO_KEY, 500: errors.NO_BROKER}


class Targets:
    """The handlers of everything below `/api/v1`."""

    def __init__(self, desk: Desk, cancel_timeout_s: float = CANCEL_TIMEOUT_S) -> None:
        self._desk = desk
        self._engine = desk.engine
        self._timeout_s = cancel_timeout_s

    async def health(self, _call: Call) -> wire.Health:
        """Whether each account's broker is there."""
        is_up = self._desk.failure is None
        accounts = {name: is_up and self._reaches(name) for name in self._engine.state.accounts}
        return wire.Health("ok" if is_up else "error", accounts)

    def _reaches(self, account: str) -> bool:
        """Whether the account's broker would hear of an order now."""
        driver = self._desk.lines.of(account)
        if driver is None:  # a broker in this process
            return account in self._engine.capabilities
        return driver.line.state is LineState.CONNECTED

    async def submit(self, call: Call) -> wire.Submitted:
        """Submit a batch."""
        wanted = parse.batch(call.body)
        account = account_named(self._desk, call, wanted.account)
        await self._ask_for_terms(account, wanted.targets)
        run = batching.begin(self._engine, account, call.caller.name, wanted.targets)
        if not await until(self._engine, run.advance, self._timeout_s):
            run.give_up(
                "the cancel of an earlier order was not confirmed within "
                f"{self._timeout_s:g} seconds; nothing was ordered"
            )
        return render.submitted(self._engine, run.batch)

    async def _ask_for_terms(self, account: str, wanted: Sequence[Target]) -> None:
        """Have the broker tell what is ordered; a target of which it does not fails by itself."""

        async def ask(symbol: str) -> None:
            try:
                await self._desk.markets.know(account, symbol)
            except EngineError as error:
                log.info("terms: %s", error.message)

        await asyncio.gather(*(ask(target.symbol) for target in wanted))

    async def get(self, call: Call) -> wire.Batch:
        """One batch."""
        return render.batch(self._engine, self._batch(call))

    async def newest(self, call: Call) -> wire.Batches:
        """The newest batches."""
        seen = (
            batch
            for batch in reversed(self._engine.state.batches.all())
            if call.caller.may_use(batch.account)
        )
        return wire.Batches([render.listed(batch) for batch in islice(seen, BATCHES_MAX)])

    async def positions(self, call: Call) -> wire.Positions:
        """What an account holds."""
        query = parse.ACCOUNT_QUERY.read_query(call.query)
        account = self._engine.account(account_of(self._desk, call, query))
        now = self._engine.now or self._engine.state.ts
        return render.positions(self._engine, account, now)

    async def cancel(self, call: Call) -> wire.Withdrawn:
        """Cancel what works of a batch."""
        batch = self._batch(call)
        orders = batching.withdraw(self._engine, batch)
        await until(self._engine, lambda: all(order.is_final for order in orders), self._timeout_s)
        return render.withdrawn(batch, orders)

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        yield [
            Operation(
                "GET",
                f"{BASE}/health",
                "Check the service and the brokers",
                self.health,
                wire.Health,
                tag="Health",
                query=_NO_QUERY,
            )
        ]
        yield [
            Operation(
                "POST",
                f"{BASE}/orders",
                "Submit target positions",
                _keyed(self.submit),
                wire.Submitted,
                tag="Orders",
                status=201,
                query=_NO_QUERY,
                body=parse.BATCH,
                failures=_FAILS | {400: errors.BAD_REQUEST},
                scope=Scope.TRADE,
            ),
            Operation(
                "GET",
                f"{BASE}/orders",
                "List the newest 100 batches",
                _keyed(self.newest),
                wire.Batches,
                tag="Orders",
                query=_NO_QUERY,
                failures=_FAILS,
            ),
        ]
        yield self._of_one()
        yield [
            Operation(
                "GET",
                f"{BASE}/positions",
                "Get positions and the account's value",
                _keyed(self.positions),
                wire.Positions,
                tag="Positions",
                query=parse.ACCOUNT_QUERY,
                failures=_FAILS | {400: errors.BAD_REQUEST},
            )
        ]

    def _of_one(self) -> list[Operation]:
        path, failures = f"{BASE}/orders/{{batch_id}}", _FAILS | {404: errors.NOT_FOUND}
        return [
            Operation(
                "GET",
                path,
                "Get a batch as it stands",
                _keyed(self.get),
                wire.Batch,
                tag="Orders",
                parameters=parse.BATCH_ID,
                query=_NO_QUERY,
                failures=failures,
            ),
            Operation(
                "DELETE",
                path,
                "Cancel what works of a batch",
                _keyed(self.cancel),
                wire.Withdrawn,
                tag="Orders",
                parameters=parse.BATCH_ID,
                query=_NO_QUERY,
                failures=failures,
                scope=Scope.TRADE,
                reduces=True,
            ),
        ]

    def _batch(self, call: Call) -> Batch:
        batch_id = call.path["batch_id"]
        batch = self._engine.state.batches.find(batch_id)
        if batch is None or not call.caller.may_use(batch.account):
            raise errors.no_such_batch(batch_id)
        return batch


def targets(desk: Desk, version: str, metrics: Metrics) -> Dialect:
    """The target API of one desk."""
    operations = Targets(desk).operations()
    return dialect(operations, errors.refusal_of, BASE, ABOUT, version, metrics, desk)


def _keyed(handler: Callable[[Call], Awaitable[Any]]) -> Callable[[Call], Awaitable[Any]]:
    """``handler`` for calls that carry a key, which this API asks for even where no others do."""

    async def checked(call: Call) -> Any:
        if not call.headers.get(KEY):
            raise errors.no_key()
        return await handler(call)

    return checked
