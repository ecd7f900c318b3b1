"""A caller may do what its scope says, on the accounts that its key opens."""

from __future__ import annotations

import msgspec
import pytest

from api.auth import OWNER, Principal, Scope
from api.refusals import Refusal

LIMITED = Principal("bot", Scope.TRADE, ("B", "A"), key_id="0123abcd")


def told(refusal: Refusal | None) -> dict[str, str]:
    """The details of a refusal with 403."""
    assert refusal is not None
    assert refusal.status == 403
    details: dict[str, str] = msgspec.json.decode(refusal.body)["details"]
    return details


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("needed", list(Scope))
def test_a_scope_includes_those_before_it(scope: Scope, needed: Scope) -> None:
    refusal = Principal("x", scope).lacks(needed)
    assert (refusal is None) == (scope >= needed)
    assert refusal is None or told(refusal) == {"scope": scope.word, "needed": needed.word}


def test_a_caller_says_everything_that_it_may_do() -> None:
    assert OWNER.scopes == ("read", "trade", "admin")
    assert Principal("x", Scope.TRADE, trades_live=True).scopes == ("read", "trade", "trade-live")


def test_the_owner_has_no_key_and_every_account() -> None:
    assert not OWNER.has_key
    assert OWNER.may_use("A")
    assert OWNER.denies("A") is None
    assert OWNER.account_or("A") == "A"


def test_a_key_opens_its_accounts_alone_and_the_first_where_none_is_named() -> None:
    assert LIMITED.has_key
    assert LIMITED.account_or("A") == "B"
    assert LIMITED.denies("A") is None
    assert told(LIMITED.denies("C")) == {"field": "account", "value": "C", "expected": "B, A"}
