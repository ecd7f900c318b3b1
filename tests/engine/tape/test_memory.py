"""The tape in memory keeps the promises of every tape, and a few of its own."""

import pytest
from msgspec.structs import force_setattr

from engine.events import OrderCancelled
from engine.tape import MemoryTape, Tape
from tests.contract.tape_contract import TapeContract, append


class TestMemoryTape(TapeContract):
    @pytest.fixture
    def tape(self) -> Tape:
        return MemoryTape()


def cancelled(order_id: str) -> MemoryTape:
    """A tape of one fact."""
    tape = MemoryTape()
    tape.append(7, "DU1", 0, OrderCancelled(order_id))
    return tape


def test_a_fact_is_encoded_when_someone_asks_for_the_digest_and_never_again() -> None:
    """Seen by changing a fact by force, which shows whether its bytes were taken already."""
    tape = cancelled("appended")
    (record,) = tape.records()
    force_setattr(record.event, "order_id", "asked for")
    digest = tape.digest()
    assert digest == cancelled("asked for").digest()
    force_setattr(record.event, "order_id", "afterwards")
    assert tape.digest() == digest
    grown = cancelled("asked for")
    for each in (tape, grown):
        append(each, 5)
    assert tape.digest() == grown.digest()


def test_appended_counts_as_durable() -> None:
    tape = MemoryTape()
    append(tape, 3)
    assert tape.durable == 3


def test_a_closed_tape_can_still_be_read() -> None:
    tape = MemoryTape()
    made = append(tape, 3)
    tape.close()
    assert list(tape.records()) == made
