"""A key is found by its id, known by its hash, and kept only if it can open something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from api.auth import Scope
from api.keys import BadKey, digest, id_of, new_key
from tests.api.credentials import KEY, stored


def test_a_new_key_is_long_random_and_kept_as_its_hash() -> None:
    secret, kept = new_key("bot", ("read",))
    text = secret.reveal()
    prefix, identity, rest = text.split("_")
    assert (prefix, identity) == ("otk", kept.id)
    assert len(bytes.fromhex(rest)) == 32
    assert kept.sha256 == sha256(text.encode()).hexdigest() == digest(text.encode()).decode()
    assert rest not in msgspec.json.encode(kept).decode()
    assert len({new_key("bot", ("read",))[0].reveal() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("scopes", "scope", "trades_live"),
    [
        (("read",), Scope.READ, False),
        (("read", "trade"), Scope.TRADE, False),
        (("trade",), Scope.TRADE, False),
        (("admin",), Scope.ADMIN, False),
        (("trade-live",), Scope.TRADE, True),
        (("admin", "trade-live"), Scope.ADMIN, True),
    ],
)
def test_the_widest_scope_counts_and_real_money_is_asked_for_by_name(
    scopes: tuple[str, ...], scope: Scope, trades_live: bool
) -> None:
    caller = stored("bot", *scopes, accounts=("A",)).principal()
    assert (caller.scope, caller.trades_live) == (scope, trades_live)
    assert (caller.name, caller.key_id, caller.accounts) == ("bot", "0123abcd", ("A",))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a b"}),
        ("name", {"name": "-x"}),
        ("name", {"name": "x" * 65}),
        ("scopes", {"scopes": ()}),
        ("scopes", {"scopes": ("read", "everything")}),
        ("id", {"id": "xyz"}),
        ("sha256", {"sha256": "G" * 64}),
        ("expires_at", {"expires_at": datetime(2030, 1, 1)}),  # noqa: DTZ001  that is the point
    ],
)
def test_a_key_that_can_not_work_is_refused_by_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(BadKey, match=f"^{field} is .*; expected ") as refused:
        msgspec.structs.replace(stored("bot", "read"), **fields)
    assert refused.value.field == field


def test_a_key_expires_at_its_time_and_not_before() -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    key = stored("bot", "read", expires_at=end)
    assert not key.has_expired((end - timedelta(seconds=1)).timestamp())
    assert key.has_expired(end.timestamp())
    assert not stored("bot", "read").has_expired(4e9)


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        (KEY.encode(), "0123abcd"),
        (b"otk_0123abcd", "0123abcd"),
        (b"otk_0123ABCD_x", ""),
        (b"abc_0123abcd_x", ""),
        (b"otk_\xff_x", ""),
        (b"", ""),
    ],
)
def test_the_id_is_read_from_what_looks_like_a_key(text: bytes, identity: str) -> None:
    assert id_of(text) == identity
