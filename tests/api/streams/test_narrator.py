"""What clients are told of each kind of fact, in which order, under which ids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from api.streams.narrator import Narrator
from engine import events as ev
from engine.core import Engine
from engine.errors import OrderRefused
from engine.reports import Filled
from engine.requests import OrderChange, OrderRequest
from engine.tape import MemoryTape, Record
from engine.values import OrderType, PositionMode, Side
from tests.api.served import ACCOUNT, bars, build

Told = list[dict[str, Any]]


class Tale:
    """An engine, and everything that was told of it since the last look."""

    def __init__(self) -> None:
        self.engine: Engine = build([bars("AAPL", 3)], MemoryTape()).engine
        self.narrator = Narrator(self.engine.state, self.engine.prices_of)
        self._told: Told = []
        self.engine.listeners.append(self._hear)

    def _hear(self, record: Record) -> None:
        self._told += [msgspec.json.decode(each.text) for each in self.narrator.tell(record)]

    def told(self) -> Told:
        """What was told since the last look."""
        told, self._told = self._told, []
        return told

    def order(self, side: Side = Side.BUY, quantity: int = 10, **fields: Any) -> str:
        """Place a limit order; its id."""
        price = Decimal(100)
        request = OrderRequest(
            "AAPL", side, Decimal(quantity), OrderType.LIMIT, limit_price=price, **fields
        )
        return self.engine.submit(ACCOUNT, request).id

    def fill(self, order_id: str, quantity: int, price: int = 100) -> str:
        """Write a fill; the trade's id."""
        trade_id = f"trd_{self.engine.next_seq:010d}"
        fact = ev.TradeFilled(
            trade_id, order_id, trade_id, Decimal(quantity), Decimal(price), self.engine.now
        )
        self.engine.write(ACCOUNT, fact)
        return trade_id


def names(told: Told) -> list[str]:
    return [str(each.get("event", each["type"])) for each in told]


@pytest.fixture
def tale() -> Tale:
    return Tale()


def test_an_order_that_is_taken_is_told_once_and_open(tale: Tale) -> None:
    order_id = tale.order(client_order_id="mine")
    (created,) = tale.told()
    assert (created["type"], created["event"]) == ("order", "ORDER_CREATED")
    assert (created["order"]["id"], created["order"]["status"]) == (order_id, "OPEN")
    assert created["order"]["client_order_id"] == "mine"
    assert created["event_id"] == f"evt_{created['seq']}_0"


def test_an_order_that_is_refused_is_told_with_its_reason(tale: Tale) -> None:
    with pytest.raises(OrderRefused):
        tale.order(quantity=10**9)
    (rejected,) = tale.told()
    assert rejected["event"] == "ORDER_REJECTED"
    assert rejected["order"]["reject_reason"] == "INSUFFICIENT_MARGIN"


def test_a_fill_is_told_as_trade_order_position_account(tale: Tale) -> None:
    order_id = tale.order()
    tale.told()
    tale.fill(order_id, 4)
    told = tale.told()
    assert names(told) == [
        "TRADE_FILLED",
        "ORDER_PARTIALLY_FILLED",
        "POSITION_OPENED",
        "BALANCE_UPDATED",
    ]
    seq = told[0]["seq"]
    assert [each["event_id"] for each in told] == [f"evt_{seq}_{n}" for n in range(4)]
    assert told[1]["order"]["filled_quantity"] == "4"
    tale.fill(order_id, 6)
    assert names(tale.told())[1:3] == ["ORDER_FILLED", "POSITION_MODIFIED"]


def test_a_position_that_closes_is_shown_once_more_with_nothing_in_it(tale: Tale) -> None:
    tale.fill(tale.order(), 10)
    out = tale.order(Side.SELL)
    tale.told()
    tale.fill(out, 10, 103)
    closed = tale.told()[2]
    assert closed["event"] == "POSITION_CLOSED"
    position = closed["position"]
    assert (position["side"], position["quantity"]) == ("LONG", "0")
    assert (position["average_entry_price"], position["realized_pnl"]) == ("100", "30")
    assert position["unrealized_pnl"] == "0"


def test_a_flip_is_a_close_and_an_opening(tale: Tale) -> None:
    tale.fill(tale.order(), 10)
    out = tale.order(Side.SELL, 15)
    tale.told()
    tale.fill(out, 15)
    told = tale.told()
    assert names(told)[2:] == ["POSITION_CLOSED", "POSITION_OPENED", "BALANCE_UPDATED"]
    assert told[2]["position"]["id"] != told[3]["position"]["id"]
    assert (told[3]["position"]["side"], told[3]["position"]["quantity"]) == ("SHORT", "5")


def test_a_position_from_before_the_narrator_listened_is_known(tale: Tale) -> None:
    tale.engine.listeners.clear()
    tale.fill(tale.order(), 10)
    tale.narrator.look_around()
    tale.engine.listeners.append(tale._hear)
    more = tale.order(quantity=1)
    tale.told()
    tale.fill(more, 1)
    assert names(tale.told())[2] == "POSITION_MODIFIED"


