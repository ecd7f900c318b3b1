"""A burst through the adapter keeps within the limits of a strict gateway, which punishes one call
too many with silence for a minute.
"""

from __future__ import annotations

import pytest

from engine.values import Status
from tests.adapters.brokers.ibkr_web.loop import ACCOUNT, Near, loop

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]
ORDERS = 200
CANCELLED_EARLY = 10


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.adapters.brokers.ibkr_web.loop.TIMEOUT_S", 120.0)


async def test_a_burst_of_two_hundred_orders_gets_no_429_and_cancels_overtake() -> None:
    async with loop("strict", pace=1.0, poll_s=15.0, timeout_s=10.0) as near:
        orders = [near.submit(limit_price="98.00", quantity=n + 1) for n in range(ORDERS)]
        early = orders[:CANCELLED_EARLY]
        for order in early:
            await near.reached(order, Status.OPEN)
        for order in early:
            near.engine.cancel(ACCOUNT, order.id)
        for order in early:
            await near.reached(order, Status.CANCELLED)
        waiting = [one for one in orders if one.status is Status.PENDING]
        assert len(waiting) > ORDERS // 2  # the cancels were carried out before all of these
        for order in orders[CANCELLED_EARLY:]:
            await near.reached(order, Status.OPEN)
        assert refusals(near) == []
        await near.agree()


def refusals(near: Near) -> list[str]:
    """The words with which orders were refused or doubted."""
    facts = (record.event for record in near.engine.tape.records())
    names = ("OrderRejected", "OrderRefused", "OrderOutcomeUnknown")
    return [str(one) for one in facts if type(one).__name__ in names]
