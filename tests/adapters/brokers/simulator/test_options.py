"""The simulator's options: everything off by default, and nothing unsound accepted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.brokers.simulator.options import Dividend, SimulatorOptions, Split


def test_every_option_is_off_unless_asked_for() -> None:
    values = msgspec.structs.asdict(SimulatorOptions())
    assert values.pop("max_leverage") == 20
    assert values.pop("exits") == "next-bar"
    assert values.pop("commission") == "none"
    assert not any(values.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"exits": "never"}, "exits: 'never', expected next-bar or same-bar"),
        ({"spread_bps": Decimal(-1)}, "spread_bps: -1, expected 0 or more"),
        ({"spread_bps": Decimal(10_001)}, "spread_bps: 10001, expected 0 to 10000"),
        ({"slippage_bps": Decimal("NaN")}, "slippage_bps: NaN, expected 0 or more"),
        ({"slippage_bps": Decimal(10_000)}, "slippage_bps: 10000, expected less than"),
        ({"slippage_ticks": -1}, "slippage_ticks: -1, expected 0 or more"),
        ({"participation": Decimal("1.1")}, "participation: 1.1, expected 0 to 1"),
        ({"penetration_ticks": -1}, "penetration_ticks: -1"),
        ({"latency_ns": -1}, "latency_ns: -1"),
        ({"borrow_bps": Decimal(-1)}, "borrow_bps: -1"),
        ({"financing_bps": Decimal(-1)}, "financing_bps: -1"),
        ({"max_leverage": Decimal("0.5")}, "max_leverage: 0.5, expected 1 or more"),
        ({"commission": "free"}, "commission: 'free', expected none"),
    ],
)
def test_an_unsound_option_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SimulatorOptions(**options)


def test_corporate_actions_need_positive_figures() -> None:
    with pytest.raises(ValueError, match="splits: ratio 0 of AAPL, expected more than 0"):
        Split("AAPL", 0, Decimal(0))
    with pytest.raises(ValueError, match="dividends: amount -1 of AAPL, expected more than 0"):
        Dividend("AAPL", 0, Decimal(-1))
