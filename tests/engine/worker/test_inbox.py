"""A worker hears of everything that happens to its orders, as it was when it happened."""

from __future__ import annotations

from decimal import Decimal

from engine import events as ev
from engine.worker.inbox import Inbox, OrderEvent, TradeEvent
from tests.engine.worker.kit import Trial, prices


def test_orders_are_followed_from_first_to_last() -> None:
    source = """
    def on_bar(ctx, bar):
        if bar.row == 0:
            order = ctx.broker.submit("AAPL", "BUY", 2, "LIMIT", limit_price=5)
            ctx.broker.modify(order, limit_price=6)
            ctx.broker.cancel(order)
            ctx.broker.submit("AAPL", "BUY", 1, take_profit=12)
            try:
                ctx.broker.submit("AAPL", "BUY", 10_000_000)
            except Exception:
                pass

    def on_order(ctx, event):
        order = event.order
        ctx.log.info(f"{event.event} {order.role} {order.status} {order.limit_price}")
    """
    assert Trial(source, prices(10, 11, 13)).live().said == [
        "ORDER_CREATED ENTRY OPEN 5",
        "ORDER_MODIFIED ENTRY OPEN 6",
        "ORDER_CANCELLED ENTRY CANCELLED 6",
        "ORDER_CREATED ENTRY OPEN None",
        "ORDER_REJECTED ENTRY REJECTED None",
        "ORDER_FILLED ENTRY FILLED None",
        "ORDER_CREATED TAKE_PROFIT OPEN 12",
        "ORDER_FILLED TAKE_PROFIT FILLED 12",
    ]


def test_a_fill_in_parts_says_so() -> None:
    source = """
    def on_bar(ctx, bar):
        if bar.row == 0:
            ctx.broker.submit("AAPL", "BUY", 150)

    def on_order(ctx, event):
        ctx.log.info(f"{event.event} {event.order.filled}")
    """
    made = Trial(source, prices(10, 11, 13), participation=Decimal("0.1")).live()
    assert made.said == ["ORDER_CREATED 0", "ORDER_PARTIALLY_FILLED 100", "ORDER_FILLED 150"]


def test_corrections_and_busts_are_told_as_such() -> None:
    made = Trial("def setup(ctx): pass", prices(10, 11))
    orders: list[OrderEvent] = []
    trades: list[TradeEvent] = []
    engine = made.engine
    engine.listeners.append(Inbox(engine.state, "A", orders.append, trades.append).hear)
    made.step().buy(1)
    made.step()
    fill = trades[0].trade
    engine.write("A", ev.TradeCorrected(fill.id, Decimal(1), Decimal(12)))
    engine.write("A", ev.TradeBusted(fill.id, "error"))
    assert [(each.event, each.trade.price, each.trade.quantity) for each in trades] == [
        ("TRADE_FILLED", Decimal(11), Decimal(1)),
        ("TRADE_CORRECTED", Decimal(12), Decimal(1)),
        ("TRADE_BUSTED", Decimal(0), Decimal(0)),
    ]
    assert [each.event for each in orders] == ["ORDER_CREATED", "ORDER_FILLED"]


def test_another_accounts_facts_and_unwanted_kinds_are_not_told() -> None:
    made = Trial("def setup(ctx): pass", prices(10, 11))
    told: list[object] = []
    engine = made.engine
    engine.listeners.append(Inbox(engine.state, "B", told.append, told.append).hear)
    engine.listeners.append(Inbox(engine.state, "A", None, None).hear)
    made.step().buy(1)
    made.step()
    assert told == []
