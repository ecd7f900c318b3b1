"""A trade is a fill with everything that can be asked of it later."""

from engine.events import TradeFilled
from engine.orders import new_order
from engine.trades import new_trade
from engine.values import Side
from tests.builders import dec, figures, order


def test_a_trade_joins_the_fill_to_its_order() -> None:
    sale = new_order("ord_1", "DU1", order(side=Side.SELL), 1)
    fact = TradeFilled("trd_2", "ord_1", "x1", dec(4), dec(99), 50, dec("0.1"), "EUR", True)
    trade = new_trade(sale, fact, "pos_1", 60)
    assert (trade.id, trade.order_id, trade.account) == ("trd_2", "ord_1", "DU1")
    assert figures(trade.symbol, trade.side, trade.quantity, trade.price) == (
        "AAPL",
        Side.SELL,
        4,
        99,
    )
    assert (trade.executed_at, trade.recorded_at) == (50, 60)
    assert (trade.commission, trade.commission_currency, trade.is_maker) == (
        dec("0.1"),
        "EUR",
        True,
    )
    assert (trade.position_id, trade.execution_id) == ("pos_1", "x1")
