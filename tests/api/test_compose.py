"""Adapters are plugged in behind their ports, and their complaints come out as settings errors."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.compose import (
    REMOTE_BROKERS,
    always_open,
    bundled_market,
    calendar_of,
    fingerprint,
    load_market,
    remote_broker,
    simulator,
)
from api.secret import Secret
from api.sections import Broker
from api.settings import SettingsError, Simulator
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import DAY_NS, HOUR_NS

NOON = 1_709_553_600_000_000_000


def bars(close: int = 105) -> Bars:
    """One bar."""
    made = Bars("X", DAY_NS, 2, 0)
    made.append(NOON, 100, 110, 95, close, 1_000)
    return made


def quotes() -> Quotes:
    """One quote without sizes."""
    made = Quotes("X", 2, has_sizes=False)
    made.append(NOON, 100, 101)
    return made


def test_the_same_inputs_have_the_same_fingerprint() -> None:
    assert fingerprint([bars()], "rule") == fingerprint([bars()], "rule")


@pytest.mark.parametrize(
    "other",
    [
        fingerprint([bars(106)], "rule"),
        fingerprint([bars(), bars()], "rule"),
        fingerprint([quotes()], "rule"),
        fingerprint([bars()], "another rule"),
        fingerprint([], "rule"),
    ],
)
def test_other_inputs_have_another_fingerprint(other: str) -> None:
    assert other != fingerprint([bars()], "rule")


def test_the_bundled_week_comes_in_any_timeframe() -> None:
    minutes, hours = bundled_market(), bundled_market(HOUR_NS)
    assert [one.symbol for one in minutes] == ["AAPL", "MSFT", "SPY", "EUR/USD", "BTC/USD"]
    assert all(len(fine) > len(coarse) for fine, coarse in zip(minutes, hours, strict=True))


def test_a_market_is_open_by_its_kind() -> None:
    saturday = NOON + 5 * DAY_NS
    assert calendar_of("BTC/USD").is_open(saturday)
    assert not calendar_of("EUR/USD").is_open(saturday)
    assert not calendar_of("AAPL").is_open(saturday)
    assert always_open("AAPL").is_open(saturday)


def test_a_rule_that_can_not_be_is_named() -> None:
    with pytest.raises(SettingsError, match=r"simulator\.spread_bps: 20000, expected 0 to 10000"):
        simulator(Simulator(spread_bps=Decimal(20_000)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--data X=.*absent\.csv: "):
        load_market([("X", tmp_path / "absent.csv")])


def test_a_symbol_has_its_bars_from_one_file(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    rows = "2024-01-01,1,1,1,1,1\n2024-01-02,1,1,1,1,1\n"
    file.write_text("timestamp,open,high,low,close,volume\n" + rows)
    with pytest.raises(SettingsError, match="--data X has bars twice; expected one file"):
        load_market([("X", file), ("X", file)])


def test_a_broker_of_a_kind_that_is_not_there_is_an_error_that_names_the_kinds() -> None:
    with pytest.raises(SettingsError, match=r"brokers\.paper\.kind is 'x'; expected a kind"):
        remote_broker("paper", Broker(kind="x"))


def test_what_makes_a_broker_gets_its_name_its_options_and_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made(name: str, options: Mapping[str, Any]) -> Any:
        if "port" not in options:
            raise ValueError("port is missing; expected a number")
        return name, options["port"], options["key"]

    monkeypatch.setitem(REMOTE_BROKERS, "x", made)
    secrets = {"key": Secret("hush")}
    chosen = Broker(kind="x", options={"port": 1}, secrets=secrets)
    broker: Any = remote_broker("paper", chosen)
    assert broker == ("paper", 1, "hush")
    with pytest.raises(SettingsError, match=r"^brokers\.paper\.options: port is missing"):
        remote_broker("paper", Broker(kind="x"))
