"""A record's bytes are an array of its parts, and the fact in them is as a fact alone."""

import msgspec
import pytest

from engine import events
from engine.tape.record import Record, body_of
from tests.engine.test_events import FACTS


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_record_is_an_array_around_the_bytes_of_its_fact(fact: events.Event) -> None:
    """Which is why a part of a tape can be numbered anew without decoding its facts."""
    payload = msgspec.Raw(events.encode(fact))
    parts = (12, 1_700_000_000_000_000_000, "Büro 3", 11, payload)
    record = Record(*parts[:4], fact)
    assert body_of(record) == body_of(parts)
    assert msgspec.msgpack.decode(body_of(record), type=Record) == record
