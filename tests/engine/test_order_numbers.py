"""Integer ids: distinct, reversible, and known for legs before the legs exist."""

import pytest

from engine.order_numbers import (
    PERMANENT_FIRST,
    Named,
    leg_number,
    named_by_permanent,
    number,
    permanent,
    sequence,
)
from engine.values import Role
from tests.builders import World


def test_a_number_is_four_times_the_sequence_number_of_the_intent() -> None:
    order = World().buy()
    assert number(order) == 4 * sequence(order.id)
    assert order.id == f"ord_{sequence(order.id):010d}"


def test_the_legs_of_a_bracket_are_numbered_from_their_entry() -> None:
    world = World()
    entry = world.buy(stop_loss=90, take_profit=110)
    promised = [leg_number(entry.id, role) for role in (Role.STOP_LOSS, Role.TAKE_PROFIT)]
    world.fill(entry)
    assert promised == [number(entry) + 1, number(entry) + 2]
    assert [number(leg) for leg in world.legs()] == promised


def test_a_leg_without_an_entry_has_a_number_of_its_own() -> None:
    world = World()
    world.bought()
    world.engine.protect("DU1", world.position.id, stop_loss=world.market.marks["AAPL"] - 1)
    leg = world.leg(Role.STOP_LOSS)
    assert number(leg) == 4 * sequence(leg.id)


def test_a_permanent_id_leads_back_to_the_order_or_the_leg() -> None:
    entry = World().buy(stop_loss=90)
    assert named_by_permanent(permanent(number(entry))) == Named(entry.id, None)
    leg = permanent(leg_number(entry.id, Role.TAKE_PROFIT))
    assert named_by_permanent(leg) == Named(entry.id, Role.TAKE_PROFIT)


@pytest.mark.parametrize("given", [0, -1, 12345, PERMANENT_FIRST, PERMANENT_FIRST + 7])
def test_a_number_that_is_no_permanent_id_names_nothing(given: int) -> None:
    assert named_by_permanent(given) is None
