"""A digest over part of a tape depends on that part alone."""

from engine import events
from engine.events import BrokerConnected, Event
from engine.tape import MemoryTape, Record, digest
from tests.contract.tape_contract import append, fact


def trading(tape: MemoryTape) -> list[Record]:
    """The tape without its connection facts."""
    return [each for each in tape.records() if not isinstance(each.event, BrokerConnected)]


def tape_of(*facts: tuple[int, Event]) -> MemoryTape:
    """A tape of facts, each given with its causation."""
    tape = MemoryTape()
    for causation, event in facts:
        tape.append(7, "DU1", causation, event)
    return tape


def test_over_a_whole_tape_it_is_the_hash_of_the_head() -> None:
    tape = MemoryTape()
    append(tape, 50)
    assert digest(tape.records(), events) == tape.digest()


def test_what_is_filtered_out_leaves_no_trace() -> None:
    noise = BrokerConnected("simulator")
    quiet = tape_of((0, fact(1)), (1, fact(2)), (0, fact(3)))
    noisy = tape_of((0, noise), (0, fact(1)), (0, noise), (2, fact(2)), (1, fact(3)))
    assert digest(trading(noisy), events) == digest(trading(quiet), events)
    assert noisy.digest() != quiet.digest()


def test_another_cause_or_another_order_gives_another_digest() -> None:
    one = tape_of((0, fact(1)), (1, fact(2)), (1, fact(3)))
    cause = tape_of((0, fact(1)), (1, fact(2)), (2, fact(3)))
    order = tape_of((0, fact(1)), (1, fact(3)), (1, fact(2)))
    assert len({digest(tape.records(), events) for tape in (one, cause, order)}) == 3
