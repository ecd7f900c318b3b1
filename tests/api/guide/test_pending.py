"""The guide has a word for every state an order can be pending in, and these are all its words."""

from __future__ import annotations

from typing import Any, get_type_hints

from api.guide import pending, wire
from engine.reports import OutcomeUnknown, Triggered
from engine.values import FINAL, OrderType, Status
from tests.builders import ACCOUNT, World
from tests.house.tree import ROOT


def documented() -> set[str]:
    hint: Any = get_type_hints(wire.Order, include_extras=True)["status"]
    return set(hint.__metadata__[0].extra_json_schema["enum"])


def test_every_pending_state_and_every_type_has_a_word() -> None:
    assert set(pending.STATUS) == set(Status) - FINAL
    assert {*pending.STATUS.values(), pending.HELD} == documented()
    assert set(pending.TYPE) == set(OrderType)


def test_the_page_has_the_same_table() -> None:
    page = (ROOT / "docs" / "reference" / "guide.md").read_text()
    for status, word in pending.STATUS.items():
        assert f"| `{status.value}` | `{word}` |" in page


def rows(world: World) -> list[tuple[str, object, str]]:
    shown = pending.pending(world.engine, ACCOUNT)
    return [(row.type, row.trigger, row.status) for row in shown]


def test_an_order_waits_for_its_stop_and_then_for_its_limit() -> None:
    world = World()
    order = world.buy(limit_price=120, stop_price=110)
    assert [(kind, float(str(price)), status) for kind, price, status in rows(world)] == [
        ("STP LMT", 110.0, "PRESUBMITTED")
    ]
    world.engine.report(Triggered(order.id))
    assert [(kind, float(str(price)), status) for kind, price, status in rows(world)] == [
        ("STP LMT", 120.0, "SUBMITTED")
    ]


def test_an_order_in_flight_and_one_of_unknown_fate_have_words_of_their_own() -> None:
    world = World()
    world.broker.is_silent = True
    order = world.buy()
    assert rows(world) == [("MKT", "—", "PENDINGSUBMIT")]
    world.engine.report(OutcomeUnknown(order.id, "no answer"))
    assert rows(world) == [("MKT", "—", "APIPENDING")]
