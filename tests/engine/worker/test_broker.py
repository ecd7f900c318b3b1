"""The verbs of ctx.broker do what the Trading API does, exactly and without look-ahead."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import (
    InvalidRequest,
    OrderNotFound,
    OrderNotModifiable,
    OrderRefused,
    PositionNotFound,
    SymbolNotFound,
)
from engine.market.timeframes import MINUTE_NS
from engine.values import OrderType, PositionMode, Role, Side, Status, TimeInForce, TrailingType
from engine.worker.broker import Broker
from tests.adapters.brokers.simulator.kit import bars_of
from tests.engine.worker.kit import Trial, prices, series


def trial(*closes: int) -> tuple[Trial, Broker]:
    """A market that has shown its first bar, and the verbs."""
    made = Trial("def setup(ctx): pass", prices(*closes))
    made.step()
    return made, made.run.ctx.broker


def test_submit_takes_the_fields_of_the_api_in_any_spelling() -> None:
    _, broker = trial(10, 10)
    order = broker.submit(
        "aapl",
        "sell",
        2.5,
        "stop_limit",
        limit_price="8.5",
        stop_price=9,
        time_in_force="day",
        client_order_id="mine",
        stop_loss=9.5,
        take_profit=Decimal(7),
        hidden=True,
    )
    request = order.request
    assert (request.symbol, request.side, request.quantity) == ("AAPL", Side.SELL, Decimal("2.5"))
    assert (request.limit_price, request.stop_price) == (Decimal("8.5"), Decimal(9))
    assert request.time_in_force is TimeInForce.DAY
    assert (request.client_order_id, request.hidden) == ("mine", True)
    assert (request.stop_loss, request.take_profit) == (Decimal("9.5"), Decimal(7))
    trailing = broker.submit(
        "AAPL", "SELL", 1, "TRAILING_STOP", trailing_distance=2, trailing_type="percent"
    )
    assert trailing.request.trailing_type is TrailingType.PERCENT


def test_a_field_that_is_none_is_not_set_and_one_that_is_unknown_is_refused() -> None:
    _, broker = trial(10, 10)
    unset: dict[str, Any] = {"limit_price": None}  # what workers pass on
    assert broker.submit("AAPL", "BUY", 1, **unset).order_type is OrderType.MARKET
    with pytest.raises(InvalidRequest, match="price is '3'; expected one of the fields"):
        broker.submit("AAPL", "BUY", 1, price=3)  # type: ignore[call-arg]  # the point


def test_an_order_is_a_copy_that_shows_how_it_stood() -> None:
    made, broker = trial(10, 11)
    order = broker.submit("AAPL", "BUY", 1)
    made.step()
    assert order.status is Status.OPEN
    assert broker.order(order).status is Status.FILLED
    order.quantity = Decimal(99)
    assert broker.order(order.id).quantity == 1


def test_orders_are_changed_and_cancelled_by_id_or_by_themselves() -> None:
    _, broker = trial(10, 10)
    order = broker.submit("AAPL", "BUY", 1, "LIMIT", limit_price=5)
    assert broker.modify(order, quantity=3, limit_price=6).limit_price == 6
    other = broker.submit("AAPL", "BUY", 1, "LIMIT", limit_price=4)
    assert [each.id for each in broker.orders()] == [order.id, other.id]
    assert broker.cancel(order.id).status is Status.CANCELLED
    assert [each.id for each in broker.cancel_all("AAPL")] == [other.id]
    assert broker.orders("AAPL") == []
    assert [each.id for each in broker.history()] == [order.id, other.id]
    assert [each.id for each in broker.history("AAPL", limit=1)] == [other.id]


def test_positions_are_closed_by_symbol_by_id_or_by_themselves() -> None:
    made, broker = trial(10, 10, 11, 12, 13)
    broker.submit("AAPL", "BUY", 6)
    made.step()
    held = broker.position("AAPL")
    assert held is not None
    assert (broker.positions(), held.quantity) == ([held], Decimal(6))
    assert broker.close("AAPL", 1).quantity == 1
    assert broker.close(held.id, quantity="2", limit_price=20).limit_price == 20
    assert broker.close(held, cancel_exits=False).quantity == 6
    made.step()
    assert broker.position("AAPL") is None
    with pytest.raises(PositionNotFound):
        broker.close("AAPL")
    with pytest.raises(PositionNotFound):
        broker.close("nothing of the kind")


def test_close_all_closes_and_protect_gives_exits() -> None:
    made, broker = trial(10, 10, 10)
    broker.submit("AAPL", "BUY", 6)
    made.step()
    legs = broker.protect("AAPL", stop_loss="8", take_profit=12.5)
    assert {role: orders[0].quantity for role, orders in legs.items()} == {
        Role.STOP_LOSS: 6,
        Role.TAKE_PROFIT: 6,
    }
    assert len(broker.protect("AAPL", take_profit=13)) == 1
    assert len(broker.protect("AAPL", stop_loss=7)) == 1
    assert [each.role for each in broker.close_all("AAPL")] == [Role.CLOSE]


def test_with_hedging_a_symbol_means_its_oldest_position() -> None:
    made, broker = trial(10, 10, 10)
    made.engine.account(made.account).position_mode = PositionMode.HEDGING
    first = broker.submit("AAPL", "BUY", 1)
    broker.submit("AAPL", "SELL", 2)
    made.step()
    assert len(broker.positions("AAPL")) == 2
    assert broker.close("AAPL").request.position_id == broker.order(first).position_id


def test_fills_and_the_account_are_shown() -> None:
    made, broker = trial(10, 11, 12)
    broker.submit("AAPL", "BUY", 10)
    made.step(2)
    (fill,) = broker.trades()
    assert (fill.price, fill.quantity) == (Decimal(11), Decimal(10))
    assert broker.trades("AAPL", limit=0) == []
    account = broker.account()
    assert (account.unrealized_pnl, account.equity) == (Decimal(10), Decimal(1_000_010))


def test_quotes_and_bars_are_of_the_present_and_the_past_only() -> None:
    made = Trial("def setup(ctx): pass", series(bars_of(["1 1 1 1", "2 2 2 2", "3 3 3 3"])))
    broker = made.run.ctx.broker
    made.step(2)
    assert broker.quote("AAPL").last == 2
    assert [bar.close for bar in broker.bars("AAPL")] == [1, 2]
    future = datetime(2100, 1, 1, tzinfo=UTC)
    assert [bar.close for bar in broker.bars("AAPL", "1m", end=future)] == [1, 2]
    assert broker.bars("AAPL", start=future) == []
    assert [bar.close for bar in broker.bars("AAPL", limit=1)] == [2]
    assert [bar.open for bar in broker.bars("AAPL", "2m", start=0, end=MINUTE_NS)] == [1]
    with pytest.raises(InvalidRequest, match="timeframe is '7m'"):
        broker.bars("AAPL", "7m")
    with pytest.raises(SymbolNotFound):
        broker.bars("MSFT")


def test_errors_are_the_engines_own() -> None:
    _, broker = trial(10, 10)
    with pytest.raises(OrderNotFound):
        broker.order("ord_0000009999")
    with pytest.raises(OrderRefused, match="margin"):
        broker.submit("AAPL", "BUY", 10_000_000)
    order = broker.submit("AAPL", "BUY", 1)
    broker.cancel(order)
    with pytest.raises(OrderNotModifiable):
        broker.cancel(order)
