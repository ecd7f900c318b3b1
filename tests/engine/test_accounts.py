"""The books: cash moves with every trade, and every figure has its line."""

import pytest

from engine.accounts import Account, build, charge, close, credit, settle
from engine.errors import ProviderUnavailable
from engine.positions import Position
from engine.values import PositionMode
from tests.builders import dec


def account(mode: PositionMode = PositionMode.NETTING) -> Account:
    return Account("DU1", "USD", "paper", mode)


def test_a_purchase_takes_its_cost_out_of_cash_and_a_sale_puts_its_proceeds_in() -> None:
    books = account()
    position = Position("pos_1", "DU1", "AAPL", 1, 1)
    build(books, position, dec(10), dec(100))
    assert books.cash == {"USD": -1000}
    close(books, position, dec(-4), dec(110))
    assert books.cash == {"USD": -560}
    assert books.realized == {"AAPL": 40}


def test_nothing_is_known_of_an_account_elsewhere_until_its_books_were_opened() -> None:
    account().check_known()
    theirs = Account("U1", "USD", "far", is_remote=True)
    with pytest.raises(ProviderUnavailable, match="far did not tell yet what U1 holds"):
        theirs.check_known()
    theirs.books_since = 1
    theirs.check_known()


def test_a_short_sale_puts_its_proceeds_in() -> None:
    books = account()
    build(books, Position("pos_1", "DU1", "AAPL", 1, 1), dec(-10), dec(100))
    assert books.cash == {"USD": 1000}


def test_trades_settle_in_the_currency_of_their_instrument() -> None:
    books = account()
    build(books, Position("pos_1", "DU1", "SAP", 1, 1, currency="EUR"), dec(1), dec(120))
    settle(books, "USD", dec(5))
    assert books.cash == {"EUR": -120, "USD": 5}


def test_a_commission_leaves_cash_and_is_counted_in_its_own_currency() -> None:
    books = account()
    charge(books, "EUR", dec("1.5"))
    charge(books, "EUR", dec(0))
    charge(books, "USD", dec(0))
    assert (books.cash, books.commission) == ({"EUR": dec("-1.5")}, {"EUR": dec("1.5")})


def test_a_rebate_is_a_negative_commission() -> None:
    books = account()
    charge(books, "USD", dec("-0.2"))
    assert books.cash == {"USD": dec("0.2")}


def test_a_line_of_the_books_adds_up() -> None:
    lines = {"AAPL": dec(1)}
    credit(lines, "AAPL", dec(2))
    credit(lines, "MSFT", dec(3))
    assert lines == {"AAPL": 3, "MSFT": 3}


def test_a_netting_account_finds_positions_by_symbol_and_by_id() -> None:
    books = account()
    one = Position("pos_1", "DU1", "AAPL", 1, 1)
    books.positions["AAPL"] = one
    assert books.position("pos_1") is books.held("AAPL", "anything") is one
    assert books.position("AAPL") is None
    assert books.held("MSFT") is None


def test_a_hedging_account_finds_only_the_position_that_is_named() -> None:
    books = account(PositionMode.HEDGING)
    one = Position("pos_1", "DU1", "AAPL", 1, 1)
    books.positions["pos_1"] = one
    assert books.position("pos_1") is books.held("AAPL", "pos_1") is one
    assert books.held("AAPL") is None
    assert books.held("AAPL", "pos_2") is None
