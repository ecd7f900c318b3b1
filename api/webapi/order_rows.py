"""Rows of the list of orders, the state of one order, and the gateway's words for both.

`row` is what the list answers and what the stream of orders sends; a stream writes prices as
numbers where the list has texts, and later only what has changed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from engine.values import OrderType, Side, Status

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from api.webapi.views import View

_TYPE = {
    OrderType.MARKET: ("MARKET", "Market"),
    OrderType.LIMIT: ("LIMIT", "Limit"),
    OrderType.STOP: ("STOP", "Stop"),
    OrderType.STOP_LIMIT: ("STOP_LIMIT", "Stop Limit"),
    OrderType.TRAILING_STOP: ("TRAILING_STOP", "Trailing Stop"),
}
"""Each type as programs and as people are told it."""
_COLOURS = {
    "Submitted": ("#000000", "#FFFFFF"),
    "PreSubmitted": ("#0000CC", "#FFFFFF"),
    "Filled": ("#FFFFFF", "#1E90FF"),
    "Cancelled": ("#FFFFFF", "#AAAAAA"),
}
_OTHER_COLOURS = ("#FFFFFF", "#CC0000")
_CCP = {"Filled": "2", "Cancelled": "4", "Inactive": "8"}
_DESCRIPTION = {
    "Filled": "Order Filled",
    "Cancelled": "Order Cancelled",
    "Submitted": "Order Submitted",
    "PreSubmitted": "Order Submitted",
    "PendingSubmit": "Order Pending",
    "PendingCancel": "Cancel Pending",
    "Inactive": "Order Inactive",
}
_EDITABLE = "\x1e".join(("limit", "quantity", "aux"))


def row(view: View, contract: Contract, *, numeric: bool = False) -> dict[str, Any]:
    """One order as a row; prices as numbers if ``numeric``."""
    order, status = view.order, view.status
    foreground, background = _COLOURS.get(status, _OTHER_COLOURS)
    kind, words = _TYPE[view.kind]
    told: dict[str, Any] = {
        "acct": order.account,
        "account": order.account,
        "conidex": str(contract.conid),
        "conid": contract.conid,
        "orderId": view.number,
        "cashCcy": contract.instrument.currency,
        "sizeAndFills": size_and_fills(view),
        "orderDesc": description(view, contract),
        "description1": contract.description,
        "ticker": contract.ticker,
        "secType": contract.kind,
        "listingExchange": _listing(contract),
        "remainingQuantity": figures.number(view.remaining),
        "filledQuantity": figures.number(view.filled),
        "totalSize": figures.number(order.quantity),
        "companyName": contract.name,
        "status": status,
        "order_ccp_status": _CCP.get(status, "Submitted"),
        "origOrderType": kind,
        "orderType": words,
        "supportsTaxOpt": "0",
        "lastExecutionTime": figures.compact(order.updated_at),
        "lastExecutionTime_r": figures.milliseconds(order.updated_at),
        "bgColor": background,
        "fgColor": foreground,
        "isEventTrading": "0",
        "price": "" if view.limit_price is None else _price(view.limit_price, contract, numeric),
        "timeInForce": view.time_in_force.value,
        "side": view.side.value,
    }
    return told | _extras(view, contract, numeric)


def _extras(view: View, contract: Contract, numeric: bool) -> dict[str, Any]:
    """What only some rows have."""
    order = view.order
    average = order.average_fill_price if view.role is None else None
    extras: dict[str, Any] = {}
    if average is not None:
        extras["avgPrice"] = _price(average, contract, numeric)
    if view.stop_price is not None:
        extras["auxPrice"] = _price(view.stop_price, contract, numeric)
    reference = order.request.client_order_id if view.role is None else None
    if reference is not None:
        extras["order_ref"] = reference
    if view.parent is not None:
        extras["parentId"] = view.parent
    if view.group is not None:
        extras["ocaGroupId"] = view.group
    if order.status is Status.CANCELLED and order.message not in ("", "client"):
        extras["order_cancellation_by_system_reason"] = order.message
    elif order.status is Status.EXPIRED:
        extras["order_cancellation_by_system_reason"] = "the order's time in force ran out"
    elif order.status is Status.REJECTED:
        extras["text"] = order.message
    return extras


def status(view: View, contract: Contract) -> dict[str, Any]:
    """One order as its state is told when asked for alone."""
    order, word = view.order, view.status
    foreground, background = _COLOURS.get(word, _OTHER_COLOURS)
    is_closed = view.is_final
    told: dict[str, Any] = {
        "sub_type": None,
        "request_id": str(view.number % 1000),
        "server_id": "0",
        "order_id": view.number,
        "conidex": str(contract.conid),
        "conid": contract.conid,
        "symbol": contract.ticker,
        "side": view.side.value[0],
        "contract_description_1": contract.description,
        "listing_exchange": _listing(contract),
        "option_acct": "c",
        "company_name": contract.name,
        "size": figures.fixed(view.remaining, 1),
        "total_size": figures.fixed(order.quantity, 1),
        "currency": contract.instrument.currency,
        "account": order.account,
        "order_type": _TYPE[view.kind][0],
        "cum_fill": figures.fixed(view.filled, 1),
        "order_status": word,
        "order_ccp_status": _CCP.get(word, "0"),
        "order_status_description": _DESCRIPTION[word],
        "tif": view.time_in_force.value,
        "fg_color": foreground,
        "bg_color": background,
        "order_not_editable": is_closed,
        "editable_fields": "" if is_closed else _EDITABLE,
        "cannot_cancel_order": is_closed,
        "deactivate_order": False,
        "sec_type": contract.kind,
        "available_chart_periods": "#R|1",
        "order_description": _deal(view),
        "order_description_with_contract": description(view, contract),
        "alert_active": 1,
        "child_order_type": "A" if view.parent is not None else "0",
        "order_clearing_account": order.account,
        "size_and_fills": size_and_fills(view),
        "exit_strategy_display_price": "",
        "exit_strategy_chart_description": "",
        "exit_strategy_tool_availability": "1",
        "allowed_duplicate_opposite": True,
        "order_time": figures.compact(order.created_at),
    }
    scale = contract.instrument.price_scale
    average = order.average_fill_price if view.role is None else None
    for name, value in (
        ("limit_price", view.limit_price),
        ("stop_price", view.stop_price),
        ("average_price", average),
    ):
        if value is not None:
            told[name] = figures.fixed(round(value, scale + 2), scale)
    if view.group is not None:
        told["oca_group_id"] = view.group
    return told


def ack(view: View) -> dict[str, Any]:
    """The acknowledgement of an order that was placed or changed."""
    told = {"order_id": str(view.number), "order_status": view.status, "encrypt_message": "1"}
    reference = view.order.request.client_order_id if view.role is None else None
    if reference is not None:
        told["local_order_id"] = reference
    if view.parent is not None:
        told["parent_order_id"] = str(view.parent)
    if view.group is not None:
        told["oca_group_id"] = view.group
    return told


def size_and_fills(view: View) -> str:
    """What has filled and what has not; the whole size once nothing more will."""
    if view.is_final:
        return figures.text(view.filled if view.filled else view.order.quantity)
    return f"{figures.text(view.filled)}/{figures.text(view.remaining)}"


def description(view: View, contract: Contract) -> str:
    """An order in words: ``Bought 1 SPY Market, Day``."""
    done = {Side.BUY: "Bought", Side.SELL: "Sold"}
    todo = {Side.BUY: "Buy", Side.SELL: "Sell"}
    verb = (done if view.status == "Filled" else todo)[view.side]
    return f"{verb} {figures.text(view.order.quantity)} {contract.description} {_terms(view)}"


def _deal(view: View) -> str:
    return f"{view.side.value.capitalize()} {figures.text(view.order.quantity)} {_terms(view)}"


def _terms(view: View) -> str:
    words = [_TYPE[view.kind][1]]
    if view.limit_price is not None:
        words.append(figures.text(view.limit_price))
    if view.stop_price is not None:
        words.append(f"Stop {figures.text(view.stop_price)}")
    tif = view.time_in_force.value
    return f"{' '.join(words)}, {'Day' if tif == 'DAY' else tif}"


def _listing(contract: Contract) -> str:
    return "NASDAQ.NMS" if contract.exchange == "NASDAQ" else contract.exchange


def _price(value: Decimal, contract: Contract, numeric: bool) -> Any:
    scale = contract.instrument.price_scale
    if numeric:
        return figures.price(value, scale)
    return figures.fixed(round(value, scale + 2), scale)
