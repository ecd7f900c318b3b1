"""Who is calling: API keys, known only by their hashes, and what each may do.

A key arrives as `Authorization: Bearer KEY` or as `X-API-Key: KEY`. Its SHA-256 is compared with
every stored hash in constant time; a fast hash is right for keys of high entropy. Scopes are
`read`, `trade` (which includes reading) and `admin` (which includes both). Without any key
configured everybody is the owner of the machine: the server then listens on loopback alone.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from api.refusals import Refusal

_HASH_CHARACTERS = 64
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


@dataclass(frozen=True)
class StoredKey:
    """A key as it is kept: its name, the SHA-256 of its text in hexadecimal, its scopes."""

    name: str
    sha256: str
    scopes: tuple[str, ...]


class KeyRing:
    """The keys that open this server. Empty: no key is asked for."""

    def __init__(self, keys: Sequence[StoredKey] = ()) -> None:
        self._keys: list[tuple[bytes, Principal]] = []
        for key in keys:
            digest = key.sha256.lower()
            if len(digest) != _HASH_CHARACTERS or set(digest) - set("0123456789abcdef"):
                raise ValueError(f"keys.sha256 of {key.name!r} is not 64 hexadecimal characters")
            scopes = [
                Scope[word.upper()] for word in key.scopes if word.upper() in Scope.__members__
            ]
            if not scopes or len(scopes) != len(key.scopes):
                raise ValueError(f"keys.scopes of {key.name!r}: expected read, trade or admin")
            self._keys.append((digest.encode(), Principal(key.name, max(scopes))))

    def authorize(self, headers: Mapping[bytes, bytes]) -> Principal | Refusal:
        """Whose key the headers carry, or the refusal to answer with."""
        if not self._keys:
            return OWNER
        given = _key(headers)
        if given is None:
            return _unauthorized(
                "a key is needed: send Authorization: Bearer KEY, or X-API-Key: KEY"
            )
        digest = sha256(given).hexdigest().encode()
        found: Principal | None = None
        for stored, principal in self._keys:
            if hmac.compare_digest(stored, digest):
                found = principal
        return found or _unauthorized("the key is not known here")


def _scope(key: StoredKey) -> Scope:
    """The widest of the key's scopes."""
    known = {scope.word: scope for scope in Scope}
    if not key.scopes or set(key.scopes) - set(known):
        raise ValueError(f"keys.scopes of {key.name!r}: expected some of {', '.join(known)}")
    return max(known[word] for word in key.scopes)


def _key(headers: Mapping[bytes, bytes]) -> bytes | None:
    scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and bearer.strip():
        return bearer.strip()
    return headers.get(b"x-api-key") or None


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, "UNAUTHORIZED", message, None, [(b"www-authenticate", b"Bearer")])
