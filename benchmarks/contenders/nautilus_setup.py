"""A venue, an account and a stock for NautilusTrader's new engine, the same for bars and quotes."""

from typing import Any

from benchmarks.contenders.outcome import CASH

VENUE, STOCK = "SIM", "AAPL.SIM"


def engine_of(library: Any, *, bypass: bool) -> Any:
    """An engine with an account of ours and the stock, silent, with or without risk checks."""
    usd = library.Currency.from_str("USD")
    engine = library.BacktestEngine(
        library.BacktestEngineConfig(
            logging=library.LoggerConfig(bypass_logging=True),
            run_analysis=False,
            risk_engine=library.RiskEngineConfig(bypass=bypass),
        )
    )
    engine.add_venue(
        library.Venue(VENUE),
        library.OmsType.NETTING,
        library.AccountType.MARGIN,
        [library.Money(CASH, usd)],
        base_currency=usd,
    )
    name = library.InstrumentId.from_str(STOCK)
    tick, lot = library.Price.from_str("0.01"), library.Quantity.from_int(1)
    stock = library.Equity(name, library.Symbol("AAPL"), usd, 2, tick, 0, 0, lot_size=lot)
    engine.add_instrument(stock)
    return engine


def equity_of(library: Any, engine: Any) -> float:
    """Cash and open profit."""
    usd = library.Currency.from_str("USD")
    portfolio = engine.portfolio
    cash = float(portfolio.account(library.Venue(VENUE)).balance_total(usd).as_double())
    profit = portfolio.unrealized_pnl(library.InstrumentId.from_str(STOCK))
    return cash + (float(profit.as_double()) if profit is not None else 0.0)
