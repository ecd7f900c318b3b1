"""Real bars, the same strategies, two engines: the same fills to the cent, and the same tape."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients import goog
from tests.clients.process import served

ARGUMENTS = ("--timeframe", "1d", "--cash", goog.CASH, "--exits", "same-bar", "--json")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bars as a file."""
    file = tmp_path_factory.mktemp("goog") / "goog.csv"
    goog.write_csv(file)
    return file


def run(data: Path, name: str, *more: str | Path, slow: bool = False) -> tuple[Any, Any]:
    """The fills of a strategy traded over the API, and the run's report."""
    options = [*map(str, ARGUMENTS), *more]
    with served("backtest", "--data", f"GOOG={data}", *options) as server:
        pause = _dawdle if slow else _hurry
        fills = goog.fills_here(goog.STRATEGIES[name], server.url, pause)
        return fills, json.loads(server.finish())


def _hurry() -> None:
    """Go on at once."""


def _dawdle() -> None:
    if random.random() < 0.05:
        time.sleep(random.uniform(0, 0.02))


@pytest.mark.client
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", goog.STRATEGIES)
def test_the_fills_are_those_of_the_backtesting_package_to_the_cent(data: Path, name: str) -> None:
    here, report = run(data, name)
    there = goog.fills_there(goog.STRATEGIES[name])
    assert here == there
    assert report["fills"] == len(there) > 40
    assert report["bars"] == 2148


@pytest.mark.client
@pytest.mark.timeout(60)
def test_a_slow_client_leaves_the_same_tape_as_a_fast_one(data: Path, tmp_path: Path) -> None:
    _, fast = run(data, "bracket", "--tape", tmp_path / "fast.tape")
    _, slow = run(data, "bracket", slow=True)
    assert fast["tape_digest"] == slow["tape_digest"]
    assert fast["tape_id"] == slow["tape_id"]


@pytest.mark.client
@pytest.mark.timeout(60)
def test_the_report_agrees_with_the_fills(data: Path) -> None:
    fills, report = run(data, "market", "--commission", "percent:0.1")
    spent = sum(size * cents for _, size, cents in fills)
    fees = sum(abs(size) * cents for _, size, cents in fills) / 1000
    assert float(report["commission"]) == pytest.approx(fees / 100)
    assert float(report["final_cash"]) == pytest.approx(goog.CASH - (spent + fees) / 100)
    assert report["assumptions"]["exits"].startswith("of a market entry live in its bar")
