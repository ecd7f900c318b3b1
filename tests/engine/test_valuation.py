"""What the books are worth at the market's prices, in the account's own currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accounts import Account
from engine.errors import ProviderUnavailable
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.timeframes import MINUTE_NS
from engine.positions import Position
from engine.valuation import convert, free_margin, margin, mark, profit, summary, unrealized
from engine.values import ONE
from tests.builders import Market, World, dec, figures
from tests.engine.remote import ACCOUNT, Remote


def test_balance_leaves_unrealized_profit_out_and_equity_counts_it() -> None:
    world = World(leverage=4)
    world.bought(10, 100)
    world.market.marks["AAPL"] = dec(110)
    worth = summary(world.account, world.market)
    assert figures(worth.currency, worth.balance, worth.unrealized_pnl) == ("USD", 100_000, 100)
    assert figures(worth.equity, worth.margin_used) == (100_100, 275)
    assert worth.margin_available == 100_100 - 275


def test_a_short_position_earns_when_the_price_falls() -> None:
    world = World(market=Market(AAPL=100))
    world.sold(10, 100)
    world.market.marks["AAPL"] = dec(90)
    worth = summary(world.account, world.market)
    assert figures(worth.balance, worth.equity, worth.margin_used) == (100_000, 100_100, 900)


def test_a_multiplier_counts_in_value_and_margin() -> None:
    world = World(market=Market(ES=4000), leverage=10, cash=1_000_000)
    world.bought(2, 4000, symbol="ES")
    world.market.marks["ES"] = dec("4000.25")
    assert unrealized(world.position, world.market) == 25
    assert margin(world.position, world.market) == dec("40002.5")


def test_without_a_price_a_position_counts_as_it_cost_and_the_account_has_no_value() -> None:
    world = World()
    world.bought(10, 98)
    del world.market.marks["AAPL"]
    assert mark(world.position, world.market) == 98
    with pytest.raises(ProviderUnavailable, match="no price of AAPL, which is held"):
        summary(world.account, world.market)


def test_before_its_broker_told_anything_an_account_has_no_value_not_a_balance_of_zero() -> None:
    world = Remote()
    prices = world.engine.prices_of(ACCOUNT)
    with pytest.raises(ProviderUnavailable, match=f"far did not tell yet what {ACCOUNT} holds"):
        summary(world.account, prices)
    world.connect()
    assert summary(world.account, prices).balance == world.books.cash["USD"]


def test_available_margin_is_never_below_zero() -> None:
    world = World(cash=1000)
    world.bought(10, 100)
    world.market.marks["AAPL"] = dec(50)
    worth = summary(world.account, world.market)
    assert figures(worth.equity, worth.margin_used, worth.margin_available) == (500, 500, 0)
    world.market.marks["AAPL"] = dec(1)
    world.sold(20, 1)
    world.market.marks["AAPL"] = dec(500)
    assert summary(world.account, world.market).margin_available == 0


@pytest.mark.parametrize(
    ("pair", "price"), [("EUR/USD", "1.25"), ("USD/EUR", "0.8")], ids=["pair", "inverse"]
)
def test_money_abroad_is_valued_by_the_pair_or_its_inverse(pair: str, price: str) -> None:
    world = World(market=Market(SAP=100, **{pair: price}))
    world.bought(10, 100, symbol="SAP")
    world.market.marks["SAP"] = dec(110)
    worth = summary(world.account, world.market)
    assert world.account.cash == {"USD": 100_000, "EUR": -1000}
    assert figures(worth.balance, worth.equity, worth.margin_used) == (100_000, 100_125, 1375)


def test_a_board_of_real_bars_gives_the_rates() -> None:
    pair = Bars("EUR/USD", MINUTE_NS, 2, 0)
    pair.append(MINUTE_NS, 120, 130, 110, 125, 1000)
    board = Board([pair])
    assert board.rate("EUR", "USD") is None
    board.show(0, 0)
    assert convert(dec(100), "EUR", "USD", board) == 125
    assert convert(dec(125), "USD", "EUR", board) == 100


def test_money_without_a_rate_can_not_be_valued_and_the_error_names_both_currencies() -> None:
    with pytest.raises(ProviderUnavailable, match="from EUR to USD") as caught:
        convert(dec(1), "EUR", "USD", Market())
    assert caught.value.details == {"currency": "EUR", "into": "USD"}
    assert convert(dec(0), "EUR", "USD", Market()) == 0


def test_realized_profit_is_summed_across_currencies() -> None:
    world = World(market=Market(AAPL=100, SAP=100, **{"EUR/USD": 2}))
    world.bought(1, 100)
    world.sold(1, 110)
    world.bought(1, 100, symbol="SAP")
    world.sold(1, 95, symbol="SAP")
    currencies = {"AAPL": "USD", "SAP": "EUR"}
    assert profit(world.account, currencies, world.market) == 0


def test_money_abroad_counts_where_there_is_none_at_home() -> None:
    account = Account("A", "USD", "paper", cash={"EUR": dec(100)})
    assert summary(account, Market(**{"EUR/USD": "1.10"})).balance == 110
    with pytest.raises(ProviderUnavailable):
        summary(account, Market())


@st.composite
def holdings(draw: st.DrawFn) -> tuple[Position, int]:
    """A position, and its price; only a contract's can be below zero."""
    multiplier = draw(st.sampled_from([ONE, dec(1), dec(50)]))
    quantity = draw(st.integers(-20, 20).filter(bool))
    may_be_negative = multiplier is not ONE or quantity < 0
    price = draw(st.integers(-90 if may_be_negative else 0, 90))
    leverage = draw(st.sampled_from([ONE, dec(1), dec(4)]))
    currency = draw(st.sampled_from(["USD", "EUR"]))
    symbol = f"S{draw(st.integers(0, 10**9))}"
    cost = quantity * draw(st.integers(1, 90)) * multiplier
    terms = dec(cost), dec(0), currency, multiplier, leverage
    return Position(f"pos_{symbol}", "A", symbol, 0, 0, dec(quantity), *terms), price


