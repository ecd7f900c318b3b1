"""The recipes of the worker document run as printed: in a backtest, over HTTP, and live."""

from __future__ import annotations

import inspect
import re
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from api.compose import read_tape
from api.runs import RunConfig, RunResult, run
from engine import events as ev
from engine.tape import Record
from engine.tape.trading import trading_digest
from engine.worker.ibkr import Ibkr
from tests.clients import month
from tests.clients.process import served
from tests.clients.worker_process import Worker

RECIPES = Path(__file__).with_name("recipes")
NAMES = ("nlv_summary", "mean_reversion", "ladder")
DOCS = Path(__file__).resolve().parents[2] / "docs"
WAIT_S = 20.0
MONTH_S = 60.0
"""Longest time for a month; alone on a machine the slowest takes a third of it."""
GATEWAY = re.compile(r"the IBKR Web API is at (https://\S+)")


def source_of(name: str) -> str:
    """A recipe's text."""
    return (RECIPES / f"{name}.py").read_text()


def facts(tape: Path) -> list[Record]:
    """The records of a tape."""
    with read_tape(tape) as reader:
        return list(reader.records())


def count(records: list[Record]) -> Counter[str]:
    """How many facts of each kind there are."""
    return Counter(type(record.event).__name__ for record in records)


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of one-minute bars."""
    file = tmp_path_factory.mktemp("month") / "aapl.csv"
    assert month.write(file) == 22 * month.BARS_A_DAY
    return file


def backtest(name: str, bars: Path, tape: Path | None = None, tick: str = "1m") -> RunResult:
    """Run a recipe in process."""
    data = ((month.SYMBOL, bars),)
    config = RunConfig(source=source_of(name), data=data, tape=tape, tick=tick, durability="none")
    result = run(config)
    assert result.error is None
    return result


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_month_of_the_ladder_is_quoted_anew_every_minute(bars: Path, tmp_path: Path) -> None:
    """Every rung is cancelled or filled within its minute, but for those of the last one, and
    those that the end of a session took.
    """
    started = time.process_time()
    result = backtest("ladder", bars, tmp_path / "run.tape")
    assert time.process_time() - started < MONTH_S
    report = result.report
    assert report.orders == 5 * 22 * month.BARS_A_DAY
    told = count(facts(tmp_path / "run.tape"))
    ended = told["OrderCancelled"] + told["OrderExpired"] + told["TradeFilled"]
    assert report.orders - 5 <= ended <= report.orders
    assert report.fills == told["TradeFilled"] > 10


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_month_of_mean_reversion_trades_and_holds_ten_or_nothing(bars: Path) -> None:
    started = time.process_time()
    report = backtest("mean_reversion", bars).report
    assert time.process_time() - started < MONTH_S
    assert report.fills == report.orders > 4
    assert report.open_positions in ({}, {month.SYMBOL: Decimal(10)})


@pytest.mark.timeout(300)
def test_a_month_of_the_summary_shows_the_equity(bars: Path) -> None:
    result = backtest("nlv_summary", bars)
    assert result.metrics == {"ibkr_total_nlv": 1_000_000.0}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_recipe_twice_gives_the_same_tape(name: str, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    month.write(file, days=2)
    digests = {backtest(name, file).report.tape_digest for _ in range(2)}
    assert len(digests) == 1


@pytest.mark.client
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("name", "days", "tick"),
    [
        ("nlv_summary", 1, "1m"),
        ("mean_reversion", 3, "1m"),
        ("ladder", 1, "1m"),
        ("ladder", 2, "5m"),
    ],
)
def test_a_recipe_over_http_leaves_the_trading_facts_that_it_leaves_in_process(
    name: str, days: int, tick: str, tmp_path: Path
) -> None:
    """The recipes run as printed on both sides: what they sleep passes in simulated time."""
    file, here, there = tmp_path / "days.csv", tmp_path / "here.tape", tmp_path / "there.tape"
    month.write(file, days)
    result = backtest(name, file, here, tick)
    with served("backtest", "--data", f"{month.SYMBOL}={file}", "--tape", there) as server:
        by_gateway = ("--tick", tick, "--broker", "ibkr-web", "--gateway", server.url)
        worker = Worker(RECIPES / f"{name}.py", *by_gateway, "--tape", tmp_path / "worker.tape")
        said = worker.finish()
        server.finish()
    assert said[-1] == "stopped\n", said
    assert trading_digest(facts(here)) == trading_digest(facts(there))
    metrics = [line for line in said if " metric: " in line]
    assert bool(metrics) is bool(result.metrics)
    for metric, value in result.metrics.items():
        assert metrics[-1].endswith(f"{metric} = {value}\n")
    told = count(facts(here))
    assert bool(told["OrderSubmitted"]) is (name != "nlv_summary")
    # Quoted anew every minute, after a sleep, a rung is gone before a bar can reach it.
    assert bool(told["TradeFilled"]) is (name == "mean_reversion" or tick == "5m")


@pytest.mark.client
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_runs_live_as_printed_by_a_gateway_over_tls(name: str, tmp_path: Path) -> None:
    """The gateway is another engine's; what the worker asks of it stands on that engine's tape."""
    tape = tmp_path / "gateway.tape"
    with served("serve", "--tape", tape, "--webapi-port", "0", cwd=tmp_path) as gateway:
        found = GATEWAY.search("".join(gateway.said))
        assert found is not None, gateway.said
        _live(name, tmp_path, "--broker", "ibkr-web", "--gateway", found[1])
        gateway.stop()
    _check_live(name, facts(tape))


@pytest.mark.client
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_runs_live_as_printed_beside_its_own_engine(name: str, tmp_path: Path) -> None:
    _live(name, tmp_path, "--port", "0")
    _check_live(name, facts(tmp_path / "worker.tape"))


GUIDE, REFERENCE = (
    (DOCS / page).read_text() for page in ("guides/ctx-ibkr.md", "reference/ctx-ibkr.md")
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_workers_in_the_guide_run_as_printed(text: str) -> None:
    assert run(RunConfig(source=text, demo=True, timeframe="15m")).error is None


def test_every_method_stands_in_the_reference_with_its_parameters() -> None:
    for name, method in vars(Ibkr).items():
        if name.startswith("_"):
            continue
        given = list(inspect.signature(method).parameters.values())[1:]
        told = [
            one.name if one.default is one.empty else f"{one.name}={_written(one.default)}"
            for one in given
        ]
        assert f"| `{name}({', '.join(told)})` |" in REFERENCE


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _live(name: str, folder: Path, *arguments: str) -> None:
    """Run a recipe until it has ticked a few times."""
    file = RECIPES / f"{name}.py"
    worker = Worker(file, "--tick", "500ms", "--tape", folder / "worker.tape", *arguments)
    try:
        worker.wait_for({"nlv_summary": "ibkr_total_nlv", "ladder": "placed"}.get(name, "ready"), 3)
    finally:
        said = worker.stop()
    assert said[-1] == "stopped\n", said


def _check_live(name: str, records: list[Record]) -> None:
    """What a recipe does in any market must be on the tape."""
    told = count(records)
    if name == "ladder":
        assert told["OrderSubmitted"] >= 10
        assert told["OrderCancelled"] + told["TradeFilled"] >= 5
        limits = [
            record.event.request.limit_price
            for record in records
            if isinstance(record.event, ev.OrderSubmitted)
        ]
        rungs = [price for price in limits[:5] if price is not None]
        assert [rungs[0] - price for price in rungs] == [Decimal(n) / 2 for n in range(5)]
    if name != "nlv_summary":
        assert told["PromptsSuppressed"] == 1
