"""What every tape promises, whichever way it is kept.

A suite inherits `TapeContract` and says how its tape is made; every case then runs against it. The
facts used here are real ones of several kinds, so that a tape's codec is tested with it.
"""

from decimal import Decimal
from itertools import pairwise

import pytest

from engine import events
from engine.events import CashAdjusted, Event, OrderAccepted, OrderCancelled, TradeFilled
from engine.tape import GENESIS, MemoryTape, Record, Tape, body_of, digest, link
from engine.tape.errors import TapeClosed

ACCOUNTS = ("DU8730189", "DUP203550", "Büro 3")
START_NS = 1_700_000_000_000_000_000


def fact(number: int) -> Event:
    """A fact that no other number gives, of one of four kinds."""
    order_id = f"ord_{number:06d}"
    match number % 4:
        case 0:
            return OrderAccepted(order_id, f"broker-{number}")
        case 1:
            return TradeFilled(
                trade_id=f"trd_{number}",
                order_id=order_id,
                execution_id=f"e{number}.01",
                quantity=Decimal(number),
                price=Decimal("101.25"),
                executed_at=START_NS + number,
                commission=Decimal("0.35"),
            )
        case 2:
            return CashAdjusted(Decimal(number), "USD", "deposit")
        case _:
            return OrderCancelled(order_id)


def append(tape: Tape, count: int) -> list[Record]:
    """Append the next `count` facts, each caused by the one before it."""
    made = []
    for number in range(tape.head + 1, tape.head + count + 1):
        account = ACCOUNTS[number % len(ACCOUNTS)]
        made.append(tape.append(START_NS + number, account, number - 1, fact(number)))
    return made


class TapeContract:
    """The cases; a subclass overrides the `tape` fixture."""

    @pytest.fixture
    def tape(self) -> Tape:
        """A new, empty tape."""
        raise NotImplementedError("the suite says how its tape is made")

    def test_a_new_tape_is_empty_and_has_no_name(self, tape: Tape) -> None:
        assert (tape.head, tape.durable, tape.tape_id) == (0, 0, None)
        assert list(tape.records()) == []
        assert tape.digest() == GENESIS

    def test_appending_numbers_from_one_without_gaps(self, tape: Tape) -> None:
        made = append(tape, 7)
        assert [record.seq for record in made] == [1, 2, 3, 4, 5, 6, 7]
        assert tape.head == 7

    def test_a_record_holds_what_was_appended(self, tape: Tape) -> None:
        record = tape.append(12, "DU1", 0, fact(5))
        assert record == Record(1, 12, "DU1", 0, fact(5))
        assert list(tape.records()) == [record]

    def test_what_is_appended_can_be_read_at_once_and_in_order(self, tape: Tape) -> None:
        made = append(tape, 9)
        assert list(tape.records()) == made

    @pytest.mark.parametrize("after", [-1, 0, 1, 4, 8, 9, 10, 1000])
    def test_reading_starts_after_the_given_record(self, tape: Tape, after: int) -> None:
        made = append(tape, 9)
        assert list(tape.records(after)) == made[max(after, 0) :]

    def test_a_reading_that_has_begun_ends_at_the_head_of_its_beginning(self, tape: Tape) -> None:
        made = append(tape, 3)
        reading = tape.records()
        append(tape, 3)
        assert list(reading) == made

    def test_the_digest_is_the_chain_over_all_records(self, tape: Tape) -> None:
        made = append(tape, 10)
        expected = GENESIS
        for each in made:
            expected = link(expected, body_of(each))
        assert tape.digest() == expected
        assert digest(tape.records(), events) == expected

    def test_the_digest_grows_with_the_tape_and_asking_does_not_change_it(self, tape: Tape) -> None:
        digests = [tape.digest()]
        for _ in range(5):
            append(tape, 2)
            digests.append(tape.digest())
            assert tape.digest() == digests[-1]
        assert all(one != other for one, other in pairwise(digests))

    def test_equal_appends_give_equal_digests_on_any_tape(self, tape: Tape) -> None:
        other = MemoryTape()
        append(tape, 20)
        append(other, 20)
        assert tape.digest() == other.digest()

    def test_the_first_record_names_the_tape_for_ever(self, tape: Tape) -> None:
        append(tape, 1)
        name = tape.tape_id
        assert name == tape.digest().hex()
        append(tape, 5)
        assert tape.tape_id == name

    def test_durable_never_runs_ahead_of_the_head(self, tape: Tape) -> None:
        append(tape, 5)
        assert tape.durable <= tape.head

    def test_there_is_room_on_a_healthy_tape(self, tape: Tape) -> None:
        assert tape.has_room()

    def test_a_closed_tape_takes_nothing_more(self, tape: Tape) -> None:
        append(tape, 2)
        tape.close()
        tape.close()
        with pytest.raises(TapeClosed):
            append(tape, 1)
