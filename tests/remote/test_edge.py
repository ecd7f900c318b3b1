"""What clients of the Trading API see while an account is behind a line to a broker process."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from engine import events as ev
from engine.line import LineState
from engine.requests import OrderRequest
from engine.values import OrderType, Side, Status
from tests.api.world import URL
from tests.remote.edge import edge
from tests.remote.hand import Hand

pytestmark = pytest.mark.anyio
SELL = OrderRequest("AAPL", Side.SELL, Decimal(5), OrderType.LIMIT, limit_price=Decimal(120))


async def test_an_unknown_order_is_pending_bars_its_symbol_alone_and_may_be_cancelled(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        hand.plan("submit", "silent")
        for _ in range(3):
            hand.plan("lookup", "silent")  # time enough for all that follows
        unknown = made.found((await made.order())["id"])
        await made.until(lambda: unknown.status is Status.UNKNOWN)

        shown = await made.get(f"/orders/{unknown.id}")
        assert shown["status"] == "PENDING"
        assert [one["id"] for one in await made.get("/orders?status=PENDING")] == [unknown.id]
        (alarm,) = await made.get("/alarms")
        assert (alarm["kind"], alarm["symbol"]) == ("ORDER_UNKNOWN", "AAPL")

        refused = await made.order(status=422)
        assert unknown.id in refused["message"]
        assert refused["details"]["reject_reason"] == "UNKNOWN"
        other = await made.order("MSFT")
        await made.until(lambda: made.found(other["id"]).status is Status.OPEN)

        assert unknown.status is Status.UNKNOWN
        await made.client.delete(f"/orders/{unknown.id}")
        await made.until(lambda: unknown.status is Status.CANCELLED)
        assert hand.received(unknown.id) == 1
        assert (await made.get("/alarms")) == []


async def test_fills_executed_while_away_are_recovered_with_their_explanation(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.OPEN)
        hand.close_shop()
        await made.until(lambda: made.driver.line.state is not LineState.CONNECTED)
        hand.trade(order.id, 4, "89.50")
        hand.trade(order.id, 6, "89.40")
        hand.open_shop()
        await made.until(lambda: order.status is Status.FILLED)
        await made.connected()
        (position,) = await made.get("/positions")
        assert (position["quantity"], position["average_entry_price"]) == ("10", "89.44")
        trades = await made.get("/trades")
        assert [one["quantity"] for one in trades] == ["6", "4"]
        assert (await made.post("/reconcile"))["differences"] == 0
        causes = {one.seq: one for one in made.tape.records()}
        fills = [one for one in causes.values() if isinstance(one.event, ev.TradeFilled)]
        assert all(isinstance(causes[one.causation].event, ev.DifferenceFound) for one in fills)


async def test_nothing_is_sent_before_its_intent_is_on_the_disk(hand: Hand, tmp_path: Path) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        made.committer.stop()
        placing = asyncio.create_task(made.order())
        await asyncio.sleep(0.3)
        assert not placing.done()
        assert hand.books().received == []
        made.tape.commit()
        placed = await placing
        await made.until(lambda: made.found(placed["id"]).status is Status.OPEN)
        assert hand.received(placed["id"]) == 1


async def test_with_patience_a_new_order_is_answered_as_the_broker_answered_it(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape", patience_s=5.0) as made:
        placed = await made.order()
        assert placed["status"] == "OPEN"
        hand.reject()
        refused = await made.order(status=422)
        assert refused["code"] == "ORDER_REJECTED"
        changed = await made.client.patch(f"/orders/{placed['id']}", json={"quantity": "3"})
        assert changed.json()["quantity"] == "3"
        hand.trade(placed["id"], 2, "89")
        ended = await made.client.delete(f"/orders/{placed['id']}")
        assert (ended.json()["success"], ended.json()["order"]["status"]) == (True, "CANCELLED")


async def test_patience_ends_when_the_outcome_is_unknown(hand: Hand, tmp_path: Path) -> None:
    async with edge(hand, tmp_path / "edge.tape", patience_s=5.0) as made:
        hand.plan("submit", "silent")
        hand.plan("lookup", "failed")
        assert (await made.order())["status"] == "PENDING"


async def test_an_order_that_somebody_else_placed_is_shown_and_left_alone(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        hand.enter(SELL)
        await made.until(lambda: "OrderAdopted" in made.told())
        (foreign,) = await made.get("/orders")
        assert (foreign["origin"], foreign["status"]) == ("EXTERNAL", "OPEN")
        assert (await made.post("/reconcile"))["differences"] == 0
        assert hand.asked("cancel") == []
        ours = await made.order()
        assert "origin" not in await made.get(f"/orders/{ours['id']}")


async def test_a_position_that_nothing_explains_bars_its_symbol_until_a_person_accepts_it(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        hand.transfer("AAPL", 100)
        found = await made.post("/reconcile")
        assert found["differences"] >= 1
        (alarm,) = found["alarms"]
        assert alarm["kind"] == "POSITION_DISPUTED"
        again = await made.post("/reconcile")
        assert again["differences"] == 0
        refused = await made.order(status=422)
        assert "nobody has accepted it" in refused["message"]
        await made.order("MSFT")

        await made.post("/positions/disputed/AAPL", {"reason": " "}, 400)
        assert await made.post("/positions/disputed/AAPL", {"reason": "came by transfer"}) == []
        (position,) = await made.get("/positions")
        assert position["quantity"] == "100"
        await made.order()
        missing = await made.post("/positions/disputed/AAPL", {"reason": "once more"}, 400)
        assert "in dispute" in missing["message"]


async def test_a_trade_that_was_taken_back_is_taken_out_of_the_books(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.OPEN)
        hand.trade(order.id, 10, "89.50")
        await made.until(lambda: order.status is Status.FILLED)
        hand.bust()
        await made.until(lambda: "TradeBusted" in made.told())
        assert await made.get("/positions") == []
        assert await made.get("/trades") == []


async def test_while_the_line_is_down_orders_are_turned_away_and_it_is_said_everywhere(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        assert (await made.get("/status"))["connected"] is True
        assert (await made.client.get("/ready")).json()["providers"] == ["loopback"]
        hand.close_shop()
        await made.until(lambda: made.driver.line.state is not LineState.CONNECTED)
        status = await made.get("/status")
        assert status["connected"] is False
        assert status["message"]
        health = (await made.client.get(f"{URL}/api/v1/health")).json()
        assert set(health["accounts"].values()) == {False}
        ready = await made.client.get("/ready")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert "loopback is" in ready.json()["message"]
        turned_away = await made.order(status=503)
        assert "loopback is not connected" in turned_away["message"]
        assert (await made.post("/reconcile", status=503))["code"] == "PROVIDER_UNAVAILABLE"
        figures = (await made.client.get("/metrics")).text
        assert 'onetape_broker_connected{broker="loopback"} 0' in figures
        hand.open_shop()
        await made.connected()
        health = (await made.client.get(f"{URL}/api/v1/health")).json()
        assert set(health["accounts"].values()) == {True}
        figures = (await made.client.get("/metrics")).text
        assert 'onetape_broker_connected{broker="loopback"} 1' in figures
        assert "onetape_unknown_orders 0" in figures


async def test_outages_open_the_breaker_and_a_reset_closes_it(hand: Hand, tmp_path: Path) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        hand.plan("submit", "silent")
        for _ in range(9):
            hand.plan("lookup", "failed")
        await made.order()
        await made.until(lambda: made.driver.line.state is LineState.DEGRADED)
        assert (await made.get("/circuit-breakers"))["adapter"]["state"] == "open"
        assert "is being probed" in (await made.order("MSFT", status=503))["message"]
        shown = await made.post("/circuit-breakers/reset")
        assert shown["adapter"] == {"state": "closed", "failure_count": 0}


async def test_an_order_at_the_brokers_limit_is_turned_down_and_no_outage(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape", patience_s=5.0) as made:
        hand.plan("submit", "limited", seconds=0.2)
        refused = await made.order(status=422)
        assert refused["details"]["reject_reason"] == "RATE_LIMITED"
        assert (await made.get("/circuit-breakers"))["adapter"]["failure_count"] == 0
        assert hand.books().received == []


async def test_an_order_whose_fate_can_not_be_proven_is_given_up_by_a_person(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        hand.plan("submit", "lost")
        for _ in range(9):
            hand.plan("lookup", "failed")
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.UNKNOWN)
        path = f"/orders/{order.id}/give-up"
        given_up = await made.post(path, {"reason": "the broker says on the phone: no order"})
        assert given_up["status"] == "REJECTED"
        assert await made.get("/alarms") == []
        await made.post(path, {"reason": "again"}, 409)
