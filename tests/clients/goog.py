"""Strategies over the daily GOOG bars, each written once and run twice: there and here.

A strategy is a pure function of what has been seen: the closes so far, the position, and whether an
entry is waiting. One driver plays it in the `backtesting` package, the other over REST and the
WebSocket of a served backtest. Both give their fills as (day, signed quantity, price in cents).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from examples.gateway import Gateway

CASH = 10_000_000
SIZE = 100


class Place(NamedTuple):
    """An order to place: `size` is signed; the prices that are None are not set."""

    size: int
    limit: float | None = None
    stop: float | None = None
    sl: float | None = None
    tp: float | None = None


CANCEL = "cancel the entry"
CLOSE = "close the position"
Action = Place | str
Strategy = Callable[[list[float], int, bool], list[Action]]
Fill = tuple[str, int, int]


def market(closes: list[float], position: int, waiting: bool) -> list[Action]:
    """Crossover of two averages, long and flat."""
    if len(closes) < 31:
        return []
    above = [sum(seen[-10:]) / 10 > sum(seen[-30:]) / 30 for seen in (closes[:-1], closes)]
    if above == [False, True] and not position and not waiting:
        return [Place(SIZE)]
    if above == [True, False] and position:
        return [CLOSE]
    return []


def stop(closes: list[float], position: int, waiting: bool) -> list[Action]:
    """Buy breakouts and sell breakdowns in turn; leave after ten days, filled or not."""
    day = len(closes) % 20
    if day == 10:
        return [CLOSE] if position else [CANCEL]
    if day == 0 and not position and not waiting:
        up = len(closes) % 40 == 0
        price = round(closes[-1] * (1.01 if up else 0.99), 2)
        return [Place(SIZE if up else -SIZE, stop=price)]
    return []


def limit(closes: list[float], position: int, waiting: bool) -> list[Action]:
    """Buy dips and sell rallies in turn; leave after ten days, filled or not."""
    day = len(closes) % 20
    if day == 10:
        return [CLOSE] if position else [CANCEL]
    if day == 0 and not position and not waiting:
        buy = len(closes) % 40 == 0
        price = round(closes[-1] * (0.985 if buy else 1.015), 2)
        return [Place(SIZE if buy else -SIZE, limit=price)]
    return []


def bracket(closes: list[float], position: int, waiting: bool) -> list[Action]:
    """Enter at market whenever flat, in turn long and short, with a stop and a target."""
    if position or waiting or len(closes) % 3:
        return []
    last = closes[-1]
    if len(closes) % 2:
        return [Place(SIZE, sl=round(last * 0.96, 2), tp=round(last * 1.05, 2))]
    return [Place(-SIZE, sl=round(last * 1.04, 2), tp=round(last * 0.95, 2))]


STRATEGIES: dict[str, Strategy] = {
    "market": market,
    "stop": stop,
    "limit": limit,
    "bracket": bracket,
}


def write_csv(file: Path) -> None:
    """The daily GOOG bars that ship in the `backtesting` package, as a file of ours."""
    rows = ["timestamp,open,high,low,close,volume"]
    for day, bar in _goog().iterrows():
        prices = ",".join(f"{bar[name]:.2f}" for name in ("Open", "High", "Low", "Close"))
        rows.append(f"{day:%Y-%m-%d},{prices},{bar['Volume']:.0f}")
    file.write_text("\n".join(rows) + "\n")


def fills_there(strategy: Strategy) -> list[Fill]:
    """Run it in the `backtesting` package."""
    import backtesting

    class Adapter(backtesting.Strategy):  # type: ignore[misc]  # the package is untyped
        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            closes = [float(each) for each in self.data.Close]
            entries = [order for order in self.orders if not order.is_contingent]
            for action in strategy(closes, int(self.position.size), bool(entries)):
                if action == CLOSE:
                    self.position.close()
                elif action == CANCEL:
                    for order in entries:
                        order.cancel()
                elif isinstance(action, Place):
                    place = self.buy if action.size > 0 else self.sell
                    place(
                        size=abs(action.size),
                        limit=action.limit,
                        stop=action.stop,
                        sl=action.sl,
                        tp=action.tp,
                    )

    with warnings.catch_warnings():
        # Of a trade still open after the last bar, as it is here, and of its own dependencies.
        warnings.simplefilter("ignore")
        played = backtesting.Backtest(_goog(), Adapter, cash=CASH).run()._strategy
    fills = []
    index = played.data.index
    for trade in (*played.closed_trades, *played.trades):
        fills.append(_fill(f"{index[trade.entry_bar]:%Y-%m-%d}", trade.size, trade.entry_price))
        if trade.exit_bar is not None:
            day = f"{index[trade.exit_bar]:%Y-%m-%d}"
            fills.append(_fill(day, -trade.size, trade.exit_price))
    return sorted(fills)


def fills_here(
    strategy: Strategy, url: str, pause: Callable[[], None] = lambda: None
) -> list[Fill]:
    """Trade it over the API; `pause` is called at every bar, to slow the client down."""
    with Gateway(url) as gateway:
        player = _Player(gateway, strategy)
        for event in gateway.events():
            if event["type"] == "candle":
                pause()
            player.hear(event)
    return sorted(player.fills)


class _Player:
    """Plays a strategy through a gateway."""

    def __init__(self, gateway: Gateway, strategy: Strategy) -> None:
        self.gateway = gateway
        self.fills: list[Fill] = []
        self._strategy = strategy
        self._closes: list[float] = []
        self._position: dict[str, Any] | None = None
        self._entries: set[str] = set()

    def hear(self, event: dict[str, Any]) -> None:
        """Take in one event."""
        match event["type"]:
            case "trade":
                trade = event["trade"]
                size = int(trade["quantity"]) * (1 if trade["side"] == "BUY" else -1)
                self.fills.append(_fill(trade["timestamp"][:10], size, Decimal(trade["price"])))
            case "order":
                if event["order"]["status"] in ("FILLED", "CANCELLED", "REJECTED", "EXPIRED"):
                    self._entries.discard(event["order"]["id"])
            case "position":
                closed = event["event"] == "POSITION_CLOSED"
                self._position = None if closed else event["position"]
            case "candle":
                self._closes.append(float(event["bar"]["close"]))
                if len(self._closes) > 1:  # the other package never asks at the first bar
                    self._act()

    def _act(self) -> None:
        held = self._position
        size = 0
        if held is not None:
            size = int(held["quantity"]) * (1 if held["side"] == "LONG" else -1)
        for action in self._strategy(self._closes, size, bool(self._entries)):
            if action == CLOSE and held is not None:
                self.gateway.call("DELETE", f"/positions/{held['id']}")
            elif action == CANCEL:
                for order_id in list(self._entries):
                    self.gateway.call("DELETE", f"/orders/{order_id}")
            elif isinstance(action, Place):
                self._place(action)

    def _place(self, action: Place) -> None:
        fields: dict[str, object] = {}
        if action.limit is not None:
            fields |= {"order_type": "LIMIT", "limit_price": action.limit}
        if action.stop is not None:
            fields |= {"order_type": "STOP", "stop_price": action.stop}
        if action.sl is not None:
            fields["stop_loss"] = action.sl
        if action.tp is not None:
            fields["take_profit"] = action.tp
        side = "BUY" if action.size > 0 else "SELL"
        handle = self.gateway.order("GOOG", side, abs(action.size), **fields)
        self._entries.add(handle["id"])


def _fill(day: str, size: int, price: float | Decimal) -> Fill:
    return day, size, round(price * 100)


def _goog() -> Any:
    from backtesting.test import GOOG

    return GOOG
