"""Calls are counted by path, by session and all together, and one too many costs the penalty."""

import pytest

from api.refusals import Refusal
from api.webapi.pacing import INTERVAL_S, PER_SECOND, Pacing


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_path_may_be_asked_again_after_its_interval() -> None:
    clock = Clock()
    pacing = Pacing(600, clock)
    pacing.check("one", "/portfolio/accounts")
    clock.now_s += INTERVAL_S["/portfolio/accounts"]
    pacing.check("one", "/portfolio/accounts")


def test_one_call_too_many_shuts_a_session_out_of_everything_for_the_penalty() -> None:
    clock = Clock()
    pacing = Pacing(600, clock)
    for _ in range(PER_SECOND):
        pacing.check("one", "/iserver/marketdata/snapshot")
    with pytest.raises(Refusal) as refused:
        pacing.check("one", "/iserver/marketdata/snapshot")
    assert (refused.value.status, refused.value.error.message) == (429, "")
    clock.now_s += 599
    with pytest.raises(Refusal):
        pacing.check("one", "/iserver/accounts")
    pacing.check("another", "/iserver/accounts")
    clock.now_s += 1
    pacing.check("one", "/iserver/accounts")


def test_lists_that_begin_empty_may_be_asked_for_twice_at_once() -> None:
    pacing = Pacing(600, Clock())
    for _ in range(2):
        pacing.check("one", "/iserver/account/orders")
    with pytest.raises(Refusal):
        pacing.check("one", "/iserver/account/orders")
