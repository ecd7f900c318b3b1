"""What becomes of single orders: taken, resting, filled, ended, changed, cancelled, refused.

Whether a broker claims an order is judged here too, by its capabilities alone: a claimed one must
do what its kind promises, and one that is not claimed must be refused before anything is written.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import OrderNotModifiable, UnsupportedOperation
from engine.ports import Capabilities
from engine.requests import OrderChange
from engine.values import Holder, Side, Status, TimeInForce
from tests.builders import order as a_request
from tests.contract.bench import STEPS, Bench
from tests.contract.cases import Cases

DAY, IOC, FOK = TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK
OPEN, FILLED, CANCELLED, EXPIRED = Status.OPEN, Status.FILLED, Status.CANCELLED, Status.EXPIRED
RESTING: dict[str, dict[str, Any]] = {
    "limit": {"limit_price": "98.00"},
    "stop": {"stop_price": "103.00"},
    "stop-limit": {"stop_price": "101.50", "limit_price": "102.00"},
    "trailing": {"trailing_distance": "3.00"},
    "day": {"limit_price": "98.00", "time_in_force": DAY},
    "post-only": {"limit_price": "98.00", "post_only": True},
    "hidden": {"limit_price": "98.00", "hidden": True},
    "iceberg": {"limit_price": "98.00", "display_quantity": "5"},
}
"""Orders that the rising market does not reach."""
FILLING: dict[str, tuple[dict[str, Any], str, str]] = {
    "market": ({}, "100.00", "101.00"),
    "limit": ({"limit_price": "100.60"}, "100.00", "100.60"),
    "stop": ({"stop_price": "100.50"}, "100.50", "101.00"),
    "stop-limit": ({"stop_price": "100.50", "limit_price": "100.90"}, "100.50", "100.90"),
    "trailing": ({"trailing_distance": "0.30"}, "100.30", "101.00"),
    "short": ({"side": Side.SELL, "limit_price": "100.50"}, "100.50", "101.00"),
}
"""Orders that it fills, with the lowest and the highest price that may come of them."""


def claims(capabilities: Capabilities, fields: dict[str, Any]) -> bool:
    """Whether a broker claims orders like this, or the engine holds them in its place."""
    request = a_request(**fields)
    return (
        (request.order_type in capabilities.order_types or "trailing_distance" in fields)
        and request.time_in_force in capabilities.times_in_force
        and (request.side is Side.BUY or capabilities.short_selling)
        and (not request.post_only or capabilities.post_only)
        and (not request.hidden or capabilities.hidden)
        and (request.display_quantity is None or capabilities.iceberg)
    )


def claimed(bench: Bench, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, unless the broker does not claim such an order: then the case is skipped."""
    if not claims(bench.capabilities, fields):
        pytest.skip("the broker does not claim it")
    return fields


def unclaimed(capabilities: Capabilities) -> list[dict[str, Any]]:
    """Orders to buy that a broker does not claim, and that the engine has nothing in place of."""
    lives = [{"limit_price": "98.00", "time_in_force": life} for life in TimeInForce]
    known = [*RESTING.values(), *lives]
    return [fields for fields in known if not claims(capabilities, fields)]


class OrderCases(Cases):
    """One order at a time."""

    @pytest.mark.parametrize("kind", RESTING)
    async def test_an_order_is_accepted_rests_and_is_cancelled(
        self, bench: Bench, kind: str
    ) -> None:
        order = await bench.opened(**claimed(bench, RESTING[kind]))
        is_native = order.order_type in bench.capabilities.order_types
        assert order.holder is (Holder.BROKER if is_native else Holder.ENGINE)
        await bench.rise()
        assert order.status is OPEN
        await bench.cancelled(order)
        assert bench.trades(order) == []
        await bench.agree()

    @pytest.mark.parametrize("kind", FILLING)
    async def test_an_order_fills_whole_and_at_no_worse_a_price_than_it_may(
        self, bench: Bench, kind: str
    ) -> None:
        fields, lowest, highest = FILLING[kind]
        order = await bench.opened(**claimed(bench, fields))
        await bench.rise(STEPS)
        await bench.reached(order, FILLED)
        price = order.average_fill_price
        assert price is not None
        assert Decimal(lowest) <= price <= Decimal(highest)
        assert sum(one.quantity for one in bench.trades(order)) == order.quantity
        assert bench.position == (10 if order.side is Side.BUY else -10)
        await bench.agree()

    async def test_what_is_not_claimed_is_refused_and_nothing_is_written(
        self, bench: Bench
    ) -> None:
        before = bench.head
        for fields in unclaimed(bench.capabilities):
            with pytest.raises(UnsupportedOperation):
                bench.place(**fields)
        assert bench.head == before

    @pytest.mark.parametrize("life", [IOC, FOK])
    async def test_an_immediate_order_that_finds_nothing_ends_without_a_fill(
        self, bench: Bench, life: TimeInForce
    ) -> None:
        fields = claimed(bench, {"limit_price": "98.00", "time_in_force": life})
        order = await bench.opened(**fields)
        await bench.rise()
        await bench.reached(order, CANCELLED, EXPIRED)
        assert bench.position == 0
        await bench.agree()

    @pytest.mark.parametrize("life", [IOC, FOK])
    async def test_an_immediate_order_that_the_market_meets_fills_at_once(
        self, bench: Bench, life: TimeInForce
    ) -> None:
        fields = claimed(bench, {"limit_price": "100.60", "time_in_force": life})
        order = await bench.opened(**fields)
        await bench.rise()
        await bench.reached(order, FILLED)
        assert bench.position == 10
        await bench.agree()

    async def test_a_change_holds_and_the_order_fills_on_its_new_terms(self, bench: Bench) -> None:
        order = await bench.opened(limit_price="98.00")
        quantity, price = Decimal(7), Decimal("100.60")
        bench.engine.modify(bench.account, order.id, OrderChange(quantity, price))
        await bench.until(
            lambda: (order.quantity, order.limit_price) == (quantity, price), "the change holds"
        )
        assert order.status is OPEN
        assert bench.capabilities.replace_keeps_id == (len(order.broker_ids) <= 1)
        await bench.rise()
        await bench.reached(order, FILLED)
        assert bench.position == 7
        await bench.agree()

    async def test_a_filled_order_is_neither_cancelled_nor_changed(self, bench: Bench) -> None:
        order = await bench.bought()
        await bench.agree()
        before = bench.head
        with pytest.raises(OrderNotModifiable):
            bench.engine.cancel(bench.account, order.id)
        with pytest.raises(OrderNotModifiable):
            bench.engine.modify(bench.account, order.id, OrderChange(quantity=Decimal(20)))
        assert (bench.head, order.status) == (before, FILLED)

    async def test_the_same_client_order_id_is_one_order(self, bench: Bench) -> None:
        order = await bench.opened(client_order_id="once")
        assert bench.place(client_order_id="once").id == order.id
        await bench.rise()
        await bench.reached(order, FILLED)
        assert bench.place(client_order_id="once").id == order.id
        assert bench.position == 10
        await bench.agree()
