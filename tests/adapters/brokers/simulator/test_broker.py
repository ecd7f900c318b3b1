"""The broker's answers: what it takes, what it turns down, and what it is after a restart."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from adapters.brokers.simulator.broker import SimulatedBroker, default_capabilities
from adapters.brokers.simulator.options import SimulatorOptions
from engine.errors import InvalidRequest, OrderNotModifiable, OrderRefused
from engine.market.timeframes import MINUTE_NS
from engine.orders import new_order
from engine.ports import Cancel, Modify, Submit
from engine.reports import CancelRejected, ModifyRejected, Rejected
from engine.requests import OrderChange, OrderRequest
from engine.values import Holder, OrderType, RejectReason, Side, Status, TimeInForce
from tests.adapters.brokers.simulator.kit import DailySession, Market, quotes_of, rule

QUIET = "100 101 99 100"


@rule("post-only")
@pytest.mark.parametrize(("side", "price"), [("buy", "100"), ("sell", "100"), ("buy", "105")])
def test_a_post_only_limit_that_would_trade_at_once_is_rejected(side: str, price: str) -> None:
    market = Market([QUIET, QUIET]).step()
    place = market.buy if side == "buy" else market.sell
    with pytest.raises(OrderRefused) as refusal:
        place(10, "limit", limit_price=price, post_only=True)
    assert refusal.value.reason is RejectReason.POST_ONLY_VIOLATED


def test_a_post_only_limit_that_rests_is_a_maker_even_over_a_gap() -> None:
    market = Market([QUIET, "97 98 96 97"], slippage_ticks=5).step()
    market.buy(10, "limit", limit_price="99", post_only=True)
    market.step()
    assert (market.fills(), market.makers()) == ([(1, "10", "97.00")], [True])


def test_a_post_only_limit_placed_before_any_price_is_taken() -> None:
    market = Market([QUIET])
    assert market.buy(10, "limit", limit_price="200", post_only=True).status is Status.OPEN


def test_a_step_done_before_anything_is_due_does_nothing() -> None:
    market = Market([QUIET, QUIET]).step()
    market.broker.step_done(market.engine.now)
    assert market.facts() == []


def test_a_post_only_limit_is_judged_against_the_quote_where_there_is_one() -> None:
    market = Market(quotes_of(["99 101", "99 101"])).step()
    market.buy(10, "limit", limit_price="100.5", post_only=True)
    with pytest.raises(OrderRefused):
        market.buy(10, "limit", limit_price="101", post_only=True)


def test_a_post_only_limit_can_not_be_moved_to_where_it_would_trade() -> None:
    market = Market([QUIET, QUIET]).step()
    order = market.buy(10, "limit", limit_price="99", post_only=True)
    with pytest.raises(OrderNotModifiable, match="post-only"):
        market.change(order, limit_price="100")
    market.change(order, limit_price="99.5")
    market.change(order, quantity="5")
    assert [order.limit_price, order.quantity] == [Decimal("99.5"), 5]


@rule("max-leverage")
def test_leverage_above_the_options_maximum_is_refused() -> None:
    market = Market([QUIET, QUIET], max_leverage=Decimal(5)).step()
    market.buy(10, leverage=Decimal(5))
    with pytest.raises(InvalidRequest, match="at most 5"):
        market.buy(10, leverage=Decimal(6))


def test_a_changed_quantity_counts_what_is_filled_already() -> None:
    rows = [QUIET, "100 101 99 100 40", *[QUIET] * 2]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(10)
    market.step()
    market.change(order, quantity="6")
    market.step()
    assert (str(order.filled), order.status) == ("6", Status.FILLED)


def test_a_quantity_changed_to_what_is_filled_ends_the_order() -> None:
    rows = [QUIET, "100 101 99 100 40", QUIET]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(10)
    market.step()
    market.change(order, quantity="4")
    assert order.status is Status.FILLED
    assert "AAPL" not in market.broker.watched


def test_an_order_that_does_not_work_here_can_be_neither_changed_nor_cancelled() -> None:
    market = Market([QUIET])
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.MARKET)
    order = new_order("ord_9", "A", request, 0)
    (changed,) = market.broker.send(Modify(order, OrderChange(quantity=Decimal(2))))
    (cancelled,) = market.broker.send(Cancel(order))
    assert isinstance(changed, ModifyRejected)
    assert isinstance(cancelled, CancelRejected)


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        (OrderType.MARKET, OrderChange(limit_price=Decimal(1)), "no such field"),
        (OrderType.LIMIT, OrderChange(stop_price=Decimal(1)), "no such field"),
        (OrderType.STOP_LIMIT, OrderChange(stop_price=Decimal(1)), "reached already"),
    ],
)
def test_a_change_that_makes_no_sense_is_turned_down(
    kind: OrderType, change: OrderChange, words: str
) -> None:
    market = Market([QUIET])
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), kind, Decimal(1), Decimal(1))
    order = new_order("ord_9", "A", request, 0)
    order.triggered = kind is OrderType.STOP_LIMIT
    market.broker.send(Submit(order))
    (answer,) = market.broker.send(Modify(order, change))
    assert isinstance(answer, ModifyRejected)
    assert words in answer.message


def test_what_the_capabilities_leave_out_is_rejected() -> None:
    market = Market([QUIET], without_trailing=True)
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.TRAILING_STOP)
    (answer,) = market.broker.send(Submit(new_order("ord_9", "A", request, 0)))
    assert answer == Rejected("ord_9", RejectReason.UNKNOWN, "no TRAILING_STOP GTC orders here")


def test_a_day_order_past_the_end_of_the_calendar_is_rejected() -> None:
    market = Market([QUIET] * 3, calendar=DailySession(MINUTE_NS, last=MINUTE_NS)).step()
    with pytest.raises(OrderRefused, match="past the calendar's end") as refusal:
        market.buy(10, tif="DAY")
    assert refusal.value.reason is RejectReason.MARKET_CLOSED
    assert "AAPL" not in market.broker.watched


def test_a_broker_without_orders_has_nothing_due() -> None:
    market = Market([QUIET] * 2).step()
    assert market.broker.next_due > 2**62
    assert "AAPL" not in market.broker.watched


def test_a_symbol_works_while_it_has_an_order() -> None:
    market = Market([QUIET] * 2).step()
    order = market.buy(10)
    assert "AAPL" in market.broker.watched
    market.cancel(order)
    assert "AAPL" not in market.broker.watched


def _restarted(market: Market) -> SimulatedBroker:
    """A new broker in the place of the old one, its books rebuilt from the engine's orders."""
    broker = SimulatedBroker(
        market.broker.options, calendar_of=lambda _: DailySession(2 * MINUTE_NS)
    )
    broker.attach(market.engine)
    broker.restore(market.engine.state.working())
    market.engine.local[market.account] = broker
    market.backtest.broker = broker
    return broker


