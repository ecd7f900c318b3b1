"""Keys are known by their hashes, arrive in two forms, and wrong ones are counted by address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.auth import OWNER, Principal, Scope
from api.keyring import FAILURES_PER_MINUTE_MAX, KeyRing
from api.rates import CALLERS_MAX
from api.refusals import Refusal
from tests.api.credentials import KEY, SHA256, ring, stored

OTHER = f"otk_99999999_{'7' * 64}"
RIGHT = {b"x-api-key": KEY.encode()}
WRONG = {b"x-api-key": KEY.encode()[:-1] + b"6"}
CALLER = Principal("strategy", Scope.TRADE, key_id="0123abcd")


def status(answer: Principal | Refusal) -> int:
    """The status of a refusal; 200 for whoever is let in."""
    return answer.status if isinstance(answer, Refusal) else 200


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": f"Bearer {KEY}".encode()},
        {b"authorization": f"bearer  {KEY}".encode()},
        {b"x-api-key": KEY.encode()},
        {b"authorization": b"Basic dXNlcjpwYXNz", b"x-api-key": KEY.encode()},
    ],
)
def test_a_known_key_is_recognized_in_either_form(headers: dict[bytes, bytes]) -> None:
    assert ring("read", "trade").authorize(headers) == CALLER


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"x-api-key": b""},
        {b"x-api-key": b"wrong"},
        {b"x-api-key": b"otk_0123abcd"},
        {b"x-api-key": b"otk_0123abcd_"},
        {b"x-api-key": OTHER.encode()},
        WRONG,
        {b"authorization": b"Bearer "},
        {b"authorization": b"Basic " + KEY.encode()},
        {b"authorization": KEY.encode()},
        {b"x-api-key": SHA256.encode()},
        {b"x-api-key": b"otk_\xff\xfe_\xff"},
    ],
)
def test_no_key_an_unknown_one_and_a_stored_hash_are_refused(headers: dict[bytes, bytes]) -> None:
    refusal = ring("trade").authorize(headers)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert (b"www-authenticate", b"Bearer") in refusal.headers


def test_without_configured_keys_everybody_is_the_owner() -> None:
    assert KeyRing().authorize({}) is OWNER
    assert KeyRing().admits(OWNER)


def test_a_ring_that_has_lost_its_last_key_lets_nobody_in() -> None:
    keys = ring("trade")
    keys.replace([])
    assert status(keys.authorize({})) == 401
    assert status(keys.authorize(RIGHT)) == 401
    assert not keys.admits(OWNER)
    assert status(KeyRing([]).authorize({})) == 401


def test_a_caller_is_admitted_for_as_long_as_its_key_is_the_same() -> None:
    keys = ring("trade")
    assert keys.admits(CALLER)
    keys.replace([stored("strategy", "trade", accounts=("A",))])
    assert not keys.admits(CALLER)
    keys.replace([stored("another", "trade", key=OTHER)])
    assert not keys.admits(CALLER)


def test_an_open_ring_admits_nobody_by_a_key_it_does_not_have() -> None:
    assert not KeyRing().admits(CALLER)


def test_a_key_opens_nothing_after_its_time() -> None:
    now = datetime.now(UTC)
    fresh = ring("trade", expires_at=now + timedelta(minutes=1))
    stale = ring("trade", expires_at=now)
    assert fresh.authorize(RIGHT) == CALLER
    assert fresh.admits(CALLER)
    refusal = stale.authorize(RIGHT)
    assert status(refusal) == 401
    assert isinstance(refusal, Refusal)
    assert b"expired" in refusal.body
    assert not stale.admits(CALLER)


def test_wrong_keys_are_counted_by_address_and_right_ones_pass() -> None:
    keys = ring("trade")
    answers = [status(keys.authorize(WRONG, "10.0.0.1")) for _ in range(12)]
    assert answers == [401] * FAILURES_PER_MINUTE_MAX + [429] * 2
    assert status(keys.authorize(RIGHT, "10.0.0.1")) == 200
    assert status(keys.authorize(WRONG, "10.0.0.2")) == 401
    refusal = keys.authorize(WRONG, "10.0.0.1")
    assert isinstance(refusal, Refusal)
    assert dict(refusal.headers)[b"retry-after"]


def test_a_call_without_a_key_is_no_attempt_at_one() -> None:
    keys = ring("trade")
    assert {status(keys.authorize({}, "10.0.0.1")) for _ in range(20)} == {401}


def test_a_network_of_ipv6_is_one_address() -> None:
    keys = ring("trade")
    for number in range(FAILURES_PER_MINUTE_MAX):
        keys.authorize(WRONG, f"2001:db8::{number}")
    assert status(keys.authorize(WRONG, "2001:db8::ffff")) == 429
    assert status(keys.authorize(WRONG, "2001:db8:1::1")) == 401


def test_a_flood_of_addresses_is_not_remembered_for_ever() -> None:
    keys = ring("trade")
    for number in range(CALLERS_MAX + 100):
        keys.authorize(WRONG, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(keys._failures._left) <= CALLERS_MAX
