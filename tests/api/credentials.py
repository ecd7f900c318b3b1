"""Keys for tests: a text known beforehand, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from api.keyring import KeyRing
from api.keys import StoredKey

KEY = f"otk_0123abcd_{'5' * 64}"
SHA256 = sha256(KEY.encode()).hexdigest()


def stored(name: str, *scopes: str, key: str = KEY, **rest: Any) -> StoredKey:
    """What is kept of `key`, which has these scopes."""
    return StoredKey(
        id=key.split("_")[1],
        name=name,
        sha256=sha256(key.encode()).hexdigest(),
        scopes=scopes,
        created_at=datetime(2025, 1, 15, tzinfo=UTC),
        **rest,
    )


def ring(*scopes: str, **rest: Any) -> KeyRing:
    """A ring of one key, `KEY`, that goes by the name of strategy."""
    return KeyRing([stored("strategy", *scopes, **rest)])
