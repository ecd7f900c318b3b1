"""What a finished run has to say: one record of figures, and the same as a table for people.

Everything comes from the engine's state, the equity that was sampled, and the tape's hash; nothing
is counted on the side. How each figure is computed stands in `docs/reference/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from engine.valuation import convert, profit, summary
from engine.values import ZERO, decimal_text

if TYPE_CHECKING:
    from engine.accounts import Account
    from engine.core import Engine
    from engine.ports import Prices
    from engine.statistics import EquityCurve

CENT = Decimal("0.01")


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one account's run. Money is in `currency`; ratios are fractions."""

    account: str
    currency: str
    orders: int
    fills: int
    start_cash: Decimal
    final_cash: Decimal
    final_equity: Decimal
    realized_pnl: Decimal
    commission: Decimal
    max_drawdown: float
    sharpe: float | None
    open_positions: dict[str, Decimal]
    bars: int
    steps: int
    run_seconds: float
    tape: str | None
    tape_id: str
    tape_digest: str
    tape_records: int
    assumptions: dict[str, str]


def report(
    engine: Engine,
    account: Account,
    curve: EquityCurve,
    *,
    bars: int,
    steps: int,
    run_seconds: float,
    tape: str | None,
    assumptions: dict[str, str],
) -> RunReport:
    """Put the figures of `account` together."""
    state, prices = engine.state, engine.prices
    worth = summary(account, prices)
    currencies = {symbol: engine.instrument(symbol).currency for symbol in account.realized}
    return RunReport(
        account=account.id,
        currency=account.currency,
        orders=sum(order.account == account.id for order in state.orders.values()),
        fills=sum(trade.account == account.id for trade in state.trades.values()),
        start_cash=curve.start,
        final_cash=_in_one(account.cash, account, prices),
        final_equity=worth.equity,
        realized_pnl=profit(account, currencies, prices),
        commission=_in_one(account.commission, account, prices),
        max_drawdown=curve.max_drawdown,
        sharpe=curve.sharpe,
        open_positions={each.symbol: each.quantity for each in account.positions.values()},
        bars=bars,
        steps=steps,
        run_seconds=run_seconds,
        tape=tape,
        tape_id=engine.tape.tape_id or "",
        tape_digest=engine.tape.digest().hex(),
        tape_records=engine.tape.head,
        assumptions=assumptions,
    )


def _in_one(books: dict[str, Decimal], account: Account, prices: Prices) -> Decimal:
    """Amounts in several currencies as one in the account's."""
    converted = (convert(amount, each, account.currency, prices) for each, amount in books.items())
    return sum(converted, ZERO)


def rows(made: RunReport) -> Iterator[tuple[str, str]]:
    """The report as people read it: a name and a value a line."""
    change = (made.final_equity / made.start_cash - 1) * 100 if made.start_cash else ZERO
    yield "orders", f"{made.orders:,}"
    yield "fills", f"{made.fills:,}"
    yield "cash at the start", _money(made.start_cash, made.currency)
    yield "cash at the end", _money(made.final_cash, made.currency)
    yield "equity at the end", f"{_money(made.final_equity, made.currency)}  ({change:+.2f} %)"
    yield "realized profit", _money(made.realized_pnl, made.currency)
    yield "commission", _money(made.commission, made.currency)
    yield "deepest drawdown", f"{made.max_drawdown * 100:.2f} %"
    yield "Sharpe ratio", "-" if made.sharpe is None else f"{made.sharpe:.2f}"
    held = [f"{decimal_text(each)} {symbol}" for symbol, each in made.open_positions.items()]
    yield "still held", ", ".join(held) or "nothing"
    pace = f", {made.bars / made.run_seconds:,.0f} a second" if made.run_seconds > 0 else ""
    yield "bars", f"{made.bars:,} in {made.run_seconds:.2f} s{pace}"
    yield "facts on the tape", f"{made.tape_records:,}"
    yield "tape digest", made.tape_digest


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount.quantize(CENT):,} {currency}"
