"""IBKR's contract numbers for instruments: the same number for the same symbol, always.

An instrument that carries an ``ibkr`` id has that one. Widely traded symbols have the number that
IBKR gives them. Every other symbol gets one from a hash of its name, above anything IBKR has given
out, so that it can not be taken for a contract it is not.
"""

from __future__ import annotations

from hashlib import blake2b

from engine.instruments import Instrument

BROKER = "ibkr"
DERIVED_FIRST = 1_000_000_000
_DERIVED_COUNT = 1_000_000_000
KNOWN = {
    "AAPL": 265598,
    "AMD": 4391,
    "AMZN": 3691937,
    "BTC/USD": 479624278,
    "EUR/USD": 12087792,
    "GBP/USD": 12087797,
    "GOOG": 208813720,
    "GOOGL": 208813719,
    "IBM": 8314,
    "INTC": 270639,
    "KO": 8894,
    "META": 107113386,
    "MSFT": 272093,
    "NFLX": 15124833,
    "NVDA": 4815747,
    "QQQ": 320227571,
    "SPY": 756733,
    "TSLA": 76792991,
    "USD/JPY": 15016059,
}
"""Numbers that IBKR gives, by our symbols."""


def conid(instrument: Instrument) -> int:
    """The contract number of ``instrument``."""
    own = instrument.ids.get(BROKER, "")
    if own.isdecimal():
        return int(own)
    return KNOWN.get(instrument.symbol) or _derived(instrument.symbol)


def _derived(symbol: str) -> int:
    digest = blake2b(f"conid {symbol}".encode(), digest_size=8).digest()
    return DERIVED_FIRST + int.from_bytes(digest) % _DERIVED_COUNT
