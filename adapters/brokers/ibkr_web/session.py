"""The brokerage session: opened in the order that the gateway wants, kept by tickles, and asked for
again with patience.

Every call here may be refused for a while: nobody is logged in, the nightly reset is on, another
program of the same username has the session. After each refusal the gateway is left alone for a
time that doubles up to a ceiling, because a session that is hammered for can stay shut for hours.
What a session was told dies with it (the list of accounts, what is suppressed), so all of that is
said again at every opening.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from adapters.brokers.ibkr_web.errors import (
    Competing,
    LoginNeeded,
    NotAnswered,
    NotConnected,
    SessionLost,
)
from adapters.brokers.ibkr_web.lists import Lists
from adapters.brokers.ibkr_web.numerals import name
from adapters.brokers.ibkr_web.options import Options
from adapters.brokers.ibkr_web.transport import Answer, Transport, as_object
from engine.backoff import Backoff
from engine.ports import Throttled
from engine.values import NANOSECONDS

TICKLES_MISSED_MAX = 2
NO_SESSION = "no session"
_LOGGED_OUT = (LoginNeeded, Competing, SessionLost)


class Session:
    """The session of one username, over ``transport``."""

    def __init__(
        self,
        options: Options,
        transport: Transport,
        lists: Lists,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.id = ""
        """What the stream is opened with; the same for as long as the session lasts."""
        self.is_open = False
        self.is_paper: bool | None = None
        """Whether the gateway says that no real money is meant; None before it did."""
        self._options = options
        self._transport = transport
        self._lists = lists
        self._clock = clock_ns
        self._next_at = clock_ns()
        longest = int(options.login_wait_longest_s * NANOSECONDS)
        first = int(options.login_wait_s * NANOSECONDS)
        self._backoff = Backoff(lambda: 1.0, first, longest)

    async def open(self) -> None:
        """Open the session, or find it open, and say all that it must be told.

        PermissionError if the credentials, or the account, are refused for good; GatewayError for
        what may pass.
        """
        left = self._next_at - self._clock()
        if left > 0:
            raise NotConnected(f"leaving the gateway alone for {left / NANOSECONDS:.0f} s more")
        try:
            if self._transport.signer is not None:
                await self._transport.signer.renew(self._transport)
            await self._authenticate()
            await self._prepare()
        except _LOGGED_OUT:
            self._next_at = self._clock() + self._backoff.failed()
            raise
        self._backoff.succeeded()
        self.is_open = True

    def close(self) -> None:
        """Note that the session may not be used until it is opened again."""
        self.is_open = False

    async def keep(self) -> None:
        """Tickle until the session is lost, which raises."""
        missed = 0
        while True:
            await asyncio.sleep(self._options.tickle_s)
            try:
                before = self.id
                await self.tickle()
                missed = 0
            except (NotAnswered, NotConnected, Throttled):
                missed += 1
                if missed > TICKLES_MISSED_MAX:
                    raise
            else:
                if self.id != before:
                    raise SessionLost("the gateway has begun another session")

    async def tickle(self) -> None:
        """Say that we are there, and hear how the session is; raises if it is gone."""
        told = (await self._transport.post("/tickle")).document
        if isinstance(told, dict) and NO_SESSION in str(told.get("error", "")):
            raise LoginNeeded("nobody is logged in at the gateway")
        if not isinstance(told, dict) or told.get("error"):
            raise NotAnswered(f"tickle: {told}")
        self.id = name(told.get("session")) or self.id
        brokerage = told.get("iserver") or {}
        self.judge(brokerage.get("authStatus") or {})

    def judge(self, status: dict[str, Any]) -> None:
        """Raise unless a status, as far as it says anything, says that the session is ours."""
        if status.get("competing"):
            raise Competing("another program of this username has the brokerage session")
        if status.get("authenticated") is False or status.get("connected") is False:
            why = status.get("message") or status.get("fail") or "not authenticated"
            raise SessionLost(f"the brokerage session is gone: {why}")

    async def _authenticate(self) -> None:
        status = _status(await self._transport.post("/iserver/auth/status"))
        takes = self._options.competing == "take"
        if status.get("competing") and not takes:
            self.judge(status)
        if not _is_ready(status):
            body = {"publish": True, "compete": takes}
            status = _status(await self._transport.post("/iserver/auth/ssodh/init", body))
        if not _is_ready(status):
            self.judge(status)
            raise SessionLost("the gateway opened no brokerage session")

    async def _prepare(self) -> None:
        """What every new session must be told, and what it must be asked first."""
        options, transport = self._options, self._transport
        accounts = as_object(await transport.get("/iserver/accounts"), "accounts")
        self._check(accounts)
        if accounts.get("selectedAccount") not in (None, options.account):
            as_object(await transport.post("/iserver/account", {"acctId": options.account}), "")
        if options.suppressed:
            body = {"messageIds": list(options.suppressed)}
            answer = await transport.post("/iserver/questions/suppress", body)
            as_object(answer, "suppressing questions")
        await transport.get("/portfolio/accounts")
        await self._lists.prime()
        await self.tickle()

    def _check(self, accounts: dict[str, Any]) -> None:
        """Hold what the gateway says about the account against what is meant."""
        account, served = self._options.account, accounts.get("accounts") or []
        if not served:
            raise NotAnswered("the gateway lists no accounts yet")
        if account not in served:
            known = ", ".join(str(one) for one in served) or "none"
            raise PermissionError(f"this username has no account {account}; it has {known}")
        paper = accounts.get("isPaper")
        if isinstance(paper, bool):
            self.is_paper = paper
            if paper == self._options.live:
                what = "paper money" if paper else "real money"
                raise PermissionError(
                    f"account {account} is of {what}; live is {self._options.live}"
                )


def _status(answer: Answer) -> dict[str, Any]:
    return as_object(answer, "the session's status")


def _is_ready(status: dict[str, Any]) -> bool:
    """The three that a healthy session says."""
    is_up = bool(status.get("authenticated")) and bool(status.get("connected"))
    return is_up and not status.get("competing")