ROWS = [
    QUIET,
    "100 103 98.50 102 40",
    "102 104 100.50 103 40",
    "101 102 97 98 40",
    "98 99 95 96 400",
    "96 106 95 105 4000",
]


def _orders(market: Market) -> None:
    market.buy(10, stop_loss="90", take_profit="104")
    market.sell(7, "trailing", trailing_distance="3")
    market.buy(9, "stop-limit", stop_price="102.5", limit_price="99")
    market.buy(3, "limit", limit_price="95.5", tif="DAY")
    market.buy(3, "stop", stop_price="103.5")
    market.sell(2, "limit", limit_price="103")


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_restart_at_any_step_changes_no_fact(after: int) -> None:
    whole = Market(ROWS, participation=Decimal("0.1"), slippage_ticks=1).step()
    _orders(whole)
    whole.to_the_end()
    broken = Market(ROWS, participation=Decimal("0.1"), slippage_ticks=1).step()
    _orders(broken)
    broken.step(after - 1)
    _restarted(broken)
    broken.to_the_end()
    assert broken.facts() == whole.facts()
    assert broken.engine.tape.digest() == whole.engine.tape.digest()


def test_orders_that_the_engine_still_holds_or_that_ended_are_not_restored() -> None:
    market = Market([QUIET] * 2).step()
    request = OrderRequest("AAPL", Side.SELL, Decimal(1), OrderType.TRAILING_STOP)
    held = new_order("ord_8", "A", request, 0, holder=Holder.ENGINE)
    ended = new_order("ord_9", "A", request, 0)
    ended.status = Status.CANCELLED
    market.broker.restore([held, ended])
    assert "AAPL" not in market.broker.watched
    held.triggered = True
    market.broker.restore([held])
    assert "AAPL" in market.broker.watched


def test_the_simulator_can_do_everything_but_brackets_and_groups_by_itself() -> None:
    can = default_capabilities(SimulatorOptions())
    assert set(can.order_types) == set(OrderType)
    assert set(can.times_in_force) == set(TimeInForce)
    flags = {name for name in can.__struct_fields__ if getattr(can, name) is False}
    assert flags == {"brackets", "oco", "cancel_on_disconnect", "terms"}
    assert msgspec.structs.asdict(can)["max_leverage"] == 20
