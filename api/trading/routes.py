"""Every path of the Trading API, at `/v1` and at `/`, for one desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from api.endpoints import Resource, routes_of
from api.lines.lines import UP, Lines
from api.metrics import Gauge, Metrics
from api.trading.breakers import Resets
from api.trading.errors import refusal_of
from api.trading.routes_account import Accounts
from api.trading.routes_alarms import Alarms
from api.trading.routes_market import Market
from api.trading.routes_orders import Orders
from api.trading.routes_positions import Positions
from api.trading.routes_system import System
from engine.alarms import alarms
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.trading.port import Desk
    from engine.core import Engine


def routes(
    desk: Desk, metrics: Metrics | None = None, resets: Resets | None = None
) -> list[BaseRoute]:
    """The routes of the Trading API; the busiest comes first."""
    metrics = metrics if metrics is not None else Metrics()
    metrics.add(*gauges(desk.engine), *line_gauges(desk.lines))
    groups = (
        (Orders(desk), desk),
        (Positions(desk), desk),
        (Accounts(desk), desk),
        (Market(desk), None),
        (Alarms(desk), desk),
        (System(desk, resets or Resets()), None),
    )
    return routes_of(
        Resource(operations, refusal_of, metrics, floor)
        for group, floor in groups
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
        Gauge(
            "onetape_unknown_orders",
            "Orders whose fate at their broker is not known.",
            lambda: len(engine.state.doubts.orders),
        ),
        Gauge(
            "onetape_alarms",
            "Open alarms by kind.",
            lambda: _counted(one.kind.value for one in alarms(engine.state)),
            "kind",
        ),
    ]


def line_gauges(lines: Lines) -> list[Gauge]:
    """What the lines to brokers have to show."""

    def connected() -> dict[str, float]:
        return {one.line.broker: int(one.line.state in UP) for one in lines.drivers}

    def latency() -> dict[str, float]:
        return {one.line.broker: one.latency_ns / NANOSECONDS for one in lines.drivers}

    return [
        Gauge("onetape_broker_connected", "1 while the line stands.", connected, "broker"),
        Gauge(
            "onetape_broker_latency_seconds", "How long the last answer took.", latency, "broker"
        ),
    ]


def _by_status(engine: Engine) -> dict[str, float]:
    counted = Counter(map(attrgetter("status"), engine.state.orders.values()))
    return {status.value: count for status, count in counted.items()}


def _counted(words: Iterable[str]) -> dict[str, float]:
    return dict(Counter(words))
