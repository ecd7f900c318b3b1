"""What the books are worth at the market's prices: equity, margin and unrealized profit.

Nothing here is a fact; it is state and prices put together at the moment of asking, in the
account's own currency. An account that holds what has no price now, or money in a currency that has
no known rate, can not be valued, nor one whose broker did not tell yet what it holds; saying so
beats a number that looks like one. Alone, or where only an order's margin is estimated, a position
without a price counts at its average price.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from engine.accounts import Account
from engine.errors import ProviderUnavailable
from engine.instruments import Instrument
from engine.ports import Prices
from engine.positions import Position
from engine.values import ONE, ZERO, AssetClass


class Summary(msgspec.Struct, frozen=True, gc=False):
    """An account at a glance, in ``currency``. ``balance`` leaves unrealized profit out, ``equity``
    counts it.
    """

    currency: str
    balance: Decimal
    equity: Decimal
    margin_used: Decimal
    margin_available: Decimal
    unrealized_pnl: Decimal


def mark(position: Position, prices: Prices) -> Decimal:
    """The price of ``position``; its average price where the market shows none."""
    price = prices.mark(position.symbol)
    return position.average_price if price is None else price


def unrealized(position: Position, prices: Prices) -> Decimal:
    """What closing ``position`` at the mark would earn, in its own currency."""
    return position.quantity * mark(position, prices) * position.multiplier - position.cost


def margin(position: Position, prices: Prices) -> Decimal:
    """What ``position`` ties up, in its own currency: its value at the mark over its leverage."""
    value = position.quantity * mark(position, prices) * position.multiplier
    return abs(value) / position.leverage


def convert(amount: Decimal, currency: str, into: str, prices: Prices) -> Decimal:
    """``amount`` of ``currency`` in another; raises ProviderUnavailable where no rate is known."""
    if currency == into or not amount:
        return amount
    rate = prices.rate(currency, into)
    if rate is None:
        raise ProviderUnavailable(
            f"no exchange rate from {currency} to {into} is known", currency=currency, into=into
        )
    return amount * rate


def settled_daily(account: Account, terms: Callable[[str], Instrument]) -> dict[str, Decimal]:
    """What the futures of an account cost, by currency. These books count it as paid, like any
    cost; a broker takes no money for a future and only ever moves its profit.
    """
    costs: dict[str, Decimal] = {}
    for position in account.positions.values():
        if terms(position.symbol).asset_class is AssetClass.FUTURES:
            costs[position.currency] = costs.get(position.currency, ZERO) + position.cost
    return costs


def summary(account: Account, prices: Prices) -> Summary:
    """Value the whole account at ``prices``; raises ProviderUnavailable where it can not be."""
    account.check_known()
    base = account.currency
    balance = _cash(account, prices)
    used = open_profit = ZERO
    for position in account.positions.values():
        currency = position.currency
        price = prices.mark(position.symbol)
        if price is None:
            raise ProviderUnavailable(
                f"no price of {position.symbol}, which is held, is known now",
                symbol=position.symbol,
            )
        value = position.quantity * price * position.multiplier
        balance += convert(position.cost, currency, base, prices)
        open_profit += convert(value - position.cost, currency, base, prices)
        used += convert(abs(value) / position.leverage, currency, base, prices)
    equity = balance + open_profit
    return Summary(base, balance, equity, used, max(equity - used, ZERO), open_profit)


def free_margin(account: Account, prices: Prices) -> Decimal:
    """Equity beyond the margin in use; negative where there is less."""
    base, cash = account.currency, account.cash
    free = cash[base] if len(cash) == 1 and base in cash else _cash(account, prices)
    positions = account.positions
    if not positions:
        return free
    owed, mark_of = ZERO, prices.mark
    for position in positions.values():
        quantity, leverage, multiplier = position.quantity, position.leverage, position.multiplier
        is_unlevered = leverage is ONE or leverage == ONE
        if is_unlevered and multiplier is ONE and quantity > ZERO:
            continue  # as below, and only contracts ever have a price less than zero
        price = mark_of(position.symbol)
        value = quantity * (position.average_price if price is None else price)
        if multiplier is not ONE:
            value *= multiplier
        if is_unlevered and value >= ZERO:
            continue  # it ties up exactly what it is worth
        if position.currency != base:
            value = convert(value, position.currency, base, prices)
        if is_unlevered:
            owed += value
        else:
            free += value - abs(value) / leverage
    return free + owed + owed if owed else free  # what is owed ties up as much again


def _cash(account: Account, prices: Prices) -> Decimal:
    """Cash of all currencies together."""
    base, cash = account.currency, account.cash
    total = cash.get(base, ZERO)
    for currency, amount in cash.items():
        if currency != base:
            total += convert(amount, currency, base, prices)
    return total


def profit(account: Account, currencies: dict[str, str], prices: Prices) -> Decimal:
    """Realized profit before commission, in the account's currency; ``currencies`` by symbol."""
    return sum(
        (
            convert(amount, currencies[symbol], account.currency, prices)
            for symbol, amount in account.realized.items()
        ),
        ZERO,
    )
