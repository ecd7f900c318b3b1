"""The tape in memory keeps the promises of every tape, and a few of its own."""

import pytest

from engine.events import Event
from engine.tape import MemoryTape, Tape
from tests.contract.tape_contract import TapeContract, append


class TestMemoryTape(TapeContract):
    @pytest.fixture
    def tape(self) -> Tape:
        return MemoryTape()


class Counting:
    """A codec that counts what it encodes."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, event: Event, /) -> bytes:
        self.encoded += 1
        return repr(event).encode()

    def decode(self, payload: bytes, /) -> Event:
        raise ValueError(f"nothing decodes {payload!r}")


def test_nothing_is_encoded_before_someone_asks_for_the_digest() -> None:
    codec = Counting()
    tape = MemoryTape(codec)
    append(tape, 10)
    assert codec.encoded == 0
    tape.digest()
    append(tape, 5)
    tape.digest()
    assert codec.encoded == 15


def test_appended_counts_as_durable() -> None:
    tape = MemoryTape()
    append(tape, 3)
    assert tape.durable == 3


def test_a_closed_tape_can_still_be_read() -> None:
    tape = MemoryTape()
    made = append(tape, 3)
    tape.close()
    assert list(tape.records()) == made
