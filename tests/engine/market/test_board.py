"""What a taker would pay now, as the board knows it."""

from decimal import Decimal

from engine.market.board import Board
from engine.market.quotes import Quotes
from tests.engine.market.data import bars_at


def _quotes() -> Quotes:
    quotes = Quotes("AAPL", 2, has_sizes=False)
    quotes.append(60_000_000_000, 9_990, 10_010)
    return quotes


def test_a_taker_pays_the_ask_and_gets_the_bid_of_the_visible_quote() -> None:
    board = Board([_quotes()])
    board.show(0, 0)
    assert board.touch("AAPL", buys=True) == Decimal("100.10")
    assert board.touch("AAPL", buys=False) == Decimal("99.90")


def test_where_there_is_no_quote_both_sides_are_the_mark() -> None:
    board = Board([bars_at([1])])
    assert board.touch("AAPL", buys=True) is None
    board.show(0, 0)
    assert board.touch("AAPL", buys=True) == board.mark("AAPL") == board.touch("AAPL", buys=False)
