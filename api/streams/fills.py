"""The last fills of each account, which price its messages where the market shows no price.

A position that was just opened is worth what was just paid, and history is told with prices of its
own time: those of the past are not on the tape, but the fills are.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.ports import Prices
    from engine.trades import Trade

PricesOf = Callable[[str], "Prices"]
"""The market that an account sees, by its id."""


class LastFills:
    """The last fill of each symbol of each account, behind what its market shows."""

    def __init__(self, prices_of: PricesOf) -> None:
        self._prices_of = prices_of
        self._last: dict[tuple[str, str], Decimal] = {}

    def note(self, trade: Trade) -> None:
        """Remember a fill that was just written down."""
        self._last[trade.account, trade.symbol] = trade.price

    def of(self, account: str) -> Prices:
        """The prices of an account's messages."""
        return _Filled(account, self._prices_of(account), self._last)


class _Filled(NamedTuple):
    """A market, with the fills of one account behind it."""

    account: str
    market: Prices
    last: dict[tuple[str, str], Decimal]

    def mark(self, symbol: str) -> Decimal | None:
        """The market's price, else that of the last fill."""
        price = self.market.mark(symbol)
        return self.last.get((self.account, symbol)) if price is None else price

    def rate(self, currency: str, into: str) -> Decimal | None:
        """The market's rate."""
        return self.market.rate(currency, into)


class RatesAlone(NamedTuple):
    """A market of which only the rates of exchange are asked: its prices are of another time."""

    market: Prices

    def mark(self, _symbol: str) -> Decimal | None:
        """None: the past is priced by its fills."""
        return None

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth now."""
        return self.market.rate(currency, into)
