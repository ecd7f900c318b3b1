"""A hash covers everything in a record and everything before it, and no two records share one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tape.chain import GENESIS, HASH_BYTES, NotHashable, link

INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
ROWS = st.tuples(
    st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES),
    INTEGERS,
    INTEGERS,
    st.text(max_size=8),
    INTEGERS,
    st.binary(max_size=16),
)


@given(ROWS, ROWS)
def test_two_records_share_a_hash_only_if_they_are_one(
    one: tuple[bytes, int, int, str, int, bytes], other: tuple[bytes, int, int, str, int, bytes]
) -> None:
    assert (link(*one) == link(*other)) == (one == other)


@given(st.text(min_size=1, max_size=8), st.binary(max_size=8))
def test_bytes_never_slide_from_the_account_into_the_payload(name: str, payload: bytes) -> None:
    slid = link(GENESIS, 1, 1, name[:-1], 0, name[-1].encode() + payload)
    assert link(GENESIS, 1, 1, name, 0, payload) != slid


def test_the_hash_of_a_known_record_never_changes() -> None:
    """Tapes written by every earlier version must still verify."""
    found = link(GENESIS, 1, 1_700_000_000_000_000_000, "DU8730189", 0, b"payload")
    assert found.hex() == "b9a077f66dfdd4569e498909e630c143"


@pytest.mark.parametrize(
    ("previous", "seq", "account"),
    [(GENESIS, 2**63, "A"), (GENESIS, 1, "\udcff"), (None, 1, "A"), (GENESIS, "1", "A")],
)
def test_values_that_no_record_can_hold_are_refused(
    previous: bytes, seq: int, account: str
) -> None:
    with pytest.raises(NotHashable):
        link(previous, seq, 1, account, 0, b"")
