"""Whether an account can carry an order: only what opens or adds is weighed."""

from typing import Any

import pytest

from engine.funds import closable, only_closes, shortfall
from engine.values import PositionMode, Side, opposite
from tests.builders import AAPL, FUTURE, SAP, Market, Number, World, dec, order


def missing(
    world: World, quantity: Number, price: Number = 100, side: Side = Side.BUY, **fields: Any
) -> object:
    request = order("AAPL", side, quantity, **fields)
    held = world.account.held("AAPL", request.position_id)
    return shortfall(world.account, AAPL, held, request, request.quantity, dec(price), world.market)


def test_what_is_missing_is_margin_needed_less_margin_free() -> None:
    world = World(cash=1000)
    assert missing(world, 10) == 0
    assert missing(world, 12) == 200
    assert missing(World(cash=1000, leverage=4), 40) == 0
    assert missing(World(cash=1000, leverage=4), 41) == 25


def test_an_orders_own_leverage_counts_when_it_opens() -> None:
    assert missing(World(cash=1000), 20, leverage=2) == 0


def test_what_is_added_to_a_position_is_carried_at_the_positions_leverage() -> None:
    world = World(cash=1000)
    world.bought(5)
    assert missing(world, 20, leverage=10) == 1500


def test_closing_always_passes_and_a_flip_is_weighed_by_what_it_leaves() -> None:
    world = World(cash=1000)
    world.bought(10)
    world.market.marks["AAPL"] = dec(10)
    assert missing(world, 10, 10, Side.SELL) == 0
    assert missing(world, 20, 10, Side.SELL) == 0
    assert missing(world, 21, 10, Side.SELL) == 10


def test_a_short_sale_ties_up_margin_like_a_purchase() -> None:
    assert missing(World(cash=1000), 11, side=Side.SELL) == 100


def test_a_multiplier_multiplies_the_margin() -> None:
    world = World(cash=100_000, market=Market(ES=4000))
    request = order("ES", Side.BUY, 1)
    need = shortfall(world.account, FUTURE, None, request, dec(1), dec(4000), world.market)
    assert need == 100_000


def test_a_contract_at_a_price_below_zero_takes_margin_all_the_same() -> None:
    world = World(cash=100_000, market=Market(ES=-40, AAPL=100))
    request = order("ES", Side.BUY, 60)
    assert (
        shortfall(world.account, FUTURE, None, request, dec(60), dec(-40), world.market) == 20_000
    )
    world.sold(2, 10, symbol="ES")
    assert missing(world, 980) == 0  # of 101,000 in cash: what the short gains it ties up
    assert missing(world, 1011) == 100


def test_margin_abroad_is_weighed_in_the_accounts_currency() -> None:
    world = World(cash=1000, market=Market(SAP=100, **{"EUR/USD": 2}))
    request = order("SAP", Side.BUY, 10)
    need = shortfall(world.account, SAP, None, request, dec(10), dec(100), world.market)
    assert need == 1000


@pytest.mark.parametrize(
    ("side", "could_close"), [(Side.SELL, 10), (Side.BUY, 0)], ids=["other side", "same side"]
)
def test_only_the_other_side_can_close(side: Side, could_close: int) -> None:
    world = World()
    world.bought(10)
    assert closable(world.account, order(side=side), None) == could_close
    assert closable(world.account, order("SAP", side), None) == 0


@pytest.mark.parametrize("is_long", [True, False], ids=["long", "short"])
def test_what_only_closes_stays_on_this_side_of_zero(is_long: bool) -> None:
    world = World()
    away = Side.SELL if is_long else Side.BUY
    assert not only_closes(None, order(side=away), dec(1))
    world.bought(10) if is_long else world.sold(10)
    judged = {n: only_closes(world.position, order(side=away), dec(n)) for n in (1, 10, 11)}
    assert judged == {1: True, 10: True, 11: False}
    assert not only_closes(world.position, order(side=opposite(away)), dec(1))


def test_where_positions_hedge_only_a_named_one_can_be_closed() -> None:
    world = World(mode=PositionMode.HEDGING)
    world.bought(10)
    sale = order(side=Side.SELL)
    assert closable(world.account, sale, None) == 0
    assert closable(world.account, sale, world.position.id) == 10
