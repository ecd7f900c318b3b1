"""What an account is worth at the market's prices, figure by figure, and what its day has brought.

Money whose rate of exchange is not known counts as nothing here: the ledger shows it in its own
currency.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.valuation import Summary, convert, mark, summary
from engine.values import ZERO, signed

if TYPE_CHECKING:
    from engine.accounts import Account
    from engine.core import Engine
    from engine.ports import Market
    from engine.positions import Position


class Worth:
    """The figures of one account now, in its own currency."""

    def __init__(self, engine: Engine, market: Market, account: Account) -> None:
        self.engine = engine
        self.market = market
        self.account = account

    @property
    def sums(self) -> Summary:
        """Balance, equity and margin."""
        return summary(self.account, self.market)

    @property
    def cash(self) -> Decimal:
        """Cash of all currencies."""
        amounts = self.account.cash.items()
        return sum((self.converted(amount, each) for each, amount in amounts), ZERO)

    @property
    def values(self) -> list[Decimal]:
        """What each position is worth, negative when short."""
        held = self.account.positions.values()
        return [self.converted(self.value(one), one.currency) for one in held]

    @property
    def gross(self) -> Decimal:
        """What all positions are worth, long and short added up."""
        return sum((abs(value) for value in self.values), ZERO)

    def value(self, position: Position) -> Decimal:
        """What a position is worth in its own currency."""
        return position.quantity * mark(position, self.market) * position.multiplier

    def converted(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the account's currency; nothing where no rate is known."""
        try:
            return convert(amount, currency, self.account.currency, self.market)
        except EngineError:
            return ZERO

    @property
    def daily_profit(self) -> Decimal:
        """What the day has brought so far: from the close before, or from today's trades."""
        engine, account = self.engine, self.account
        midnight = bucket_start(engine.now, DAY_NS)
        profit = sum(self.values, ZERO)
        held_before = {one.symbol: one.quantity for one in account.positions.values()}
        for trade in reversed(engine.state.trades.values()):
            if trade.recorded_at < midnight:
                break
            if trade.account == account.id:
                instrument = engine.instrument(trade.symbol)
                quantity = signed(trade.side, trade.quantity)
                paid = quantity * trade.price * instrument.multiplier
                profit -= self.converted(paid, instrument.currency)
                currency = trade.commission_currency or account.currency
                profit -= self.converted(trade.commission, currency)
                held_before[trade.symbol] = held_before.get(trade.symbol, ZERO) - quantity
        for symbol, quantity in held_before.items():
            if quantity:
                instrument = engine.instrument(symbol)
                value = quantity * self._close_before(symbol, midnight) * instrument.multiplier
                profit -= self.converted(value, instrument.currency)
        return profit

    def _close_before(self, symbol: str, midnight: int) -> Decimal:
        """The last close of an earlier day; the present price where none is known."""
        try:
            found = self.market.bars(symbol, DAY_NS, None, midnight - DAY_NS, 1)
        except (EngineError, ValueError):
            found = []  # no bars, or none that make days
        return found[-1].close if found else self.market.mark(symbol) or ZERO
