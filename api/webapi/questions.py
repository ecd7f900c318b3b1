"""What the gateway asks before it places an order, and in which words.

Each question has the gateway's id and holds the words that clients look for. Orders far from the
market, large ones and stops that would trigger at once are always questioned; a cautious manner
also questions market orders, stops, and orders in what nobody has looked at. A client may suppress
a question for its session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from api.webapi import figures
from engine.values import OrderType, Side, exact_product

if TYPE_CHECKING:
    from api.settings import WebApi
    from api.webapi.contracts import Contract
    from api.webapi.manners import Manner
    from api.webapi.session import Session
    from engine.prompts import Prompt
    from engine.requests import OrderRequest

SUPPRESSED_MAX = 51
"""Most questions that one call may suppress."""
_SURE = "\nAre you sure you want to submit this order?"
NO_DATA = (
    "You are submitting an order without market data. We strongly recommend against this as it "
    "may result in erroneous and unexpected trades."
)
PRICE = 'The following order "{order}" price exceeds \nthe Percentage constraint of {limit}%.'
SIZE = 'The following order "{order}" size exceeds the Size Limit of {limit}.'
VALUE = (
    'The following order "{order}" value estimate of {value} exceeds \n'
    "the Total Value Limit of {limit}."
)
TRIGGERS = "This order will most likely trigger and fill immediately."
MARKET = (
    "A Market Order is an instruction to trade your order at any available price in the market. "
    "It is not guaranteed a specific price."
)
STOPS = (
    "You are about to submit a stop order. Please be aware of the various stop order types "
    "available and the risks associated with each one."
)
_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Question(NamedTuple):
    """What is asked, under the gateway's id for it."""

    message_id: str
    text: str


class Questions:
    """Judges orders by the limits that are set."""

    def __init__(
        self,
        limits: WebApi,
        manner: Manner,
        more: Callable[[], Iterable[Question]] = tuple,
    ) -> None:
        self._limits = limits
        self._manner = manner
        self._more = more

    def about(
        self, session: Session, contract: Contract, request: OrderRequest, market: Decimal | None
    ) -> Iterator[Question]:
        """Everything to be asked about an order while the market is at ``market``."""
        if self._manner.cautious and contract.conid not in session.fields:
            yield Question("o354", NO_DATA + _SURE)
        yield from self._about_size(contract, request, market)
        if market is not None and _triggers(request, market):
            yield Question("o403", TRIGGERS + _SURE)
        if self._manner.cautious and request.order_type is OrderType.MARKET:
            yield Question("o10151", MARKET + _SURE)
        if self._manner.cautious and request.order_type in _STOPS:
            yield Question("o10331", STOPS + _SURE)
        yield from self._more()

    def _about_size(
        self, contract: Contract, request: OrderRequest, market: Decimal | None
    ) -> Iterator[Question]:
        """The questions that have a limit."""
        limits, shown = self._limits, _shown(contract, request)
        limit, quantity = request.limit_price, request.quantity
        if limits.price_percent_max and market and limit is not None:
            away = abs(limit / market - 1) * 100
            if away > limits.price_percent_max:
                most = figures.text(limits.price_percent_max)
                yield Question("o163", PRICE.format(order=shown, limit=most) + _SURE)
        is_stock = contract.kind == "STK"
        if is_stock and limits.size_max and quantity > limits.size_max:
            most = figures.separated(limits.size_max)
            yield Question("o383", SIZE.format(order=shown, limit=most) + _SURE)
        price = limit or request.stop_price or market
        if price is None or not limits.value_max:
            return
        value = exact_product(exact_product(price, quantity), contract.instrument.multiplier)
        if value > limits.value_max:
            currency = contract.instrument.currency
            words = VALUE.format(
                order=shown,
                value=figures.money(value, currency),
                limit=f"{figures.separated(limits.value_max)} {currency}",
            )
            yield Question("o451", words + _SURE)


def row(prompt: Prompt) -> dict[str, Any]:
    """An open question as the client is asked it."""
    return {
        "id": prompt.id,
        "message": [prompt.text],
        "isSuppressed": False,
        "messageIds": [prompt.message_id],
        "messageOptions": ["Yes", "No"],
    }


def _triggers(request: OrderRequest, market: Decimal) -> bool:
    """Whether a stop's price is reached already."""
    stop = request.stop_price
    if stop is None or request.order_type is OrderType.TRAILING_STOP:
        return False
    return market >= stop if request.side is Side.BUY else market <= stop


def _shown(contract: Contract, request: OrderRequest) -> str:
    words = [request.side.value, figures.text(request.quantity), contract.description]
    words.append(contract.exchange)
    if request.limit_price is not None:
        words += ["@", figures.text(request.limit_price)]
    return " ".join(words)
