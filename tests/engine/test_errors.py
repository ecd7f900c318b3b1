"""Errors carry a stable code, a message for people and details for programs."""

import inspect

import pytest

from engine import errors
from engine.values import RejectReason

RAISED = {
    "INVALID_VALUE": errors.InvalidRequest("quantity", "-1", "a number greater than 0"),
    "ORDER_NOT_FOUND": errors.OrderNotFound("ord_1"),
    "POSITION_NOT_FOUND": errors.PositionNotFound("pos_1"),
    "SYMBOL_NOT_FOUND": errors.SymbolNotFound("XYZ"),
    "ORDER_NOT_MODIFIABLE": errors.OrderNotModifiable("ord_1", "FILLED"),
    "INVALID_REQUEST": errors.DuplicateClientOrderId("mine", "ord_1"),
    "ORDER_REJECTED": errors.OrderRefused("ord_1", RejectReason.UNKNOWN, "no"),
    "UNSUPPORTED_OPERATION": errors.UnsupportedOperation("hidden", "no hidden orders"),
    "PROVIDER_UNAVAILABLE": errors.TradingHalted("the disk is full"),
    "INTERNAL_ERROR": errors.IllegalTransition("ord_1", "FILLED", "ACCEPTED"),
}


def test_positions_not_closed_are_told_each_with_its_reason_beside_those_that_are() -> None:
    why = errors.OrderRefused("ord_3", RejectReason.UNKNOWN, "in doubt")
    error = errors.PositionsNotClosed({"pos_1": why}, {"pos_2": "ord_4"})
    assert error.code == "ORDER_REJECTED"
    assert error.message == "1 of 2 positions are not being closed: pos_1: in doubt"
    assert error.details == {"pos_1": "in doubt", "pos_2": "closed by ord_4"}


@pytest.mark.parametrize("code", RAISED)
def test_every_code_is_the_wires_own_word(code: str) -> None:
    error = RAISED[code]
    assert error.code == code
    assert str(error) == error.message != ""


def test_an_invalid_request_shows_what_is_missing_and_cuts_what_is_long() -> None:
    missing = errors.InvalidRequest("limit_price", None, "a price")
    assert missing.message == "limit_price is missing; expected a price"
    assert len(errors.InvalidRequest("symbol", "x" * 10_000, "a symbol").message) < 300


def test_a_refusal_names_its_reason() -> None:
    refusal = errors.OrderRefused("ord_1", RejectReason.INSUFFICIENT_MARGIN, "needs more")
    assert refusal.details == {"order_id": "ord_1", "reject_reason": "INSUFFICIENT_MARGIN"}


def test_a_change_refused_says_why_when_that_is_known() -> None:
    error = errors.OrderNotModifiable("ord_1", "OPEN", "the broker said no")
    assert error.message == "Order ord_1 is OPEN and can not be changed: the broker said no"


def test_an_account_that_is_not_served_is_a_wrong_value() -> None:
    error = errors.AccountNotFound("DU9")
    assert (error.code, error.details["value"]) == ("INVALID_VALUE", "DU9")


def test_every_error_is_an_engine_error() -> None:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    raised = [each for each in classes if issubclass(each, Exception)]
    assert all(issubclass(each, errors.EngineError) for each in raised)
