"""A broker that can be made to have mishaps is known by its face."""

from __future__ import annotations

from engine.mishaps import Mishaps, Pliable, none
from engine.orders import Order, new_order
from tests.builders import order


class Obedient:
    """A broker that cannot be made to have any."""


class Unlucky:
    """One that can."""

    mishaps: Mishaps = staticmethod(none)

    def hold(self, order: Order) -> None:
        """Let it wait."""

    def release(self, order: Order) -> None:
        """Let it trade."""

    def turn_down(self, order: Order, message: str) -> None:
        """Reject it."""


def test_a_broker_is_pliable_if_it_asks_what_befalls_an_order() -> None:
    assert isinstance(Unlucky(), Pliable)
    assert not isinstance(Obedient(), Pliable)


def test_nothing_befalls_an_order_unless_somebody_says_so() -> None:
    none(new_order("ord_0000000001", "A", order(), 1))
