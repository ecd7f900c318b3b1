"""A place in the stream is a number or an event's id, and knows what lies behind it."""

import pytest

from api.streams.event import Event
from api.streams.wish import SEQ_MAX, Place, PlaceField, SwitchField
from engine.errors import InvalidRequest

AFTER = PlaceField("x")


@pytest.mark.parametrize(
    ("text", "place", "first"),
    [
        ("0", Place(0), 1),
        ("42", Place(42), 43),
        ("evt_42_3", Place(42, 3), 42),
        (str(SEQ_MAX), Place(SEQ_MAX), SEQ_MAX + 1),
    ],
)
def test_a_place_is_read(text: str, place: Place, first: int) -> None:
    assert AFTER.read("after", text) == place
    assert place.first_seq == first


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1_0", "evt_1", "evt_1_", "mkt_1_0", "٣", str(SEQ_MAX + 1), 7]
)
def test_anything_else_is_refused_by_name(text: object) -> None:
    with pytest.raises(InvalidRequest, match=r"after is .*evt_42_0"):
        AFTER.read("after", text)


@pytest.mark.parametrize(
    ("place", "seq", "part", "covered"),
    [
        (Place(5), 4, 9, True),
        (Place(5), 5, 0, True),
        (Place(5), 6, 0, False),
        (Place(5, 1), 5, 1, True),
        (Place(5, 1), 5, 2, False),
        (Place(5, 1), 4, 7, True),
        (Place(5, 1), 6, 0, False),
    ],
)
def test_a_place_covers_what_was_seen(place: Place, seq: int, part: int, covered: bool) -> None:
    assert place.covers(Event(f"evt_{seq}_{part}", "", "order", seq)) is covered


def test_a_switch_is_one_or_zero() -> None:
    switch = SwitchField("x")
    assert switch.read_text("observe", "1")
    assert not switch.read_text("observe", "0")
    with pytest.raises(InvalidRequest):
        switch.read_text("observe", "true")


def test_the_fields_describe_what_they_accept() -> None:
    assert AFTER.schema()["pattern"] == "^([0-9]{1,19}|evt_[0-9]{1,19}_[0-9]{1,4})$"
    assert SwitchField("x").schema()["enum"] == ["0", "1"]
