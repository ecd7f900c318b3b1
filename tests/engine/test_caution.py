"""While something is in doubt, an order passes only if it shrinks the position wherever the truth
lies.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import reports
from engine.caution import bounds, objection, reserved
from engine.errors import OrderNotModifiable, OrderRefused
from engine.orders import Order
from engine.ports import Cancel
from engine.requests import OrderChange
from engine.statements import Holding
from engine.values import RejectReason, Side, Status
from tests.builders import AAPL, Market, Number, dec, figures, order
from tests.engine.remote import ACCOUNT, Remote


def holding(quantity: Number = 10) -> Remote:
    """A connected world that holds AAPL."""
    world = Remote()
    world.books.others["AAPL"] = Holding(dec(quantity), dec(quantity) * 100)
    return world.connect()


def unknown(world: Remote, side: Side, quantity: int, symbol: str = "AAPL") -> Order:
    """An order of unknown outcome."""
    request = order(symbol, side, quantity, limit_price=100)
    one = world.engine.submit(ACCOUNT, request)
    world.engine.report(reports.OutcomeUnknown(one.id, "timeout"))
    return one


def test_an_unknown_order_blocks_new_risk_in_its_symbol_and_says_why() -> None:
    world = holding()
    one = unknown(world, Side.BUY, 5)
    with pytest.raises(
        OrderRefused, match=f"no new risk in AAPL: what became of order {one.id}"
    ) as it:
        world.engine.submit(ACCOUNT, order())
    assert it.value.reason is RejectReason.UNKNOWN
    refused = list(world.engine.state.orders.values())[-1]
    assert refused.status is Status.REJECTED
    assert world.engine.submit(ACCOUNT, order("EUR/USD", limit_price=1)).status is Status.PENDING


@pytest.mark.parametrize(
    ("unknowns", "side", "quantity", "passes"),
    [
        ([(Side.BUY, 5)], Side.SELL, 10, True),
        ([(Side.BUY, 5)], Side.SELL, 11, False),
        ([(Side.BUY, 5)], Side.BUY, 1, False),
        ([(Side.SELL, 4)], Side.SELL, 6, True),
        ([(Side.SELL, 4)], Side.SELL, 7, False),
        ([(Side.SELL, 10)], Side.SELL, 1, False),
        ([(Side.SELL, 4), (Side.SELL, 4)], Side.SELL, 2, True),
        ([(Side.SELL, 4), (Side.BUY, 4)], Side.SELL, 7, False),
    ],
)
def test_unknown_orders_count_as_filled_and_as_not_filled(
    unknowns: list[tuple[Side, int]], side: Side, quantity: int, passes: bool
) -> None:
    world = holding(10)
    state = world.engine.state
    orders = [
        world.engine.submit(ACCOUNT, order("AAPL", *each, limit_price=100)) for each in unknowns
    ]
    for one in orders:
        world.engine.report(reports.OutcomeUnknown(one.id, "timeout"))
    found = objection(state, world.account, "AAPL", side, dec(quantity))
    assert (found is None) is passes


@given(
    st.integers(-20, 20),
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 10)), min_size=1, max_size=3),
    st.sampled_from(Side),
    st.integers(1, 25),
)
def test_what_passes_never_adds_to_a_position_whatever_filled(
    held: int, unknowns: list[tuple[Side, int]], side: Side, quantity: int
) -> None:
    world = holding(held)
    orders = [
        world.engine.submit(ACCOUNT, order("AAPL", *each, limit_price=1)) for each in unknowns
    ]
    for one in orders:
        world.engine.report(reports.OutcomeUnknown(one.id, "timeout"))
    passes = objection(world.engine.state, world.account, "AAPL", side, dec(quantity)) is None
    change = quantity if side is Side.BUY else -quantity
    outcomes = {held}
    for way, size in unknowns:
        signed = size if way is Side.BUY else -size
        outcomes |= {each + signed for each in outcomes}
    shrinks = all(
        abs(each + change) <= abs(each) and each * (each + change) >= 0 for each in outcomes
    )
    assert passes is shrinks
    least, most = bounds(world.engine.state, world.account, "AAPL")
    assert figures(least, most) == (min(outcomes), max(outcomes))


def test_a_disputed_position_is_a_range_too() -> None:
    world = holding(10)
    world.books.others["AAPL"] = Holding(dec(6), dec(600))
    world.now += 1
    world.reconcile()
    assert figures(*bounds(world.engine.state, world.account, "AAPL")) == (6, 10)
    state, account = world.engine.state, world.account
    assert objection(state, account, "AAPL", Side.SELL, dec(6)) is None
    told = objection(state, account, "AAPL", Side.SELL, dec(7))
    assert told is not None
    assert "between 6 and 10" in told


def test_a_working_order_in_doubt_may_not_grow_and_may_be_cancelled() -> None:
    world = holding()
    one = world.working()
    unknown(world, Side.BUY, 5)
    with pytest.raises(OrderNotModifiable, match="no new risk"):
        world.engine.modify(ACCOUNT, one.id, OrderChange(quantity=dec(11)))
    world.engine.modify(ACCOUNT, one.id, OrderChange(quantity=dec(9)))
    world.engine.cancel(ACCOUNT, one.id)
    assert isinstance(world.engine.outbox[-1], Cancel)


def test_an_unknown_order_takes_its_margin_from_every_other() -> None:
    world = Remote().connect()
    one = unknown(world, Side.BUY, 900)
    state, account, prices = world.engine.state, world.account, world.engine.prices
    assert reserved(state, account, world.engine.instrument, prices) == 90_000
    with pytest.raises(OrderRefused, match="more margin than is free"):
        world.engine.submit(ACCOUNT, order("EUR/USD", quantity=10_001, limit_price=1))
    world.engine.submit(ACCOUNT, order("EUR/USD", quantity=10_000, limit_price=1))
    world.engine.report(reports.Cancelled(one.id))
    world.engine.submit(ACCOUNT, order("EUR/USD", quantity=90_000, limit_price=1))


def test_a_price_below_zero_takes_margin_all_the_same() -> None:
    world = Remote().connect()
    one = world.engine.submit(ACCOUNT, order("AAPL", Side.SELL, 5))
    world.engine.report(reports.OutcomeUnknown(one.id, "timeout"))
    state, terms = world.engine.state, world.engine.instrument
    assert reserved(state, world.account, terms, Market(AAPL=-40)) == 200


def test_where_no_price_is_known_nothing_can_be_reserved() -> None:
    world = Remote().connect()
    request = order("EUR/USD", quantity=5)
    one = world.engine.submit(ACCOUNT, request)
    world.engine.report(reports.OutcomeUnknown(one.id, "timeout"))
    state, prices = world.engine.state, world.engine.prices
    assert reserved(state, world.account, lambda _: AAPL, prices) == Decimal(0)
    world.engine.submit(ACCOUNT, order("AAPL", quantity=1))
