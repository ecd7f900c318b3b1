"""The control API of faults: see those in force, bring one about, end them. For admin keys alone.

It stands beside the Web API, not in it, and only where the settings allow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from api.auth import Scope
from api.endpoints import Operation, Resource, routes_of
from api.streams.limits import BROKEN
from api.trading.errors import refusal_of
from api.webapi.faults.faults import REASON, USUAL, Terms
from api.webapi.faults.kinds import INSTANT, MEANING, Calls, Kind, Rest
from api.webapi.reading import Count, Line, lenient
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from api.endpoints import Call
    from api.forms import Schema
    from api.metrics import Metrics
    from api.webapi.gateway import Gateway
    from api.webapi.session import Session

PATH = "/webapi/faults"
TAG = "Faults of the Web API"
SECONDS_MAX = 3_600
DELAY_MS_MAX = 120_000
REASON_CHARACTERS_MAX = 200
_FAILING = (400, 599)
Row = dict[str, Any]


@dataclass(frozen=True)
class _Choice:
    """One word of several."""

    meaning: str
    of: type[StrEnum]
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> StrEnum:
        """The word."""
        try:
            return self.of(value)
        except ValueError:
            known = ", ".join(self.of)
            raise InvalidRequest(name, str(value)[:64], f"one of {known}") from None

    read_text = read

    def schema(self) -> Schema:
        """A string out of a few."""
        return {"type": "string", "enum": list(self.of), "description": self.meaning}


_FAULT = lenient(
    ("kind",),
    kind=_Choice("What goes wrong: " + "; ".join(f"{k}: {m}" for k, m in MEANING.items()), Kind),
    calls=_Choice("Which calls it strikes", Calls),
    times=Count("How often; 0: without end", 0, 10_000),
    seconds=Count("For how long; without end if absent", 0, SECONDS_MAX),
    status=Count("The status of an error", *_FAILING),
    delay_ms=Count("How long something takes", 0, DELAY_MS_MAX),
    percent=Count("How much of an order fills at once", 1, 99),
    rest=_Choice("What becomes of the rest of it", Rest),
    reason=Line("Why the broker ends an order", REASON_CHARACTERS_MAX),
)
_WHICH = lenient(id=Count("The fault to end; all if absent"))


class Control:
    """The handlers of the control API of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._faults = gateway.faults

    async def show(self, _call: Call) -> Row:
        """The faults in force."""
        now_s = self._faults.now_s()
        return {"faults": [one.shown(now_s) for one in self._faults.active()]}

    async def add(self, call: Call) -> Row:
        """Bring a fault about."""
        asked = _FAULT.read(call.body)
        kind: Kind = asked["kind"]
        if kind in INSTANT or kind is Kind.DAILY_RESET:
            self._happen(kind)
        if kind in INSTANT:
            return {"kind": kind}
        fault = self._faults.add(
            kind,
            asked.get("calls"),
            asked.get("times", 1),
            asked.get("seconds"),
            _terms(asked),
        )
        return fault.shown(self._faults.now_s())

    async def end(self, call: Call) -> Row:
        """End one fault, or all."""
        return {"ended": self._faults.clear(_WHICH.read_query(call.query).get("id"))}

    def _happen(self, kind: Kind) -> None:
        """What a fault does to every session at once."""
        for conversation in tuple(self._gateway.stream.open):
            if kind is Kind.STREAM_DROP:
                conversation.ear.close(BROKEN, "a fault was asked for")
        for session in self._gateway.sessions.all():
            _befall(session, kind)

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        admin = Scope.ADMIN
        yield [
            Operation("GET", PATH, "List the faults", self.show, Row, tag=TAG, scope=admin),
            Operation("POST", PATH, "Add one", self.add, Row, tag=TAG, body=_FAULT, scope=admin),
            Operation(
                "DELETE", PATH, "End them", self.end, Row, tag=TAG, query=_WHICH, scope=admin
            ),
        ]


def routes(gateway: Gateway, metrics: Metrics) -> list[BaseRoute]:
    """The control API, where the settings allow it."""
    if not gateway.settings.faults:
        return []
    return routes_of(
        Resource(operations, refusal_of, metrics) for operations in Control(gateway).operations()
    )


def _terms(asked: Row) -> Terms:
    """What was chosen, and the usual where nothing was."""
    return Terms(
        asked.get("status", USUAL.status),
        asked["delay_ms"] / 1_000 if "delay_ms" in asked else USUAL.delay_s,
        asked.get("percent", USUAL.percent),
        asked.get("rest", USUAL.rest),
        asked.get("reason") or REASON,
    )


def _befall(session: Session, kind: Kind) -> None:
    match kind:
        case Kind.SESSION_DEATH | Kind.DAILY_RESET:
            session.drop()
        case Kind.COMPETING:
            session.drop(competing=True)
        case Kind.NO_BRIDGE:
            session.drop(connected=False)
        case Kind.LOGOUT:
            session.log_out()
        case Kind.ORDERS_MUTED:
            session.is_order_stream_stopped = True
        case _:
            pass
