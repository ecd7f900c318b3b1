"""NautilusTrader's legacy engine, as its examples drive it; `bypass=1` skips its risk checks."""

from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contenders.outcome import CASH, FAST, NEAR, SIZE, SLOW, Stopwatch, options, show


def main() -> None:
    """Run once."""
    path, chosen = options()
    config: Any = import_module("nautilus_trader.config")
    model: Any = import_module("nautilus_trader.model")
    enums: Any = import_module("nautilus_trader.model.enums")
    instruments: Any = import_module("nautilus_trader.model.instruments")
    engines: Any = import_module("nautilus_trader.backtest.engine")
    usd: Any = import_module("nautilus_trader.model.currencies").USD

    name = model.InstrumentId.from_str("AAPL.SIM")
    stock = instruments.Equity(
        name, name.symbol, usd, 2, model.Price.from_str("0.01"), model.Quantity.from_int(1), 0, 0
    )
    bar_type = model.BarType.from_str("AAPL.SIM-1-MINUTE-LAST-EXTERNAL")

    engine = engines.BacktestEngine(
        engines.BacktestEngineConfig(
            logging=config.LoggingConfig(bypass_logging=True),
            risk_engine=config.RiskEngineConfig(bypass=bool(chosen.get("bypass"))),
            run_analysis=False,
        )
    )
    engine.add_venue(
        model.Venue("SIM"),
        enums.OmsType.NETTING,
        enums.AccountType.MARGIN,
        [model.Money(CASH, usd)],
        base_currency=usd,
        default_leverage=Decimal(1),
    )
    engine.add_instrument(stock)
    engine.add_data(_bars(np.load(path), model, bar_type))
    engine.add_strategy(_strategy(stock, bar_type))
    watch = Stopwatch()
    watch.start()
    engine.run()
    watch.stop()
    filled = [order for order in engine.cache.orders() if order.is_closed]
    equity = engine.portfolio.account(model.Venue("SIM")).balance_total(usd).as_double()
    open_profit = engine.portfolio.unrealized_pnl(name)
    equity += open_profit.as_double() if open_profit is not None else 0.0
    show(watch, len(engine.cache.orders()), len(filled), equity)


def _strategy(stock: Any, bar_type: Any) -> Any:
    enums: Any = import_module("nautilus_trader.model.enums")
    trading: Any = import_module("nautilus_trader.trading.strategy")
    indicators: Any = import_module("nautilus_trader.indicators")

    class Crossover(trading.Strategy):  # type: ignore[misc]  # the library has no types
        """Buys and sells at the crossings."""

        def on_start(self) -> None:
            self.fast = indicators.SimpleMovingAverage(FAST)
            self.slow = indicators.SimpleMovingAverage(SLOW)
            self.register_indicator_for_bars(bar_type, self.fast)
            self.register_indicator_for_bars(bar_type, self.slow)
            self.was_above: bool | None = None
            self.size = stock.make_qty(SIZE)
            self.subscribe_bars(bar_type)

        def on_bar(self, bar: Any) -> None:
            if not self.slow.initialized:
                return
            is_above = self.fast.value > self.slow.value + NEAR
            if self.was_above is None:
                self.was_above = is_above
            elif is_above != self.was_above:
                self.was_above = is_above
                side = enums.OrderSide.BUY if is_above else enums.OrderSide.SELL
                self.submit_order(self.order_factory.market(stock.id, side, self.size))

    return Crossover()


def _bars(columns: Any, model: Any, bar_type: Any) -> list[Any]:
    made = []
    for ts, *prices, volume in columns.T.tolist():
        quoted = (model.Price(cents / 100, 2) for cents in prices)
        end = ts + 60_000_000_000
        made.append(model.Bar(bar_type, *quoted, model.Quantity(volume, 0), end, end))
    return made


if __name__ == "__main__":
    main()
