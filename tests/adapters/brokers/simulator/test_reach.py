"""Orders at rest are left alone until the market comes near, and nobody can tell."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from unittest.mock import patch

import pytest

from adapters.brokers.simulator.executions import Executions
from adapters.brokers.simulator.reach import Reach
from engine.errors import EngineError
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS
from engine.values import Status
from tests.adapters.brokers.simulator.kit import DailySession, Market, bars_of, quotes_of

KINDS = ("market", "limit", "stop", "stop-limit", "trailing")


def _attempts(market: Market, monkeypatch: pytest.MonkeyPatch, steps: int) -> int:
    """How many tickets the next ``steps`` rows try."""
    tried = []
    really = Executions.attempt

    def counted(*arguments: object) -> None:
        tried.append(arguments)
        really(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Executions, "attempt", counted)
    market.step(steps)
    return len(tried)


def test_a_row_far_from_every_resting_order_tries_none(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Market(["100 101 99 100"] * 6).step()
    market.buy(1, "limit", limit_price="90")
    market.sell(1, "stop", stop_price="90")
    market.sell(1, "limit", limit_price="110")
    market.step()
    assert _attempts(market, monkeypatch, 3) == 0


def test_a_row_that_touches_one_resting_order_tries_them_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market = Market([*["100 101 99 100"] * 2, "100 101 90 95"]).step()
    near = market.buy(1, "limit", limit_price="90")
    market.buy(1, "limit", limit_price="80")
    market.step()
    assert _attempts(market, monkeypatch, 1) == 2
    assert near.status is Status.FILLED


def test_an_order_that_was_changed_is_tried_at_the_next_row() -> None:
    market = Market([*["100 101 99 100"] * 4]).step()
    order = market.buy(1, "limit", limit_price="90")
    market.step()
    market.change(order, limit_price="99.50")
    market.step()
    assert market.fills(order) == [(2, "1", "99.50")]


def test_quotes_whose_bid_is_above_their_ask_still_reach_a_resting_order() -> None:
    market = Market(quotes_of(["100 101", "100 101", "100 95"])).step()
    order = market.buy(1, "limit", limit_price="96")
    market.step(2)
    assert order.status is Status.FILLED


def test_beside_an_order_at_rest_the_stop_of_a_group_is_still_tried_first() -> None:
    calendar = DailySession(100 * MINUTE_NS)
    market = Market([*["100 101 99 100"] * 2, "100 106 94 100"], calendar=calendar).step()
    market.buy(1, "limit", limit_price="50")
    group = {"tif": "DAY", "oco_group_id": "one"}  # what time ends never rests
    target = market.sell(1, "limit", limit_price="105", **group)
    guard = market.sell(1, "stop", stop_price="95", **group)
    market.step(2)
    assert (guard.status, target.status) == (Status.FILLED, Status.CANCELLED)


@pytest.mark.parametrize("seed", range(120))
def test_a_book_that_tries_every_order_at_every_row_has_the_same_tape(seed: int) -> None:
    with patch.object(Reach, "touches", lambda *_: True):
        exhaustive = _random_run(seed)
    assert _random_run(seed) == exhaustive


def _random_run(seed: int) -> bytes:
    """The digest of a run in which orders of every kind come, change and go."""
    random = Random(seed)
    series: list[Bars | Quotes] = [bars_of(_walk(random))]
    if random.random() < 0.5:
        series.append(quotes_of(_quotes(random), scale=1))
    market = Market(
        series,
        participation=Decimal(random.choice(["0", "0.5"])),
        penetration_ticks=random.choice([0, 20]),
        latency_ns=random.choice([0, MINUTE_NS // 2]),
        exits=random.choice(["next-bar", "same-bar"]),
    )
    while market.backtest.advance() is not None:
        for _ in range(random.randrange(3)):
            try:
                _act(market, random)
            except EngineError:
                pass  # what is refused is part of the run
    return market.engine.tape.digest()


def _walk(random: Random) -> list[str]:
    rows, price = [], 1000
    for _ in range(60):
        close = price + random.randint(-9, 9)
        low, high = min(price, close) - random.randint(0, 4), max(price, close) + 3
        rows.append(f"{price / 10} {high / 10} {low / 10} {close / 10} {random.randint(1, 40)}")
        price = close + random.randint(-3, 3)
    return rows


def _quotes(random: Random) -> list[str]:
    """Sides that may cross, and now and then one that is not known."""
    rows, middle = [], 1000
    for _ in range(60):
        bid, ask = middle - random.randint(-1, 3), middle + random.randint(-1, 3)
        rows.append(f"{random.choice([bid] * 9 + [0]) / 10} {ask / 10}")
        middle += random.randint(-6, 6)
    return rows


def _act(market: Market, random: Random) -> None:
    working = market.engine.state.working(market.account)
    if working and random.random() < 0.4:
        order = random.choice(working)
        if random.random() < 0.4:
            market.cancel(order)
        elif order.limit_price is not None:
            market.change(order, limit_price=_price(random))
        elif order.stop_price is not None:
            market.change(order, stop_price=_price(random))
        return
    kind = random.choice(KINDS)
    fields: dict[str, str] = {"tif": random.choice(["GTC", "GTC", "DAY", "IOC"])}
    if "limit" in kind:
        fields["limit_price"] = _price(random)
    if "stop" in kind:
        fields["stop_price"] = _price(random)
    if kind == "trailing":
        fields["trailing_distance"] = "1.5"
    buys = random.random() < 0.5
    if random.random() < 0.2:
        fields["oco_group_id"] = random.choice(["one", "two", "three"])
    elif random.random() < 0.5:
        below, above = f"{random.randint(900, 985) / 10}", f"{random.randint(1015, 1100) / 10}"
        fields["stop_loss"], fields["take_profit"] = (below, above) if buys else (above, below)
    place = market.buy if buys else market.sell
    place(random.randint(1, 30), kind, **fields)


def _price(random: Random) -> str:
    """Near the market, and finer than its digits."""
    return f"{random.randint(9600, 10400) / 100}"
