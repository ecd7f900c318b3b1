"""A worker in process trades as a client over the API does, and as another engine does."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.commands.terminal import plain
from api.compose import read_tape
from api.runs import RunConfig, RunResult, run
from api.settings import Account, Simulator
from engine import events as ev
from engine.tape.trading import trading_digest
from engine.values import Side
from engine.worker.broker import Broker, ChangeFields, OrderFields
from engine.worker.clock import moment
from engine.worker.context import Context, Log, Monitor
from engine.worker.inbox import OrderEvent, TradeEvent
from engine.worker.memory import Memory
from engine.worker.script import CALLBACKS
from engine.worker.views import BarView, QuoteView
from tests.clients import eurusd, goog
from tests.clients.process import served

DOCS = Path(__file__).resolve().parents[2] / "docs"
WORKER = Path(__file__).with_name("goog_worker.py")
OUR_OWN = {"tape", "tape_digest", "run_seconds"}
"""What of a report tells of the running rather than of what was traded."""

PLAN = """
from tests.clients.eurusd import PLANS, WorkersHand

def on_bar(ctx, bar):
    if bar.row:  # the other package calls a strategy from the second bar on
        PLANS[ctx.params["plan"]](WorkersHand(ctx), bar.row)
"""


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Daily GOOG bars, and hourly EUR/USD bars beside them."""
    folder = tmp_path_factory.mktemp("bars")
    goog.write_csv(folder / "goog.csv")
    eurusd.write_csv(folder / "eurusd.csv")
    return folder


def fills_of(tape: Path, form: str) -> list[tuple[str, int, Decimal]]:
    """The fills on a tape: time of the bar, signed quantity, price."""
    sides: dict[str, Side] = {}
    fills = []
    with read_tape(tape) as reader:
        for record in reader.records():
            match record.event:
                case ev.OrderSubmitted() as fact:
                    sides[fact.order_id] = fact.request.side
                case ev.TradeFilled() as fact:
                    sign = 1 if sides[fact.order_id] is Side.BUY else -1
                    when = format(moment(fact.executed_at), form)
                    fills.append((when, sign * int(fact.quantity), fact.price))
    return fills


def in_process(bars: Path, strategy: str, tape: Path) -> RunResult:
    """Run a strategy on GOOG as a worker."""
    result = run(
        RunConfig(
            strategy=WORKER,
            params={"strategy": strategy},
            data=(("GOOG", bars / "goog.csv"),),
            timeframe="1d",
            account=Account(id="BACKTEST", cash=Decimal(goog.CASH)),
            simulator=Simulator(exits="same-bar"),
            tape=tape,
        )
    )
    assert result.error is None
    return result


def over_the_api(bars: Path, strategy: str, tape: Path) -> dict[str, Any]:
    """Run it as a client of a served backtest; the report."""
    arguments = ["--timeframe", "1d", "--cash", str(goog.CASH), "--exits", "same-bar", "--json"]
    data = f"GOOG={bars / 'goog.csv'}"
    with served("backtest", "--data", data, *arguments, "--tape", tape) as server:
        goog.fills_here(goog.STRATEGIES[strategy], server.url)
        report: dict[str, Any] = json.loads(server.finish())
    return report


def digest_of(tape: Path) -> bytes:
    with read_tape(tape) as reader:
        return trading_digest(reader.records())


@pytest.mark.client
@pytest.mark.timeout(60)
@pytest.mark.parametrize("strategy", goog.STRATEGIES)
def test_a_worker_and_a_client_over_the_api_leave_the_same_trading_facts(
    bars: Path, tmp_path: Path, strategy: str
) -> None:
    """And the same report, to the last figure."""
    free, client = tmp_path / "free.tape", tmp_path / "client.tape"
    result = in_process(bars, strategy, free)
    report = over_the_api(bars, strategy, client)
    assert digest_of(free) == digest_of(client)
    ours = json.loads(json.dumps(plain(result.report)))
    assert {k: v for k, v in ours.items() if k not in OUR_OWN} == {
        k: v for k, v in report.items() if k not in OUR_OWN
    }


@pytest.mark.client
@pytest.mark.timeout(60)
@pytest.mark.parametrize("strategy", goog.STRATEGIES)
def test_daily_fills_are_those_of_the_backtesting_package(
    bars: Path, tmp_path: Path, strategy: str
) -> None:
    in_process(bars, strategy, tmp_path / "run.tape")
    here = [
        (when, size, round(price * 100))
        for when, size, price in fills_of(tmp_path / "run.tape", "%Y-%m-%d")
    ]
    assert sorted(here) == goog.fills_there(goog.STRATEGIES[strategy])


@pytest.mark.client
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("plan", "fills_min"),
    [
        ("market", 150),
        ("limit", 300),
        ("stop", 300),
        ("stop_limit", 150),
        ("bracket", 300),
        ("limit_bracket", 300),
    ],
)
def test_hourly_fills_are_those_of_the_backtesting_package(
    bars: Path, tmp_path: Path, plan: str, fills_min: int
) -> None:
    tape = tmp_path / "run.tape"
    result = run(
        RunConfig(
            source=PLAN,
            params={"plan": plan},
            data=((eurusd.SYMBOL, bars / "eurusd.csv"),),
            timeframe="1h",
            account=Account(id="BACKTEST", cash=Decimal(eurusd.CASH)),
            simulator=Simulator(exits="same-bar" if plan == "bracket" else "next-bar"),
            tape=tape,
        )
    )
    assert result.error is None
    fills: Counter[tuple[str, Decimal]] = Counter()
    for when, size, price in fills_of(tape, "%Y-%m-%d %H:%M"):
        fills[when, price] += size
    here = eurusd.moved(fills)
    peer = eurusd.there(eurusd.PLANS[plan])
    assert sorted(set(here.items()) ^ set(peer.fills.items())) == []
    assert len(here) >= fills_min
    assert result.report.final_equity.quantize(Decimal("0.01")) == peer.equity


GUIDE, REFERENCE = (
    (DOCS / page).read_text() for page in ("guides/workers.md", "reference/worker.md")
)


@pytest.mark.parametrize("text", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_the_workers_in_the_guide_run_as_printed(text: str) -> None:
    assert run(RunConfig(source=text, demo=True, timeframe="15m")).error is None


@pytest.mark.parametrize(
    "kind", [Context, Broker, Memory, Log, Monitor, BarView, QuoteView, OrderEvent, TradeEvent]
)
def test_everything_that_a_worker_is_given_stands_in_the_reference(kind: type) -> None:
    names = [name for name in dir(kind) if not name.startswith("_")]
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", REFERENCE)] == []


def test_every_callback_field_and_input_stands_in_the_reference() -> None:
    fields = OrderFields.__annotations__.keys() | ChangeFields.__annotations__.keys()
    names = [*CALLBACKS, *sorted(fields), *RunConfig.model_fields, *RunResult.__struct_fields__]
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", REFERENCE)] == []
