"""Quotes are exact columns that only grow forward, with or without sizes."""

from array import array
from decimal import Decimal

import pytest

from engine.market.quotes import Quote, Quotes
from tests.engine.market.data import START_NS, quotes_at


def test_a_row_reads_back_in_exact_decimals() -> None:
    assert quotes_at([1]).quote(0) == Quote(
        "AAPL",
        START_NS + 10**9,
        Decimal("100.00"),
        Decimal("100.02"),
        Decimal(100),
        Decimal(200),
    )


def test_quotes_without_sizes_have_empty_size_columns() -> None:
    quotes = Quotes("EUR/USD", 5, has_sizes=False)
    quotes.append(START_NS, 108_450, 108_452, 7, 7)
    assert not quotes.bid_size
    assert not quotes.ask_size
    assert quotes.quote(0).bid_size is None


def test_two_quotes_may_share_one_time() -> None:
    assert len(quotes_at([1, 1])) == 2


def test_an_older_quote_is_refused() -> None:
    with pytest.raises(ValueError, match="is before the last quote of AAPL"):
        quotes_at([2, 1])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="quotes of X: columns differ in length"):
        Quotes("X", 2, has_sizes=False, ts=array("q", [1]))


def test_quotes_show_what_they_are() -> None:
    assert repr(quotes_at([1])) == "Quotes('AAPL', rows=1)"


@pytest.mark.parametrize(
    "sizes", [(None, None), (Decimal(300), Decimal("0.5")), (Decimal(300), None)]
)
def test_a_quote_in_decimals_becomes_columns_of_one_row(
    sizes: tuple[Decimal | None, Decimal | None],
) -> None:
    quote = Quote("EUR/USD", START_NS, Decimal("1.1"), Decimal("1.10005"), *sizes)
    made = Quotes.of(quote)
    assert (len(made), made.price_scale) == (1, 5)
    whole = sizes if None not in sizes else (None, None)
    assert made.quote(0) == Quote("EUR/USD", START_NS, quote.bid, quote.ask, *whole)
