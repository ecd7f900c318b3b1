"""The gateway of one desk: everything that the calls of the Web API share.

A call finds its session, is counted where that is the manner, is refused if something it needs is
not open, and is then answered by a function of session and call. The stream is another client of
the same object: it finds its session, contracts, accounts and rows here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from api.auth import Scope
from api.endpoints import Call, Operation
from api.settings import WebApi
from api.webapi import errors
from api.webapi.charts import Chart, fetched
from api.webapi.contracts import Contracts
from api.webapi.days import Days
from api.webapi.faults.faults import Faults
from api.webapi.faults.garbler import Garbler
from api.webapi.history import History
from api.webapi.manners import MANNERS, Manner
from api.webapi.pacing import Pacing
from api.webapi.placing import Placing
from api.webapi.questions import Questions
from api.webapi.reading import Lenient
from api.webapi.server_prompts import ServerPrompts
from api.webapi.session import IDLE_MS, Needs, Session, Sessions
from api.webapi.stream.endpoint import StreamEndpoint
from api.webapi.ticker import Ticker
from api.webapi.worth import Worth
from engine.errors import SymbolNotFound
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.auth import Principal
    from api.desk import Desk
    from api.webapi.contracts import Contract
    from api.webapi.history import Wish
    from engine.instruments import Listing
    from engine.ports import Market

Function = Callable[[Session, Call], Awaitable[Any]]
Row = dict[str, Any]
NO_QUERY = Lenient()


class Gateway:
    """One desk behind the Web API, in the manner of its settings unless another is given."""

    def __init__(self, desk: Desk, manner: Manner | None = None) -> None:
        self.desk = desk
        self.engine = desk.engine
        self.board = desk.board
        self.settings = WebApi() if desk.settings is None else desk.settings.webapi
        self.manner = manner or MANNERS[self.settings.manner]
        self.sessions = Sessions(self._first_account)
        self.contracts = Contracts(desk.engine)
        self.days = Days(desk.board)
        self._history = History(desk.board)
        self.faults = Faults()
        timeout_ns = int(self.settings.prompt_timeout_s * NANOSECONDS)
        asking = Questions(self.settings, self.manner, self.faults.questions)
        self.servers = ServerPrompts(desk.engine, self.faults.server_asks, timeout_ns)
        self.placing = Placing(
            desk.engine, self.contracts, self.manner, asking, self.servers, timeout_ns
        )
        self.stream = StreamEndpoint(self, lambda: Garbler(self.faults))
        self._pacing = Pacing(self.settings.penalty_s)

    def operation(
        self,
        method: str,
        path: str,
        summary: str,
        function: Function,
        answer: Any = Row,
        needs: Needs = Needs.BROKERAGE,
        query: Lenient = NO_QUERY,
        body: Lenient | None = None,
        tag: str = "",
        scope: Scope = Scope.READ,
    ) -> Operation:
        """One method of a path, which is written without the base."""
        return Operation(
            method,
            path,
            summary,
            self._answering(path, needs, function),
            answer,
            tag=tag,
            query=query,
            body=body,
            is_body_required=False,
            failures={400: errors.BAD_REQUEST},
            scope=scope,
            reduces=scope is Scope.TRADE and method == "DELETE",  # a cancel
        )

    def either(self, path: str, summary: str, function: Function, **rest: Any) -> list[Operation]:
        """The same answer to GET and to POST, as clients use both."""
        body = rest.pop("body", None)
        return [
            self.operation("GET", path, summary, function, **rest),
            self.operation("POST", path, summary, function, body=body or NO_QUERY, **rest),
        ]

    def accounts(self, caller: Principal) -> list[str]:
        """The accounts that the caller's key opens, the one meant by default first."""
        served = [name for name in self.engine.state.accounts if self._opens(caller, name)]
        first = caller.account_or(self.desk.default_account)
        return sorted(served, key=lambda name: name != first)

    def meant(self, session: Session, caller: Principal) -> list[str]:
        """The accounts that are meant where none is named: the selected one where that is the
        manner, or all that the caller's key opens.
        """
        return [session.selected] if self.manner.accounts_first else self.accounts(caller)

    def account(self, caller: Principal, name: str) -> str:
        """An account that the caller names; the refusal of one that it may not see."""
        if name not in self.engine.state.accounts:
            raise errors.refusal(400, f"Invalid account ID {name[:64]!r}")
        refused = caller.denies(name)
        if refused is not None:
            raise refused
        if not self._opens(caller, name):
            raise errors.refusal(401, f"account {name} is at a broker, and needs a key")
        return name

    def _opens(self, caller: Principal, name: str) -> bool:
        """Whether a caller may use an account; without a key only one of the simulator."""
        return caller.may_use(name) and (caller.has_key or name in self.engine.local)

    def _first_account(self, caller: Principal) -> str:
        """The account that a session begins with; none where the caller may use none."""
        return next(iter(self.accounts(caller)), "")

    def worth(self, account: str) -> Worth:
        """The figures of an account."""
        return Worth(self.engine, self.market(account), self.engine.account(account))

    def market(self, account: str) -> Market:
        """The market that an account sees."""
        return self.engine.markets.get(account, self.board)

    def ticker(self, session: Session, contract: Contract) -> Ticker:
        """The market data of a contract."""
        account = self.engine.account(session.selected)
        market = self.market(account.id)
        days = self.days if market is self.board else Days(market)
        return Ticker(market, days, contract, self.manner, account)

    def lapse(self, session: Session) -> None:
        """End a brokerage session that lay idle for too long, where that is the manner or a fault
        that was asked for.
        """
        idle_s = self.faults.idle_s()
        if idle_s is not None:
            session.lapse(round(idle_s * 1_000))
        elif self.manner.sessions_end:
            session.lapse(IDLE_MS)

    async def know(self, account: str, numbers: Iterable[int]) -> None:
        """Ask the account's broker for contracts that were never heard of here; those that it does
        not have either stay unknown.
        """
        remote = self.desk.markets.theirs(account)
        if remote is None:
            return
        for number in numbers:
            if number > 0 and self.contracts.find(number) is None:
                with suppress(SymbolNotFound):
                    await remote.terms.named(str(number))

    async def know_to_order(self, account: str, numbers: Iterable[int]) -> None:
        """The same of what is about to be ordered, whose terms must be the broker's own."""
        wanted = list(numbers)
        await self.know(account, wanted)
        found = [self.contracts.find(number) for number in wanted]
        symbols = [each.instrument.symbol for each in found if each is not None]
        await self.desk.markets.know(account, *symbols)

    async def search(
        self, account: str, text: str, *, by_name: bool, kind: str
    ) -> list[Contract] | list[Listing]:
        """The contracts that a text means, as the account's broker finds them."""
        remote = self.desk.markets.theirs(account)
        if remote is None:
            return self.contracts.search(text, by_name=by_name, kind=kind)
        return await remote.terms.find(text, by_name=by_name, kind=kind)

    async def chart(self, account: str, contract: Contract, wish: Wish) -> History:
        """The bars that a wish needs; a remote broker is asked for them."""
        source = self.desk.markets.of(account)
        if source.market is self.board:
            return self._history
        return await fetched(source, contract.instrument.symbol, wish)

    def charted(self, account: str, contract: Contract, wish: Wish) -> Chart:
        """The bars of a wish that go on as time does."""
        source = self.desk.markets.of(account)
        return Chart(source, self.board, contract.instrument.symbol, wish)

    def is_empty_first(self, session: Session, what: str) -> bool:
        """Whether this call of a list is the first one of a session that answers it empty."""
        return session.is_first(what) and self.manner.empty_first_calls

    def _answering(
        self, path: str, needs: Needs, function: Function
    ) -> Callable[[Call], Awaitable[Any]]:
        async def handler(call: Call) -> Any:
            session = self.sessions.of(call.caller)
            if self.manner.paced:
                self._pacing.check(session.id, path)
            self.lapse(session)
            session.check(needs, accounts_first=self.manner.accounts_first)
            session.tickle()
            return await function(session, call)

        return handler
