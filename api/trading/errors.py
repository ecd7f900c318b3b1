"""The Trading API's words for what goes wrong: an HTTP status for each error of the engine.

The engine's own code, message and details go out as they are; only the status is decided here. An
error that is not in the table is a bug of ours and answers 500.
"""

from __future__ import annotations

from api.refusals import Refusal, retry_after
from engine import errors
from engine.errors import EngineError
from engine.tape.errors import TapeError

STATUS: dict[type[EngineError], int] = {
    errors.InvalidRequest: 400,
    errors.AccountNotFound: 400,
    errors.OrderNotFound: 404,
    errors.PositionNotFound: 404,
    errors.SymbolNotFound: 404,
    errors.OrderNotModifiable: 409,
    errors.DuplicateClientOrderId: 409,
    errors.OrderRefused: 422,
    errors.PositionsNotClosed: 422,
    errors.UnsupportedOperation: 501,
    errors.TradingHalted: 503,
    errors.ProviderUnavailable: 503,
    errors.IllegalTransition: 500,
}
RETRY_AFTER_S = 5

BAD_REQUEST = "A field is missing, unknown, or has a value that can mean nothing."
UNKNOWN_ORDER = "No order of the account has this id."
UNKNOWN_POSITION = "The account has no open position with this id."
UNKNOWN_SYMBOL = "No instrument goes by this symbol."
NOT_MODIFIABLE = "The order's state does not allow it: nothing more can happen to it."
SAME_CLIENT_ID = "The client_order_id names an order whose request differs."
REJECTED = "The order was refused here or rejected by the broker; it stands with its reason."
UNSUPPORTED = "Neither the broker nor this engine can do it."
UNAVAILABLE = "The provider can not be reached, or no new orders are taken."


def refusal_of(error: EngineError | TapeError) -> Refusal:
    """The answer that ``error`` is."""
    if isinstance(error, TapeError):
        return _unavailable(str(error), {})
    status = STATUS.get(type(error), 500)
    if status == 503:
        return _unavailable(error.message, error.details)
    return Refusal(status, error.code, error.message, error.details)


def _unavailable(message: str, details: dict[str, str | None]) -> Refusal:
    retry = retry_after(RETRY_AFTER_S)
    return Refusal(503, "PROVIDER_UNAVAILABLE", message, details or None, retry)
