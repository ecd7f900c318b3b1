"""Corrections and busts, in any order, leave the books that a tape without the mistakes gives."""

from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events as ev
from engine.accounts import Account
from engine.state import State
from engine.tape.record import Record
from engine.values import PositionMode, Side
from tests.builders import Number, dec, figures, fold, order, records
from tests.histories import Teller, Told, happenings

Fixes = dict[str, ev.TradeCorrected | None]
"""What each trade really was; None if it never was."""

STORIES = happenings("submit", "submit", "fill", "fill", "fill", "split", size_max=25)
FIXES = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.decimals("0.001", "20", places=3),
        st.decimals("0.0001", "500", places=4),
        st.booleans(),
    ),
    max_size=6,
)


def drawn(state: State, fixes: list[tuple[int, Decimal, Decimal, bool]], busts: bool) -> Fixes:
    trades = list(state.trades)
    return {
        trades[k % len(trades)]: None
        if busted and busts
        else ev.TradeCorrected(trades[k % len(trades)], quantity, price, Decimal(1))
        for k, quantity, price, busted in fixes
        if trades
    }


def mended(teller: Teller, fixes: Fixes, seed: int) -> State:
    """The history with its mistakes, each put right afterwards, some first put wrong again."""
    told = list(fixes.items())
    dice = Random(seed)
    dice.shuffle(told)
    owners = {key: trade.account for key, trade in teller.state.trades.items()}
    for trade_id, _ in told[::2]:
        teller.write(owners[trade_id], ev.TradeCorrected(trade_id, Decimal(3), Decimal(7)))
    for trade_id, fact in told:
        teller.write(owners[trade_id], fact or ev.TradeBusted(trade_id, "mistake"))
    return teller.state


def clean(history: list[Record], fixes: Fixes) -> State:
    """The history as it would have been without the mistakes."""
    kept = []
    for record in history:
        fact = record.event
        if isinstance(fact, ev.TradeFilled) and fact.trade_id in fixes:
            right = fixes[fact.trade_id]
            if right is None:
                continue
            fact = msgspec.structs.replace(
                fact, quantity=right.quantity, price=right.price, commission=right.commission
            )
        kept.append(msgspec.structs.replace(record, event=fact))
    return fold(kept)


def nonzero(lines: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {key: value for key, value in lines.items() if value}


def books(account: Account) -> dict[str, Any]:
    """The figures of an account, without the names of its positions."""
    return {
        "cash": nonzero(account.cash),
        "realized": nonzero(account.realized),
        "commission": nonzero(account.commission),
        "positions": sorted(
            (one.symbol, one.quantity, one.cost, one.realized, one.opened_at, one.updated_at)
            for one in account.positions.values()
        ),
    }


@given(STORIES, FIXES, st.integers(0, 5))
def test_mended_books_that_net_are_the_books_without_the_mistakes(
    story: list[Told], fixes: list[tuple[int, Decimal, Decimal, bool]], seed: int
) -> None:
    teller = Teller().tell([told for told in story if told.verb != "split"])
    history = list(teller.records)
    truth = drawn(teller.state, fixes, busts=True)
    state, expected = mended(teller, truth, seed), clean(history, truth)
    for account_id, account in expected.accounts.items():
        assert books(state.accounts[account_id]) == books(account)


@given(STORIES, FIXES, st.integers(0, 5))
def test_mended_books_that_hedge_are_the_books_without_the_mistakes(
    story: list[Told], fixes: list[tuple[int, Decimal, Decimal, bool]], seed: int
) -> None:
    teller = Teller(PositionMode.HEDGING).tell([told for told in story if told.verb != "split"])
    history = list(teller.records)
    truth = drawn(teller.state, fixes, busts=False)
    state, expected = mended(teller, truth, seed), clean(history, truth)
    for account_id, account in expected.accounts.items():
        assert books(state.accounts[account_id]) == books(account)


@given(st.sampled_from(PositionMode), STORIES)
def test_telling_the_books_again_without_a_change_changes_nothing(
    mode: PositionMode, story: list[Told]
) -> None:
    teller = Teller(mode).tell(story)
    before = {key: books(account) for key, account in teller.state.accounts.items()}
    ids = {key: set(account.positions) for key, account in teller.state.accounts.items()}
    for trade in list(teller.state.trades.values()):
        same = ev.TradeCorrected(trade.id, trade.quantity, trade.price, trade.commission)
        teller.write(trade.account, same)
    assert {key: books(one) for key, one in teller.state.accounts.items()} == before
    assert {key: set(one.positions) for key, one in teller.state.accounts.items()} == ids


def hedged(*events: ev.Event, mode: PositionMode = PositionMode.HEDGING) -> State:
    opened = ev.AccountOpened("USD", "paper", mode)
    return fold(records([("DU1", fact) for fact in (opened, *events)]))


def bought(order_id: str, quantity: Number, position_id: str | None = None) -> ev.Event:
    request = order(quantity=abs(int(quantity)), position_id=position_id)
    if dec(quantity) < 0:
        request = msgspec.structs.replace(request, side=Side.SELL)
    return ev.OrderSubmitted(order_id, request)


def fill(seq: int, order_id: str, quantity: Number, price: Number = 100) -> ev.Event:
    return ev.TradeFilled(f"trd_{seq:010d}", order_id, f"x{seq}", dec(quantity), dec(price), 5)


def test_a_position_keeps_its_id_when_the_trade_that_opened_it_is_busted() -> None:
    pos = "pos_0000000003"
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 6),
        fill(4, "ord_1", 4),
        bought("ord_2", -2, pos),
        fill(6, "ord_2", 2, 110),
        ev.TradeBusted("trd_0000000003", "mistake"),
    )
    (position,) = state.accounts["DU1"].positions.values()
    assert figures(position.id, position.quantity, position.realized) == (pos, 2, 20)


