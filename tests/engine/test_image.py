"""An image holds a whole state, and leaves alone what nobody asks for."""

import msgspec
import pytest

from engine import image
from tests.builders import World


def test_finished_orders_and_trades_stay_encoded_until_asked_for() -> None:
    world = World()
    world.bought()
    world.buy(limit_price=90)
    sealed = image.from_bytes(world.state.to_bytes())
    assert isinstance(sealed.finished, msgspec.Raw)
    assert len(sealed.working) == 1
    assert [one.filled for one in sealed.finished_orders()] == [10]
    assert [one.quantity for one in sealed.finished_trades()] == [10]
    assert sealed.to_bytes() == world.state.to_bytes()


def test_other_bytes_are_no_image() -> None:
    with pytest.raises(msgspec.MsgspecError):
        image.from_bytes(b"\x81\xa3seq\x01")
