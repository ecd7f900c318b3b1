"""An account's books: cash in each currency, positions, and what they have earned and cost.

``cash`` is what is settled: a purchase takes its cost out, a sale puts its proceeds in. Buying on
margin makes it negative, as does a short sale the other way round. Every figure is a fold of the
tape; values that need a market price (equity, margin, unrealized profit) are in ``valuation``.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.errors import ProviderUnavailable
from engine.positions import Position, add, reduce, worth
from engine.values import ONE, ZERO, PositionMode, exact_difference, exact_sum

_NETTING = PositionMode.NETTING


class Account(msgspec.Struct, omit_defaults=True):
    """One account. ``realized`` is by symbol, gross of commission; ``adjustments`` sums what came
    and went as cash; ``books_since`` is when a remote broker's books were taken over, ns UTC, or 0.
    Until then nothing is known of an account that ``is_remote``.

    ``positions`` is keyed by symbol where positions net, and by position id where they hedge.
    """

    id: str
    currency: str
    broker: str
    position_mode: PositionMode = PositionMode.NETTING
    leverage: Decimal = ONE
    cash: dict[str, Decimal] = {}
    positions: dict[str, Position] = {}
    realized: dict[str, Decimal] = {}
    commission: dict[str, Decimal] = {}
    adjustments: dict[str, Decimal] = {}
    books_since: int = 0
    is_remote: bool = False

    def check_known(self) -> None:
        """Raise ProviderUnavailable where nothing is known of the account yet: not even that it
        holds nothing.
        """
        if self.is_remote and not self.books_since:
            raise ProviderUnavailable(
                f"{self.broker} did not tell yet what {self.id} holds", account=self.id
            )

    def position(self, position_id: str) -> Position | None:
        """The open position with this id, or None."""
        found = self.positions.get(position_id)
        if found is not None and found.id == position_id:
            return found
        return next((one for one in self.positions.values() if one.id == position_id), None)

    def held(self, symbol: str, position_id: str | None = None) -> Position | None:
        """The position an order on ``symbol`` would act on: the net one, or the one it names when
        hedging.
        """
        if self.position_mode is _NETTING:
            return self.positions.get(symbol)
        return self.positions.get(position_id) if position_id else None


def credit(books: dict[str, Decimal], key: str, amount: Decimal) -> None:
    """Add ``amount`` to one line of ``books``."""
    books[key] = exact_sum(books.get(key, ZERO), amount)


def settle(account: Account, currency: str, amount: Decimal) -> None:
    """Move ``amount`` of ``currency`` into cash (out of it when negative)."""
    account.cash[currency] = exact_sum(account.cash.get(currency, ZERO), amount)


def build(account: Account, position: Position, quantity: Decimal, price: Decimal) -> None:
    """Open ``position``, or add to it, with a signed ``quantity`` at ``price``, and take what that
    costs out of cash.
    """
    value = worth(position, quantity, price)
    if position.quantity:
        add(position, quantity, value)
    else:
        position.quantity, position.cost = quantity, value
    _pay(account, position.currency, value)


def close(account: Account, position: Position, quantity: Decimal, price: Decimal) -> None:
    """Close a signed ``quantity`` of ``position`` at ``price``, opposite to what is held and no
    larger, and put what that brings into cash and realized profit.
    """
    value = worth(position, quantity, price)
    credit(account.realized, position.symbol, reduce(position, quantity, value))
    _pay(account, position.currency, value)


def _pay(account: Account, currency: str, amount: Decimal) -> None:
    cash = account.cash
    cash[currency] = exact_difference(cash.get(currency, ZERO), amount)


def charge(account: Account, currency: str, commission: Decimal) -> None:
    """Take a commission out of cash."""
    if commission:
        charged, cash = account.commission, account.cash
        charged[currency] = exact_sum(charged.get(currency, ZERO), commission)
        cash[currency] = exact_difference(cash.get(currency, ZERO), commission)
