"""The portfolio over REST: accounts, positions by page and by contract, summary, ledger, shares."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.webapi import books, figures, position_rows
from api.webapi.gateway import Row
from api.webapi.ledger import ledger
from api.webapi.position_rows import PAGE_ROWS
from api.webapi.reading import Count, Items, Line, lenient
from api.webapi.session import Needs, Session

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.gateway import Function, Gateway
    from engine.positions import Position

TAG = "Portfolio"
_PAGE = Count("The page, from 0", 0, 1_000_000)
_CONID = Count("The contract's number")
_SORTED = lenient(
    sort=Line("The field to sort by", 32), direction=Line("a: ascending; d: descending", 4)
)
_ACCOUNTS = lenient(("acctIds",), acctIds=Items("The accounts"))


class PortfolioCalls:
    """The handlers of everything about what is held."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._engine = gateway.engine

    @cached_property
    def _opened_ms(self) -> int:
        """When the tape begins, which is when the first account was opened."""
        first = next(iter(self._engine.tape.records(0)), None)
        return 0 if first is None else figures.milliseconds(first.ts)

    async def accounts(self, session: Session, call: Call) -> list[Row]:
        """The accounts; other calls may want this one first."""
        session.has_portfolio = True
        return [self._account(name) for name in self._gateway.accounts(call.caller)]

    async def meta(self, _session: Session, call: Call) -> Row:
        """One account."""
        return self._account(self._named(call))

    async def positions(self, session: Session, call: Call) -> list[Row]:
        """A page of what is held; an empty one past the end."""
        name = self._named(call)
        page = _PAGE.read_text("page_id", call.path["page_id"])
        is_bare = self._gateway.is_empty_first(session, f"positions {name}")
        held = self._held(name)[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
        rows = [self._row(position, is_bare=is_bare) for position in held]
        asked = _SORTED.read_query(call.query)
        field = asked.get("sort")
        if field is not None and all(isinstance(row.get(field), Decimal | int) for row in rows):
            rows.sort(key=lambda row: row[field], reverse=asked.get("direction") == "d")
        return rows

    async def newer(self, _session: Session, call: Call) -> list[Row]:
        """What is held, under the newer portfolio's names."""
        of, account = self._gateway.contracts.of, self._named(call)
        prices = self._gateway.market(account)
        return [position_rows.newer(one, of(one.symbol), prices) for one in self._held(account)]

    async def position(self, _session: Session, call: Call) -> list[Row]:
        """What is held of one contract."""
        contract = self._gateway.contracts.find(_CONID.read_text("conid", call.path["conid"]))
        held = self._held(self._named(call))
        symbol = None if contract is None else contract.instrument.symbol
        return [self._row(one) for one in held if one.symbol == symbol]

    async def everywhere(self, _session: Session, call: Call) -> dict[str, list[Row]]:
        """What every account holds of one contract."""
        contract = self._gateway.contracts.find(_CONID.read_text("conid", call.path["conid"]))
        symbol = None if contract is None else contract.instrument.symbol
        told = {}
        for name in self._gateway.accounts(call.caller):
            rows = [self._row(one) for one in self._held(name) if one.symbol == symbol]
            if rows:
                told[name] = rows
        return told

    async def combos(self, _session: Session, call: Call) -> list[Row]:
        """What is held in combinations, which is nothing."""
        self._named(call)
        return []

    async def invalidate(self, _session: Session, call: Call) -> Row:
        """Forget what was read before; nothing is kept here."""
        self._named(call)
        return {"message": "success"}

    async def summary(self, _session: Session, call: Call) -> Row:
        """The account at a glance."""
        return books.summary_of(self._gateway.worth(self._named(call)))

    async def ledger(self, _session: Session, call: Call) -> Row:
        """The books by currency."""
        return ledger(self._gateway.worth(self._named(call)))

    async def allocation(self, _session: Session, call: Call) -> Row:
        """What is held by kind, sector and group."""
        worth = self._gateway.worth(self._named(call))
        return books.allocation([worth], self._gateway.contracts)

    async def allocations(self, _session: Session, call: Call) -> Row:
        """The same for several accounts together."""
        asked = _ACCOUNTS.read_query(call.query) if not call.body else _ACCOUNTS.read(call.body)
        names = [self._gateway.account(call.caller, name) for name in asked["acctIds"]]
        worths = [self._gateway.worth(name) for name in names]
        return books.allocation(worths, self._gateway.contracts)

    async def flat(self, _session: Session, call: Call) -> Row:
        """The account at a glance in plain numbers, as the brokerage session tells it."""
        worth = self._gateway.worth(self._named(call))
        sums, cash = worth.sums, figures.number(worth.cash)
        free, equity = figures.number(sums.margin_available), figures.number(sums.equity)
        used = figures.number(sums.margin_used)
        return {
            "accountType": "INDIVIDUAL",
            "status": "Opened",
            "balance": equity,
            "SMA": free,
            "buyingPower": figures.number(sums.margin_available * worth.account.leverage),
            "availableFunds": free,
            "excessLiquidity": free,
            "netLiquidationValue": equity,
            "equityWithLoanValue": equity,
            "regTLoan": 0,
            "securitiesGVP": figures.number(worth.gross),
            "totalCashValue": cash,
            "accruedInterest": 0,
            "regTMargin": used,
            "initialMargin": used,
            "maintenanceMargin": used,
            "cashBalances": [
                {"currency": currency, "balance": amount, "settledCash": amount}
                for currency, amount in (
                    (each, figures.number(cash)) for each, cash in worth.account.cash.items()
                )
            ],
        }

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        rows, login = list[Row], Needs.LOGIN
        yield [self._get("/portfolio/accounts", "List accounts", self.accounts, rows, login)]
        path = "/portfolio/subaccounts"
        yield [self._get(path, "List accounts below", self.accounts, rows, login)]
        path, said = "/portfolio/allocation", "Get shares of several accounts"
        needs = Needs.PORTFOLIO
        yield self._gateway.either(
            path, said, self.allocations, needs=needs, query=_ACCOUNTS, body=_ACCOUNTS, tag=TAG
        )
        path, by_account = "/portfolio/positions/{conid}", dict[str, list[Row]]
        yield [self._get(path, "Get positions by contract", self.everywhere, by_account)]
        account = "/portfolio/{account_id}"
        yield self._gateway.either(
            f"{account}/positions/invalidate",
            "Forget cached positions",
            self.invalidate,
            needs=needs,
            tag=TAG,
        )
        path, said = f"{account}/positions/{{page_id}}", "List positions"
        yield [self._get(path, said, self.positions, rows, query=_SORTED)]
        path, said = "/portfolio2/{account_id}/positions", "List positions as they are now"
        yield [self._get(path, said, self.newer, rows)]
        path, said = f"{account}/position/{{conid}}", "Get a position"
        yield [self._get(path, said, self.position, rows)]
        path, said = f"{account}/combo/positions", "List combinations"
        yield [self._get(path, said, self.combos, rows)]
        yield [self._get(f"{account}/summary", "Get the summary", self.summary)]
        yield [self._get(f"{account}/ledger", "Get the ledger", self.ledger)]
        yield [self._get(f"{account}/allocation", "Get shares", self.allocation)]
        yield [self._get(f"{account}/meta", "Get an account", self.meta)]
        path, said = "/iserver/account/{account_id}/summary", "Get the summary in numbers"
        yield [self._get(path, said, self.flat, Row, Needs.BROKERAGE)]

    def _get(
        self,
        path: str,
        summary: str,
        function: Function,
        answer: Any = Row,
        needs: Needs = Needs.PORTFOLIO,
        query: Any = None,
    ) -> Operation:
        return self._gateway.operation(
            "GET", path, summary, function, answer, needs, query or lenient(), tag=TAG
        )

    def _named(self, call: Call) -> str:
        return self._gateway.account(call.caller, call.path["account_id"])

    def _held(self, account: str) -> list[Position]:
        """What the account holds, by contract number."""
        of = self._gateway.contracts.of
        held = [one for one in self._engine.account(account).positions.values() if one.quantity]
        return sorted(held, key=lambda one: of(one.symbol).conid)

    def _row(self, position: Position, *, is_bare: bool = False) -> Row:
        contract = self._gateway.contracts.of(position.symbol)
        prices = self._gateway.market(position.account)
        row = position_rows.row(position, contract, prices)
        if is_bare:
            return row
        account = self._engine.account(position.account)
        return row | position_rows.extras(position, contract, account, prices)

    def _account(self, name: str) -> Row:
        account = self._engine.account(name)
        return {
            "id": name,
            "PrepaidCrypto-Z": False,
            "PrepaidCrypto-P": False,
            "brokerageAccess": True,
            "accountId": name,
            "accountVan": name,
            "accountTitle": name,
            "displayName": name,
            "accountAlias": None,
            "accountStatus": self._opened_ms,
            "currency": account.currency,
            "type": "DEMO",
            "tradingType": "PMRGN" if account.leverage > 1 else "STKNOPT",
            "businessType": "INDEPENDENT",
            "category": "",
            "ibEntity": "IBLLC-US",
            "faclient": False,
            "clearingStatus": "O",
            "covestor": False,
            "noClientTrading": False,
            "trackVirtualFXPortfolio": True,
            "acctCustType": "INDIVIDUAL",
            "parent": {
                "mmc": [],
                "accountId": "",
                "isMParent": False,
                "isMChild": False,
                "isMultiplex": False,
            },
            "desc": name,
        }
