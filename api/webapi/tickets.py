"""Order tickets: what a client writes to place or change one order, and the request it becomes.

A ticket is read generously (sides in any letter case, three spellings of a stop-limit, a stop price
in either field), and what the engine can not carry out is refused by name, never passed over: an
order type or a time in force that nobody here knows, cash quantities, algorithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.forms import invalid
from api.webapi.reading import Count, Figure, Lenient, Line, Truth, numeral
from engine.errors import EngineError, InvalidRequest, UnsupportedOperation
from engine.requests import OrderRequest
from engine.values import OrderType, Side, TimeInForce, TrailingType

if TYPE_CHECKING:
    from api.webapi.contracts import Contract, Contracts

COID_CHARACTERS_MAX = 64
TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
    "STP_LMT": OrderType.STOP_LIMIT,
    "STP LMT": OrderType.STOP_LIMIT,
    "STPLMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
}
"""Every order type that is taken, in each spelling."""
OTHER_TYPES = ("TRAILLMT", "MIDPRICE", "MOC", "LOC", "MIT", "LIT", "REL")
TIFS = ("DAY", "GTC", "IOC", "FOK")
OTHER_TIFS = ("OPG", "PAX", "OVT", "OND", "GTD")
_TRAILING = {"amt": TrailingType.ABSOLUTE, "%": TrailingType.PERCENT}
_UNABLE = {
    "cashQty": "orders of an amount of cash",
    "fxQty": "orders of an amount of cash",
    "isCcyConv": "conversions of currency",
    "allOrNone": "all-or-none orders",
    "deactivated": "orders that are held back",
    "useAdaptive": "algorithms",
    "strategy": "algorithms",
    "allocationMethod": "allocations",
}
"""Fields that would change what an order does, and that nothing here can do."""

TICKET = Lenient(
    {
        "acctId": Line("The account, which must be that of the path"),
        "conid": Count("The contract's number"),
        "conidex": Line("The contract's number and an exchange, such as 265598@SMART"),
        "secType": Line("The contract's number and kind, such as 265598:STK"),
        "cOID": Line("The client's own id of the order", COID_CHARACTERS_MAX),
        "parentId": Line("The cOID or the number of the order that this one protects"),
        "orderType": Line(f"One of {', '.join(TYPES)}"),
        "isSingleGroup": Truth("Whether the orders of the request cancel each other"),
        "outsideRTH": Truth("Passed over: the market's calendar alone counts"),
        "price": Figure("The limit, or the stop of a STP order"),
        "auxPrice": Figure("The stop of a STOP_LIMIT order; of a STP order as well"),
        "side": Line("BUY or SELL, in any letter case"),
        "ticker": Line("The symbol; the contract's number decides"),
        "tif": Line(f"One of {', '.join(TIFS)}; DAY if absent"),
        "trailingAmt": Figure("The distance of a TRAIL order"),
        "trailingType": Line("amt or %: what the distance is measured in"),
        "quantity": Figure("How much"),
        "cashQty": Figure("Not taken"),
        "fxQty": Figure("Not taken"),
        "isCcyConv": Truth("Not taken"),
        "allOrNone": Truth("Not taken"),
        "deactivated": Truth("Not taken"),
        "useAdaptive": Truth("Not taken"),
        "strategy": Line("Not taken"),
        "allocationMethod": Line("Not taken"),
        "referrer": Line("Passed over"),
    },
)


@dataclass(frozen=True)
class Ticket:
    """One ticket as it was read; ``given`` holds the fields that it has."""

    given: Mapping[str, Any]
    place: str = ""

    @property
    def coid(self) -> str | None:
        """The client's own id."""
        return self.given.get("cOID") or None

    @property
    def parent(self) -> str | None:
        """What it protects."""
        return self.given.get("parentId") or None

    @property
    def is_single_group(self) -> bool:
        """Whether it belongs to a group of which one fills."""
        return bool(self.given.get("isSingleGroup"))

    @property
    def side(self) -> Side:
        """Whether it buys or sells."""
        return Side(_word(self, "side", ("BUY", "SELL")))

    @property
    def kind(self) -> OrderType:
        """Its type."""
        name = str(self.need("orderType")).upper()
        if name in OTHER_TYPES:
            raise UnsupportedOperation("order_types", f"orderType {name} is not supported here")
        return TYPES[_word(self, "orderType", TYPES)]

    @property
    def time_in_force(self) -> TimeInForce:
        """How long it works."""
        name = str(self.given.get("tif") or "DAY").upper()
        if name in OTHER_TIFS:
            raise UnsupportedOperation("times_in_force", f"tif {name} is not supported here")
        if name not in TIFS:
            raise InvalidRequest(f"{self.place}tif", name, f"one of {', '.join(TIFS)}")
        return TimeInForce(name)

    def need(self, name: str) -> Any:
        """The value of a field that must be there."""
        value = self.given.get(name)
        if value is None:
            raise InvalidRequest(self.place + name, None, "a value, as this order needs one")
        return value

    def contract(self, contracts: Contracts) -> Contract:
        """The contract that it names, in one of three ways."""
        return contracts.get(*self.number())

    def number(self) -> tuple[int, str]:
        """The contract's number, and the field that has it."""
        number = self.given.get("conid")
        if number is not None:
            return number, f"{self.place}conid"
        for name, mark in (("conidex", "@"), ("secType", ":")):
            digits = str(self.given.get(name, "")).partition(mark)[0]
            if ";" in digits:
                raise UnsupportedOperation("combos", "combinations of contracts are not supported")
            if digits.isdecimal():
                return numeral(digits), self.place + name
        raise InvalidRequest(f"{self.place}conid", None, "the number of a contract")

    def stop(self) -> Decimal | None:
        """The stop price, wherever it stands."""
        given = self.given
        if self.kind is OrderType.STOP:
            return given.get("price") or given.get("auxPrice")
        return given.get("auxPrice") if self.kind is OrderType.STOP_LIMIT else None

    def limit(self) -> Decimal | None:
        """The limit price."""
        limited = self.kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        return self.given.get("price") if limited else None

    def trailing(self) -> tuple[Decimal | None, TrailingType | None]:
        """The distance of a trailing stop, and what it is measured in."""
        if self.kind is not OrderType.TRAILING_STOP:
            return None, None
        unit = _word(self, "trailingType", _TRAILING)
        return self.need("trailingAmt"), _TRAILING[unit]

    def check(self, account: str) -> None:
        """Raise for what can not be carried out, or is meant for another account."""
        for name, what in _UNABLE.items():
            if self.given.get(name):
                raise UnsupportedOperation(name, f"{name}: {what} are not supported here")
        own = self.given.get("acctId")
        if own and own != account:
            raise InvalidRequest(f"{self.place}acctId", own, f"{account}, as the path says")


