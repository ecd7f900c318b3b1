"""A mailbox keeps order, and of what is replaceable only the newest."""

import threading

from api.mailbox import Mailbox


def test_news_comes_in_the_order_it_was_put() -> None:
    box = Mailbox()
    for what in ("a", "b", "c"):
        box.put(("x", what))
    assert [box.get(0) for _ in range(4)] == [("x", "a"), ("x", "b"), ("x", "c"), None]


def test_an_unread_quote_is_replaced_and_keeps_its_place() -> None:
    box = Mailbox()
    box.put_newest("AAPL", ("q", 1))
    box.put(("order", 1))
    box.put_newest("AAPL", ("q", 2))
    box.put_newest("MSFT", ("q", 3))
    assert [box.get(0) for _ in range(3)] == [("q", 2), ("order", 1), ("q", 3)]
    box.put_newest("AAPL", ("q", 4))
    assert box.get(0) == ("q", 4)


def test_a_reader_that_waits_is_woken() -> None:
    box = Mailbox()
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(box.get(10)))
    reader.start()
    box.put(("x", "late"))
    reader.join(5)
    assert got == [("x", "late")]