@given(st.lists(holdings(), max_size=5, unique_by=lambda one: one[0].symbol), st.integers(0, 9999))
def test_what_is_free_is_equity_less_the_margin_of_everything_held(
    held: list[tuple[Position, int]], cash: int
) -> None:
    account = Account("A", "USD", "paper", cash={"USD": dec(cash), "EUR": dec(7)})
    account.positions = {one.symbol: one for one, _ in held}
    market = Market(**{one.symbol: price for one, price in held}, **{"EUR/USD": "1.25"})
    worth = summary(account, market)
    assert free_margin(account, market) == worth.equity - worth.margin_used
    assert (
        sum(convert(margin(one, market), one.currency, "USD", market) for one, _ in held)
        == worth.margin_used
    )


def test_what_is_worth_as_much_as_it_ties_up_needs_no_rate() -> None:
    account = Account("A", "USD", "paper", cash={"USD": dec(100)})
    bought = Position("p", "A", "SAP", 0, 0, dec(2), dec(20), currency="EUR")
    account.positions["SAP"] = bought
    assert free_margin(account, Market(SAP=10)) == 100
    bought.quantity = dec(-2)
    assert free_margin(account, Market(SAP=-10)) == 100
    with pytest.raises(ProviderUnavailable):
        free_margin(account, Market(SAP=10))


def test_no_digit_of_the_cash_is_lost_where_nothing_is_owed() -> None:
    cash = dec("99.99999999999999999999999999999")
    account = Account("A", "USD", "paper", cash={"USD": cash})
    account.positions["AAPL"] = Position("p", "A", "AAPL", 0, 0, dec(2), dec(20))
    assert free_margin(account, Market(AAPL=10)) == cash
