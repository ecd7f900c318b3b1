"""The sessions of the gateway: one for each key, or one for the machine's owner where no keys are.

A session has two tiers, as at the gateway: logged in, which opens the portfolio, and the brokerage
session on top, which opens orders and market data and can be dropped, taken over by another, and
opened again. What a client has selected, suppressed and subscribed to hangs on the brokerage
session and dies with it; orders do not. The session's id is the same for as long as the process
lives, since clients close their streams when it changes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from api.webapi import errors

if TYPE_CHECKING:
    from api.auth import Principal

SSO_LIFE_MS = 24 * 3_600_000
IDLE_MS = 6 * 60_000
"""How long a brokerage session lasts without a call, where sessions end by lying idle."""
SERVER_NAME = "onetape"
SERVER_VERSION = "Build 10.30.0, Jan 1, 2026 12:00:00 AM"
HARDWARE = "00000000|00:00:00:00:00:00"
MAC = "00:00:00:00:00:00"


class Needs(Enum):
    """What must be open before a call is answered."""

    NOTHING = auto()
    LOGIN = auto()
    BROKERAGE = auto()
    ACCOUNTS = auto()
    """The brokerage session, and the list of its accounts asked for."""
    PORTFOLIO = auto()
    """A login, and the list of the portfolio's accounts asked for."""


class Session:
    """What the gateway knows of one client. ``now_ms`` is the wall clock."""

    def __init__(
        self, client: str, account: str, now_ms: Callable[[], int] = lambda: time.time_ns() // 10**6
    ) -> None:
        self.client = client
        self.id = secrets.token_hex(16)
        self.now_ms = now_ms
        self.is_logged_in = True
        self.is_authenticated = True
        self.is_connected = True
        self.is_competing = False
        self.logged_in_at = self.tickled_at = now_ms()
        self.has_portfolio = False
        """Whether the portfolio's accounts were asked for."""
        self.generation = 0
        """How often a brokerage session began: what hangs on one ends when this grows."""
        self._account = account
        self._begin()

    def _begin(self) -> None:
        """What a brokerage session starts with."""
        self.generation += 1
        self.selected = self._account
        self.suppressed: frozenset[str] = frozenset()
        self.has_accounts = False
        """Whether the list of accounts was asked for."""
        self.seen: set[str] = set()
        """The lists that this session has asked for once."""
        self.fields: dict[int, tuple[str, ...]] = {}
        """The contracts whose market data streams, and the fields asked for last."""
        self.questions: set[str] = set()
        """The questions that it was asked and has not answered."""
        self.is_order_stream_stopped = False
        """Whether a filtered list of orders has silenced the stream of orders."""

    @property
    def is_open(self) -> bool:
        """Whether there is a brokerage session."""
        return self.is_logged_in and self.is_authenticated and self.is_connected

    def init(self, *, compete: bool) -> None:
        """Open the brokerage session, or take it back from a competing one if so asked.

        Logs in again as well: there is no page here on which a person could.
        """
        if self.is_competing and not compete:
            return
        if not self.is_open:
            self._begin()
        if not self.is_logged_in:
            self.logged_in_at = self.now_ms()
        self.is_logged_in = self.is_authenticated = self.is_connected = True
        self.is_competing = False
        self.tickled_at = self.now_ms()

    def drop(self, *, connected: bool = True, competing: bool = False) -> None:
        """End the brokerage session: it lay idle, was reset, or another one took over."""
        self.is_authenticated = False
        self.is_connected = connected
        self.is_competing = competing
        self._begin()

    def log_out(self) -> None:
        """End both sessions."""
        self.drop(connected=False)
        self.is_logged_in = self.has_portfolio = False

    def tickle(self) -> None:
        """Note a sign of life."""
        self.tickled_at = self.now_ms()

    def lapse(self, idle_ms: int) -> None:
        """End the brokerage session if it lay idle for longer than that."""
        if self.is_open and self.now_ms() - self.tickled_at > idle_ms:
            self.drop()

    def is_first(self, what: str) -> bool:
        """Whether ``what`` is asked for the first time in this brokerage session."""
        is_first = what not in self.seen
        self.seen.add(what)
        return is_first

    def check(self, needs: Needs, *, accounts_first: bool) -> None:
        """Raise the refusal of a call for which something is not open."""
        if needs is Needs.NOTHING:
            return
        if not self.is_logged_in:
            raise errors.not_authenticated()
        if needs is Needs.PORTFOLIO:
            if accounts_first and not self.has_portfolio:
                raise errors.accounts_first()
        elif needs is not Needs.LOGIN:
            if not self.is_open:
                raise errors.no_bridge()
            if needs is Needs.ACCOUNTS and accounts_first and not self.has_accounts:
                raise errors.accounts_first()

    def status(self) -> dict[str, Any]:
        """The state of the brokerage session."""
        named = self.is_authenticated
        return {
            "authenticated": self.is_authenticated,
            "established": self.is_open,
            "competing": self.is_competing,
            "connected": self.is_connected,
            "message": "",
            "MAC": MAC,
            "serverInfo": {
                "serverName": SERVER_NAME if named else None,
                "serverVersion": SERVER_VERSION if named else None,
            },
            "hardware_info": HARDWARE,
            "fail": "",
        }

    @property
    def expires_ms(self) -> int:
        """How long the login lasts, in milliseconds."""
        return max(SSO_LIFE_MS - (self.now_ms() - self.logged_in_at), 0)


class Sessions:
    """The session of every caller, made at its first call."""

    def __init__(self, default_account: Callable[[Principal], str]) -> None:
        self._by_key: dict[str, Session] = {}
        self._default_account = default_account

    def of(self, caller: Principal) -> Session:
        """The caller's session."""
        found = self._by_key.get(caller.key_id)
        if found is None:
            made = Session(caller.name, self._default_account(caller))
            found = self._by_key[caller.key_id] = made
        return found

    def all(self) -> list[Session]:
        """Every session there is."""
        return list(self._by_key.values())
