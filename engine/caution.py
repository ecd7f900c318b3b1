"""What may be risked while something is in doubt.

An order of unknown outcome may have traded in full, in part, or never have arrived; a position in
dispute may be what we say or what the broker says. So a position in doubt is a range, and an order
in its symbol passes only if it shrinks the position wherever in that range the truth lies. For
margin an unknown order counts as filled. Cancels and protective legs never come here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.instruments import Instrument
from engine.valuation import convert
from engine.values import ZERO, Side, signed

if TYPE_CHECKING:
    from engine.accounts import Account
    from engine.orders import Order
    from engine.ports import Prices
    from engine.state import State


def unknown_orders(state: State, account: str, symbol: str | None = None) -> list[Order]:
    """The account's orders of unknown outcome, oldest doubt first."""
    return [
        state.working_order(doubt.order_id)
        for doubt in state.doubts.orders.values()
        if doubt.account == account and symbol in (None, doubt.symbol)
    ]


def bounds(state: State, account: Account, symbol: str) -> tuple[Decimal, Decimal]:
    """The least and the most that the account may hold of ``symbol``, signed."""
    held = sum((one.quantity for one in account.positions.values() if one.symbol == symbol), ZERO)
    least = most = held
    dispute = state.doubts.dispute(account.id, symbol)
    if dispute is not None:
        theirs = held + dispute.difference
        least, most = min(held, theirs), max(held, theirs)
    for order in unknown_orders(state, account.id, symbol):
        if order.side is Side.BUY:
            most += order.prospect
        else:
            least -= order.prospect
    return least, most


def objection(
    state: State, account: Account, symbol: str, side: Side, quantity: Decimal
) -> str | None:
    """Why an order would be new risk in a symbol that is in doubt; None where nothing is in doubt,
    or where the order shrinks the position whatever the truth is.
    """
    unknown = unknown_orders(state, account.id, symbol)
    if not unknown and state.doubts.dispute(account.id, symbol) is None:
        return None
    least, most = bounds(state, account, symbol)
    change = signed(side, quantity)
    if (most + change <= 0) if side is Side.BUY else (least + change >= 0):
        return None
    if unknown:
        names = ", ".join(order.id for order in unknown)
        cause = f"what became of order {names} at the broker is not known yet"
    else:
        cause = "the broker's position differs from ours, and nobody has accepted it yet"
    return (
        f"no new risk in {symbol}: {cause}; until then an order must shrink the position, "
        f"which is between {least} and {most}"
    )


def reserved(
    state: State, account: Account, terms: Callable[[str], Instrument], prices: Prices
) -> Decimal:
    """Margin, in the account's currency, that the account's unknown orders would tie up if they
    have all filled. ``terms`` finds the instrument of a symbol.
    """
    total = ZERO
    for order in unknown_orders(state, account.id):
        price = order.limit_price or order.stop_price or prices.mark(order.symbol)
        if price is not None:
            instrument = terms(order.symbol)
            leverage = order.request.leverage or account.leverage
            tied = abs(order.prospect * price * instrument.multiplier) / leverage
            total += convert(tied, instrument.currency, account.currency, prices)
    return total
