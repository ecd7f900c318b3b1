"""What holding costs overnight: borrowing shares to be short, borrowing money.

Charged once for every midnight UTC that passes, weekends included, as a 365th of a year's rate:
on the value of each short position at its mark, and on every currency of which cash is negative.
Amounts are rounded to ten decimals, because a 365th must end somewhere. Days that passed while the
simulator was not running are not charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from adapters.brokers.simulator.host import Host
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.brokers.simulator.ticket import NEVER
from engine.accounts import Account
from engine.market.timeframes import DAY_NS
from engine.reports import CashMoved

_STEP = Decimal("1E-10")
_BPS_DAYS = Decimal(10_000 * 365)


class Carry:
    """The daily charges of the accounts of one broker."""

    __slots__ = ("_borrow_bps", "_broker", "_financing_bps", "_host", "next_due")

    def __init__(self, host: Host, broker: str, options: SimulatorOptions) -> None:
        self._host = host
        self._broker = broker
        self._borrow_bps = options.borrow_bps
        self._financing_bps = options.financing_bps
        self.next_due = 0 if options.borrow_bps or options.financing_bps else NEVER
        """The next midnight to charge for, ns; 0 before the first step, when none is known yet."""

    def charge(self, now: int) -> None:
        """Charge for every midnight from ``next_due`` to ``now``."""
        nights = (now - self.next_due) // DAY_NS + 1 if self.next_due else 0
        self.next_due = now - now % DAY_NS + DAY_NS
        if not nights:
            return
        for account in self._host.state.accounts.values():
            if account.broker == self._broker:
                for charge in [*self._borrow(account, nights), *self._financing(account, nights)]:
                    self._host.report(charge)

    def _borrow(self, account: Account, nights: int) -> Iterator[CashMoved]:
        rate = self._borrow_bps * nights / _BPS_DAYS
        for position in account.positions.values():
            mark = self._host.prices.mark(position.symbol)
            if rate and position.quantity < 0 and mark is not None:
                cost = position.quantity * mark * position.multiplier * rate
                yield _moved(account, cost, position.currency, "borrow", position.symbol)

    def _financing(self, account: Account, nights: int) -> Iterator[CashMoved]:
        rate = self._financing_bps * nights / _BPS_DAYS
        for currency, cash in account.cash.items():
            if rate and cash < 0:
                yield _moved(account, cash * rate, currency, "financing", "")


def _moved(account: Account, amount: Decimal, currency: str, kind: str, symbol: str) -> CashMoved:
    return CashMoved(account.id, amount.quantize(_STEP).normalize(), currency, kind, symbol)
