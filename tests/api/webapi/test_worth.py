"""What a day has brought: from the close before for what was held, from its price for what came."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.webapi import books
from api.webapi.ledger import ledger
from api.webapi.worth import Worth
from engine.core import Engine
from engine.instruments import Instrument
from engine.market.timeframes import DAY_NS, HOUR_NS
from engine.reports import CashMoved, Filled
from engine.requests import OrderRequest
from engine.tape import MemoryTape
from engine.values import OrderType, Side
from tests.api.webapi.boards import MONDAY_NS, at, hourly
from tests.builders import PaperBroker

NOON = 16 * HOUR_NS


def trade(engine: Engine, side: Side, quantity: int, price: int) -> None:
    request = OrderRequest("AAPL", side, Decimal(quantity), OrderType.MARKET)
    order = engine.submit("A", request)
    name = f"x{engine.next_seq}"
    engine.report(Filled(order.id, name, request.quantity, Decimal(price), engine.now, Decimal(1)))


@pytest.fixture
def worth() -> Worth:
    """Ten shares of Monday and, on Tuesday, five more bought and three sold."""
    board = at(MONDAY_NS + NOON, hourly(3))
    engine = Engine(MemoryTape(), board)
    engine.now = board.now
    engine.list_instrument(Instrument("AAPL"))
    engine.open_account("A", PaperBroker(), "USD", Decimal(100_000))
    trade(engine, Side.BUY, 10, 110)
    board.now = engine.now = MONDAY_NS + DAY_NS + NOON
    board.show(0, 8)
    trade(engine, Side.BUY, 5, 200)
    trade(engine, Side.SELL, 3, 210)
    return Worth(engine, board, engine.account("A"))


def test_a_day_counts_from_the_close_before(worth: Worth) -> None:
    held = 10 * (215 - 120)
    traded = 5 * (215 - 200) - 3 * (215 - 210)
    assert worth.daily_profit == held + traded - 2
    assert books.partitioned(worth)["dpl"] == held + traded - 2


def test_money_without_a_rate_is_told_in_its_own_currency_alone(worth: Worth) -> None:
    cash = worth.cash
    worth.engine.report(CashMoved("A", Decimal(50), "CHF", "deposit"))
    assert worth.cash == cash
    told = ledger(worth)
    assert (told["CHF"]["cashbalance"], told["CHF"]["exchangerate"]) == (50, 0)
    assert told["BASE"]["cashbalance"] == told["USD"]["cashbalance"]