def test_a_flip_of_a_hedged_position_is_told_again_in_both_parts() -> None:
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 10),
        bought("ord_2", -15, "pos_0000000003"),
        fill(5, "ord_2", 15, 110),
        ev.TradeCorrected("trd_0000000003", dec(12), dec(100)),
    )
    (position,) = state.accounts["DU1"].positions.values()
    assert figures(position.id, position.quantity) == ("pos_0000000005", -3)
    assert state.accounts["DU1"].realized == {"AAPL": 120}


@pytest.mark.parametrize("mode", PositionMode)
def test_a_split_is_told_again_once_for_each_position(mode: PositionMode) -> None:
    split = [
        ev.PositionAdjusted("pos_0000000003", "AAPL", "split", ratio=dec(2)),
        ev.PositionAdjusted("pos_0000000005", "AAPL", "split", ratio=dec(2)),
    ]
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 10),
        bought("ord_2", 5),
        fill(5, "ord_2", 5),
        *(split if mode is PositionMode.HEDGING else split[:1]),
        ev.TradeCorrected("trd_0000000003", dec(8), dec(100)),
        mode=mode,
    )
    held = [one.quantity for one in state.accounts["DU1"].positions.values()]
    assert held == ([16, 10] if mode is PositionMode.HEDGING else [26])


def test_an_adjustment_between_two_trades_is_told_again_in_its_place() -> None:
    state = hedged(
        bought("ord_1", 20),
        fill(3, "ord_1", 10),
        ev.PositionAdjusted("pos_0000000003", "AAPL", "split", ratio=dec(2)),
        fill(5, "ord_1", 10, 50),
        ev.TradeCorrected("trd_0000000003", dec(4), dec(100)),
        mode=PositionMode.NETTING,
    )
    position = state.accounts["DU1"].positions["AAPL"]
    assert figures(position.quantity, position.cost) == (18, 900)


def test_an_adjustment_finds_the_net_position_under_another_id() -> None:
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 5),
        bought("ord_2", -5),
        fill(5, "ord_2", 5),
        fill(6, "ord_1", 5),
        ev.PositionAdjusted("pos_0000000006", "AAPL", "split", ratio=dec(2)),
        ev.TradeCorrected("trd_0000000003", dec(6), dec(100)),
        mode=PositionMode.NETTING,
    )
    position = state.accounts["DU1"].positions["AAPL"]
    assert (position.id, position.quantity) == ("pos_0000000003", dec(12))
    told = [fact.reason for _, _, fact in state.adjustments("DU1")]
    assert (told, state.adjustments("DU2")) == (["split"], [])


def test_an_adjustment_of_a_position_that_never_was_is_left_out() -> None:
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 10),
        ev.PositionAdjusted("pos_0000000003", "AAPL", "split", ratio=dec(2)),
        ev.TradeBusted("trd_0000000003", "mistake"),
    )
    assert state.accounts["DU1"].positions == {}
    assert nonzero(state.accounts["DU1"].cash) == {}


def test_a_busted_trade_keeps_its_place_and_can_be_put_right_again() -> None:
    state = hedged(
        bought("ord_1", 10),
        fill(3, "ord_1", 10),
        ev.TradeBusted("trd_0000000003", "mistake"),
        ev.TradeCorrected("trd_0000000003", dec(7), dec(99)),
        mode=PositionMode.NETTING,
    )
    (trade,) = state.trades.values()
    assert figures(trade.quantity, trade.position_id) == (7, "pos_0000000003")
    assert state.accounts["DU1"].cash == {"USD": -693}
    assert figures(state.orders["ord_1"].filled, state.orders["ord_1"].notional) == (7, 693)


def test_a_position_opened_by_an_adjustment_is_told_again_with_it() -> None:
    story: list[tuple[str, ev.Event]] = [
        ("DU1", ev.AccountOpened("USD", "far")),
        ("DU1", ev.PositionAdjusted("pos_2", "AAPL", "opening balance", dec(5), dec(500))),
        ("DU1", ev.OrderSubmitted("ord_3", order(quantity=10))),
        ("DU1", ev.TradeFilled("trd_0000000004", "ord_3", "x1", dec(10), dec(100), 5)),
        ("DU1", ev.TradeCorrected("trd_0000000004", dec(9), dec(90))),
    ]
    position = fold(records(story)).accounts["DU1"].positions["AAPL"]
    assert (position.id, figures(position.quantity, position.cost)) == ("pos_2", (14, 1310))
