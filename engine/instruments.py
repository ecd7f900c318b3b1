"""Instruments, and the one registry that resolves every name people use for them.

``AAPL``, ``S:AAPL`` and a broker's contract number are one instrument; so are ``BTC/USD`` and
``C:BTCUSD``. A tick is enforced on orders only where the instrument declares one: a price read from
data has a precision, not a tick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from engine.errors import InvalidRequest, SymbolNotFound
from engine.values import ONE, AssetClass

_PREFIXES = {"S:", "C:", "F:", "X:", "O:", "I:"}


class Instrument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is traded. ``tick`` and ``lot`` are None where any price or quantity will do.

    ``multiplier`` is the money in ``currency`` that one unit gains when the price rises by one.
    ``ids`` maps a broker's or vendor's name to the id it uses.
    """

    symbol: str
    asset_class: AssetClass = AssetClass.STOCK
    currency: str = "USD"
    tick: Decimal | None = None
    lot: Decimal | None = None
    multiplier: Decimal = ONE
    price_scale: int = 2
    ids: dict[str, str] = {}

    @property
    def price_step(self) -> Decimal:
        """What prices of it are multiples of: the tick, or where none is declared, one unit of the
        last digit that its prices are known to have.
        """
        return self.tick or ONE.scaleb(-self.price_scale)


class Listing(msgspec.Struct, frozen=True):
    """A contract as a broker's search finds it: by the broker's own id, its terms not asked for."""

    id: str
    symbol: str
    name: str
    exchange: str
    kinds: tuple[AssetClass, ...]


class Instruments:
    """The registry: add instruments, then resolve any of their names."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}
        self._by_alias: dict[str, Instrument] = {}

    def add(self, instrument: Instrument) -> None:
        """Register ``instrument``, replacing an earlier one of the same symbol."""
        self._by_symbol[instrument.symbol] = instrument
        for alias in _aliases(instrument):
            self._by_alias[alias] = instrument

    def resolve(self, name: str) -> Instrument:
        """The instrument that ``name`` means; raises :class:`SymbolNotFound`."""
        found = self._by_symbol.get(name) or self._by_alias.get(name.upper())
        if found is None:
            raise SymbolNotFound(name)
        return found

    def find(self, symbol: str) -> Instrument | None:
        """The instrument with exactly this symbol, or None."""
        return self._by_symbol.get(symbol)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_symbol.values())

    def __len__(self) -> int:
        return len(self._by_symbol)


def _aliases(instrument: Instrument) -> set[str]:
    """Every upper-case spelling that means ``instrument``: vendor prefixes, slashes left out, its
    ids.
    """
    plain = instrument.symbol.upper()
    names = {plain, plain.replace("/", "")}
    names |= {prefix + name for prefix in _PREFIXES for name in tuple(names)}
    return names | {value.upper() for value in instrument.ids.values()}


def guess(symbol: str, price_scale: int = 2) -> Instrument:
    """The likeliest instrument behind a bare symbol, for data files that say nothing more.

    ``BASE/QUOTE`` is crypto when the base is a known coin and forex otherwise, priced in the quote
    currency; all else is a stock in USD.
    """
    base, slash, quote = symbol.partition("/")
    if not slash:
        return Instrument(symbol, price_scale=price_scale)
    kind = AssetClass.CRYPTO if base in _COINS else AssetClass.FOREX
    return Instrument(symbol, kind, quote, price_scale=price_scale)


def merged(known: Instrument, told: Instrument) -> Instrument:
    """The terms that a broker tells of an instrument, with every id and every digit that are known
    of it beside.
    """
    scale = max(known.price_scale, told.price_scale)
    return msgspec.structs.replace(told, ids=known.ids | told.ids, price_scale=scale)


def is_plausible(name: str) -> bool:
    """Whether a broker may have a contract of this name: ``BRK B``, ``EUR/USD``, ``SAP@14204``."""
    return _SYMBOL.fullmatch(name) is not None


_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9 ./@-]{0,31}")
_COINS = {"BTC", "ETH", "SOL", "XRP", "LTC", "DOGE", "ADA", "BCH", "LINK", "AVAX", "DOT", "BNB"}


def check_increments(
    instrument: Instrument, quantity: Decimal | None, prices: dict[str, Decimal | None]
) -> None:
    """Refuse a quantity off the lot or a price off the tick, where the instrument declares them."""
    lot, tick = instrument.lot, instrument.tick
    if lot is not None and quantity is not None and quantity % lot:
        raise InvalidRequest("quantity", str(quantity), f"a multiple of the lot size {lot}")
    if tick is None:
        return
    for field, price in prices.items():
        if price is not None and price % tick:
            raise InvalidRequest(field, str(price), f"a multiple of the tick {tick}")
