"""The hub gathers what a command or a step says, and lets it out together and in order."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from api.desk import Desk
from api.streams.event import Event
from api.streams.limits import BROKEN
from api.streams.subscriber import Subscriber
from engine import events as ev
from engine.requests import OrderRequest
from engine.tape import MemoryTape
from engine.values import OrderType, Side
from tests.api.served import ACCOUNT, bars, build

LIMIT = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(1))


async def opened() -> tuple[Desk, Subscriber]:
    """A desk that has started, and one listener at it."""
    desk = build([bars("AAPL", 3)], MemoryTape())
    await desk.start()
    subscriber = Subscriber(ACCOUNT, desk.limits)
    desk.hub.join(subscriber)
    return desk, subscriber


def taken(subscriber: Subscriber) -> list[str]:
    names = []
    while (event := subscriber.take()) is not None:
        names.append(event.id)
    return names


@pytest.mark.anyio
async def test_what_a_command_says_leaves_when_the_command_is_over() -> None:
    desk, subscriber = await opened()
    desk.engine.submit(ACCOUNT, LIMIT)
    desk.engine.submit(ACCOUNT, LIMIT)
    assert not desk.hub.is_idle
    assert taken(subscriber) == []
    await asyncio.sleep(0)
    assert taken(subscriber) == ["evt_6_0", "evt_8_0"]
    assert desk.hub.is_idle


@pytest.mark.anyio
async def test_what_a_step_causes_leaves_before_the_market_and_behind_earlier_commands() -> None:
    desk, subscriber = await opened()
    hub = desk.hub
    desk.engine.submit(ACCOUNT, LIMIT)
    hub.begin_step()
    assert taken(subscriber) == ["evt_6_0"]
    desk.engine.write(ACCOUNT, ev.CashAdjusted(Decimal(1), "USD", "deposit"))
    assert taken(subscriber) == []
    hub.end_step([Event("mkt_1_0", "{}", "candle")])
    assert taken(subscriber) == ["evt_7_0", "mkt_1_0"]


@pytest.mark.anyio
async def test_who_left_is_told_nothing_and_an_empty_hub_tells_nobody() -> None:
    desk, subscriber = await opened()
    desk.hub.leave(subscriber)
    assert not desk.hub.is_telling
    desk.engine.submit(ACCOUNT, LIMIT)
    await asyncio.sleep(0)
    assert taken(subscriber) == []
    assert desk.hub.is_idle


@pytest.mark.anyio
async def test_a_record_that_can_not_be_told_closes_the_streams_and_spares_the_command() -> None:
    desk, subscriber = await opened()
    del desk.engine.state.accounts[ACCOUNT].positions  # what the narrator would look at
    trade = ev.CashAdjusted(Decimal(1), "USD", "deposit")
    desk.engine.write(ACCOUNT, trade)
    assert desk.engine.tape.head == 5
    assert subscriber.closing is not None
    assert subscriber.closing.code == BROKEN


@pytest.mark.anyio
async def test_a_heartbeat_carries_the_head() -> None:
    desk, subscriber = await opened()
    desk.hub.beat("2025-01-01T00:00:00Z")
    event = subscriber.take()
    assert event is not None
    assert event.text == '{"type":"ping","head":4,"timestamp":"2025-01-01T00:00:00Z"}'


@pytest.mark.anyio
async def test_what_another_dialect_makes_of_a_record_goes_to_its_own_clients_alone() -> None:
    desk, subscriber = await opened()
    other = Subscriber(ACCOUNT, desk.limits)
    other.dialects = ("other",)
    desk.hub.join(other)
    desk.hub.tellers.append(
        lambda record: [Event(f"other_{record.seq}", "", "row", record.seq, dialect="other")]
    )
    desk.engine.submit(ACCOUNT, LIMIT)
    await asyncio.sleep(0)
    assert taken(subscriber) == ["evt_6_0"]
    assert taken(other) == ["other_5", "other_6"]


@pytest.mark.anyio
async def test_the_clock_waits_for_no_message_of_another_dialect() -> None:
    desk, subscriber = await opened()
    assert desk.stepper is not None
    seat = desk.stepper.sit(subscriber)
    desk.hub.publish([Event("mkt_1_0", "{}", "candle"), Event("", "", "row", dialect="other")])
    assert list(seat.awaited) == ["mkt_1_0"]
