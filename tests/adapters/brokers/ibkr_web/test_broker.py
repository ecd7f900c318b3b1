"""The line to the gateway: what it hears becomes reports, once, and whatever is lost ends it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapters.brokers.ibkr_web.broker import IbkrWebBroker, broker
from adapters.brokers.ibkr_web.errors import Competing, LoginNeeded, NotAnswered, SessionLost
from adapters.brokers.ibkr_web.options import Options
from api.compose import remote_broker
from api.sections import Broker
from api.settings import SettingsError
from engine.reports import (
    Accepted,
    Cancelled,
    Corrected,
    Expired,
    Filled,
    ForeignOrder,
    Rejected,
)
from engine.values import Status
from tests.adapters.brokers.ibkr_web.gateway import (
    ACCOUNT,
    Gateway,
    order_row,
    trade_row,
    until,
)
from tests.adapters.brokers.ibkr_web.line import ORDER_ID, QUICK, Line, an_order, line, served
from tests.builders import dec

pytestmark = pytest.mark.anyio
EXECUTION = "0000e0d5.6576fd38.01"


def orders(*rows: dict[str, Any]) -> dict[str, Any]:
    """A message of the stream of orders."""
    return {"topic": "sor", "args": list(rows)}


def trades(*rows: dict[str, Any]) -> dict[str, Any]:
    """A message of the stream of trades."""
    return {"topic": "str", "args": list(rows)}


async def test_it_subscribes_to_orders_and_trades_once_the_session_is_authenticated() -> None:
    gateway = Gateway()
    async with line(gateway):
        await until(lambda: len(gateway.heard) == 2, "both subscriptions")
    assert gateway.heard == ["sor+{}", 'str+{"realtimeUpdatesOnly":false,"days":1}']
    assert json.loads(gateway.stream_headers["cookie"].removeprefix("api=")) == {
        "session": "abc123"
    }


async def test_a_stream_without_a_word_of_the_session_does_not_open() -> None:
    gateway = Gateway()
    gateway.pushes_sts = False
    async with served(gateway) as (url, _):
        made = Line(IbkrWebBroker("ibkr", Options(**{**QUICK, "url": url, "timeout_s": 0.3})))
        with pytest.raises((TimeoutError, NotAnswered)):
            await made.open()
        await made.close()
        assert gateway.heard == []


async def test_an_order_of_ours_is_known_by_its_reference_and_accepted_once() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        row = order_row(7, ORDER_ID)
        await gateway.tell(orders(row))
        await gateway.tell(orders(row))
        await gateway.tell(orders({"acct": ACCOUNT, "orderId": 7, "status": "Cancelled"}))
        (ended,) = await ours.heard(Cancelled)
    assert [one for one in ours.reports if isinstance(one, Accepted)] == [Accepted(ORDER_ID, "7")]
    assert (ended.order_id, ended.broker_id) == (ORDER_ID, "7")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"status": "Inactive", "text": "margin"}, Rejected),
        (
            {
                "status": "Cancelled",
                "order_cancellation_by_system_reason": "the order's time in force ran out",
            },
            Expired,
        ),
        (
            {"status": "Cancelled", "order_cancellation_by_system_reason": "Rejected by system"},
            Rejected,
        ),
        ({"status": "Cancelled"}, Cancelled),
    ],
)
async def test_each_end_of_an_order_is_told_as_what_it_is(
    fields: dict[str, Any], kind: type[Any]
) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(orders(order_row(7, ORDER_ID)))
        await gateway.tell(orders({"acct": ACCOUNT, "orderId": 7, **fields}))
        (ended,) = await ours.heard(kind)
    assert ended.order_id == ORDER_ID


async def test_an_older_list_does_not_bring_an_ended_order_back() -> None:
    gateway = Gateway()
    async with line(gateway, poll_s=0.1) as ours:
        await gateway.tell(orders(order_row(7, ORDER_ID, status="Cancelled")))
        await ours.heard(Cancelled)
        gateway.orders = [order_row(7, ORDER_ID)]
        reads = len(gateway.asked("/account/orders"))
        await until(lambda: len(gateway.asked("/account/orders")) > reads + 1, "it was read")
    assert [type(one) for one in ours.reports] == [Cancelled]


async def test_a_fill_is_told_by_its_execution_alone_and_once() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        row = trade_row(f"{EXECUTION}.01", ORDER_ID, price="89.95", size=4.0)
        await gateway.tell(orders(order_row(7, ORDER_ID, filledQuantity=4.0)))
        await gateway.tell(trades(row))
        await gateway.tell(trades(row))
        await gateway.tell(orders(order_row(7, ORDER_ID, status="Filled", filledQuantity=10.0)))
        (filled,) = await ours.heard(Filled)
        await asyncio.sleep(0.05)
    assert [type(one) for one in ours.reports] == [Accepted, Filled]
    assert (filled.order_id, filled.execution_id) == (ORDER_ID, EXECUTION)
    assert (filled.quantity, filled.price, filled.commission) == (dec(4), dec("89.95"), dec("1.01"))
    assert filled.executed_at == 1775053800000 * 1_000_000


async def test_a_corrected_execution_comes_under_the_same_id_with_its_revision() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(trades(trade_row(f"{EXECUTION}.01", ORDER_ID)))
        await gateway.tell(trades(trade_row(f"{EXECUTION}.02", ORDER_ID, price="89.90")))
        (corrected,) = await ours.heard(Corrected)
    assert (corrected.execution_id, corrected.revision) == (EXECUTION, 1)
    assert corrected.price == dec("89.90")


async def test_a_commission_that_comes_later_corrects_the_fill_and_is_not_forgotten() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(trades(trade_row(f"{EXECUTION}.01", ORDER_ID, commission="")))
        await gateway.tell(trades(trade_row(f"{EXECUTION}.01", ORDER_ID, commission="1.01")))
        await gateway.tell(trades(trade_row(f"{EXECUTION}.01", ORDER_ID, commission="")))
        (corrected,) = await ours.heard(Corrected)
        (filled,) = await ours.heard(Filled)
        await asyncio.sleep(0.05)
    assert (filled.commission, corrected.commission) == (dec(0), dec("1.01"))
    assert len(ours.reports) == 2


async def test_an_order_of_somebody_else_is_told_whole_and_its_end_by_its_own_id() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(orders(order_row(9, "my own note")))
        await gateway.tell(orders({"acct": ACCOUNT, "orderId": 9, "status": "Cancelled"}))
        (foreign,) = await ours.heard(ForeignOrder)
        (ended,) = await ours.heard(Cancelled)
    assert (foreign.account, foreign.order.broker_id) == (ACCOUNT, "9")
    assert foreign.order.order_id is None
    assert foreign.order.request.limit_price == dec("90.00")
    assert (ended.order_id, ended.broker_id, ended.account) == ("", "9", ACCOUNT)


async def test_a_prefix_tells_the_orders_of_another_tape_from_ours() -> None:
    gateway = Gateway()
    async with line(gateway, prefix="a7-") as ours:
        await ours.submit(an_order())
        await gateway.tell(orders(order_row(8, ORDER_ID), order_row(9, f"a7-{ORDER_ID}")))
        (foreign,) = await ours.heard(ForeignOrder)
        (accepted,) = await ours.heard(Accepted)
    assert foreign.order.broker_id == "8"
    assert accepted == Accepted(ORDER_ID, "9")
    (ticket,) = gateway.asked(f"/account/{ACCOUNT}/orders")[0]["orders"]
    assert ticket["cOID"] == f"a7-{ORDER_ID}"


async def test_a_muted_stream_costs_nothing_because_the_lists_are_read_beside_it() -> None:
    gateway = Gateway()
    async with line(gateway, poll_s=0.1) as ours:
        gateway.orders = [order_row(7, ORDER_ID, status="Filled", filledQuantity=10.0)]
        gateway.trades = [trade_row(f"{EXECUTION}.01", ORDER_ID)]
        (filled,) = await ours.heard(Filled)
    assert filled.quantity == dec(10)
    assert all("filters" not in query for query in gateway.asked("/account/orders"))


async def test_a_part_of_an_order_never_shown_whole_has_the_lists_read_at_once() -> None:
    gateway = Gateway()
    async with line(gateway, poll_s=30) as ours:
        gateway.orders = [order_row(7, ORDER_ID)]
        await gateway.tell(orders({"acct": ACCOUNT, "orderId": 7, "status": "Submitted"}))
        assert await ours.heard(Accepted) == [Accepted(ORDER_ID, "7")]


async def test_rows_of_another_account_of_the_username_are_passed_over() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(orders(order_row(7, acct="DU2", account="DU2")))
        await gateway.tell(trades(trade_row("x.1", accountCode="DU2", account="DU2")))
        await gateway.tell(orders(order_row(8, ORDER_ID)))
        await ours.heard(Accepted)
    assert [type(one) for one in ours.reports] == [Accepted]


@pytest.mark.parametrize(
    "noise", ["no json", "[]", '{"topic":"system","hb":1}', '{"error":"?"}', '{"topic":"sor"}']
)
async def test_what_the_stream_says_beside_the_matter_changes_nothing(noise: str) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(noise)
        await gateway.tell(orders(order_row(8, ORDER_ID)))
        await ours.heard(Accepted)


async def test_the_line_is_lost_with_its_stream() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.hang_up()
        assert isinstance(await ours.ended(), NotAnswered)
        with pytest.raises(ConnectionError, match="no session"):
            await ours.submit(an_order())
        assert gateway.asked(f"/account/{ACCOUNT}/orders") == []


async def test_a_stream_that_says_nothing_any_more_is_lost() -> None:
    gateway = Gateway()
    async with line(gateway, silence_s=0.2) as ours:
        assert "said nothing for 0.2 s" in str(await ours.ended())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"authenticated": False}, SessionLost),
        ({"authenticated": False, "competing": True}, Competing),
    ],
)
async def test_the_line_is_lost_when_the_stream_says_that_the_session_is(
    status: dict[str, bool], error: type[Exception]
) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell({"topic": "sts", "args": status})
        assert isinstance(await ours.ended(), error)


async def test_the_line_is_lost_when_a_tickle_finds_the_session_gone() -> None:
    gateway = Gateway()
    async with line(gateway, tickle_s=0.1) as ours:
        await until(lambda: len(gateway.asked("/tickle")) > 2, "it tickles")
        gateway.lay("/tickle", {"error": "no session"})
        assert isinstance(await ours.ended(), LoginNeeded)


async def test_the_line_is_lost_when_the_gateway_begins_another_session() -> None:
    gateway = Gateway()
    async with line(gateway, tickle_s=0.1) as ours:
        gateway.session = "another"
        assert "another session" in str(await ours.ended())


async def test_a_tickle_may_fail_twice() -> None:
    gateway = Gateway()
    async with line(gateway, tickle_s=0.05) as ours:
        gateway.lay("/tickle", {"error": "failed to process request"}, b"")
        calls = len(gateway.asked("/tickle"))
        await until(lambda: len(gateway.asked("/tickle")) > calls + 3, "it goes on")
        assert ours.running is not None
        assert not ours.running.done()


async def test_an_order_that_finds_no_bridge_ends_the_line_and_is_not_rejected() -> None:
    gateway = Gateway()
    words = {"error": "Bad Request: no bridge", "statusCode": 400}
    gateway.lay(f"/iserver/account/{ACCOUNT}/orders", words, status=400)
    async with line(gateway) as ours:
        with pytest.raises(SessionLost):
            await ours.submit(an_order())
        assert isinstance(await ours.ended(), SessionLost)


async def test_it_says_that_it_listens() -> None:
    gateway = Gateway()
    async with line(gateway, tic_s=0.05):
        await until(lambda: "tic" in gateway.heard, "a tic")


async def test_a_line_opens_again_and_tells_everything_again() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await gateway.tell(orders(order_row(7, ORDER_ID)))
        await ours.heard(Accepted)
        await gateway.hang_up()
        await ours.ended()
        ours.opened.clear()
        await ours.open()
        await gateway.tell(orders(order_row(7, ORDER_ID)))
        await ours.heard(Accepted, 2)


def test_settings_name_it_ibkr_web_and_their_secrets_reach_it_as_they_are() -> None:
    made = remote_broker("paper", Broker(kind="ibkr-web", options={"account": ACCOUNT}))
    assert isinstance(made, IbkrWebBroker)
    options: dict[str, Any] = {"account": ACCOUNT, "oauth_consumer_key": "TESTCONS"}
    secrets = {"oauth_access_token": "***", "oauth_dh_prime": "17"}
    chosen = Broker.model_validate({"kind": "ibkr-web", "options": options, "secrets": secrets})
    with pytest.raises(SettingsError, match=r"brokers.paper.options: oauth_access_token_secret"):
        remote_broker("paper", chosen)


def test_a_broker_is_made_of_what_settings_hold() -> None:
    made = broker("paper", {"account": ACCOUNT, "harmless": "o354, o163", "conids": "SAP=14204"})
    assert made.name == "paper"
    assert Status.OPEN not in made.capabilities.definitive
    with pytest.raises(ValueError, match="acount"):
        broker("paper", {"acount": ACCOUNT})
    with pytest.raises(ValueError, match="oauth_access_token is missing"):
        broker("paper", {"account": ACCOUNT, "oauth_consumer_key": "TESTCONS"})
