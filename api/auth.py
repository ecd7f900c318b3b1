"""Who is calling, and what they may do: the scope and the accounts that a key gives.

Scopes are `read`, `trade` (which includes reading) and `admin` (which includes both). `trade-live`
includes `trade` and is what real money needs beside the settings; `admin` does not include it. The
gate leaves a `Principal` in every request; dialects and streams ask it and know nothing of keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from api.refusals import Refusal

TRADE_LIVE = "trade-live"
"""The scope that real money needs, beside those that include each other."""


class Scope(IntEnum):
    """What a key may do; each includes those before it."""

    READ = 1
    TRADE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The scope as it is written in settings."""
        return self.name.lower()


@dataclass(frozen=True)
class Principal:
    """Whoever is calling: the name and id of the key, and the most that it may do.

    ``accounts`` are the only ones that it may use, the first where a call names none; empty: all.
    ``trades_live`` is needed beside ``scope`` for accounts whose money is real.
    """

    name: str
    scope: Scope
    accounts: tuple[str, ...] = ()
    trades_live: bool = False
    key_id: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Everything that the key may do, as it is written in settings."""
        words = tuple(scope.word for scope in Scope if scope <= self.scope)
        return (*words, TRADE_LIVE) if self.trades_live else words

    @property
    def has_key(self) -> bool:
        """Whether the caller proved who it is; the machine's owner need not where no keys are."""
        return bool(self.key_id)

    def account_or(self, default: str) -> str:
        """The account meant by a call that names none: the key's first, else ``default``."""
        return self.accounts[0] if self.accounts else default

    def may_use(self, account: str) -> bool:
        """Whether the key opens ``account``."""
        return not self.accounts or account in self.accounts

    def lacks(self, needed: Scope) -> Refusal | None:
        """The refusal for a call that needs more than this key may do, or None."""
        if self.scope >= needed:
            return None
        return Refusal(
            403,
            "UNAUTHORIZED",
            f"the key {self.name!r} has the scope {self.scope.word}; this needs {needed.word}",
            {"scope": self.scope.word, "needed": needed.word},
        )

    def denies(self, account: str) -> Refusal | None:
        """The refusal for a call about an account that is not this key's, or None."""
        if self.may_use(account):
            return None
        allowed = ", ".join(self.accounts)
        return Refusal(
            403,
            "UNAUTHORIZED",
            f"the key {self.name!r} opens {allowed}; not {account[:64]!r}",
            {"field": "account", "value": account[:64], "expected": allowed},
        )


OWNER = Principal("owner", Scope.ADMIN)
"""Who calls where no keys are configured."""
