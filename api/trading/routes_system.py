"""The system over REST: capabilities, connection, probes, circuit breakers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.auth import Scope
from api.endpoints import Answer, Call, Operation
from api.lines.lines import UP
from api.trading import parse, render, wire
from api.trading.accounts import account_alone
from api.trading.breakers import Resets, worst
from engine.line import LineState
from engine.values import OrderType, PositionMode

if TYPE_CHECKING:
    from api.trading.port import Desk
    from engine.ports import Capabilities

_TAG = "System"
MILLISECOND_NS = 1_000_000


class System:
    """The handlers of everything that is about the server and not about trading."""

    def __init__(self, desk: Desk, resets: Resets) -> None:
        self._desk = desk
        self._engine = desk.engine
        self._resets = resets

    async def capabilities(self, call: Call) -> wire.Capabilities:
        """What can be traded, and how, in the account meant."""
        account = self._engine.account(account_alone(self._desk, call))
        has = self._engine.capabilities[account.id]
        limits = has.rate_limits
        return wire.Capabilities(
            sorted(has.asset_classes),
            # Trailing stops are held by the engine where the broker has none.
            [kind for kind in OrderType if kind in has.order_types | {OrderType.TRAILING_STOP}],
            account.position_mode,
            _features(has, account.position_mode),
            render.number(max(has.max_leverage, account.leverage)),
            None
            if limits is None
            else wire.RateLimits(
                limits.orders_per_second, limits.orders_per_day, limits.requests_per_minute
            ),
        )

    async def status(self, call: Call) -> wire.ConnectionStatus:
        """The line to the account's broker."""
        driver = self._desk.lines.of(account_alone(self._desk, call))
        is_alive = self._desk.failure is None
        if driver is None:
            # A broker in this process is as near, and was heard as lately, as the process itself.
            heard = self._engine.now or time.time_ns()
            return wire.ConnectionStatus(is_alive, 0, render.moment(heard))
        line = driver.line
        return wire.ConnectionStatus(
            is_alive and line.state in UP,
            driver.latency_ns // MILLISECOND_NS,
            render.moment(driver.heard_at),
            line.state,
            line.why or None,
        )

    async def health(self, _call: Call) -> wire.Health:
        """The process answers."""
        return wire.Health()

    async def ready(self, _call: Call) -> Answer:
        """Whether orders can be taken; 503 when not."""
        names = {account.broker for account in self._engine.state.accounts.values()}
        out = {
            driver.line.broker: str(driver.line.state)
            for driver in self._desk.lines.drivers
            if driver.line.state is not LineState.CONNECTED
        }
        able = sorted(names - out.keys())
        told = ", ".join(f"{name} is {state}" for name, state in sorted(out.items())) or None
        if self._desk.is_stopping:
            return Answer(503, wire.Ready(False, able, len(able), "Shutting down"))
        if not names:
            return Answer(503, wire.Ready(False, [], 0, "No providers configured"))
        is_ready = bool(able)
        return Answer(200 if is_ready else 503, wire.Ready(is_ready, able, len(able), told))

    async def breakers(self, _call: Call) -> wire.Breakers:
        """The breakers as they stand."""
        return self._shown()

    async def reset_breakers(self, _call: Call) -> wire.Breakers:
        """Close the breakers, and let lines whose credentials were refused try again."""
        lines = self._desk.lines
        self._resets.reset([each.line.breaker for each in lines.drivers], time.monotonic())
        lines.retry()
        return self._shown()

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        get = Operation(
            "GET",
            "/capabilities",
            "Get capabilities",
            self.capabilities,
            wire.Capabilities,
            tag=_TAG,
            query=parse.NO_QUERY,
        )
        yield [get]
        yield [
            Operation(
                "GET",
                "/status",
                "Get the connection to the provider",
                self.status,
                wire.ConnectionStatus,
                tag=_TAG,
                query=parse.NO_QUERY,
            )
        ]
        yield from self._probes()
        yield [
            Operation(
                "GET",
                "/circuit-breakers",
                "Get the circuit breakers",
                self.breakers,
                wire.Breakers,
                tag=_TAG,
            )
        ]
        yield [
            Operation(
                "POST",
                "/circuit-breakers/reset",
                "Reset the circuit breakers",
                self.reset_breakers,
                wire.Breakers,
                tag=_TAG,
                failures={409: "They were reset a moment ago."},
                scope=Scope.ADMIN,
            )
        ]

    def _probes(self) -> Iterator[list[Operation]]:
        for path in ("/health", "/livez"):
            yield [
                Operation("GET", path, "Is the process alive?", self.health, wire.Health, tag=_TAG)
            ]
        for path in ("/ready", "/readyz"):
            yield [
                Operation(
                    "GET",
                    path,
                    "Can orders be taken?",
                    self.ready,
                    wire.Ready,
                    tag=_TAG,
                    answers={503: wire.Ready},
                )
            ]

    def _shown(self) -> wire.Breakers:
        lines = self._desk.lines
        shown = worst((each.line.breaker for each in lines.drivers), lines.now())
        return wire.Breakers(wire.Breaker(*shown), wire.Breaker("closed", 0))


def _features(has: Capabilities, mode: PositionMode) -> list[str]:
    """Known feature words. Brackets, OCO and trailing stops are always there: the engine's."""
    offered = {
        "short_selling": has.short_selling,
        "reduce_only": has.reduce_only,
        "post_only": has.post_only,
        "hidden": has.hidden,
        "iceberg": has.iceberg,
        "hedging": mode is PositionMode.HEDGING,
    }
    words = ["bracket_orders", "oco", "trailing_stop"]
    return words + [word for word, is_offered in offered.items() if is_offered]
