"""Today's orders are those that work or ended today, however they came to, and cheaply so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.refusals import encode
from api.webapi import order_rows, views
from api.webapi.contracts import Contracts
from api.webapi.today import Today
from engine.market.timeframes import DAY_NS
from engine.requests import OrderRequest
from engine.values import OrderType, Side
from tests.api.world import World

MOST = 1000


def bought(
    world: World, account: str = "A", loss: Decimal | None = None, profit: Decimal | None = None
) -> str:
    """An order at the market, with exits where they are given."""
    request = OrderRequest(
        "AAPL", Side.BUY, Decimal(1), OrderType.MARKET, stop_loss=loss, take_profit=profit
    )
    return world.engine.submit(account, request).id


def bid(world: World, price: int = 50) -> str:
    """An order that rests."""
    request = OrderRequest(
        "AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(price)
    )
    return world.engine.submit("A", request).id


def cancel_oldest(world: World) -> None:
    """Cancel the order that has worked longest, if any does."""
    working = world.engine.state.working("A")
    if working:
        world.engine.cancel("A", working[0].id)


def next_day(world: World) -> None:
    """Let a day pass in which nothing trades."""
    world.engine.now += DAY_NS


def protected(world: World) -> None:
    """An order with both exits."""
    bought(world, loss=Decimal(60), profit=Decimal(900))


ACTIONS: list[Callable[[World], object]] = [
    bought,
    bid,
    cancel_oldest,
    next_day,
    protected,
    World.step,
    lambda world: bought(world, "B"),
]


def rows_of(world: World, found: list[views.View]) -> list[bytes]:
    """The rows of views, written one by one."""
    contracts = Contracts(world.engine)
    return [encode(order_rows.row(one, contracts.of(one.order.symbol))) for one in found]


def told(today: Today) -> list[bytes]:
    """The rows that are kept up."""
    rows = today.rows(MOST)
    return [bytes(one) if isinstance(one, msgspec.Raw) else encode(one) for one in rows]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans()), max_size=25))
def test_the_list_kept_up_is_the_list_made_anew(
    history: list[tuple[Callable[[World], object], bool]],
) -> None:
    world = World()
    today = Today(world.engine, Contracts(world.engine), "A")
    for action, is_asked in history:
        action(world)
        if is_asked:
            told(today)
    anew = views.views(world.engine, "A")
    anew.sort(key=lambda view: (view.is_final, -int(view.order.id.removeprefix("ord_"))))
    assert today.views(MOST) == anew
    assert told(today) == rows_of(world, anew)


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_no_more_are_told_than_were_asked_for(most: int) -> None:
    world = World()
    today = Today(world.engine, Contracts(world.engine), "A")
    for _ in range(2):
        bid(world)
    cancel_oldest(world)
    bid(world)
    assert [len(today.rows(most)), len(today.views(most))] == [most, most]


def test_a_row_is_written_again_when_its_order_changed_after_its_end() -> None:
    world = World()
    today = Today(world.engine, Contracts(world.engine), "A")
    order_id = bought(world)
    world.step()
    before = told(today)
    order = world.engine.state.orders[order_id]
    order.updated_at += 1_000_000_000
    assert told(today) != before
    assert told(today) == rows_of(world, [views.View(order)])
