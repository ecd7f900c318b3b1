"""Keys are known by their hashes, arrive in two forms, and may do what their scopes say."""

from __future__ import annotations

from hashlib import sha256

import pytest

from api.auth import OWNER, KeyRing, Principal, Scope, StoredKey
from api.refusals import Refusal

KEY = "a-key-of-high-entropy"
SHA256 = sha256(KEY.encode()).hexdigest()
RING = KeyRing(
    [
        StoredKey("reader", sha256(b"other").hexdigest(), ("read",)),
        StoredKey("strategy", SHA256, ("read", "trade")),
    ]
)


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": f"Bearer {KEY}".encode()},
        {b"authorization": f"bearer  {KEY}".encode()},
        {b"x-api-key": KEY.encode()},
    ],
)
def test_a_known_key_is_recognized_in_either_form(headers: dict[bytes, bytes]) -> None:
    assert RING.authorize(headers) == Principal("strategy", Scope.TRADE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"x-api-key": b""},
        {b"x-api-key": b"wrong"},
        {b"authorization": b"Bearer "},
        {b"authorization": b"Basic " + KEY.encode()},
        {b"authorization": KEY.encode()},
        {b"x-api-key": SHA256.encode()},
        {b"x-api-key": b"\xff\xfe"},
    ],
)
def test_no_key_an_unknown_one_and_a_stored_hash_are_refused(headers: dict[bytes, bytes]) -> None:
    refusal = RING.authorize(headers)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert (b"www-authenticate", b"Bearer") in refusal.headers


def test_without_configured_keys_everybody_is_the_owner() -> None:
    assert KeyRing().authorize({}) is OWNER


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("needed", list(Scope))
def test_a_scope_includes_those_before_it(scope: Scope, needed: Scope) -> None:
    refusal = Principal("x", scope).lacks(needed)
    assert (refusal is None) == (scope >= needed)
    assert refusal is None or refusal.status == 403


@pytest.mark.parametrize(
    "key",
    [
        StoredKey("short", "abc", ("read",)),
        StoredKey("odd", "g" * 64, ("read",)),
        StoredKey("scopeless", SHA256, ()),
        StoredKey("fantasy", SHA256, ("read", "everything")),
    ],
)
def test_a_key_that_can_not_work_is_refused_when_it_is_configured(key: StoredKey) -> None:
    with pytest.raises(ValueError, match=key.name):
        KeyRing([key])
