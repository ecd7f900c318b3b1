"""Every error of the engine has a status of the target API's table."""

from __future__ import annotations

import pytest

from api.targets.errors import refusal_of
from engine import errors
from engine.errors import EngineError
from engine.tape.errors import TapeError, TapeFailed


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequest("orders", "[]", "some"), 400),
        (errors.AccountNotFound("X"), 400),
        (errors.UnsupportedOperation("position_mode", "no"), 400),
        (errors.TradingHalted("halted"), 500),
        (errors.ProviderUnavailable("gone"), 500),
        (TapeFailed("gone"), 500),
    ],
)
def test_a_status_says_whose_fault_it_is(error: EngineError | TapeError, status: int) -> None:
    refusal = refusal_of(error)
    assert refusal.status == status
    assert (status == 500) is refusal.error.message.startswith("Broker connection error")
