"""The account meant is the one named, the key's own, or the default; others are refused."""

from __future__ import annotations

from typing import Any

import pytest

from api.accounts import account_named, account_of
from api.auth import Principal, Scope
from api.endpoints import Call
from api.guards import PRINCIPAL
from api.refusals import Refusal
from engine.errors import AccountNotFound, InvalidRequest
from tests.api.world import World


def call(header: bytes | None = None, *accounts: str) -> Call:
    headers = [] if header is None else [(b"x-account-id", header)]
    caller = Principal("client1", Scope.TRADE, accounts)
    scope: dict[str, Any] = {"query_string": b"", "headers": headers, PRINCIPAL: caller}
    return Call(scope, b"")


def test_the_default_is_meant_where_nothing_is_named() -> None:
    assert account_of(World().desk, call(), {}) == "A"


def test_a_key_with_accounts_means_its_first() -> None:
    desk = World().desk
    assert account_of(desk, call(None, "B", "A"), {}) == "B"
    assert account_named(desk, call(None, "B", "A"), "A") == "A"


def test_header_and_query_name_an_account_and_must_agree() -> None:
    desk = World().desk
    assert account_of(desk, call(b"B"), {}) == "B"
    assert account_of(desk, call(), {"account_id": "B"}) == "B"
    assert account_of(desk, call(b"B"), {"account_id": "B"}) == "B"
    with pytest.raises(InvalidRequest):
        account_of(desk, call(b"B"), {"account_id": "A"})
    with pytest.raises(InvalidRequest):
        account_of(desk, call(b"\x00"), {})


def test_an_unknown_account_and_one_that_the_key_does_not_open_are_refused() -> None:
    desk = World().desk
    with pytest.raises(AccountNotFound):
        account_named(desk, call(), "nobody")
    with pytest.raises(Refusal) as refused:
        account_named(desk, call(None, "B"), "A")
    assert refused.value.status == 403
