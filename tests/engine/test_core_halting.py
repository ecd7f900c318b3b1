"""When the tape takes no more, risk can only shrink: no new orders, but cancels and reports."""

import pytest

from engine.errors import TradingHalted
from engine.events import Event, TradingStateChanged
from engine.requests import OrderChange
from engine.tape import MemoryTape, Record, TapeFailed
from engine.values import Role, Status
from tests.builders import ACCOUNT, World, dec


class FrailTape(MemoryTape):
    """A tape whose disk can fail, or fill up."""

    def __init__(self) -> None:
        super().__init__()
        self.is_dead = False
        self.is_full = False

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        """Append, unless the disk has failed."""
        if self.is_dead:
            raise TapeFailed("the disk is gone")
        return super().append(ts, account, causation, event)

    def has_room(self) -> bool:
        """Whether the disk has room."""
        return not self.is_full


def frail() -> tuple[World, FrailTape]:
    tape = FrailTape()
    return World(tape=tape), tape


def test_an_order_whose_intent_does_not_last_is_not_sent() -> None:
    world, tape = frail()
    tape.is_dead = True
    before = world.state.to_bytes()
    for _ in range(2):
        with pytest.raises(TradingHalted, match="no new orders"):
            world.buy()
    assert world.engine.halted
    assert world.broker.sent == []
    assert world.state.to_bytes() == before


def test_on_a_dead_tape_cancels_and_fills_go_on_in_memory() -> None:
    world, tape = frail()
    entry = world.buy(10, stop_loss=90, take_profit=110)
    other = world.buy(limit_price=80)
    tape.is_dead = True
    head = tape.head
    assert world.engine.cancel(ACCOUNT, other.id).status is Status.CANCELLED
    world.fill(entry)
    assert [leg.status for leg in world.legs()] == [Status.OPEN, Status.OPEN]
    world.fill(world.leg(Role.STOP_LOSS), price=90)
    assert world.account.positions == {}
    assert world.legs() == []
    assert (world.engine.halted, tape.head) == (True, head)
    assert world.state.seq > head


def test_after_the_tape_failed_every_known_order_still_answers() -> None:
    world, tape = frail()
    one = world.buy(limit_price=90, client_order_id="c1")
    tape.is_dead = True
    world.engine.cancel(ACCOUNT, one.id)
    assert world.buy(limit_price=90, client_order_id="c1") is one
    with pytest.raises(TradingHalted):
        world.buy(limit_price=90, client_order_id="c2")


def test_another_process_recovers_what_was_on_the_tape() -> None:
    world, tape = frail()
    entry = world.buy()
    tape.is_dead = True
    world.fill(entry)
    tape.is_dead = False
    again = world.restart()
    assert again.engine.order(ACCOUNT, entry.id).status is Status.OPEN
    assert not again.engine.halted


def test_a_full_disk_refuses_new_orders_and_lets_everything_else_through() -> None:
    world, tape = frail()
    one = world.buy(limit_price=90)
    entry = world.buy(10, stop_loss=90)
    tape.is_full = True
    head = tape.head
    with pytest.raises(TradingHalted):
        world.buy()
    with pytest.raises(TradingHalted):
        world.engine.modify(ACCOUNT, one.id, OrderChange(quantity=dec(20)))
    assert tape.head == head
    world.engine.modify(ACCOUNT, one.id, OrderChange(quantity=dec(5)))
    world.engine.cancel(ACCOUNT, one.id)
    world.fill(entry)
    world.engine.protect(ACCOUNT, world.position.id, stop_loss=dec(95))
    assert world.leg(Role.STOP_LOSS).stop_price == 95
    tape.is_full = False
    assert world.buy(1).status is Status.OPEN


def test_a_halt_by_decision_refuses_new_orders_until_it_is_lifted() -> None:
    world, _ = frail()
    world.engine.write("", TradingStateChanged("HALT", "a person said so"))
    with pytest.raises(TradingHalted):
        world.restart().buy()
    world.engine.write("", TradingStateChanged("ACTIVE", "and again"))
    assert world.restart().buy().status is Status.OPEN
