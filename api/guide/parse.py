"""What clients of the order guide may write, and the engine's orders that it becomes."""

from __future__ import annotations

from collections.abc import Callable

from api.accounts import ACCOUNT
from api.amounts import Amount, decode
from api.fields import Text, Whole, Word
from api.forms import Field, Form
from engine.requests import REFERENCE_CHARACTERS_MAX, OrderRequest
from engine.values import OrderType, Side

SYMBOL = Text("Stock symbol", 64, "AAPL")
_INTEGER_MAX = 2**53 - 1
_ORDER: dict[str, Field] = {
    "symbol": SYMBOL,
    "action": Word(Side, "The side"),
    "quantity": Amount("Number of shares", 10),
}
_REFERENCE = {"order_ref": Text("A note for tracking", REFERENCE_CHARACTERS_MAX, "my_trade_001")}


def _form(**prices: Field) -> Form:
    fields = _ORDER | prices
    return Form(fields | _REFERENCE, required=tuple(fields), decode=decode)


LIMIT = _form(limit_price=Amount("Limit price", 230.0))
MARKET = _form()
STOP = _form(stop_price=Amount("Stop price", 225.0))
BRACKET = _form(
    entry_price=Amount("Entry limit price", 230.0),
    stop_loss=Amount("Stop-loss price", 225.0),
    take_profit=Amount("Take-profit price", 240.0),
)
CANCEL = Form(
    {"perm_id": Whole("Permanent id of the order", 0, _INTEGER_MAX)}, required=("perm_id",)
)
NO_QUERY = Form({"account_id": ACCOUNT})
EXECUTIONS_QUERY = Form({"symbol": SYMBOL, "account_id": ACCOUNT})


def _reader(form: Form, kind: OrderType, **renamed: str) -> Callable[[bytes], OrderRequest]:
    """What makes an order of a body, its fields under the engine's names."""
    names = {"action": "side", "order_ref": "reference", **renamed}

    def read(body: bytes) -> OrderRequest:
        values = form.read(body).items()
        return OrderRequest(
            order_type=kind, **{names.get(name, name): value for name, value in values}
        )

    return read


limit = _reader(LIMIT, OrderType.LIMIT)
market = _reader(MARKET, OrderType.MARKET)
stop = _reader(STOP, OrderType.STOP)
bracket = _reader(BRACKET, OrderType.LIMIT, entry_price="limit_price")


def cancel(body: bytes) -> int:
    """The permanent id that a body names."""
    perm_id: int = CANCEL.read(body)["perm_id"]
    return perm_id
