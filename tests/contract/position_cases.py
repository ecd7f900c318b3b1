"""What becomes of positions: reduced, turned, protected by brackets and groups, and closed.

Brackets and groups are the engine's own, so they are asked of every broker, whatever it claims.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import OrderRefused, UnsupportedOperation
from engine.values import RejectReason, Role, Side, Status
from tests.contract.bench import STEPS, SYMBOL, Bench
from tests.contract.cases import Cases

OPEN, FILLED, CANCELLED = Status.OPEN, Status.FILLED, Status.CANCELLED


class PositionCases(Cases):
    """Several orders that have to do with one another."""

    async def test_a_reduce_only_order_opens_nothing_and_closes_no_more_than_is_held(
        self, bench: Bench
    ) -> None:
        for _ in range(2):
            with pytest.raises(OrderRefused) as refused:
                bench.place(side=Side.SELL, quantity=11, reduce_only=True)
            assert refused.value.reason is RejectReason.REDUCE_ONLY_VIOLATED
            if not bench.position:
                await bench.bought()
        closing = await bench.opened(side=Side.SELL, reduce_only=True)
        await bench.rise()
        await bench.reached(closing, FILLED)
        assert bench.position == 0
        await bench.agree()

    async def test_where_nothing_is_sold_short_no_more_is_sold_than_is_held(
        self, bench: Bench
    ) -> None:
        if bench.capabilities.short_selling:
            pytest.skip("the broker claims it")
        await bench.bought()
        with pytest.raises((OrderRefused, UnsupportedOperation)):  # the latter if it can't flip
            bench.place(side=Side.SELL, quantity=11)
        assert bench.position == 10
        await bench.agree()

    async def test_one_order_takes_a_position_through_zero(self, bench: Bench) -> None:
        if not (bench.capabilities.flips and bench.capabilities.short_selling):
            pytest.skip("the broker does not claim it")
        await bench.bought()
        await bench.bought(side=Side.SELL, quantity=15)
        assert bench.position == -5
        await bench.agree()

    async def test_where_no_order_takes_a_position_through_zero_it_is_refused_unwritten(
        self, bench: Bench
    ) -> None:
        if bench.capabilities.flips:
            pytest.skip("the broker claims it")
        await bench.bought()
        head = bench.head
        with pytest.raises(UnsupportedOperation, match="through zero"):
            bench.place(side=Side.SELL, quantity=11)
        assert (bench.position, bench.head) == (Decimal(10), head)
        await bench.bought(side=Side.SELL, quantity=10)
        assert bench.position == 0
        await bench.agree()

    async def test_a_bracket_protects_what_filled_and_one_leg_ends_the_other(
        self, bench: Bench
    ) -> None:
        entry = await bench.bought(stop_loss="98.00", take_profit="100.80")
        stop, profit = bench.legs(entry)
        assert (stop.role, profit.role) == (Role.STOP_LOSS, Role.TAKE_PROFIT)
        assert stop.quantity == profit.quantity == 10
        for leg in (stop, profit):
            await bench.reached(leg, OPEN)
        await bench.rise(STEPS)
        await bench.reached(profit, FILLED)
        await bench.reached(stop, CANCELLED)
        assert bench.position == 0
        await bench.agree()

    async def test_an_entry_that_is_cancelled_leaves_no_legs(self, bench: Bench) -> None:
        entry = await bench.opened(limit_price="98.00", stop_loss="97.00", take_profit="102.00")
        assert bench.legs(entry) == []
        await bench.cancelled(entry)
        assert bench.legs(entry) == []
        await bench.agree()

    async def test_closing_a_position_takes_its_legs_back(self, bench: Bench) -> None:
        entry = await bench.bought(stop_loss="98.00", take_profit="102.00")
        for leg in bench.legs(entry):
            await bench.reached(leg, OPEN)
        position = bench.engine.account(bench.account).positions[SYMBOL]
        closing = bench.engine.close_position(bench.account, position.id)
        for leg in bench.legs(entry):
            await bench.reached(leg, CANCELLED)
        await bench.reached(closing, OPEN)
        await bench.rise()
        await bench.reached(closing, FILLED)
        assert bench.position == 0
        await bench.agree()

    async def test_of_a_group_the_first_fill_ends_the_rest(self, bench: Bench) -> None:
        below = await bench.opened(limit_price="98.00", oco_group_id="either")
        above = await bench.opened(stop_price="100.50", oco_group_id="either")
        await bench.rise(STEPS)
        await bench.reached(above, FILLED)
        await bench.reached(below, CANCELLED)
        assert bench.position == 10
        await bench.agree()
