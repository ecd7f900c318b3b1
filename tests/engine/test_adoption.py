"""What was not begun here counts once: in the balance the books began with, or as trades since."""

from engine import reports
from engine.actions import TakeSnapshot
from engine.statements import BrokerOrder
from engine.values import Status
from tests.builders import dec, order
from tests.engine.remote import ACCOUNT, Remote

MANUAL = BrokerOrder("m1", None, order(quantity=10, limit_price=99), Status.OPEN)


def test_news_of_somebody_elses_order_that_is_older_than_the_books_opens_nothing() -> None:
    """It traded and ended before the books began, and the news of its entry came late."""
    world = Remote()
    world.books.orders["m1"] = MANUAL
    world.books.fill("m1", "x0", dec(10), dec(99), world.now - 5)
    world.connect()
    head = world.tape.head
    world.heard(reports.ForeignOrder(ACCOUNT, MANUAL))
    world.wait(0)
    world.sync()
    assert world.tape.head == head
    assert world.engine.state.orders == {}
    assert world.account.positions["AAPL"].quantity == 10


def test_news_of_somebody_elses_order_has_the_books_compared_and_a_repeat_does_not() -> None:
    world = Remote().connect()
    world.books.orders["m1"] = MANUAL
    world.heard(reports.ForeignOrder(ACCOUNT, MANUAL))
    world.wait(0)
    world.sync()
    (one,) = world.engine.state.working(ACCOUNT)
    assert one.broker_ids == ("m1",)
    world.heard(reports.ForeignOrder(ACCOUNT, MANUAL))
    world.wait(0)
    assert not [each for each in world.drop() if isinstance(each, TakeSnapshot)]


def test_a_trade_from_before_the_books_does_not_come_in_by_way_of_its_correction() -> None:
    world = Remote()
    world.books.orders["m1"] = MANUAL
    at = world.now - 5
    world.books.fill("m1", "x0", dec(4), dec(99), at)
    world.connect()
    world.heard(
        reports.Corrected(
            "", "x0", dec(4), dec(98), at, revision=1, broker_id="m1", account=ACCOUNT
        )
    )
    world.heard(reports.Filled("", "x0", dec(4), dec(99), at, broker_id="m1", account=ACCOUNT))
    assert world.engine.state.trades == {}
    assert world.account.positions["AAPL"].quantity == 4
