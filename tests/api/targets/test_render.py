"""The target API has a word for every state of an order, and these are all its words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import msgspec

from api.targets import render, wire
from engine.batching import begin
from engine.reports import Filled
from engine.targets import Target
from engine.values import Status
from tests.builders import ACCOUNT, World
from tests.house.tree import ROOT


def documented() -> set[str]:
    meta: Any = get_args(wire.Status)[1]
    return set(meta.extra_json_schema["enum"])


def test_every_state_has_a_word_of_the_document() -> None:
    assert set(render.STATUS) == set(Status)
    assert {*render.STATUS.values(), "no_change", "error"} == documented()


def test_the_page_has_the_same_table() -> None:
    page = (ROOT / "docs" / "reference" / "targets.md").read_text()
    for status, word in render.STATUS.items():
        assert f"| `{status.value}` | `{word}` |" in page


def test_commission_is_that_of_every_fill_of_the_order() -> None:
    world = World()
    world.fill(world.buy(5), commission=9)
    run = begin(world.engine, ACCOUNT, "c", [Target("AAPL", Decimal(15))])
    order = world.engine.order(ACCOUNT, run.batch.order_ids()[0])
    world.fill(order, 4, 100, "0.35")
    world.fill(order, 6, 110, "0.15")
    (shown,) = render.batch(world.engine, run.batch).orders
    assert shown.filled_qty == 10
    assert shown.avg_fill_price == 106
    assert shown.commission == Decimal("0.5")


def test_a_target_that_still_waits_is_not_shown() -> None:
    world = World()
    begin(world.engine, ACCOUNT, "c", [Target("AAPL", Decimal(15), Decimal(1))])
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "c", [Target("AAPL", Decimal(7))])
    assert render.batch(world.engine, run.batch).orders == []
    assert msgspec.to_builtins(render.listed(run.batch))["client"] == "c"


def test_a_late_fill_of_a_cancelled_order_shows() -> None:
    world = World()
    run = begin(world.engine, ACCOUNT, "c", [Target("AAPL", Decimal(10))])
    order = world.engine.cancel(ACCOUNT, run.batch.order_ids()[0])
    world.engine.report(Filled(order.id, "late", Decimal(3), Decimal(100), 1))
    (shown,) = render.batch(world.engine, run.batch).orders
    assert shown.status == "Cancelled"
    assert shown.filled_qty == 3