def test_hedged_positions_are_told_apart() -> None:
    tale = Tale()
    tale.engine.state.accounts[ACCOUNT].position_mode = PositionMode.HEDGING
    tale.fill(tale.order(), 10)
    tale.fill(tale.order(Side.SELL), 10)
    told = [each for each in tale.told() if each["type"] == "position"]
    assert names(told) == ["POSITION_OPENED", "POSITION_OPENED"]
    assert {each["position"]["side"] for each in told} == {"LONG", "SHORT"}


def test_changes_cancels_and_expiries_are_told(tale: Tale) -> None:
    one, two = tale.order(), tale.order()
    tale.told()
    tale.engine.modify(ACCOUNT, one, OrderChange(limit_price=Decimal(99)))
    tale.engine.cancel(ACCOUNT, one)
    tale.engine.write(ACCOUNT, ev.OrderExpired(two))
    told = tale.told()
    assert names(told) == ["ORDER_MODIFIED", "ORDER_CANCELLED", "ORDER_EXPIRED"]
    assert told[0]["order"]["limit_price"] == "99"


def test_the_legs_of_a_bracket_name_their_parent(tale: Tale) -> None:
    entry = tale.order(stop_loss=Decimal(90), take_profit=Decimal(110))
    tale.told()
    tale.engine.report(_filled(entry, 10, tale.engine.now))
    told = [each for each in tale.told() if each["type"] == "order"][1:]
    assert names(told) == ["BRACKET_ORDER_CREATED", "BRACKET_ORDER_CREATED"]
    assert {each["parent_order_id"] for each in told} == {entry}
    assert {each["order"]["order_type"] for each in told} == {"STOP", "LIMIT"}
    leg = told[0]["order"]["id"]
    tale.engine.modify(ACCOUNT, leg, OrderChange(stop_price=Decimal(91)))
    assert names(tale.told()) == ["BRACKET_ORDER_MODIFIED"]


def _filled(order_id: str, quantity: int, now: int) -> Filled:
    return Filled(order_id, "x1", Decimal(quantity), Decimal(100), now)


def test_corrections_restate_order_position_and_account(tale: Tale) -> None:
    trade = tale.fill(tale.order(), 10)
    tale.told()
    tale.engine.write(ACCOUNT, ev.TradeCorrected(trade, Decimal(9), Decimal(101)))
    assert names(tale.told()) == ["ORDER_MODIFIED", "POSITION_MODIFIED", "BALANCE_UPDATED"]
    tale.engine.write(ACCOUNT, ev.TradeBusted(trade, "mistake"))
    assert names(tale.told()) == ["ORDER_MODIFIED", "POSITION_CLOSED", "BALANCE_UPDATED"]


def test_a_split_changes_the_position_and_not_the_money(tale: Tale) -> None:
    tale.fill(tale.order(), 10)
    position = next(iter(tale.engine.state.accounts[ACCOUNT].positions.values()))
    tale.told()
    split = ev.PositionAdjusted(position.id, "AAPL", "split", ratio=Decimal(2))
    tale.engine.write(ACCOUNT, split)
    told = tale.told()
    assert names(told) == ["POSITION_MODIFIED", "BALANCE_UPDATED"]
    assert told[0]["position"]["quantity"] == "20"
    assert told[1]["account"]["balance"] == "1000000"


def test_interest_is_told_before_the_balance_it_changes(tale: Tale) -> None:
    tale.engine.write(ACCOUNT, ev.CashAdjusted(Decimal("-1.50"), "USD", "financing", "AAPL"))
    financing, account = tale.told()
    assert (financing["type"], financing["symbol"]) == ("financing", "AAPL")
    assert (financing["amount"], account["account"]["balance"]) == ("-1.50", "999998.50")
    tale.engine.write(ACCOUNT, ev.CashAdjusted(Decimal(5), "USD", "deposit"))
    assert names(tale.told()) == ["BALANCE_UPDATED"]


def test_a_broker_that_returns_tells_how_long_it_was_gone(tale: Tale) -> None:
    tale.engine.write("", ev.BrokerConnected("sim"))
    tale.engine.write("", ev.BrokerDisconnected("sim", "no answer"))
    tale.engine.now += 2_500_000_000
    tale.engine.write("", ev.BrokerDisconnected("sim", "still none"))
    tale.engine.write("", ev.BrokerConnected("sim"))
    told = tale.told()
    assert names(told) == [
        "CONNECTED",
        "BROKER_DISCONNECTED",
        "BROKER_DISCONNECTED",
        "BROKER_RECONNECTED",
    ]
    assert told[1]["error"] == "no answer"
    assert told[3]["gap_duration_ms"] == 2_500


def test_facts_that_change_nothing_a_client_sees_are_not_told(tale: Tale) -> None:
    order_id = tale.order()
    tale.told()
    tale.engine.write(ACCOUNT, ev.OrderModifyRejected(order_id, "no"))
    tale.engine.write("", ev.SessionEnded("done"))
    assert tale.told() == []
