"""Contracts: the engine's instruments under the gateway's numbers and words.

A contract is found by its number, by its symbol in either spelling (``EUR.USD``, ``EUR/USD``), or
by a part of its company's name. The numbers are those of ``engine.conids``, which never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.webapi.companies import Company, company
from api.webapi.reading import numeral
from engine.conids import conid
from engine.errors import InvalidRequest, SymbolNotFound
from engine.values import AssetClass

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.instruments import Instrument

KIND = {
    AssetClass.STOCK: "STK",
    AssetClass.FOREX: "CASH",
    AssetClass.CRYPTO: "CRYPTO",
    AssetClass.FUTURES: "FUT",
}
"""The gateway's word for each asset class."""
_EXPECTED = "the number of a contract that is traded here"
_SHOWN_CHARACTERS = 40


class Contract:
    """One instrument as the gateway tells it."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.conid = conid(instrument)
        self.kind = KIND[instrument.asset_class]
        self.company: Company = company(instrument.symbol)
        self.description = instrument.symbol.replace("/", ".")
        """The name in positions, orders and market data: ``AAPL``, ``EUR.USD``."""
        base = instrument.symbol.partition("/")[0]
        self.ticker = base if self.kind == "CASH" else self.description
        self.exchange = "IDEALPRO" if self.kind == "CASH" else self.company.exchange
        self.name = self.company.name if self.kind == "STK" else self.description


class Contracts:
    """Every contract that the engine can trade, by number and by name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._by_conid: dict[int, Contract] = {}
        self._by_symbol: dict[str, Contract] = {}

    def all(self) -> list[Contract]:
        """Every contract, in the order they were listed."""
        return [self.of(instrument.symbol) for instrument in self._engine.instruments]

    def of(self, symbol: str) -> Contract:
        """The contract of an exact symbol."""
        known = self._by_symbol.get(symbol)
        instrument = self._engine.instrument(symbol)
        if known is None or known.instrument != instrument:
            known = self._by_symbol[symbol] = Contract(instrument)
            self._by_conid[known.conid] = known
        return known

    def find(self, number: int) -> Contract | None:
        """The contract with this number, or None."""
        if number not in self._by_conid:
            self.all()
        return self._by_conid.get(number)

    def get(self, number: int, field: str = "conid") -> Contract:
        """The contract with this number; InvalidRequest where there is none."""
        found = self.find(number)
        if found is None:
            raise InvalidRequest(field, str(number), _EXPECTED)
        return found

    def written(self, text: str, field: str = "conid") -> Contract:
        """The contract whose number ``text`` writes; InvalidRequest where there is none."""
        found = self.find(numeral(text))
        if found is None:
            raise InvalidRequest(field, text[:_SHOWN_CHARACTERS], _EXPECTED)
        return found

    def named(self, symbol: str) -> Contract | None:
        """The contract that a symbol means in any spelling, or None."""
        for spelling in (symbol, symbol.replace(".", "/"), symbol.replace(" ", ".")):
            try:
                return self.of(self._engine.instruments.resolve(spelling).symbol)
            except SymbolNotFound:
                continue
        return None

    def search(self, text: str, *, by_name: bool = False, kind: str = "") -> list[Contract]:
        """The contracts that ``text`` means: the symbol, the base of a pair, or part of a name."""
        wanted = text.strip().upper()
        if not wanted:
            return []
        if by_name:
            found = [one for one in self.all() if wanted in one.name.upper()]
        else:
            exact = self.named(wanted)
            found = [] if exact is None else [exact]
            found += [one for one in self.all() if one.ticker.upper() == wanted and one != exact]
        return [one for one in found if not kind or one.kind == kind]
