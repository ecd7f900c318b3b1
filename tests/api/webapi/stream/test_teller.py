"""Each fact shows the rows it changed; with nobody listening none is rendered."""

from __future__ import annotations

from decimal import Decimal

from api.webapi.gateway import Gateway
from api.webapi.stream import shown
from api.webapi.stream.shown import Shown
from api.webapi.stream.teller import Teller
from engine.events import TradeBusted
from engine.requests import OrderRequest
from engine.tape import Record
from engine.values import OrderType, Side
from tests.api.world import World


def told(world: World, teller: Teller) -> list[Shown]:
    """What is shown of the records from here on; filled as they come."""
    rows: list[Shown] = []

    def listen(record: Record) -> None:
        rows.extend(one for one in teller.tell(record) if isinstance(one, Shown))

    world.engine.listeners.append(listen)
    return rows


def test_an_entry_is_shown_with_its_legs_before_and_after_they_are_orders() -> None:
    world = World()
    teller = Teller(Gateway(world.desk))
    teller.listeners = 1
    rows = told(world, teller)
    bracket = OrderRequest(
        "AAPL",
        Side.BUY,
        Decimal(1),
        OrderType.MARKET,
        stop_loss=Decimal(1),
        take_profit=Decimal(999),
    )
    world.engine.submit("A", bracket)
    submitted = rows[:3]
    numbers = [row.value["orderId"] for row in submitted]
    assert {row.seq for row in submitted} == {submitted[0].seq}
    assert [row.value["status"] for row in submitted] == [
        "PendingSubmit",
        "PreSubmitted",
        "PreSubmitted",
    ]
    rows.clear()
    world.step()
    assert rows[0].name == shown.TRADE
    assert rows[1].value["status"] == "Filled"
    assert {row.value["orderId"] for row in rows[1:]} == set(numbers)
    assert {(row.account, row.dialect) for row in rows} == {("A", shown.DIALECT)}


def test_with_nobody_listening_nothing_is_shown() -> None:
    world = World()
    rows = told(world, Teller(Gateway(world.desk)))
    world.engine.submit("A", OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.MARKET))
    world.step()
    assert rows == []


def test_facts_that_are_about_no_order_show_nothing() -> None:
    world = World()
    teller = Teller(Gateway(world.desk))
    teller.listeners = 1
    rows = told(world, teller)
    world.engine.stop("enough")
    assert rows == []


def test_an_execution_that_is_taken_back_shows_its_order_alone() -> None:
    world = World()
    teller = Teller(Gateway(world.desk))
    teller.listeners = 1
    world.engine.submit("A", OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.MARKET))
    world.step()
    (trade,) = world.engine.state.trades.values()
    rows = told(world, teller)
    world.engine.write("A", TradeBusted(trade.id, "a mistake"))
    (row,) = rows
    assert (row.name, row.value["filledQuantity"]) == (shown.ORDER, 0)
