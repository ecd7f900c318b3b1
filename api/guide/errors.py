"""The order guide's words and statuses for what goes wrong: 400, 404, 500, each with one text.

What a client wrote wrongly is 400. What can not be carried out is 500, as the guide's document has
it: the order's symbol is not known, the order is refused, or nobody is there to take it.
"""

from __future__ import annotations

from api.refusals import Refusal
from engine import errors
from engine.errors import EngineError
from engine.tape.errors import TapeError

BAD_REQUEST = "A field is missing, unknown, or has a value that can mean nothing."
NOT_PLACED = "The order could not be placed, or the broker can not be reached."
NOT_FOUND = "Order not found or already filled"
NOT_CANCELLED = "The order could not be cancelled, or the broker can not be reached."
NO_GATEWAY = "Failed to connect to IB Gateway"
_CALLERS = (errors.InvalidRequest, errors.AccountNotFound)
_ABSENT = (errors.TradingHalted, errors.ProviderUnavailable)


def refusal_of(error: EngineError | TapeError) -> Refusal:
    """The answer that ``error`` is."""
    if isinstance(error, TapeError | errors.TradingHalted | errors.ProviderUnavailable):
        return Refusal(500, "PROVIDER_UNAVAILABLE", NO_GATEWAY)
    status = 400 if isinstance(error, _CALLERS) else 500
    return Refusal(status, error.code, error.message, error.details)


def not_placed(kind: str, error: EngineError) -> EngineError | Refusal:
    """What to raise when a ``kind`` order (limit, market) could not be placed."""
    if isinstance(error, (*_CALLERS, *_ABSENT)):
        return error
    why = error.message
    if isinstance(error, errors.SymbolNotFound):
        why = f"Could not qualify contract for symbol: {error.details['id']}"
    return Refusal(500, error.code, f"Failed to place {kind} order: {why}", error.details)


def not_found() -> Refusal:
    """The answer where no pending order has the permanent id."""
    return Refusal(404, "ORDER_NOT_FOUND", NOT_FOUND)


def not_cancelled(why: str) -> Refusal:
    """The answer where the broker kept the order, or did not say."""
    return Refusal(500, "ORDER_NOT_MODIFIABLE", f"Failed to cancel order: {why}")


def waits_for(perm_id: int, entry_perm_id: int) -> Refusal:
    """The answer to cancelling one exit of an entry that has not filled."""
    said = (
        f"Order {perm_id} waits for its entry {entry_perm_id} to fill; "
        "cancel the entry, which cancels its exits"
    )
    return Refusal(400, "INVALID_REQUEST", said)
