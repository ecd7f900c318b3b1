"""What a broker behind a line promises on top: orders are found by our ids, the account is shown
whole, whatever is said twice counts once, and nothing is lost with the line.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.line import LineState
from engine.orders import new_order
from engine.reports import Filled
from engine.statements import Execution, execution_key
from engine.values import ZERO, Status
from tests.builders import order as a_request
from tests.contract.bench import SYMBOL, RemoteBench
from tests.contract.cases import Cases

FILLED, CANCELLED = Status.FILLED, Status.CANCELLED


def told_again(order_id: str, one: Execution) -> Filled:
    """The news of an execution, as the stream would bring it."""
    return Filled(
        order_id,
        one.execution_id,
        one.quantity,
        one.price,
        one.executed_at,
        one.commission,
        one.commission_currency,
        broker_id=one.broker_id,
    )


class LineCases(Cases):
    """What a line can do to the books."""

    async def test_an_order_is_found_by_our_id_while_it_works_and_when_it_has_ended(
        self, bench: RemoteBench
    ) -> None:
        if not bench.capabilities.lookup_by_client_id:
            pytest.skip("the broker does not claim it")
        order = await bench.opened(limit_price="98.00")
        (working,) = (await bench.broker.lookup(order)).found
        assert (working.order_id, working.status) == (order.id, Status.OPEN)
        assert working.broker_id in order.broker_ids
        await bench.cancelled(order)
        (ended,) = (await bench.broker.lookup(order)).found
        assert (ended.status, ended.filled) == (CANCELLED, ZERO)

    async def test_a_filled_order_is_found_by_our_id_with_its_executions(
        self, bench: RemoteBench
    ) -> None:
        if not bench.capabilities.lookup_by_client_id:
            pytest.skip("the broker does not claim it")
        order = await bench.bought()
        found = await bench.broker.lookup(order)
        assert [one.filled for one in found.found] == [10]
        assert sum(one.quantity for one in found.executions) == 10
        assert {one.order_id for one in found.executions} <= {order.id, None}

    async def test_an_order_that_was_never_sent_is_searched_for_everywhere_and_not_found(
        self, bench: RemoteBench
    ) -> None:
        if not bench.capabilities.lookup_by_client_id:
            pytest.skip("the broker does not claim it")
        now = bench.engine.now
        stranger = new_order("ord_9999999999", bench.account, a_request(limit_price="98.00"), now)
        nothing = await bench.broker.lookup(stranger)
        assert nothing.found == ()
        assert nothing.executions == ()
        assert nothing.complete

    async def test_a_snapshot_shows_the_whole_account_as_the_books_have_it(
        self, bench: RemoteBench
    ) -> None:
        filled = await bench.bought()
        resting = await bench.opened(limit_price="98.00")
        await bench.agree()
        shown = await bench.broker.snapshot(bench.account)
        assert shown.account == bench.account
        assert [one.order_id for one in shown.open_orders] == [resting.id]
        assert filled.id in {one.order_id for one in shown.completed}
        keys = {execution_key(bench.account, one) for one in shown.executions}
        assert len(keys) == len(shown.executions) == len(bench.trades(filled))
        held = {name: one.quantity for name, one in shown.positions.items() if one.quantity}
        assert held == {SYMBOL: Decimal(10)}
        books = bench.engine.account(bench.account).cash
        assert abs(shown.cash["USD"] - books["USD"]) < Decimal("0.01")

    async def test_an_execution_that_is_told_again_counts_once(self, bench: RemoteBench) -> None:
        order = await bench.bought()
        await bench.agree()
        before = bench.head
        for one in (await bench.broker.snapshot(bench.account)).executions:
            bench.engine.report(told_again(order.id, one))
            bench.engine.report(told_again(order.id, one))
        assert bench.head == before
        assert bench.position == 10

    async def test_reconciling_again_finds_nothing_and_writes_nothing(
        self, bench: RemoteBench
    ) -> None:
        await bench.bought()
        await bench.opened(limit_price="98.00")
        await bench.agree()
        await bench.desk.lines.reconcile(bench.account)
        before = bench.head
        assert await bench.desk.lines.reconcile(bench.account) == 0
        assert bench.head == before

    async def test_what_happens_while_the_line_is_lost_is_found_once(
        self, bench: RemoteBench
    ) -> None:
        order = await bench.opened(limit_price="100.60")
        await bench.cut()
        await bench.rise()
        await bench.reached(order, FILLED)
        await bench.until(lambda: bench.driver.line.state is LineState.CONNECTED, "connected")
        assert bench.position == 10
        await bench.agree()
