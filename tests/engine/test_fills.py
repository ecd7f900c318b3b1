"""A fill finds its position: it adds, reduces, closes, or closes one and opens another."""

import pytest

from engine.accounts import Account
from engine.fills import adjust, key_of, take
from engine.orders import Order, new_order
from engine.values import MarginMode, PositionMode, Side
from tests.builders import FUTURE, Number, dec, figures, order


def books(mode: PositionMode = PositionMode.NETTING) -> Account:
    return Account("DU1", "USD", "paper", mode, dec(3))


def a_fill(
    account: Account,
    quantity: Number,
    seq: int,
    named: str | None = None,
    asked: Order | None = None,
) -> str:
    some = asked or new_order("ord_1", "DU1", order("ES", Side.BUY), 1)
    return take(account, FUTURE, some, dec(quantity), dec(100), seq, seq * 10, named)


def test_an_opened_position_takes_its_terms_from_instrument_order_and_account() -> None:
    account = books()
    assert a_fill(account, 2, 7) == "pos_0000000007"
    position = account.positions["ES"]
    assert figures(position.multiplier, position.leverage, position.opened_at) == (50, 3, 70)
    asked = new_order("o", "DU1", order("ES", leverage=2, margin_mode=MarginMode.ISOLATED), 1)
    other = books()
    a_fill(other, 1, 8, asked=asked)
    assert other.positions["ES"].leverage == 2
    assert other.positions["ES"].margin_mode is MarginMode.ISOLATED


@pytest.mark.parametrize(
    ("quantities", "left"), [((5, 3), 8), ((5, -3), 2), ((-5, 3), -2), ((5, -8), -3), ((-5, 8), 3)]
)
def test_fills_of_one_symbol_net(quantities: tuple[int, int], left: int) -> None:
    account = books()
    for seq, quantity in enumerate(quantities, start=1):
        a_fill(account, quantity, seq)
    assert account.positions["ES"].quantity == left


def test_a_flip_ends_in_a_position_of_its_own() -> None:
    account = books()
    a_fill(account, 5, 1)
    assert a_fill(account, -8, 2) == "pos_0000000002"
    position = account.positions["ES"]
    assert figures(position.id, position.cost, position.realized) == ("pos_0000000002", -15_000, 0)


def test_a_position_closed_to_the_last_unit_is_gone() -> None:
    account = books()
    a_fill(account, 5, 1)
    assert a_fill(account, -5, 2) == "pos_0000000001"
    assert account.positions == {}


def test_where_positions_hedge_only_a_named_one_is_reduced() -> None:
    account = books(PositionMode.HEDGING)
    first = a_fill(account, 5, 1)
    second = a_fill(account, -5, 2)
    assert {key: one.quantity for key, one in account.positions.items()} == {first: 5, second: -5}
    assert a_fill(account, -2, 3, first) == first
    assert account.positions[first].quantity == 3
    assert a_fill(account, -9, 4, first) == "pos_0000000004"
    assert first not in account.positions
    assert account.positions["pos_0000000004"].quantity == -6


def test_a_position_can_be_opened_under_an_id_it_had_before() -> None:
    account = books()
    some = new_order("ord_1", "DU1", order("ES", Side.BUY), 1)
    assert take(account, FUTURE, some, dec(1), dec(100), 9, 9, None, "pos_old") == "pos_old"


def test_an_adjustment_to_nothing_ends_the_position() -> None:
    account = books()
    a_fill(account, 5, 1)
    position = account.positions["ES"]
    adjust(account, position, dec(1), dec(10), 99)
    assert figures(position.quantity, position.updated_at) == (6, 99)
    adjust(account, position, dec(-6), dec(0), 100)
    assert account.positions == {}


def test_positions_are_kept_by_symbol_or_by_id() -> None:
    account = books()
    a_fill(account, 5, 1)
    position = account.positions["ES"]
    assert key_of(account, position) == "ES"
    assert key_of(books(PositionMode.HEDGING), position) == "pos_0000000001"
