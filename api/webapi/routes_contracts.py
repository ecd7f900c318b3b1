"""Contracts over REST: searching, in full, with the rules of their orders, pairs of currencies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from api.webapi import contract_rows, errors, figures
from api.webapi.gateway import Row
from api.webapi.reading import Count, Items, Line, Truth, lenient, numeral
from api.webapi.session import Needs, Session
from engine.errors import SymbolNotFound
from engine.instruments import Listing

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.contracts import Contract
    from api.webapi.gateway import Gateway

TAG = "Contracts"
CONIDS_MAX = 200
_CONID = Count("The contract's number")
_SEARCH = lenient(
    ("symbol",),
    symbol=Line("A symbol, or a part of a company's name", 64),
    name=Truth("Whether the symbol is a part of a name"),
    secType=Line("Only contracts of this kind: STK, CASH, CRYPTO, FUT", 16),
)
_ONE = lenient(("conid",), conid=_CONID)
_STRIKES = lenient(
    ("conid",), conid=_CONID, sectype=Line("OPT or FOP"), month=Line("Such as JAN25")
)
_RULES = lenient(("conid",), conid=_CONID, isBuy=Truth("Whether for a buy"))
_SIDE = lenient(isBuy=Truth("Whether for a buy"))
_SYMBOLS = lenient(("symbols",), symbols=Items("The symbols"))
_CONIDS = lenient(("conids",), conids=Items("The contracts' numbers", CONIDS_MAX))
_CURRENCY = lenient(("currency",), currency=Line("A currency", 8))
_RATE = lenient(
    ("source", "target"),
    source=Line("The currency to convert from", 8),
    target=Line("The currency to convert to", 8),
)
_PATH = {"conid": _CONID}


class ContractCalls:
    """The handlers of everything about contracts."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._contracts = gateway.contracts

    async def search(self, session: Session, call: Call) -> list[Row] | Row:
        """The contracts that a symbol or a name means."""
        asked = _SEARCH.read_query(call.query) if not call.body else _SEARCH.read(call.body)
        kind = asked.get("secType", "").upper()
        found = await self._gateway.search(
            session.selected, asked["symbol"], by_name=asked.get("name", False), kind=kind
        )
        if not found:
            return errors.said(errors.NO_SYMBOL)
        as_text = self._gateway.manner.text_conids
        return [
            contract_rows.listed(each, as_text=as_text)
            if isinstance(each, Listing)
            else contract_rows.found(each, as_text=as_text)
            for each in found
        ]

    async def details(self, session: Session, call: Call) -> list[Row]:
        """One contract, as it is told of derivatives."""
        number = _ONE.read_query(call.query)["conid"]
        await self._gateway.know(session.selected, [number])
        return [contract_rows.detail(self._contracts.get(number))]

    async def strikes(self, session: Session, call: Call) -> Row:
        """The strikes of a contract's options, of which there are none."""
        number = _STRIKES.read_query(call.query)["conid"]
        await self._gateway.know(session.selected, [number])
        self._contracts.get(number)
        return {"call": [], "put": []}

    async def info(self, session: Session, call: Call) -> Row:
        """All that is known of a contract."""
        return contract_rows.info(await self._named(session, call))

    async def info_and_rules(self, session: Session, call: Call) -> Row:
        """The same with the rules of its orders."""
        contract = await self._named(session, call)
        return contract_rows.info(contract) | {"rules": self._rules(session, contract)}

    async def rules(self, session: Session, call: Call) -> Row:
        """Which orders a contract takes."""
        number = _RULES.read(call.body)["conid"]
        await self._gateway.know(session.selected, [number])
        return self._rules(session, self._contracts.get(number))

    async def stocks(self, session: Session, call: Call) -> dict[str, list[Row]]:
        """The stocks of some symbols; an empty list for one that there is not."""
        told = {}
        for symbol in _SYMBOLS.read_query(call.query)["symbols"]:
            if session.selected and self._contracts.named(symbol) is None:
                with suppress(SymbolNotFound):
                    await self._gateway.desk.markets.know(session.selected, symbol)
            found = self._contracts.named(symbol)
            is_stock = found is not None and found.kind == "STK"
            told[symbol] = [contract_rows.stock(found)] if found is not None and is_stock else []
        return told

    async def futures(self, _session: Session, call: Call) -> dict[str, list[Row]]:
        """The futures of some symbols, of which there are none with a date."""
        return {symbol: [] for symbol in _SYMBOLS.read_query(call.query)["symbols"]}

    async def definitions(self, session: Session, call: Call) -> Row:
        """Some contracts by their numbers; those that there are not are left out."""
        asked = _CONIDS.read_query(call.query) if not call.body else _CONIDS.read(call.body)
        numbers = [numeral(each) for each in asked["conids"]]
        await self._gateway.know(session.selected, numbers)
        found = [self._contracts.find(number) for number in numbers]
        return {"secdef": [contract_rows.definition(each) for each in found if each is not None]}

    async def pairs(self, _session: Session, call: Call) -> dict[str, list[Row]]:
        """The pairs that a currency is traded in."""
        currency = _CURRENCY.read_query(call.query)["currency"].upper()
        rows = []
        for contract in self._contracts.all():
            base, _, quote = contract.instrument.symbol.partition("/")
            if contract.kind == "CASH" and currency in (base, quote):
                other = base if currency == quote else quote
                rows.append(
                    {"symbol": contract.description, "conid": contract.conid, "ccyPair": other}
                )
        return {currency: rows}

    async def rate(self, session: Session, call: Call) -> Row:
        """What one unit of a currency is worth in another."""
        asked = _RATE.read_query(call.query)
        rate = self._gateway.market(session.selected).rate(
            asked["source"].upper(), asked["target"].upper()
        )
        if rate is None:
            raise SymbolNotFound(f"{asked['source']}.{asked['target']}")
        return {"rate": figures.number(round(rate, 8))}

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        gateway = self._gateway
        either: dict[str, Any] = {"query": _SEARCH, "body": _SEARCH, "tag": TAG}
        path = "/iserver/secdef/search"
        yield gateway.either(path, "Search contracts", self.search, answer=list[Row], **either)
        yield [self._get("/iserver/secdef/info", "Get a contract", self.details, list[Row], _ONE)]
        yield [self._get("/iserver/secdef/strikes", "List strikes", self.strikes, Row, _STRIKES)]
        one = "/iserver/contract/{conid}"
        yield [self._get(f"{one}/info", "Get all about a contract", self.info)]
        said = "Get all about a contract, and its rules"
        yield [self._get(f"{one}/info-and-rules", said, self.info_and_rules, Row, _SIDE)]
        yield [
            gateway.operation(
                "POST",
                "/iserver/contract/rules",
                "Get the rules of a contract's orders",
                self.rules,
                body=_RULES,
                tag=TAG,
            )
        ]
        rows, path = dict[str, list[Row]], "/iserver/currency/pairs"
        yield [self._get(path, "List pairs of currencies", self.pairs, rows, _CURRENCY)]
        path = "/iserver/exchangerate"
        yield [self._get(path, "Get a rate of exchange", self.rate, Row, _RATE)]
        yield from self._reference()

    def _reference(self) -> Iterator[list[Operation]]:
        """What can be asked without a brokerage session."""
        rows, needs = dict[str, list[Row]], Needs.LOGIN
        path = "/trsrv/stocks"
        yield [self._get(path, "Find stocks by symbol", self.stocks, rows, _SYMBOLS, needs)]
        path = "/trsrv/futures"
        yield [self._get(path, "Find futures by symbol", self.futures, rows, _SYMBOLS, needs)]
        yield self._gateway.either(
            "/trsrv/secdef",
            "Find contracts by number",
            self.definitions,
            needs=needs,
            query=_CONIDS,
            body=_CONIDS,
            tag=TAG,
        )

    def _get(
        self,
        path: str,
        summary: str,
        function: Any,
        answer: Any = Row,
        query: Any = None,
        needs: Needs = Needs.BROKERAGE,
    ) -> Operation:
        return self._gateway.operation(
            "GET", path, summary, function, answer, needs, query or lenient(), tag=TAG
        )

    async def _named(self, session: Session, call: Call) -> Contract:
        number = _PATH["conid"].read_text("conid", call.path["conid"])
        await self._gateway.know(session.selected, [number])
        return self._contracts.get(number)

    def _rules(self, session: Session, contract: Contract) -> Row:
        engine, account = self._gateway.engine, session.selected
        engine.account(account)
        mark = engine.prices_of(account).mark(contract.instrument.symbol)
        return contract_rows.rules(contract, engine.capabilities[account], account, mark)
