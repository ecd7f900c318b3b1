"""API keys: how one is made, what is kept of it, and what it stands for.

A key is `otk_ID_SECRET`: the id finds it, and 256 random bits make it impossible to guess. What is
kept is the SHA-256 of its text; a fast hash is right for a text of such entropy. Whoever reads what
is kept learns names and rights, and can not call with them.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from api.auth import TRADE_LIVE, Principal, Scope
from api.secret import Secret

PREFIX = "otk"
ID_BYTES = 4
SECRET_BYTES = 32
NAME_EXPECTED = "1 to 64 letters, digits, points, dashes and underscores, a letter or digit first"
SCOPES = (*(scope.word for scope in Scope), TRADE_LIVE)

_is_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII).fullmatch
_is_id = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}", re.ASCII).fullmatch
_is_hash = re.compile(r"[0-9a-f]{64}", re.ASCII).fullmatch
_HELD = {**{scope.word: scope for scope in Scope}, TRADE_LIVE: Scope.TRADE}


class BadKey(ValueError):
    """Raised when a key can not be: the message names the field, its value and what it may be."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field} is {value!r}; expected {expected}")
        self.field = field


class StoredKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key as it is kept. Without ``accounts`` it opens all; without ``expires_at`` for ever."""

    id: str
    name: str
    sha256: str
    scopes: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    created_at: datetime
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what can not be told from another key, or opens nothing."""
        if not _is_id(self.id):
            raise BadKey("id", self.id, f"{2 * ID_BYTES} hexadecimal digits")
        if not _is_name(self.name):
            raise BadKey("name", self.name, NAME_EXPECTED)
        if not _is_hash(self.sha256):
            raise BadKey("sha256", self.sha256, "64 hexadecimal digits")
        if not self.scopes or set(self.scopes).difference(SCOPES):
            raise BadKey("scopes", ",".join(self.scopes), f"some of {', '.join(SCOPES)}")
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise BadKey("expires_at", self.expires_at.isoformat(), "a time with its zone")

    def principal(self) -> Principal:
        """Whoever calls with the key."""
        held = max(_HELD[word] for word in self.scopes)
        return Principal(self.name, held, self.accounts, TRADE_LIVE in self.scopes, self.id)

    def has_expired(self, now_s: float) -> bool:
        """Whether it opens nothing any more at this time in seconds of the epoch."""
        return self.expires_at is not None and self.expires_at.timestamp() <= now_s


def new_key(name: str, scopes: tuple[str, ...], **rest: Any) -> tuple[Secret, StoredKey]:
    """A key that nobody has had before, and what to keep of it; raises BadKey.

    ``rest`` are other fields of `StoredKey`: ``accounts`` and ``expires_at``.
    """
    identity = secrets.token_hex(ID_BYTES)
    text = f"{PREFIX}_{identity}_{secrets.token_hex(SECRET_BYTES)}"
    kept = StoredKey(
        id=identity,
        name=name,
        sha256=digest(text.encode()).decode(),
        scopes=scopes,
        created_at=datetime.now(UTC).replace(microsecond=0),
        **rest,
    )
    return Secret(text), kept


def digest(text: bytes) -> bytes:
    """The SHA-256 of a key's text, in hexadecimal."""
    return sha256(text).hexdigest().encode()


def id_of(text: bytes) -> str:
    """The id that the text of a key claims; empty for what does not look like a key."""
    prefix, _, rest = text.partition(b"_")
    identity = rest.partition(b"_")[0].decode("latin-1")
    return identity if prefix == PREFIX.encode() and _is_id(identity) else ""
