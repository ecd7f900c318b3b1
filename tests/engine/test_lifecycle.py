"""The table of an order's life is whole, and nothing happens that is not in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import IllegalTransition
from engine.lifecycle import TABLE, Step, can, diagram, next_status
from engine.values import FINAL, Status

EVERY_MOVE = [(status, step) for status in Status for step in Step]


def test_every_state_has_its_moves_and_is_reached() -> None:
    assert set(TABLE) == set(Status)
    reached = {target for moves in TABLE.values() for target in moves.values()}
    assert reached | {Status.PENDING} == set(Status)


@pytest.mark.parametrize(("status", "step"), EVERY_MOVE, ids=str)
def test_a_move_is_in_the_table_or_raises(status: Status, step: Step) -> None:
    if step in TABLE[status]:
        assert can(status, step)
        assert next_status("ord_1", status, step) is TABLE[status][step]
    else:
        assert not can(status, step)
        with pytest.raises(IllegalTransition) as caught:
            next_status("ord_1", status, step)
        assert caught.value.details == {
            "order_id": "ord_1",
            "state": status.value,
            "event": step.name,
        }


@given(st.lists(st.sampled_from(list(Step)), max_size=40))
def test_any_sequence_of_steps_ends_in_a_state_or_raises(steps: list[Step]) -> None:
    status = Status.PENDING
    for step in steps:
        if can(status, step):
            status = next_status("ord_1", status, step)
        else:
            with pytest.raises(IllegalTransition):
                next_status("ord_1", status, step)
    assert status in TABLE


@pytest.mark.parametrize("status", Status)
def test_a_fill_always_counts(status: Status) -> None:
    assert next_status("ord_1", status, Step.FILLED) is Status.FILLED
    assert can(status, Step.PARTLY_FILLED)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_what_has_ended_stays_ended_unless_the_broker_says_otherwise(status: Status) -> None:
    reopening = {Step.REOPENED, Step.REOPENED_PARTIAL}
    for step, target in TABLE[status].items():
        assert target in FINAL or step in reopening


def test_only_evidence_ends_what_nobody_knows() -> None:
    assert not can(Status.UNKNOWN, Step.REFUSED)
    assert not can(Status.UNKNOWN, Step.RETURNED)
    assert next_status("ord_1", Status.UNKNOWN, Step.NEVER_REACHED) is Status.REJECTED


def test_the_picture_shows_every_change_of_state() -> None:
    arrows = [line.strip() for line in diagram().splitlines()]
    for status, moves in TABLE.items():
        for step, target in moves.items():
            arrow = f"{status.value} --> {target.value}: "
            line = next((each for each in arrows if each.startswith(arrow)), "")
            assert (step.name in line.partition(": ")[2].split(", ")) is (target is not status)
