"""A client's queue makes text of what was shown, for the account that is selected at that time."""

from __future__ import annotations

import json

from api.auth import OWNER
from api.streams.event import Event
from api.streams.limits import TOO_SLOW, StreamLimits
from api.webapi.stream import shown
from api.webapi.stream.ear import Ear
from api.webapi.stream.shown import Shown
from api.webapi.stream.topic import Message

LIMITS = StreamLimits(queue_length_max=16)


def shape(event: Shown) -> Message | None:
    """Rows that have something to say are said as they are."""
    value: Message = event.value
    return value or None


def ear(*meant: str) -> Ear:
    """A queue through which messages pass as they are."""
    return Ear(lambda: meant, LIMITS, OWNER, shape, lambda text: (text,))


def drained(one: Ear) -> list[Message]:
    """Everything in the queue."""
    return [json.loads(event.text) for event in iter(one.take, None)]


def test_it_hears_its_dialect_and_what_is_said_to_it_alone() -> None:
    one, other = ear("A"), ear("A")
    batch = [
        Event("evt_1_0", "{}", "order", 1, "A"),
        shown.row(shown.ORDER, 1, "A", {"n": 1}),
        shown.said(one.name, {"n": 2}),
        shown.said(other.name, {"n": 3}),
        shown.row(shown.ORDER, 1, "B", {"n": 4}),
    ]
    one.put(batch)
    other.put(batch)
    one.put_latest("AAPL", Event("q", "{}", "quote"))
    assert drained(one) == [{"n": 1}, {"n": 2}]
    assert drained(other) == [{"n": 1}, {"n": 3}]


def test_it_follows_the_accounts_that_are_meant() -> None:
    meant = ["A"]
    one = Ear(lambda: meant, LIMITS, OWNER, shape, lambda text: (text,))
    rows = [shown.row(shown.TRADE, n, account, {"n": n}) for n, account in enumerate("ABC")]
    one.put(rows)
    meant[:] = ["B", "C"]
    one.put(rows)
    assert drained(one) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_what_comes_to_nothing_is_passed_over() -> None:
    one = ear("A")
    one.put([shown.row(shown.ORDER, 1, "A", {}), shown.row(shown.ORDER, 2, "A", {"n": 2})])
    assert drained(one) == [{"n": 2}]


def test_what_is_no_fact_is_said_at_once() -> None:
    one = ear("A")
    one.say({"topic": "system"})
    assert one.wake.is_set()
    assert drained(one) == [{"topic": "system"}]


def test_a_client_that_takes_nothing_is_closed() -> None:
    one = ear("A")
    for number in range(LIMITS.queue_length_max + 2):
        one.say({"n": number})
    assert one.closing is not None
    assert one.closing.code == TOO_SLOW
    assert drained(one) == []


def test_two_texts_of_one_message_are_both_sent() -> None:
    one = Ear(tuple, LIMITS, OWNER, shape, lambda text: (text, text))
    one.say({"n": 1})
    assert drained(one) == [{"n": 1}, {"n": 1}]