def read(rows: list[Any], field: str = "orders") -> list[Ticket]:
    """The tickets of a request; raises InvalidRequest naming the one that can not be read."""
    tickets = []
    for n, row in enumerate(rows):
        place = f"{field}[{n}]." if len(rows) > 1 else ""
        if not isinstance(row, dict):
            raise invalid(f"{field}[{n}]", row, "an order ticket")
        tickets.append(Ticket(TICKET.take(row, place), place))
    return tickets


def numbers(rows: list[Any]) -> list[int]:
    """The contracts that a request names; none for one that can not be read."""
    try:
        return [ticket.number()[0] for ticket in read(rows)]
    except EngineError:
        return []


def request(
    ticket: Ticket,
    contract: Contract,
    group: str | None = None,
    stop_loss: Decimal | None = None,
    take_profit: Decimal | None = None,
) -> OrderRequest:
    """The engine's order that a ticket asks for."""
    distance, unit = ticket.trailing()
    return OrderRequest(
        contract.instrument.symbol,
        ticket.side,
        ticket.need("quantity"),
        ticket.kind,
        ticket.limit(),
        ticket.stop(),
        ticket.time_in_force,
        ticket.coid,
        stop_loss=stop_loss,
        take_profit=take_profit,
        oco_group_id=group,
        trailing_distance=distance,
        trailing_type=unit,
    )


def _word(ticket: Ticket, name: str, words: Any) -> str:
    """The word of a field, in its own spelling."""
    value = str(ticket.need(name))
    found = next((word for word in words if word.lower() == value.strip().lower()), None)
    if found is None:
        raise InvalidRequest(ticket.place + name, value, f"one of {', '.join(words)}")
    return str(found)
