"""What a remote broker tells of its instruments counts before anything is counted by it."""

from __future__ import annotations

import msgspec
import pytest

from engine.alarms import AlarmKind, alarms
from engine.errors import ProviderUnavailable
from engine.instruments import Instrument
from engine.requests import OrderRequest
from engine.state import State
from engine.statements import Holding, Snapshot
from engine.valuation import settled_daily
from engine.values import AssetClass, OrderType, Side
from tests.builders import EVERYTHING, FUTURE, dec, order
from tests.engine.remote import ACCOUNT, Books, Remote

TELLING = msgspec.structs.replace(EVERYTHING, terms=True)
SAP = Instrument("SAP", AssetClass.STOCK, "EUR", dec("0.01"), ids={"ibkr": "14204"})


class Telling(Books):
    """Books that carry the terms of what they name, as far as the test lays them out."""

    def __init__(self, *told: Instrument) -> None:
        super().__init__()
        self.told = told

    def snapshot(self, now: int, account: str = ACCOUNT) -> Snapshot:
        """All of it, with those terms."""
        return msgspec.structs.replace(super().snapshot(now, account), instruments=self.told)


def telling(*told: Instrument) -> Remote:
    """A broker that tells these terms, and is not connected yet."""
    world = Remote(TELLING)
    world.books = Telling(*told)
    return world


def test_terms_are_listed_before_the_first_position_that_they_count() -> None:
    world = telling(SAP, FUTURE)
    world.books.others = {"SAP": Holding(dec(10), dec(1000)), "ES": Holding(dec(2), dec(500_000))}
    world.connect()
    facts = world.facts()
    assert facts.index("InstrumentListed") < facts.index("BooksOpened")
    held = world.account.positions
    assert (held["SAP"].currency, held["SAP"].average_price) == ("EUR", dec(100))
    assert (held["ES"].multiplier, held["ES"].average_price) == (dec(50), dec(5000))
    again = State()
    for record in world.tape.records():
        again.apply(record)
    assert again.to_bytes() == world.engine.state.to_bytes()


def test_what_a_future_cost_is_in_our_cash_and_was_never_taken_from_the_brokers() -> None:
    world = telling(FUTURE)
    world.books.others = {"ES": Holding(dec(2), dec(500_000))}
    world.books.cash = {"USD": dec(100_000)}
    world.connect()
    assert world.account.cash == {"USD": dec(-400_000)}
    assert settled_daily(world.account, world.engine.instrument) == {"USD": dec(500_000)}
    world.reconcile()
    assert "CashDiffered" not in world.facts()


def test_money_that_the_broker_does_not_name_is_owed_for_a_future_too() -> None:
    world = telling(msgspec.structs.replace(FUTURE, currency="EUR"))
    world.books.others = {"ES": Holding(dec(1), dec(250_000))}
    world.connect()
    assert world.account.cash == {"USD": dec(100_000), "EUR": dec(-250_000)}


def test_nothing_is_ordered_before_its_terms_are_told() -> None:
    world = telling().connect()
    with pytest.raises(ProviderUnavailable, match="far has not told the terms of SAP"):
        world.engine.submit(ACCOUNT, order("SAP", limit_price=90))
    assert "OrderSubmitted" not in world.facts()
    world.engine.learn(msgspec.structs.replace(SAP, currency="USD"))
    world.engine.submit(ACCOUNT, order("SAP", order_type=OrderType.MARKET))


def test_a_broker_that_tells_no_terms_is_sent_what_its_symbol_makes_likely() -> None:
    world = Remote().connect()
    placed = world.engine.submit(ACCOUNT, order("SAP", order_type=OrderType.MARKET))
    assert world.engine.instrument(placed.symbol).currency == "USD"


def test_what_is_held_without_terms_is_an_alarm_and_can_be_closed_but_not_added_to() -> None:
    world = telling()
    world.books.others = {"T@5": Holding(dec(10), dec(900))}
    world.connect()
    (alarm,) = alarms(world.engine.state, ACCOUNT)
    assert (alarm.kind, alarm.symbol) == (AlarmKind.TERMS_GUESSED, "T@5")
    assert "one unit counts as its price in USD" in alarm.message
    world.reconcile()
    assert len(alarms(world.engine.state, ACCOUNT)) == 1
    with pytest.raises(ProviderUnavailable):
        world.engine.submit(ACCOUNT, OrderRequest("T@5", Side.BUY, dec(1), OrderType.MARKET))
    closing = OrderRequest("T@5", Side.SELL, dec(10), OrderType.MARKET)
    assert world.engine.submit(ACCOUNT, closing).symbol == "T@5"


def test_an_alarm_about_a_position_in_dispute_is_raised_once() -> None:
    world = telling().connect()
    world.books.others = {"T@5": Holding(dec(10), dec(900))}
    world.reconcile()
    world.reconcile()
    kinds = [one.kind for one in alarms(world.engine.state, ACCOUNT)]
    assert sorted(kinds) == [AlarmKind.POSITION_DISPUTED, AlarmKind.TERMS_GUESSED]


def test_what_is_told_again_is_no_news_and_takes_no_digit_or_id_away() -> None:
    world = telling().connect()
    guessed = Instrument("SAP", price_scale=4, ids={"other": "x"})
    world.engine.list_instrument(guessed)
    learned = world.engine.learn(SAP)
    assert learned.ids == {"ibkr": "14204", "other": "x"}
    assert (learned.currency, learned.price_scale) == ("EUR", 4)
    before = world.tape.head
    assert world.engine.learn(SAP) == learned
    assert world.tape.head == before
    assert world.engine.resolve(ACCOUNT, "14204") == learned
