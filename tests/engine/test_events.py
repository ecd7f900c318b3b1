"""Facts are written as bytes and read back equal, and older tapes read on."""

from decimal import Decimal
from typing import get_args

import msgspec
import pytest

from engine import events as ev
from engine.alarms import AlarmKind
from engine.requests import OrderChange
from engine.targets import Outcome
from engine.values import PromptAnswer, RejectReason, Role, Status
from tests.builders import AAPL, dec, order

FACTS: list[ev.Event] = [
    ev.SessionStarted("backtest", "0.1.0", assumptions={"commission": "none"}),
    ev.SessionEnded("done"),
    ev.AccountOpened("USD", "paper"),
    ev.InstrumentListed(AAPL),
    ev.OrderSubmitted("ord_1", order(limit_price="99.50", stop_loss=90), Role.ENTRY),
    ev.OrderRefused("ord_1", RejectReason.INVALID_PRICE, "no"),
    ev.OrderAccepted("ord_1", "b1"),
    ev.OrderRejected("ord_1", RejectReason.UNKNOWN, "no"),
    ev.OrderTriggered("ord_1"),
    ev.OrderTrailed("ord_1", dec("99.5")),
    ev.OrderModifyRequested("ord_1", OrderChange(quantity=dec(5))),
    ev.OrderModified("ord_1", OrderChange(limit_price=dec(5)), "b2"),
    ev.OrderModifyRejected("ord_1", "no"),
    ev.OrderCancelRequested("ord_1"),
    ev.OrderCancelled("ord_1", "oco"),
    ev.OrderCancelRejected("ord_1", "no"),
    ev.OrderExpired("ord_1"),
    ev.OrderOutcomeUnknown("ord_1", "no answer"),
    ev.OrderResolved("ord_1", True, "seen"),
    ev.TradeFilled("trd_1", "ord_1", "x1", dec("0.10"), dec("1E+2"), 5, dec("0.01"), "USD", True),
    ev.TradeCorrected("trd_1", dec(1), dec(2)),
    ev.TradeBusted("trd_1", "mistake"),
    ev.OrderAdopted("ord_2", "b7", order(), dec(3), dec("99.5")),
    ev.BrokerOrderEnded("ord_1", "b1", Status.CANCELLED, "replaced"),
    ev.ExecutionVoided("x9", "mistake"),
    ev.CloseSettled("ord_1"),
    ev.CashAdjusted(dec(-5), "EUR", "fee"),
    ev.PositionAdjusted("pos_1", "AAPL", "split", ratio=dec(2)),
    ev.BrokerConnected("paper"),
    ev.BrokerDisconnected("paper", "gone"),
    ev.BrokerReconciled("paper", 2),
    ev.DifferenceFound("order", "OPEN", "FILLED", "AAPL", "ord_1"),
    ev.BooksOpened("paper", 5),
    ev.PositionDisputed("AAPL", dec(3), dec(4), dec(100)),
    ev.PositionAgreed("AAPL", "a person said so"),
    ev.CashDiffered("USD", dec(5), dec("-0.01")),
    ev.AlarmRaised("order_overfilled:ord_1", AlarmKind.ORDER_OVERFILLED, "12 of 10", "AAPL"),
    ev.AlarmCleared("order_overfilled:ord_1", "seen"),
    ev.LimitsChanged({"orders_per_second": "5"}),
    ev.TradingStateChanged("HALT", "a person said so"),
    ev.WorkerStateSet("sma", "fast", "10"),
    ev.BatchSubmitted("bat_1", "key", ()),
    ev.TargetAnswered("bat_1", "AAPL", Outcome.NO_CHANGE, dec(0)),
    ev.PromptRaised("p1", "o163", "Are you sure?", "{}", ("o451",)),
    ev.PromptAnswered("p1", PromptAnswer.DECLINED),
    ev.PromptsSuppressed("key", ("o163",)),
]


def test_every_fact_is_tried_here() -> None:
    assert {type(fact) for fact in FACTS} == set(get_args(ev.Event))


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_survives_its_bytes(fact: ev.Event) -> None:
    again = ev.decode(ev.encode(fact))
    assert again == fact
    assert ev.encode(again) == ev.encode(fact)


def test_numbers_keep_their_digits() -> None:
    again = ev.decode(ev.encode(ev.CashAdjusted(Decimal("100.00"), "USD", "deposit")))
    assert isinstance(again, ev.CashAdjusted)
    assert str(again.amount) == "100.00"


def test_a_field_of_a_later_version_is_passed_over() -> None:
    later = msgspec.msgpack.encode({"type": "order_expired", "order_id": "ord_1", "new": 1})
    assert ev.decode(later) == ev.OrderExpired("ord_1")


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", msgspec.msgpack.encode({"type": "no_such_fact"}), msgspec.msgpack.encode(5)],
)
def test_bytes_that_are_no_fact_raise(payload: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        ev.decode(payload)
