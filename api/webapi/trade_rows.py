"""Executions as the gateway tells them, for the list of trades and for the stream of trades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from api.webapi.views import View
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.values import Side, signed

if TYPE_CHECKING:
    from api.webapi.contracts import Contract, Contracts
    from engine.core import Engine
    from engine.trades import Trade

DAYS_MAX = 7


def rows(engine: Engine, contracts: Contracts, account: str, days: int) -> list[dict[str, Any]]:
    """The account's executions of today and the days before, newest first; ``days`` in all."""
    return [
        row(engine, trade, contracts.of(trade.symbol)) for trade in _recent(engine, account, days)
    ]


def row(engine: Engine, trade: Trade, contract: Contract) -> dict[str, Any]:
    """One execution."""
    order = engine.state.order(trade.order_id)
    buys = trade.side is Side.BUY
    price = figures.fixed(trade.price, contract.instrument.price_scale)
    verb, exchange = "Bought" if buys else "Sold", contract.exchange
    value = -signed(trade.side, trade.quantity) * trade.price * contract.instrument.multiplier
    told: dict[str, Any] = {
        "execution_id": execution_id(trade),
        "symbol": contract.ticker,
        "supports_tax_opt": "0",
        "side": "B" if buys else "S",
        "order_description": f"{verb} {figures.text(trade.quantity)} @ {price} on {exchange}",
        "trade_time": figures.dashed(trade.executed_at),
        "trade_time_r": figures.milliseconds(trade.executed_at),
        "size": figures.number(trade.quantity),
        "price": price,
        "submitter": trade.account,
        "exchange": exchange,
        "commission": figures.text(trade.commission),
        "net_amount": figures.number(value),
        "account": trade.account,
        "accountCode": trade.account,
        "account_allocation_name": trade.account,
        "company_name": contract.name,
        "contract_description_1": contract.description,
        "sec_type": contract.kind,
        "listing_exchange": exchange,
        "conid": contract.conid,
        "conidEx": str(contract.conid),
        "clearing_id": "IB",
        "clearing_name": "IB",
        "liquidation_trade": "0",
        "is_event_trading": "0",
    }
    if order is not None:
        told["order_id"] = View(order).number
        if order.request.client_order_id is not None:
            told["order_ref"] = order.request.client_order_id
    return told


def execution_id(trade: Trade) -> str:
    """The execution's id in the gateway's form: the trade's number in hexadecimal, and its part."""
    number = int(trade.id.removeprefix("trd_"))
    return f"{number >> 32:08x}.{number & 0xFFFF_FFFF:08x}.01.01"


def _recent(engine: Engine, account: str, days: int) -> Iterator[Trade]:
    since = bucket_start(engine.now, DAY_NS) - (days - 1) * DAY_NS
    for trade in reversed(engine.state.trades.values()):
        if trade.recorded_at < since:
            return
        if trade.account == account and trade.quantity:
            yield trade
