"""The rules are told, by the broker and by the documentation, and each is borne by a test."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from adapters.brokers.simulator.assumptions import assumptions
from adapters.brokers.simulator.options import Dividend, SimulatorOptions, Split
from tests.adapters.brokers.simulator.kit import Market

HERE = Path(__file__).parent
PAGE = (HERE.parents[3] / "docs" / "concepts" / "fills.md").read_text()


def _documented() -> set[str]:
    """Names of rules: the backticked cell that is a name, in tables whose head says `rule`."""
    found = set(re.findall(r"\(`([a-z-]+)`\)", PAGE))
    column = None
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            column = None
        elif column is None:
            column = cells.index("rule") if "rule" in cells else -1
        elif column >= 0 and cells[column].startswith("`"):
            found.add(cells[column].strip("`"))
    return found


def _tested() -> set[str]:
    sources = [path.read_text() for path in HERE.glob("test_*.py")]
    return {name for text in sources for name in re.findall(r'^@rule\("([a-z-]+)"\)', text, re.M)}


def test_every_documented_rule_has_a_test_and_every_rule_tested_is_documented() -> None:
    assert len(_documented()) > 50
    assert _documented() == _tested()


def test_every_option_and_every_assumption_is_documented() -> None:
    names = {*SimulatorOptions.__struct_fields__, *assumptions(SimulatorOptions())}
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []


def test_a_plain_simulator_says_that_nothing_is_added() -> None:
    told = Market(["100 101 99 100"]).broker.assumptions()
    for name in ("spread", "slippage", "latency", "commission", "borrow", "financing"):
        assert told[name] == "none"
    assert told["exits"] == "live from the bar after the entry's fill"
    assert told["corporate_actions"] == "none"


def test_every_option_in_force_is_told_with_its_figures() -> None:
    told = assumptions(
        SimulatorOptions(
            exits="same-bar",
            spread_bps=Decimal(2),
            slippage_bps=Decimal(3),
            slippage_ticks=4,
            participation=Decimal("0.1"),
            penetration_ticks=5,
            latency_ns=6,
            commission="percent:0.7",
            borrow_bps=Decimal(8),
            financing_bps=Decimal(9),
            splits=(Split("AAPL", 0, Decimal(2)),),
            dividends=(Dividend("AAPL", 0, Decimal(1)),),
        )
    )
    for name, words in {
        "exits": "of a market entry live in its bar",
        "spread": "2 bps",
        "slippage": "3 bps and 4 ticks",
        "participation": "0.1 of each bar's volume",
        "penetration": "passed by 5 ticks",
        "latency": "6 ns",
        "commission": "0.7 %",
        "borrow": "8 bps",
        "financing": "9 bps",
        "corporate_actions": "1 splits, 1 dividends",
    }.items():
        assert words in told[name]
