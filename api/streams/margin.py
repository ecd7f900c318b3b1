"""Who comes near the end of their margin, and is told so: MARGIN_WARNING first, then MARGIN_CALL.

What an account ties up is compared with its equity. A position held long without leverage ties up
exactly what it is worth and can never be called, so it counts on neither side. An account is told
when it rises to a level, once; it falls back when it is clear of it by a twentieth, so that a price
that trembles around a threshold is no storm of messages. Nothing is on the tape: these messages
speak of prices, have no ``seq``, and are not told again from history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING

from api.streams.event import Event, event_of
from api.streams.messages import AccountChanged, AccountEvent
from api.trading import render
from engine import events as ev
from engine.errors import ProviderUnavailable
from engine.valuation import convert, mark, summary
from engine.values import ONE, ZERO

if TYPE_CHECKING:
    from api.streams.fills import PricesOf
    from engine.accounts import Account
    from engine.ports import Prices
    from engine.state import State
    from engine.tape import Record

RELIEF = Decimal("0.95")
"""A level is left when less than this share of its threshold is in use."""
MOVES_MONEY = (ev.TradeFilled, ev.TradeCorrected, ev.TradeBusted, ev.CashAdjusted)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares of equity that margin in use must exceed to be told."""

    warning: Decimal = Decimal("0.8")
    call: Decimal = ONE


class Level(IntEnum):
    """How near an account is."""

    CALM = 0
    WARNING = 1
    CALL = 2


_SAID: dict[Level, AccountEvent] = {Level.WARNING: "MARGIN_WARNING", Level.CALL: "MARGIN_CALL"}


class MarginWatch:
    """The level of each account, and what is said when one rises."""

    def __init__(self, state: State, prices_of: PricesOf, thresholds: Thresholds) -> None:
        self._state = state
        self._prices_of = prices_of
        self._thresholds = thresholds
        self._levels: dict[str, Level] = {}
        self._told = 0

    def look_around(self) -> None:
        """Take how things stand now as known. Call it after records went untold."""
        for account in self._state.accounts.values():
            self._moved(account)

    def tell(self, record: Record) -> Iterator[Event]:
        """What ``record``, which was folded last, leads to."""
        if type(record.event) in MOVES_MONEY:
            yield from self.tell_of([self._state.accounts[record.account]])

    def tell_of(self, accounts: Iterable[Account]) -> Iterator[Event]:
        """What the prices of this moment lead to."""
        for account in accounts:
            level = self._moved(account)
            if level is not None:
                self._told += 1
                yield event_of(
                    AccountChanged(
                        timestamp=render.moment(self._state.ts),
                        event_id=f"mrg_{self._told}_0",
                        event=_SAID[level],
                        account=render.account(account, self._prices_of(account.id)),
                    ),
                    account.id,
                )

    def _moved(self, account: Account) -> Level | None:
        """Note the account's level; gives it where it is a higher one than before."""
        before = self._levels.get(account.id, Level.CALM)
        try:
            used, equity = strain(account, self._prices_of(account.id))
        except ProviderUnavailable:
            return None  # what has no price now is as near as it was
        level = self._level(used, equity)
        if level < before and self._level(used, equity * RELIEF) >= before:
            return None
        self._levels[account.id] = level
        return level if level > before else None

    def _level(self, used: Decimal, equity: Decimal) -> Level:
        if not used:
            return Level.CALM
        if used > self._thresholds.call * equity:
            return Level.CALL
        return Level.WARNING if used > self._thresholds.warning * equity else Level.CALM


def strain(account: Account, prices: Prices) -> tuple[Decimal, Decimal]:
    """Margin in use and the equity it is to be compared with, both without what ties up exactly its
    worth; raises ProviderUnavailable where a price or a rate is not known.
    """
    if not account.positions:
        return ZERO, ZERO
    sums = summary(account, prices)
    tied = ZERO
    for position in account.positions.values():
        value = position.quantity * mark(position, prices) * position.multiplier
        if position.leverage == ONE and value > ZERO:
            tied += convert(value, position.currency, account.currency, prices)
    return sums.margin_used - tied, sums.equity - tied
