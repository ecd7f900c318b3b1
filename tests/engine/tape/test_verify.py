"""A check finds the first record that is wrong and calls it by its number."""

from collections.abc import Callable

import pytest

from engine import events
from engine.tape import GENESIS, MemoryTape, Record, Row, body_of, link, verify_rows
from engine.tape.errors import ChainBroken, TapeGap
from tests.contract.tape_contract import append

COUNT = 12


def rows_of(count: int) -> list[Row]:
    """The stored form of a sound tape."""
    tape = MemoryTape()
    rows: list[Row] = []
    previous = GENESIS
    for each in append(tape, count):
        body = body_of(each)
        previous = link(previous, body)
        rows.append((each.seq, body, previous))
    return rows


def test_a_sound_tape_is_reported_whole() -> None:
    rows = rows_of(COUNT)
    report = verify_rows(rows)
    assert report.ok
    assert (report.records, report.head) == (COUNT, COUNT)
    assert report.tape_id == rows[0][2].hex()
    assert report.last_hash == rows[-1][2]
    assert (report.first_bad_seq, report.reason) == (None, "")


def test_an_empty_tape_is_whole() -> None:
    report = verify_rows([])
    assert report.ok
    assert (report.head, report.tape_id, report.last_hash) == (0, None, GENESIS)


def test_the_end_alone_can_be_checked_from_a_known_hash() -> None:
    rows = rows_of(COUNT)
    report = verify_rows(rows[5:], after=5, previous=rows[4][2])
    assert report.ok
    assert (report.records, report.head) == (COUNT - 5, COUNT)


@pytest.mark.parametrize("seq", range(1, COUNT + 1))
@pytest.mark.parametrize(
    "harm",
    [
        lambda row: (row[0], bytes([row[1][0] ^ 1]) + row[1][1:], row[2]),
        lambda row: (row[0], row[1][:-1] + bytes([row[1][-1] ^ 128]), row[2]),
        lambda row: (row[0], row[1][:-1], row[2]),
        lambda row: (row[0], row[1] + b"\0", row[2]),
        lambda row: (row[0], b"", row[2]),
        lambda row: (row[0], row[1], bytes([row[2][0] ^ 128]) + row[2][1:]),
        lambda row: (row[0], row[1], row[2][:-1]),
        lambda row: (row[0], row[1], b""),
    ],
)
def test_a_changed_body_or_hash_breaks_the_chain_at_its_record(
    seq: int, harm: Callable[[Row], Row]
) -> None:
    rows = rows_of(COUNT)
    rows[seq - 1] = harm(rows[seq - 1])
    report = verify_rows(rows)
    assert not report.ok
    assert isinstance(report.fault, ChainBroken)
    assert (report.first_bad_seq, report.head) == (seq, seq - 1)
    assert f"record {seq} " in report.reason


@pytest.mark.parametrize("seq", range(1, COUNT))
def test_a_missing_record_is_a_gap_at_its_number(seq: int) -> None:
    rows = rows_of(COUNT)
    del rows[seq - 1]
    report = verify_rows(rows)
    assert isinstance(report.fault, TapeGap)
    assert report.first_bad_seq == seq


def test_a_doubled_or_swapped_record_is_found() -> None:
    rows = rows_of(COUNT)
    doubled = verify_rows([*rows[:4], rows[3], *rows[4:]])
    swapped = verify_rows([*rows[:4], rows[5], rows[4], *rows[6:]])
    assert (doubled.first_bad_seq, swapped.first_bad_seq) == (5, 5)


def test_a_record_from_another_tape_is_found() -> None:
    rows = rows_of(COUNT)
    tape = MemoryTape()
    tape.append(1, "other", 0, events.BrokerConnected("simulator"))
    body = body_of(Record(6, 1, "other", 0, events.BrokerConnected("simulator")))
    alien = (6, body, link(tape.digest(), body))
    report = verify_rows([*rows[:5], alien, *rows[6:]])
    assert report.first_bad_seq == 6
