"""A client's queue is bounded, keeps its order, and knows what was taken last."""

import pytest

from api.streams.event import Event
from api.streams.limits import TOO_SLOW, StreamLimits
from api.streams.subscriber import Closing, Subscriber

LIMITS = StreamLimits(queue_length_max=4, queue_bytes_max=100)


def event(seq: int, text: str = "{}", *, is_last: bool = True) -> Event:
    return Event(f"evt_{seq}_0", text, "order", seq, "", is_last)


def is_closing(subscriber: Subscriber) -> bool:
    return subscriber.closing is not None


def drained(subscriber: Subscriber) -> list[str]:
    taken = []
    while (each := subscriber.take()) is not None:
        taken.append(each.id)
    return taken


def test_events_leave_in_the_order_they_came_and_the_newest_last() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put_latest("ping", Event("p1", "{}", "ping"))
    subscriber.put([event(1), event(2)])
    subscriber.put_latest("ping", Event("p2", "{}", "ping"))
    assert drained(subscriber) == ["evt_1_0", "evt_2_0", "p2"]


def test_a_backlog_at_the_limit_is_kept_and_one_over_it_ends_the_client() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put([event(1)])
    subscriber.take()
    for seq in range(2, 7):
        subscriber.put([event(seq)])
    assert not is_closing(subscriber)
    subscriber.put([event(7)])
    assert subscriber.closing == Closing(TOO_SLOW, "too slow: resume with ?after=1")
    assert subscriber.take() is None


def test_bytes_count_as_well_as_messages() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put([event(1, "x" * 101)])
    assert not is_closing(subscriber)
    subscriber.put([event(2)])
    assert is_closing(subscriber)


def test_one_step_of_any_size_is_no_backlog() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put([event(seq, "x" * 50) for seq in range(1, 40)], is_step=True)
    for seq in range(40, 44):
        subscriber.put([event(seq)])
    assert not is_closing(subscriber)
    subscriber.put([event(44)])
    subscriber.put([event(45)])
    assert is_closing(subscriber)


def test_the_last_number_is_that_of_the_last_whole_record() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put([event(1), event(2, is_last=False), event(2)])
    subscriber.take()
    subscriber.take()
    assert subscriber.last_seq == 1
    subscriber.take()
    assert subscriber.last_seq == 2


def test_what_was_told_from_history_is_not_told_again() -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.starts_after = 2
    subscriber.put([event(1), event(2), event(3), Event("mkt_1_0", "{}", "candle")])
    assert drained(subscriber) == ["evt_3_0", "mkt_1_0"]


@pytest.mark.parametrize("after_closing", ["put", "put_latest"])
def test_a_closing_client_is_queued_nothing_more(after_closing: str) -> None:
    subscriber = Subscriber("A", LIMITS)
    subscriber.put([event(1)])
    subscriber.close(1000, "done")
    subscriber.close(4008, "again")
    if after_closing == "put":
        subscriber.put([event(2)])
    else:
        subscriber.put_latest("x", event(2))
    assert drained(subscriber) == ["evt_1_0"]
    assert subscriber.closing == Closing(1000, "done")
