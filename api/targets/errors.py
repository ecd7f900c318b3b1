"""The target API's statuses for what goes wrong; the body is ``{"detail": "..."}`` for each."""

from __future__ import annotations

from api.refusals import Refusal
from engine import errors
from engine.errors import EngineError
from engine.tape.errors import TapeError

STATUS: dict[type[EngineError], int] = {
    errors.InvalidRequest: 400,
    errors.AccountNotFound: 400,
    errors.UnsupportedOperation: 400,
    errors.TradingHalted: 500,
    errors.ProviderUnavailable: 500,
}
BAD_REQUEST = "Bad request: a field is missing or can mean nothing, or the account is not known."
NO_KEY = "Missing or invalid API key."
NOT_FOUND = "Batch not found."
NO_BROKER = "Broker connection error: nothing can be ordered or written down now."


def refusal_of(error: EngineError | TapeError) -> Refusal:
    """The answer that ``error`` is."""
    if isinstance(error, TapeError):
        return Refusal(500, "PROVIDER_UNAVAILABLE", f"Broker connection error: {error}")
    status = STATUS.get(type(error), 500)
    said = f"Broker connection error: {error.message}" if status == 500 else error.message
    return Refusal(status, error.code, said, error.details)


def no_such_batch(batch_id: str) -> Refusal:
    """The answer where no batch has this id, or none that the key may see."""
    return Refusal(404, "ORDER_NOT_FOUND", f"Batch not found: {batch_id[:64]}")


def no_key() -> Refusal:
    """The answer to a call without the header that this API asks for."""
    said = "Missing API key: send it in the X-API-Key header"
    return Refusal(401, "UNAUTHORIZED", said)
