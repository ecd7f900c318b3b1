"""A group gives back what was packed, and damage in it is damage of one record."""

from collections.abc import Iterator

import pytest

from adapters.tape_sqlite.packing import (
    LINK_BYTES,
    hash_in,
    pack_link,
    unpack_records,
    unpack_rows,
)
from engine.tape import GENESIS, MemoryTape, Report, Row, body_of, link, verify_rows
from tests.contract.tape_contract import append

FIRST, LAST = 11, 18
TAPE = MemoryTape()
MADE = append(TAPE, LAST)


def rows() -> Iterator[Row]:
    """The rows of the whole tape, from its first record on."""
    previous = GENESIS
    for one in MADE:
        body = body_of(one)
        previous = link(previous, body)
        yield one.seq, body, previous


HELD = list(rows())[FIRST - 1 :]
BODIES = [body for _, body, _ in HELD]
LINKS = b"".join(pack_link(after, len(body)) for _, body, after in HELD)
PREVIOUS = list(rows())[FIRST - 2][2]


def check(links: bytes, bodies: bytes) -> Report:
    """What a check says of the group; what could not be unpacked is missing at its end."""

    def until_damage() -> Iterator[Row]:
        try:
            yield from unpack_rows(LAST, links, bodies, FIRST - 1)
        except ValueError:
            return

    return verify_rows(until_damage(), FIRST - 1, PREVIOUS)


def flips(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every bit of it flipped, one at a time, and which byte that was in."""
    for offset in range(len(content)):
        for bit in range(8):
            harmed = bytearray(content)
            harmed[offset] ^= 1 << bit
            yield offset, bytes(harmed)


def test_a_group_gives_back_its_records_and_its_rows() -> None:
    assert unpack_records(len(BODIES), BODIES) == MADE[FIRST - 1 :]
    assert unpack_records(2, [BODIES[0] + BODIES[1]]) == MADE[FIRST - 1 : FIRST + 1]
    assert list(unpack_rows(LAST, LINKS, b"".join(BODIES), 0)) == HELD
    assert list(unpack_rows(LAST, LINKS, b"".join(BODIES), 15)) == HELD[-3:]


def test_a_hash_is_found_without_unpacking() -> None:
    assert [hash_in(LAST, LINKS, row[0]) for row in HELD] == [row[2] for row in HELD]
    assert hash_in(LAST, LINKS, FIRST - 1) is None


def test_every_flipped_bit_of_a_body_is_found_at_its_record() -> None:
    owners = [seq for seq, body, _ in HELD for _ in body]
    bodies = b"".join(BODIES)
    for offset, harmed in flips(bodies):
        assert check(LINKS, harmed).head + 1 == owners[offset]


def test_every_flipped_bit_of_a_link_is_found_at_its_record() -> None:
    for offset, harmed in flips(LINKS):
        assert check(harmed, b"".join(BODIES)).head + 1 == FIRST + offset // LINK_BYTES


@pytest.mark.parametrize("links", [b"", LINKS[:-1], LINKS + b"x"])
def test_links_that_are_not_whole_are_refused(links: bytes) -> None:
    with pytest.raises(ValueError, match="a group's links have"):
        list(unpack_rows(LAST, links, b"".join(BODIES), 0))


def test_a_group_under_a_wrong_number_is_refused() -> None:
    with pytest.raises(ValueError, match="there is one that says it is record 11"):
        list(unpack_rows(LAST + 1, LINKS, b"".join(BODIES), 0))


@pytest.mark.parametrize("bodies", [b"", BODIES[0][:-1], BODIES[0] * 2, b"\x01"])
def test_bytes_that_are_no_record_are_refused(bodies: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        unpack_records(1, [bodies])
