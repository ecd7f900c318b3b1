"""What holds for any market and any orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OrderRefused
from engine.events import OrderTrailed
from engine.market.timeframes import MINUTE_NS
from engine.orders import Order
from engine.trades import Trade
from engine.values import OrderType, Side, TimeInForce
from tests.adapters.brokers.simulator.kit import Market

PRICES = st.integers(9_000, 11_000)
CENT = Decimal("0.01")


class Plan(NamedTuple):
    """One order, and the step it is placed after."""

    step: int
    side: str
    kind: str
    quantity: int
    first: int
    second: int
    tif: str
    exits: bool


BARS = st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES, st.integers(0, 500)), min_size=2)
PLANS = st.lists(
    st.builds(
        Plan,
        st.integers(0, 8),
        st.sampled_from(["buy", "sell"]),
        st.sampled_from(["market", "limit", "stop", "stop-limit", "trailing"]),
        st.integers(1, 40),
        PRICES,
        PRICES,
        st.sampled_from(["GTC", "DAY", "IOC", "FOK"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def _live(bars: list[tuple[int, ...]], plans: list[Plan], **options: Any) -> Market:
    """Place each plan after its step and live through all bars."""
    rows = []
    for open_, one, two, close, volume in bars:
        prices = (open_, max(open_, one, two, close), min(open_, one, two, close), close)
        rows.append(" ".join([*(str(price * CENT) for price in prices), str(volume)]))
    market = Market(rows, leverage=Decimal(10), **options)
    for step in range(len(rows)):
        market.step()
        for plan in plans:
            if plan.step == step:
                _place(market, plan)
    return market


def _place(market: Market, plan: Plan) -> None:
    fields: dict[str, str] = {"tif": plan.tif}
    first, second = str(plan.first * CENT), str(plan.second * CENT)
    if plan.kind == "limit":
        fields["limit_price"] = first
    elif plan.kind == "trailing":
        fields["trailing_distance"] = str((plan.first - 8_990) * CENT)
    elif plan.kind != "market":
        fields["stop_price"] = first
        if plan.kind == "stop-limit":
            fields["limit_price"] = second
    if plan.exits:
        low, high = "80", "120"
        fields["stop_loss"], fields["take_profit"] = (
            (low, high) if plan.side == "buy" else (high, low)
        )
    place = market.buy if plan.side == "buy" else market.sell
    try:
        place(plan.quantity, plan.kind, **fields)
    except OrderRefused:
        return  # a market order too large for the account: nothing to see


def _trades(market: Market) -> list[tuple[Trade, Order]]:
    state = market.engine.state
    return [(trade, state.orders[trade.order_id]) for trade in state.trades.values()]


@given(BARS, PLANS)
def test_without_friction_every_fill_lies_inside_its_bar(
    bars: list[tuple[int, ...]], plans: list[Plan]
) -> None:
    market = _live(bars, plans)
    for trade, order in _trades(market):
        *prices, _ = bars[trade.executed_at // MINUTE_NS]
        assert min(prices) * CENT <= trade.price <= max(prices) * CENT
        assert trade.executed_at >= order.created_at


@given(BARS, PLANS, st.sampled_from(["next-bar", "same-bar"]))
def test_no_order_fills_more_than_it_asked_and_a_bar_no_more_than_its_share(
    bars: list[tuple[int, ...]], plans: list[Plan], exits: str
) -> None:
    market = _live(bars, plans, participation=Decimal("0.25"), exits=exits)
    by_bar: dict[int, Decimal] = {}
    for trade, order in _trades(market):
        assert order.filled <= order.quantity
        bar = trade.executed_at // MINUTE_NS
        by_bar[bar] = by_bar.get(bar, Decimal(0)) + trade.quantity
    assert all(traded * 4 <= bars[bar][4] for bar, traded in by_bar.items())
    for order in market.engine.state.orders.values():
        if order.request.time_in_force is TimeInForce.FOK:
            assert order.filled in (0, order.quantity)


@given(BARS, PLANS, st.integers(0, 100), st.integers(0, 20))
def test_a_limit_is_never_passed_and_a_stop_never_beaten(
    bars: list[tuple[int, ...]], plans: list[Plan], bps: int, ticks: int
) -> None:
    market = _live(bars, plans, slippage_bps=Decimal(bps), slippage_ticks=ticks)
    for trade, order in _trades(market):
        sign = 1 if order.side is Side.BUY else -1
        if order.limit_price is not None:
            assert (trade.price - order.limit_price) * sign <= 0
        if order.order_type is OrderType.STOP and order.stop_price is not None:
            assert (trade.price - order.stop_price) * sign >= 0


@given(BARS, PLANS)
def test_a_trailing_stop_never_retreats(bars: list[tuple[int, ...]], plans: list[Plan]) -> None:
    market = _live(bars, plans)
    levels: dict[str, list[Decimal]] = {}
    for record in market.engine.tape.records():
        if isinstance(record.event, OrderTrailed):
            levels.setdefault(record.event.order_id, []).append(record.event.stop_price)
    for order_id, moves in levels.items():
        falling = market.engine.state.orders[order_id].side is Side.BUY
        assert moves == sorted(set(moves), reverse=falling)


@given(BARS, PLANS)
def test_exits_never_turn_a_position(bars: list[tuple[int, ...]], plans: list[Plan]) -> None:
    """A filled exit closes: the position it met had the other sign, and was at least as large."""
    market = _live(bars, plans, participation=Decimal("0.25"))
    held = Decimal(0)
    for trade, order in _trades(market):
        change = trade.quantity if order.side is Side.BUY else -trade.quantity
        if order.is_exit:
            assert held * change < 0
            assert abs(change) <= abs(held)
        held += change
