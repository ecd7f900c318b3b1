"""Every error of the engine has its status, and no other word for itself than the engine's."""

from __future__ import annotations

import inspect
import json

from api.openapi import CODES
from api.trading.errors import STATUS, refusal_of
from engine import errors
from engine.errors import EngineError, InvalidRequest
from engine.tape.errors import TapeError


def kinds() -> list[type[EngineError]]:
    """Every error class of the engine but the root."""
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    return [kind for kind in found if issubclass(kind, EngineError) and kind is not EngineError]


def test_every_error_of_the_engine_has_a_status() -> None:
    assert set(STATUS) == set(kinds())


def test_every_code_is_one_that_clients_know() -> None:
    assert {kind.code for kind in kinds()} <= set(CODES)


def test_an_error_keeps_its_code_message_and_details() -> None:
    refusal = refusal_of(InvalidRequest("quantity", "-1", "a number greater than 0"))
    assert refusal.status == 400
    assert json.loads(refusal.body) == {
        "code": "INVALID_VALUE",
        "message": "quantity is '-1'; expected a number greater than 0",
        "details": {"field": "quantity", "value": "-1", "expected": "a number greater than 0"},
    }


def test_a_dead_tape_is_a_provider_that_is_not_there() -> None:
    refusal = refusal_of(TapeError("the disk is full"))
    assert refusal.status == 503
    assert json.loads(refusal.body)["code"] == "PROVIDER_UNAVAILABLE"
    assert dict(refusal.headers)[b"retry-after"]


def test_an_error_nobody_thought_of_is_a_bug() -> None:
    assert refusal_of(EngineError("?")).status == 500
