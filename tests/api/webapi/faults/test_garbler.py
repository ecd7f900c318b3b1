"""Messages are swallowed, repeated or swapped while that is wrong, and pass untouched otherwise."""

from __future__ import annotations

import pytest

from api.webapi.faults.faults import Faults
from api.webapi.faults.garbler import Garbler
from api.webapi.faults.kinds import Kind

BEAT = '{"topic":"system","hb":1}'


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (None, ["a", BEAT, "b", "c"]),
        (Kind.SILENCE, []),
        (Kind.NO_HEARTBEAT, ["a", "b", "c"]),
        (Kind.DUPLICATES, ["a", "a", BEAT, BEAT, "b", "b", "c", "c"]),
        (Kind.REORDERED, [BEAT, "a", "c", "b"]),
    ],
)
def test_what_becomes_of_four_messages(kind: Kind | None, sent: list[str]) -> None:
    faults = Faults()
    if kind is not None:
        faults.add(kind)
    garble = Garbler(faults)
    assert [text for each in ("a", BEAT, "b", "c") for text in garble(each)] == sent


def test_what_was_held_back_is_sent_once_all_is_well() -> None:
    faults = Faults()
    faults.add(Kind.REORDERED)
    garble = Garbler(faults)
    assert garble("a") == ()
    faults.clear()
    assert garble("b") == ("b", "a")
    assert garble("c") == ("c",)
