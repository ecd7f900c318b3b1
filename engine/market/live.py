"""The live board: what a remote broker quotes, and nothing that it does not.

Quotes are taken as they come. A price holds for as long as its broker goes on confirming it, and a
while longer; then there is none, and whoever asks is told so. Nothing is ever put in its place. The
board also keeps what was asked of it lately: that is what the broker should be quoting.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.errors import ProviderUnavailable, SymbolNotFound
from engine.market.bars import Bar
from engine.market.quotes import Quote
from engine.values import NANOSECONDS, ONE

AGE_MAX_NS = 60 * NANOSECONDS
IDLE_NS = 600 * NANOSECONDS
"""What nobody asked for during this time is not in use any more."""


class LiveBoard:
    """The market as ``provider`` quotes it; a price that was not confirmed for ``age_max_ns`` is
    none. ``clock`` gives ns UTC.
    """

    def __init__(
        self, provider: str, clock: Callable[[], int], age_max_ns: int = AGE_MAX_NS
    ) -> None:
        self.provider = provider
        self._clock = clock
        self.on_wish: Callable[[], None] = lambda: None
        """Called when a symbol is asked for that was not in use."""
        self._age_max = age_max_ns
        self._quotes: dict[str, Quote] = {}
        self._confirmed: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._lacking: set[str] = set()

    @property
    def now(self) -> int:
        """The time that ages are counted to."""
        return self._clock()

    @property
    def symbols(self) -> list[str]:
        """What has a price now."""
        return sorted(symbol for symbol in self._quotes if self._newest(symbol) is not None)

    def show(self, quote: Quote) -> bool:
        """Take what the broker quotes now, and say whether it is news. An older quote than the one
        known confirms that one.
        """
        self._confirmed[quote.symbol] = self.now
        self._lacking.discard(quote.symbol)
        known = self._quotes.get(quote.symbol)
        if known is not None and (quote.ts < known.ts or quote == known):
            return False
        self._quotes[quote.symbol] = quote
        return True

    def lacks(self, symbol: str) -> None:
        """Take it that the broker has no such symbol."""
        self._lacking.add(symbol)

    def want(self, symbol: str) -> None:
        """Note that ``symbol`` is in use."""
        is_new = symbol not in self._asked
        self._asked[symbol] = self.now
        if is_new:
            self.on_wish()

    def wanted(self) -> list[str]:
        """What is in use, that which was asked for last first; the rest is forgotten."""
        limit = self.now - IDLE_NS
        self._asked = {symbol: at for symbol, at in self._asked.items() if at > limit}
        return sorted(self._asked, key=lambda symbol: (-self._asked[symbol], symbol))

    def is_lacking(self, symbol: str) -> bool:
        """Whether the broker has said that it has no such symbol."""
        return symbol in self._lacking

    def mark(self, symbol: str) -> Decimal | None:
        """The last price, brought to the bid or the ask where it lies outside them; their middle
        where none is known; None where there is no quote now.
        """
        self.want(symbol)
        return self._mark(symbol)

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth in another, by the pair or its inverse."""
        if currency == into:
            return ONE
        direct, inverse = f"{currency}/{into}", f"{into}/{currency}"
        price = self._mark(direct)
        if price is not None:
            self.want(direct)
            return price
        price = self._mark(inverse)
        if price is None:
            self.want(direct)  # a broker has one of the two
        self.want(inverse)
        return None if price is None else ONE / price

    def quote(self, symbol: str) -> Quote:
        """The newest quote, with its own time; SymbolNotFound where the broker has no such symbol,
        ProviderUnavailable where there is no quote now.
        """
        self.want(symbol)
        found = self._newest(symbol)
        if found is not None:
            return found
        if self.is_lacking(symbol):
            raise SymbolNotFound(symbol)
        seconds = self._age_max // NANOSECONDS
        old = f" that was confirmed in the last {seconds} s" if symbol in self._quotes else " yet"
        raise ProviderUnavailable(f"{self.provider} shows no price of {symbol}{old}", symbol=symbol)

    def timeframe_ns(self, symbol: str) -> int:
        """Raises SymbolNotFound: bars are asked of the broker, and none are kept."""
        raise SymbolNotFound(symbol)

    def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Raises SymbolNotFound, likewise."""
        raise SymbolNotFound(symbol)

    def _newest(self, symbol: str) -> Quote | None:
        """The quote, if it still holds."""
        confirmed = self._confirmed.get(symbol)
        if confirmed is None or self.now - confirmed >= self._age_max:
            return None
        return self._quotes[symbol]

    def _mark(self, symbol: str) -> Decimal | None:
        quote = self._newest(symbol)
        if quote is None:
            return None
        if quote.last is None:
            return (quote.bid + quote.ask) / 2
        return min(max(quote.last, quote.bid), quote.ask)
