"""Every fault has a meaning, and every call belongs to one group."""

from __future__ import annotations

import pytest

from api.webapi.faults.kinds import (
    AT_BROKER,
    INSTANT,
    MEANING,
    STRIKES,
    TO_STREAMS,
    Calls,
    Kind,
    of_call,
)


def test_every_fault_has_a_meaning() -> None:
    assert MEANING.keys() == set(Kind)


def test_a_fault_strikes_in_one_way() -> None:
    others = frozenset({Kind.DAILY_RESET, Kind.SHORT_IDLE, Kind.QUESTIONS, Kind.SERVER_PROMPT})
    groups = [INSTANT, TO_STREAMS, frozenset(STRIKES), AT_BROKER, others]
    assert frozenset().union(*groups) == set(Kind)
    assert sum(map(len, groups)) == len(Kind)


@pytest.mark.parametrize(
    ("method", "path", "calls"),
    [
        ("POST", "/iserver/account/{account_id}/orders", Calls.PLACING),
        ("POST", "/iserver/reply/{prompt_id}", Calls.PLACING),
        ("POST", "/iserver/notification", Calls.PLACING),
        ("POST", "/iserver/account/{account_id}/orders/whatif", Calls.READING),
        ("POST", "/iserver/account/{account_id}/order/{order_id}", Calls.CHANGING),
        ("DELETE", "/iserver/account/{account_id}/order/{order_id}", Calls.CANCELLING),
        ("GET", "/iserver/account/order/status/{order_id}", Calls.READING),
        ("GET", "/iserver/account/orders", Calls.READING),
        ("GET", "/portfolio/accounts", Calls.READING),
        ("POST", "/tickle", Calls.SESSION),
        ("POST", "/iserver/auth/ssodh/init", Calls.SESSION),
    ],
)
def test_a_call_belongs_to_a_group(method: str, path: str, calls: Calls) -> None:
    assert of_call(method, path) is calls
