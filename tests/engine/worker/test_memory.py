"""What a worker keeps is on the tape, exact, and found again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine import events as ev
from engine.errors import InvalidRequest
from engine.state import State
from engine.worker.line import Line
from engine.worker.memory import Memory
from tests.adapters.brokers.simulator.kit import Market


@pytest.fixture
def market() -> Market:
    """An engine."""
    return Market(["1 1 1 1"])


def memory(market: Market, name: str = "w") -> Memory:
    """A worker's memory on it."""
    return Memory(market.engine, market.account, name, Line())


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        1.5,
        "text",
        Decimal("1.10"),
        [1, Decimal(2), [None]],
        {"a": {"b": Decimal("0.1")}, "$decimal": 1},
        {},
    ],
)
def test_a_value_comes_back_as_it_was(market: Market, value: Any) -> None:
    kept = memory(market)
    kept.set("key", value)
    found = kept.get("key", "absent")
    assert found == value
    assert type(found) is type(value)


def test_a_tuple_comes_back_as_a_list_and_a_value_is_a_copy(market: Market) -> None:
    kept = memory(market)
    kept.set("key", (1, 2))
    found = kept.get("key")
    found.append(3)
    assert kept.get("key") == [1, 2]


def test_every_change_is_a_fact_and_the_fold_finds_it_again(market: Market) -> None:
    kept = memory(market)
    kept.set("a", 1)
    kept.set("a", 1)
    kept.set("b", 2)
    kept.delete("b")
    kept.delete("never there")
    facts = [r.event for r in market.engine.tape.records() if type(r.event) is ev.WorkerStateSet]
    assert facts == [
        ev.WorkerStateSet("w", "a", "1"),
        ev.WorkerStateSet("w", "b", "2"),
        ev.WorkerStateSet("w", "b"),
    ]
    again = State()
    for record in market.engine.tape.records():
        again.apply(record)
    assert again.workers == {"w": {"a": "1"}}
    assert State.from_bytes(again.to_bytes()).workers == again.workers
    assert kept.keys() == ["a"]


def test_workers_do_not_see_each_others_values(market: Market) -> None:
    memory(market, "one").set("key", 1)
    assert memory(market, "two").get("key") is None
    assert memory(market, "two").get("key", 5) == 5
    assert memory(market, "two").keys() == []


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {3, 4}}, b"bytes"])
def test_what_can_not_be_written_down_is_refused(market: Market, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"key is .*; expected what JSON has, or a Decimal"):
        memory(market).set("key", value)
