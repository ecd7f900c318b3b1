"""Every path of the Trading API, at `/v1` and at `/`, for one desk."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from api.endpoints import Resource, routes_of
from api.metrics import Gauge, Metrics
from api.trading.breakers import Breakers
from api.trading.errors import refusal_of
from api.trading.routes_account import Accounts
from api.trading.routes_market import Market
from api.trading.routes_orders import Orders
from api.trading.routes_positions import Positions
from api.trading.routes_system import System

if TYPE_CHECKING:
    from api.trading.port import Desk
    from engine.core import Engine


def routes(
    desk: Desk, metrics: Metrics | None = None, breakers: Breakers | None = None
) -> list[BaseRoute]:
    """The routes of the Trading API; the busiest comes first."""
    metrics = metrics if metrics is not None else Metrics()
    metrics.add(*gauges(desk.engine))
    groups = (
        Orders(desk),
        Positions(desk),
        Accounts(desk),
        Market(desk),
        System(desk, breakers or Breakers()),
    )
    return routes_of(
        Resource(operations, refusal_of, metrics)
        for group in groups
        for operations in group.operations()
    )


def gauges(engine: Engine) -> list[Gauge]:
    """What the engine has to show: orders by status, and how far its tape has come."""
    tape = engine.tape
    return [
        Gauge("onetape_orders", "Orders by status.", lambda: _by_status(engine), "status"),
        Gauge("onetape_trades", "Fills on the tape.", lambda: len(engine.state.trades)),
        Gauge("onetape_tape_head", "Last sequence number on the tape.", lambda: tape.head),
        Gauge(
            "onetape_tape_durable", "Last sequence number that is durable.", lambda: tape.durable
        ),
        Gauge("onetape_halted", "1 while no new orders are taken.", lambda: int(engine.halted)),
    ]


def _by_status(engine: Engine) -> dict[str, float]:
    counted = Counter(map(attrgetter("status"), engine.state.orders.values()))
    return {status.value: count for status, count in counted.items()}
