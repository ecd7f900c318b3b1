"""The fold: one tape gives one state, in one go or in two, fresh or from its own bytes."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events as ev
from engine.errors import IllegalTransition
from engine.state import State
from engine.values import ZERO, PositionMode, Status
from tests.builders import (
    SAP,
    Number,
    dec,
    figures,
    fold,
    order,
    records,
    reread,
    trades_sum,
    value_at_cost,
)
from tests.histories import INSTRUMENTS, Teller, Told, happenings

MODES = st.sampled_from(PositionMode)
OPENED: tuple[str, ev.Event] = "DU1", ev.AccountOpened("USD", "paper")


def submitted(order_id: str = "ord_1", **fields: Any) -> tuple[str, ev.Event]:
    return "DU1", ev.OrderSubmitted(order_id, order(**fields))


def filled(trade: str, order_id: str, quantity: Number, price: Number = 100) -> ev.TradeFilled:
    return ev.TradeFilled(trade, order_id, f"x{trade}", dec(quantity), dec(price), 5)


@given(MODES, happenings())
def test_two_folds_of_one_tape_give_the_same_bytes(mode: PositionMode, story: list[Told]) -> None:
    teller = Teller(mode).tell(story)
    assert fold(teller.records).to_bytes() == teller.state.to_bytes()
    assert fold(reread(teller.records)).to_bytes() == teller.state.to_bytes()


@given(MODES, happenings(), st.integers(0, 100), st.booleans())
def test_a_fold_may_rest_as_bytes_half_way(
    mode: PositionMode, story: list[Told], percent: int, opened: bool
) -> None:
    teller = Teller(mode).tell(story)
    half = len(teller.records) * percent // 100
    rested = State.from_bytes(fold(teller.records[:half]).to_bytes())
    if opened:
        assert len(rested.orders) >= len(rested.working())
    whole = fold(reread(teller.records[half:]), rested)
    assert whole.to_bytes() == teller.state.to_bytes()
    assert State.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()
    assert [one.id for one in whole.working()] == [one.id for one in teller.state.working()]


@given(MODES, happenings())
def test_filled_exceeds_quantity_only_by_an_overfill(mode: PositionMode, story: list[Told]) -> None:
    state = Teller(mode).tell([told for told in story if told.which % 7]).state
    corrected = {told.verb for told in story} & {"correct", "bust"}
    for one in state.orders.values():
        own = [trade for trade in state.trades.values() if trade.order_id == one.id]
        assert one.filled == sum((trade.quantity for trade in own), ZERO)
        assert one.remaining == max(one.quantity - one.filled, ZERO)
        if not corrected:
            assert one.filled <= one.quantity or one.status is not Status.OPEN


@given(MODES, happenings("submit", "fill", "fill", "fill", "correct", "bust"))
def test_a_position_is_the_signed_sum_of_its_trades(mode: PositionMode, story: list[Told]) -> None:
    state = Teller(mode).tell(story).state
    for account in state.accounts.values():
        for instrument in INSTRUMENTS:
            held = [one for one in account.positions.values() if one.symbol == instrument.symbol]
            total = sum((one.quantity for one in held), ZERO)
            assert total == trades_sum(state, account.id, instrument.symbol)
            assert all(one.quantity for one in held)


@given(MODES, happenings())
def test_cash_and_positions_at_cost_are_conserved_to_the_last_digit(
    mode: PositionMode, story: list[Told]
) -> None:
    state = Teller(mode).tell(story).state
    currency_of = {instrument.symbol: instrument.currency for instrument in INSTRUMENTS}
    for account in state.accounts.values():
        for currency in ("USD", "EUR"):
            realized = sum(
                (each for key, each in account.realized.items() if currency_of[key] == currency),
                ZERO,
            )
            expected = account.adjustments.get(currency, ZERO) + realized
            expected -= account.commission.get(currency, ZERO)
            assert value_at_cost(account, currency) == expected


@given(happenings())
def test_accounts_do_not_touch_each_other(story: list[Told]) -> None:
    teller = Teller().tell(story)
    alone = fold(one for one in teller.records if one.account in ("", "DU2"))
    assert msgspec.to_builtins(alone.accounts["DU2"]) == msgspec.to_builtins(
        teller.state.accounts["DU2"]
    )
    assert {one.account for one in alone.working()} <= {"DU2"}


def test_a_fact_about_an_order_nobody_submitted_raises() -> None:
    with pytest.raises(KeyError, match="ord_9 before it was submitted"):
        fold(records([OPENED, ("DU1", ev.OrderAccepted("ord_9"))]))


def test_an_adjustment_of_a_position_that_is_not_open_raises() -> None:
    fact = ev.PositionAdjusted("pos_9", "AAPL", "split", ratio=dec(2))
    with pytest.raises(KeyError, match="pos_9, which is not open"):
        fold(records([OPENED, ("DU1", fact)]))


def test_a_step_that_can_not_happen_raises() -> None:
    story = [OPENED, submitted(), ("DU1", ev.OrderExpired("ord_1"))]
    with pytest.raises(IllegalTransition, match="ord_1 is EXPIRED; CANCELLED can not happen"):
        fold(records([*story, ("DU1", ev.OrderCancelled("ord_1"))]))


@pytest.mark.parametrize("reached", [True, False])
def test_an_unknown_order_is_resolved_by_evidence(reached: bool) -> None:
    unknown = ev.OrderOutcomeUnknown("ord_1", "no answer")
    resolved = ev.OrderResolved("ord_1", reached, "looked up", "b9")
    state = fold(records([OPENED, submitted(), ("DU1", unknown), ("DU1", resolved)]))
    (one,) = state.orders.values()
    if reached:
        assert (one.status, one.broker_ids) == (Status.OPEN, ("b9",))
        assert state.working() == [one]
    else:
        assert (one.status, one.message) == (Status.REJECTED, "looked up")
        assert state.working() == []


def test_an_order_that_is_no_longer_full_is_back_on_its_book_by_age() -> None:
    story = [
        OPENED,
        submitted("ord_1", quantity=10),
        ("DU1", filled("trd_0000000003", "ord_1", 10)),
        submitted("ord_2"),
        ("DU1", ev.TradeCorrected("trd_0000000003", dec(4), dec(100))),
    ]
    state = fold(records(story))
    assert [one.id for one in state.working("DU1", "AAPL")] == ["ord_1", "ord_2"]
    assert state.orders["ord_1"].status is Status.PARTIALLY_FILLED
    assert State.from_bytes(state.to_bytes()).to_bytes() == state.to_bytes()


def test_an_order_whose_trade_was_busted_can_trade_again() -> None:
    story = [
        OPENED,
        submitted("ord_1", quantity=10),
        ("DU1", filled("trd_0000000003", "ord_1", 10)),
        ("DU1", ev.TradeBusted("trd_0000000003", "mistake")),
        ("DU1", filled("trd_0000000005", "ord_1", 4)),
    ]
    state = fold(records(story))
    one = state.orders["ord_1"]
    assert figures(one.status, one.filled) == (Status.PARTIALLY_FILLED, 4)
    assert state.accounts["DU1"].positions["AAPL"].quantity == 4


def test_limits_trading_state_and_what_workers_keep_are_part_of_the_state() -> None:
    facts: list[tuple[str, ev.Event]] = [
        ("", ev.LimitsChanged({"orders_per_second": "5"})),
        ("", ev.TradingStateChanged("HALT", "a person said so")),
        ("", ev.WorkerStateSet("sma", "fast", "10")),
        ("", ev.WorkerStateSet("sma", "slow", "30")),
        ("", ev.WorkerStateSet("sma", "fast")),
        ("", ev.BrokerConnected("paper")),
    ]
    state = State.from_bytes(fold(records(facts)).to_bytes())
    assert (state.limits, state.trading_state) == ({"orders_per_second": "5"}, "HALT")
    assert (state.workers, state.seq) == ({"sma": {"slow": "30"}}, 6)


def test_the_books_of_an_unlisted_symbol_are_kept_by_a_guess() -> None:
    story = [OPENED, submitted("ord_1", symbol="EUR/JPY"), ("DU1", filled("trd_3", "ord_1", 10))]
    assert fold(records(story)).accounts["DU1"].cash == {"JPY": -1000}


def test_commission_without_a_currency_is_in_the_accounts_own() -> None:
    fact = ev.TradeFilled("trd_4", "ord_1", "x", dec(1), dec(100), 5, dec("0.5"))
    story = [OPENED, ("", ev.InstrumentListed(SAP)), submitted("ord_1", symbol="SAP")]
    account = fold(records([*story, ("DU1", fact)])).accounts["DU1"]
    assert account.cash == {"EUR": -100, "USD": Decimal("-0.5")}


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80"])
def test_bytes_that_are_no_state_raise(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        State.from_bytes(data)
