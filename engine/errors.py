"""Every way the engine says no, by whose fault it is and whether the outcome is known.

*Invalid* is the caller's fault, *refused* is our decision, *rejected* is the broker's: those are
final. *Unknown* is nobody's answer yet and is never an error a caller may retry on. Each class
carries the stable ``code`` that the Trading API shows; dialects translate these and raise nothing
of their own.
"""

from __future__ import annotations

from engine.values import RejectReason


class EngineError(Exception):
    """The root of all of them: a stable ``code``, a message for people, and ``details`` for
    programs.
    """

    code = "INTERNAL_ERROR"

    def __init__(self, message: str, **details: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidRequest(EngineError):
    """Raised when a field can mean nothing: names the field, the value and what was expected."""

    code = "INVALID_VALUE"

    def __init__(self, field: str, value: str | None, expected: str) -> None:
        shown = "missing" if value is None else repr(value[:200])
        super().__init__(
            f"{field} is {shown}; expected {expected}", field=field, value=value, expected=expected
        )


class OrderNotFound(EngineError):
    """Raised when no order has this id in the account asked about."""

    code = "ORDER_NOT_FOUND"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"Order not found: {order_id}", resource="order", id=order_id)


class PositionNotFound(EngineError):
    """Raised when no open position has this id in the account asked about."""

    code = "POSITION_NOT_FOUND"

    def __init__(self, position_id: str) -> None:
        super().__init__(f"Position not found: {position_id}", resource="position", id=position_id)


class SymbolNotFound(EngineError):
    """Raised when no instrument goes by this symbol."""

    code = "SYMBOL_NOT_FOUND"

    def __init__(self, symbol: str) -> None:
        super().__init__(f"Symbol not found: {symbol}", resource="symbol", id=symbol)


class AccountNotFound(EngineError):
    """Raised when no account has this id."""

    code = "INVALID_VALUE"

    def __init__(self, account: str) -> None:
        super().__init__(
            f"account is {account!r}; expected an account this engine serves",
            field="account",
            value=account,
        )


class OrderNotModifiable(EngineError):
    """Raised when an order's state does not allow the change asked for."""

    code = "ORDER_NOT_MODIFIABLE"

    def __init__(self, order_id: str, status: str, why: str = "") -> None:
        tail = f": {why}" if why else ""
        super().__init__(
            f"Order {order_id} is {status} and can not be changed{tail}",
            resource="order",
            id=order_id,
            status=status,
        )


class DuplicateClientOrderId(EngineError):
    """Raised when a client order id comes back with another body than the first time."""

    code = "INVALID_REQUEST"

    def __init__(self, client_order_id: str, order_id: str) -> None:
        super().__init__(
            f"client_order_id {client_order_id!r} already names order {order_id}, "
            "whose request differs",
            field="client_order_id",
            value=client_order_id,
            order_id=order_id,
        )


class OrderRefused(EngineError):
    """Raised when this engine, or the broker, would not take the order; it stands on the tape with
    its reason.
    """

    code = "ORDER_REJECTED"

    def __init__(self, order_id: str, reason: RejectReason, message: str) -> None:
        super().__init__(message, order_id=order_id, reject_reason=reason.value)
        self.reason = reason


class PositionsNotClosed(EngineError):
    """Raised when some of several positions could not be closed, after each was tried: ``refused``
    says by position why, ``closing`` which order closes each of the others; the details say both.
    """

    code = "ORDER_REJECTED"

    def __init__(self, refused: dict[str, EngineError], closing: dict[str, str]) -> None:
        total = len(refused) + len(closing)
        reasons = "; ".join(f"{name}: {error.message}" for name, error in refused.items())
        super().__init__(
            f"{len(refused)} of {total} positions are not being closed: {reasons}",
            **{name: error.message for name, error in refused.items()},
            **{name: f"closed by {order_id}" for name, order_id in closing.items()},
        )
        self.refused = refused
        self.closing = closing


class UnsupportedOperation(EngineError):
    """Raised when neither the broker nor this engine can do what is asked; names the capability."""

    code = "UNSUPPORTED_OPERATION"

    def __init__(self, capability: str, message: str) -> None:
        super().__init__(message, capability=capability)


class TradingHalted(EngineError):
    """Raised when new risk is refused because facts can not be made durable; reads and cancels
    still pass.
    """

    code = "PROVIDER_UNAVAILABLE"


class ProviderUnavailable(EngineError):
    """Raised when the broker or its market data can not be reached, or has nothing to show yet."""

    code = "PROVIDER_UNAVAILABLE"


class IllegalTransition(EngineError):
    """Raised when an event can not happen to an order in its state: a bug here or a lie from
    outside.
    """

    def __init__(self, order_id: str, state: str, event: str) -> None:
        super().__init__(
            f"order {order_id} is {state}; {event} can not happen to it",
            order_id=order_id,
            state=state,
            event=event,
        )
