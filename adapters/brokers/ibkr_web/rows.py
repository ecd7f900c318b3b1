"""The gateway's rows as the engine's statements: orders, executions and holdings.

Every field may be missing and every number may come as text, so a row that lacks what it can not do
without makes nothing. An order is ours if its reference is one that we gave; a reference is our
order id behind the options' prefix.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from adapters.brokers.ibkr_web import words
from adapters.brokers.ibkr_web.numerals import amount, moment, name, number, whole
from engine.requests import OrderRequest
from engine.statements import BrokerOrder, Execution, Holding
from engine.values import FINAL, ZERO, OrderType, exact_product

Row = dict[str, Any]

MARK_CHARACTERS = 10
_OUR_ID = re.compile(r"ord_\d{1,20}")
_REVISED = re.compile(r"(?P<base>[0-9a-f]{8}\.[0-9a-f]{8}\.\d{2})\.(?P<revision>\d{2})")
_REASONS = ("order_cancellation_by_system_reason", "text", "warning_message")


class References:
    """Our order ids as they are written on orders at the gateway: behind a prefix, since two tapes
    have orders of the same id, and the gateway knows them all.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def mark(self, tape_id: str) -> None:
        """Put the beginning of a tape's id before orders from now on, unless a prefix is chosen."""
        self._prefix = self._prefix or f"{tape_id[:MARK_CHARACTERS]}-"

    def of(self, order_id: str) -> str:
        """The reference of our order."""
        return self._prefix + order_id

    def read(self, reference: Any) -> str | None:
        """Our order id, or None for a reference that we did not give."""
        text = name(reference)
        if not text.startswith(self._prefix):
            return None
        order_id = text[len(self._prefix) :]
        return order_id if _OUR_ID.fullmatch(order_id) else None


def account_of(row: Row) -> str:
    """Whose row it is."""
    return name(row.get("acct") or row.get("account") or row.get("accountCode"))


def order_id_of(row: Row) -> str:
    """The gateway's id of the order that a row is about."""
    return name(row.get("orderId") or row.get("order_id"))


def reason_of(row: Row) -> str:
    """Why an order is not what was wished, in the gateway's words."""
    return next((str(row[field]) for field in _REASONS if row.get(field)), "")


def order(row: Row, symbol: str, order_id: str | None) -> BrokerOrder | None:
    """An order as a row of the list, of the stream or of a single state shows it."""
    side = words.side(name(row.get("side")))
    filled = number(_first(row, "filledQuantity", "cum_fill")) or ZERO
    total = _total(row, filled)
    status = words.status(
        name(_first(row, "status", "order_status")),
        has_filled=filled > 0,
        reason=reason_of(row),
    )
    broker_id = order_id_of(row)
    if side is None or status is None or total is None or not broker_id:
        return None
    price = amount(_first(row, "price", "limit_price"))
    stop = amount(_first(row, "auxPrice", "stop_price"))
    word = name(_first(row, "origOrderType", "order_type", "orderType"))
    kind = words.order_type(word, has_price=price is not None)
    if kind is OrderType.STOP:
        price, stop = None, stop or price
    request = OrderRequest(
        symbol,
        side,
        total,
        kind,
        price if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
        stop if kind in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
        words.time_in_force(name(_first(row, "timeInForce", "tif"))),
    )
    average = amount(_first(row, "avgPrice", "average_price"))
    return BrokerOrder(
        broker_id, order_id, request, status, filled, average, message=reason_of(row)
    )


def has_ended(row: Row) -> bool:
    """Whether a row says that its order works no more."""
    word = name(_first(row, "status", "order_status"))
    return words.status(word, has_filled=False, reason="") in FINAL


def _total(row: Row, filled: Decimal) -> Decimal | None:
    """The order's whole quantity: stated, or what is filled and what is left together."""
    total = amount(_first(row, "totalSize", "total_size"))
    if total is not None:
        return total
    left = number(_first(row, "remainingQuantity", "size"))
    return None if left is None else amount(filled + left)


def execution(row: Row, symbol: str, order_id: str | None) -> Execution | None:
    """One fill as a row of the list or of the stream of trades shows it."""
    side = words.side(name(row.get("side")))
    quantity, price = amount(row.get("size")), number(row.get("price"))
    executed_at = moment(row.get("trade_time_r"))
    found = name(row.get("execution_id"))
    if side is None or quantity is None or price is None or executed_at is None or not found:
        return None
    execution_id, revision = revised(found)
    return Execution(
        execution_id,
        order_id_of(row),
        symbol,
        side,
        quantity,
        price,
        executed_at,
        order_id,
        number(row.get("commission")) or ZERO,
        revision=revision,
    )


def has_commission(row: Row) -> bool:
    """Whether a trade's commission is known already."""
    return number(row.get("commission")) is not None


def revised(execution_id: str) -> tuple[str, int]:
    """An execution's lasting id and its revision: IBKR counts corrections in the id's last part."""
    found = _REVISED.fullmatch(execution_id)
    if found is None:
        return execution_id, 0
    return found["base"], max(int(found["revision"]) - 1, 0)


def holding(row: Row) -> Holding | None:
    """A position; None where the row does not say how much."""
    quantity = number(row.get("position"))
    if quantity is None:
        return None
    average = number(row.get("avgCost"))
    cost = None if average is None else exact_product(average, quantity)
    return Holding(quantity, cost)


def conid_of(row: Row) -> int | None:
    """The contract that a row is about."""
    found = whole(row.get("conid"))
    return found if found is not None and found > 0 else None


def _first(row: Row, *names: str) -> Any:
    """The first of the fields that says anything."""
    return next((row[one] for one in names if row.get(one) not in (None, "")), None)
