"""A fault strikes as often and for as long as was asked, the oldest that fits first."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

import pytest

from api.webapi.faults.faults import FAULTS_MAX, Faults, Terms
from api.webapi.faults.kinds import Calls, Kind, Rest
from engine.mishaps import InParts, TurnedDown
from engine.orders import new_order
from engine.values import NANOSECONDS
from tests.builders import order as a_request

ORDERS = "/iserver/account/{account_id}/orders"
ORDER = "/iserver/account/{account_id}/order/{order_id}"


class Clock:
    """A clock by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """A clock at its start."""
    return Clock()


@pytest.fixture
def faults(clock: Clock) -> Faults:
    """Nothing wrong yet."""
    return Faults(clock)


def test_it_strikes_so_many_times(faults: Faults) -> None:
    fault = faults.add(Kind.ERROR, times=2)
    for _ in range(2):
        assert faults.meant_for("GET", "/tickle") is fault
        faults.strike(fault)
    assert faults.meant_for("GET", "/tickle") is None
    assert fault.struck == 2


def test_without_a_number_it_strikes_until_it_is_ended(faults: Faults) -> None:
    fault = faults.add(Kind.RATE_LIMIT, times=0)
    for _ in range(50):
        faults.strike(fault)
    assert faults.meant_for("GET", "/tickle") is fault
    assert faults.clear(fault.id) == 1
    assert faults.active() == []


def test_it_ends_with_its_time(faults: Faults, clock: Clock) -> None:
    fault = faults.add(Kind.SILENCE, seconds=5)
    clock.now_s += 4.9
    assert faults.find(Kind.SILENCE) is fault
    assert fault.shown(clock())["seconds"] == 0.1
    clock.now_s += 0.1
    assert faults.find(Kind.SILENCE) is None


def test_it_strikes_only_the_calls_it_is_meant_for(faults: Faults) -> None:
    placing = faults.add(Kind.LOST)
    reading = faults.add(Kind.SLOW, Calls.READING)
    assert faults.meant_for("POST", ORDERS) is placing
    assert faults.meant_for("GET", "/portfolio/accounts") is reading
    assert faults.meant_for("DELETE", ORDER) is None


def test_the_oldest_that_fits_strikes_first(faults: Faults) -> None:
    first, second = faults.add(Kind.ERROR), faults.add(Kind.REJECT)
    assert faults.meant_for("POST", ORDERS) is first
    faults.strike(first)
    assert faults.meant_for("POST", ORDERS) is second


def test_a_late_cancel_is_about_cancels_whatever_is_said(faults: Faults) -> None:
    assert faults.add(Kind.LATE_CANCEL, Calls.ALL).calls is Calls.CANCELLING


def test_questions_are_so_many_or_without_end(faults: Faults) -> None:
    assert list(faults.questions()) == []
    faults.add(Kind.QUESTIONS, times=2)
    assert [asked.message_id for asked in faults.questions()] == ["o90001", "o90002"]
    faults.clear()
    faults.add(Kind.QUESTIONS, times=0)
    assert len(list(islice(faults.questions(), 500))) == 500


def test_the_oldest_makes_room_where_there_are_too_many(faults: Faults) -> None:
    made = [faults.add(Kind.ERROR) for _ in range(FAULTS_MAX + 1)]
    assert faults.active() == made[1:]
    assert faults.clear() == FAULTS_MAX


AN_ORDER = new_order("ord_0000000001", "A", a_request(), 1)


def test_what_befalls_an_order_at_the_broker_follows_from_the_terms(faults: Faults) -> None:
    assert faults.mishap(AN_ORDER) is None
    faults.add(Kind.PARTIAL_FILLS, terms=Terms(delay_s=2, percent=30))
    faults.add(Kind.PARTIAL_FILLS, terms=Terms(percent=30, rest=Rest.NEVER))
    faults.add(Kind.LATE_REJECT, terms=Terms(delay_s=0, reason="no"))
    faults.add(Kind.UNASKED_CANCEL, terms=Terms(delay_s=0, reason="gone"))
    assert [faults.mishap(AN_ORDER) for _ in range(5)] == [
        InParts(Decimal("0.3"), 2 * NANOSECONDS),
        InParts(Decimal("0.3"), None),
        TurnedDown(0, "no"),
        TurnedDown(0, "gone", is_cancel=True),
        None,
    ]


def test_it_befalls_so_many_orders(faults: Faults) -> None:
    fault = faults.add(Kind.LATE_REJECT, times=3)
    assert [faults.mishap(AN_ORDER) is None for _ in range(4)] == [False, False, False, True]
    assert fault.struck == 3


def test_what_strikes_calls_befalls_no_order(faults: Faults) -> None:
    faults.add(Kind.ERROR)
    assert faults.mishap(AN_ORDER) is None
    assert faults.meant_for("GET", "/tickle") is not None


def test_sessions_may_be_short(faults: Faults) -> None:
    assert faults.idle_s() is None
    faults.add(Kind.SHORT_IDLE, terms=Terms(delay_s=0.25))
    assert faults.idle_s() == 0.25


def test_a_server_asks_for_a_reason(faults: Faults) -> None:
    assert faults.server_asks() is None
    faults.add(Kind.SERVER_PROMPT, terms=Terms(reason="why not"))
    assert (faults.server_asks(), faults.server_asks()) == ("why not", None)
