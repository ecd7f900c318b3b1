"""What ``ctx.ibkr`` writes for an order, and how it reads a figure of a snapshot.

The calls have one price. It is the limit of a LMT order, the stop of a STP order, both of a STP_LMT
order, and the distance of a TRAIL order, as that is the one figure that such an order can not do
without.
"""

from __future__ import annotations

import re
from typing import Any

STOP_LIMITS = ("STP_LMT", "STOP_LIMIT", "STP LMT")
PRICES = ("31", "84", "86")
"""Fields whose figure may have a letter before it: C for a close of before today, H for a halt."""
SIZES = ("85", "88", "7059")
MARK = "_mark"
"""What is put behind a field's number to keep the letter that stood before its figure."""
_marked = re.compile(r"([A-Z]*)([0-9,]*\.?[0-9]+)").fullmatch


def ticket(
    conid: int, side: str, quantity: float, order_type: str, price: float | None, tif: str
) -> dict[str, Any]:
    """An order as the Web API takes it."""
    kind = "STOP_LIMIT" if order_type.upper() in STOP_LIMITS else order_type.upper()
    order: dict[str, Any] = {
        "conid": int(conid),
        "orderType": kind,
        "side": side,
        "quantity": quantity,
        "tif": tif,
    }
    if kind == "TRAIL":
        order["trailingType"] = "amt"
    if price is None:
        return order
    match kind:
        case "TRAIL":
            order["trailingAmt"] = price
        case "STOP_LIMIT":
            order["price"] = order["auxPrice"] = price
        case _:
            order["price"] = price
    return order


def bare_figures(row: Any) -> Any:
    """A row of a snapshot whose prices and sizes are plain digits; a letter that stood before one
    is kept beside it, under the field's number and ``_mark``.
    """
    if not isinstance(row, dict):
        return row
    for field in (*PRICES, *SIZES):
        text = row.get(field)
        found = _marked(text) if isinstance(text, str) else None
        if found is not None:
            row[field] = found[2].replace(",", "")
            if found[1]:
                row[field + MARK] = found[1]
    return row
