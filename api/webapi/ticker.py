"""Market data of one contract under the gateway's field numbers, as known now.

A field that nobody knows is absent, never zero: bars have no sizes, the first day has no close
before it. The snapshot of REST and the stream of market data are both made of `Ticker.fields`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from engine.errors import EngineError, ProviderUnavailable, SymbolNotFound
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.valuation import unrealized

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from api.webapi.days import Day, Days
    from api.webapi.manners import Manner
    from engine.accounts import Account
    from engine.market.quotes import Quote
    from engine.ports import Market
    from engine.positions import Position

USUAL = ("31", "84", "86", "88", "85", "7059", "87", "55")
"""The fields that are told to who names none."""
FIELDS_MAX = 50
AVAILABILITY = "RpB"
"""Real time, consolidated, with a book: what can be seen of this market can be seen now."""
MARKER = "q0"
NAMES = {"84": "BidPrice", "86": "AskPrice", "31": "LastPrice", "87": "Volume"}
"""The names that the published description gives to some fields."""


class Ticker:
    """What the market shows of one contract, and what ``account`` holds of it."""

    def __init__(
        self, market: Market, days: Days, contract: Contract, manner: Manner, account: Account
    ) -> None:
        self._market = market
        self._days = days
        self._contract = contract
        self._manner = manner
        self._account = account

    def head(self, now_ns: int) -> dict[str, Any]:
        """What opens every row, with or without fields."""
        number = self._contract.conid
        return {
            "conid": number,
            "conidEx": str(number),
            "_updated": figures.milliseconds(now_ns),
            "server_id": MARKER,
            "6119": MARKER,
            "6509": AVAILABILITY,
        }

    def fields(self, wanted: Iterable[str]) -> dict[str, str]:
        """Those of the fields that are known, as texts."""
        found = {}
        for tag in wanted:
            teller = _TELLERS.get(tag)
            told = teller(self) if teller is not None else None
            if told:
                found[tag] = told
        return found

    def named(self) -> dict[str, Any]:
        """The figures that have names, under them."""
        told = self.fields(NAMES)
        named: dict[str, Any] = {NAMES[tag]: value for tag, value in told.items()}
        named["minTick"] = figures.number(self._contract.instrument.price_step)
        return named

    @property
    def quote(self) -> Quote | None:
        """The newest quote, None before the first."""
        try:
            return self._market.quote(self._contract.instrument.symbol)
        except (ProviderUnavailable, SymbolNotFound):
            return None

    @property
    def last(self) -> Decimal | None:
        """The last price."""
        quote = self.quote
        if quote is not None and quote.last is not None:
            return quote.last
        return self._market.mark(self._contract.instrument.symbol)

    @property
    def prior_close(self) -> Decimal | None:
        """Where the day before ended."""
        symbol = self._contract.instrument.symbol
        try:
            bars = self._market.bars(symbol, DAY_NS, None, self._midnight - DAY_NS, 1)
        except (EngineError, ValueError):
            return None  # no bars, or none that make days
        return bars[-1].close if bars else None

    @property
    def today(self) -> Day | None:
        """The day so far."""
        return self._days.of(self._contract.instrument.symbol)

    @property
    def position(self) -> Position | None:
        """What the account holds."""
        symbol = self._contract.instrument.symbol
        return next((p for p in self._account.positions.values() if p.symbol == symbol), None)

    @property
    def _midnight(self) -> int:
        return bucket_start(self._market.now, DAY_NS)

    # Writing one field each

    def _price(self, value: Decimal | None) -> str | None:
        if value is None:
            return None
        scale = self._contract.instrument.price_scale
        written = figures.fixed(value, scale)
        return f"{Decimal(written):,f}" if self._manner.decorated else written

    def _count(self, value: Decimal | None) -> str | None:
        if value is None:
            return None
        return figures.separated(value) if self._manner.decorated else figures.text(value)

    def tell_last(self) -> str | None:
        """The last price; in the strict manner marked ``C`` while nothing traded today."""
        told = self._price(self.last)
        is_old = self._manner.decorated and self.today is None and self._is_yesterdays()
        return f"C{told}" if told is not None and is_old else told

    def _is_yesterdays(self) -> bool:
        quote = self.quote
        return quote is not None and quote.ts <= self._midnight

    def tell_bid(self) -> str | None:
        """The best bid."""
        return self._price(self.quote.bid) if self.quote else None

    def tell_ask(self) -> str | None:
        """The best ask."""
        return self._price(self.quote.ask) if self.quote else None

    def tell_bid_size(self) -> str | None:
        """What is bid for."""
        return self._count(self.quote.bid_size) if self.quote else None

    def tell_ask_size(self) -> str | None:
        """What is offered."""
        return self._count(self.quote.ask_size) if self.quote else None

    def tell_last_size(self) -> str | None:
        """What traded last: the volume of the newest bar."""
        day = self.today
        return self._count(day.last_volume) if day else None

    def tell_volume(self) -> str | None:
        """What traded today."""
        day = self.today
        if day is None:
            return None
        decorated = self._manner.decorated
        return figures.shortened(day.volume) if decorated else figures.text(day.volume)

    def tell_long_volume(self) -> str | None:
        """What traded today, to the last digit."""
        day = self.today
        return figures.text(day.volume) if day else None

    def tell_high(self) -> str | None:
        """The highest price of the day."""
        day = self.today
        return self._price(day.high) if day else None

    def tell_low(self) -> str | None:
        """The lowest price of the day."""
        day = self.today
        return self._price(day.low) if day else None

    def tell_open(self) -> str | None:
        """The first price of the day."""
        day = self.today
        return self._price(day.open) if day else None

    def tell_close(self) -> str | None:
        """Where the day before ended."""
        return self._price(self.prior_close)

    def tell_change(self) -> str | None:
        """The last price less the close before."""
        last, close = self.last, self.prior_close
        return None if last is None or close is None else self._price(last - close)

    def tell_change_percent(self) -> str | None:
        """The same in percent."""
        last, close = self.last, self.prior_close
        if last is None or not close:
            return None
        told = f"{(last / close - 1) * 100:.2f}"
        return f"{told}%" if self._manner.decorated else told

    def tell_held(self) -> str | None:
        """How much the account holds."""
        return self._count(self.position.quantity) if self.position else None

    def tell_average(self) -> str | None:
        """At what price it was bought."""
        return self._price(self.position.average_price) if self.position else None

    def tell_value(self) -> str | None:
        """What it is worth."""
        held, last = self.position, self.last
        if held is None or last is None:
            return None
        return self._price(held.quantity * last * held.multiplier)

    def tell_profit(self) -> str | None:
        """What closing it would earn."""
        return self._price(unrealized(self.position, self._market)) if self.position else None

    def tell_symbol(self) -> str:
        """The symbol."""
        return self._contract.ticker

    def tell_company(self) -> str:
        """The company's name."""
        return self._contract.name

    def tell_exchange(self) -> str:
        """Where it is listed."""
        return self._contract.exchange

    def tell_conid(self) -> str:
        """Its number."""
        return str(self._contract.conid)

    def tell_kind(self) -> str:
        """What kind of contract it is."""
        return self._contract.kind


_TELLERS: dict[str, Callable[[Ticker], str | None]] = {
    "31": Ticker.tell_last,
    "55": Ticker.tell_symbol,
    "70": Ticker.tell_high,
    "71": Ticker.tell_low,
    "73": Ticker.tell_value,
    "74": Ticker.tell_average,
    "75": Ticker.tell_profit,
    "76": Ticker.tell_held,
    "82": Ticker.tell_change,
    "83": Ticker.tell_change_percent,
    "84": Ticker.tell_bid,
    "85": Ticker.tell_ask_size,
    "86": Ticker.tell_ask,
    "87": Ticker.tell_volume,
    "88": Ticker.tell_bid_size,
    "6004": Ticker.tell_exchange,
    "6008": Ticker.tell_conid,
    "6070": Ticker.tell_kind,
    "7051": Ticker.tell_company,
    "7059": Ticker.tell_last_size,
    "7221": Ticker.tell_exchange,
    "7295": Ticker.tell_open,
    "7296": Ticker.tell_close,
    "7635": Ticker.tell_last,
    "7741": Ticker.tell_close,
    "7762": Ticker.tell_long_volume,
}
KNOWN_FIELDS = tuple(_TELLERS)
"""Every field that may be told."""
