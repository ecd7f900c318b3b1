"""A hash covers everything in a record and everything before it, and no two records share one."""

from hypothesis import given
from hypothesis import strategies as st

from engine.events import OrderCancelled
from engine.tape.chain import GENESIS, HASH_BYTES, link
from engine.tape.record import Record, body_of

INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
HASHES = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)
EVENTS = st.builds(OrderCancelled, st.text(max_size=8))
RECORDS = st.builds(Record, INTEGERS, INTEGERS, st.text(max_size=8), INTEGERS, EVENTS)


@given(HASHES, RECORDS, HASHES, RECORDS)
def test_two_records_share_a_hash_only_if_they_and_what_came_before_are_one(
    before: bytes, one: Record, other_before: bytes, other: Record
) -> None:
    is_one = (before, one) == (other_before, other)
    assert (link(before, body_of(one)) == link(other_before, body_of(other))) == is_one


@given(HASHES, RECORDS)
def test_another_hash_before_gives_another_hash(before: bytes, record: Record) -> None:
    body = body_of(record)
    assert (link(before, body) == link(GENESIS, body)) == (before == GENESIS)


def test_the_hash_of_a_known_record_never_changes() -> None:
    """Tapes written by every earlier version must still verify."""
    record = Record(1, 1_700_000_000_000_000_000, "DU8730189", 0, OrderCancelled("ord_000001"))
    assert link(GENESIS, body_of(record)).hex() == "4144d41976b09c6a6e1ee248dda1ccd7"
