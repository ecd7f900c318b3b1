"""A run is a function: from a configuration to a result, anywhere."""

from __future__ import annotations

import json
import pickle
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from api import backtesting
from api.compose import SqliteTape, read_tape, verify_tape
from api.pulse import Glance
from api.report import RunReport
from api.runs import RunConfig, RunResult, run
from api.settings import SettingsError
from engine import events as ev
from engine.errors import InvalidRequest
from engine.tape import TapeFailed
from tests.adapters.tape_sqlite.faults import failing_writer

WORKERS = Path(__file__).resolve().parents[2] / "examples" / "workers"


def config(text: str, **fields: Any) -> RunConfig:
    """A worker on the bundled hours."""
    return RunConfig(**{"source": dedent(text), "demo": True, "timeframe": "1h", **fields})


def last_fact(tape: Path) -> ev.Event:
    """What a tape ends with; it must be whole."""
    assert verify_tape(tape).ok
    with read_tape(tape) as reader:
        *_, last = reader.records()
    return last.event


BUY = """
    def on_bar(ctx, bar):
        if bar.row == 0 and bar.symbol == "AAPL":
            ctx.broker.submit("AAPL", "BUY", ctx.params["quantity"])
            ctx.monitor.metric("bought", ctx.params["quantity"])
"""


def test_the_same_configuration_gives_the_same_tape() -> None:
    first, second = (run(config(BUY, params={"quantity": 10})) for _ in range(2))
    assert first.report.tape_digest == second.report.tape_digest
    assert first.metrics == {"bought": 10}
    assert (first.ended, first.error) == ("the data is at its end", None)
    assert first.report.open_positions == {"AAPL": Decimal(10)}


def test_two_configurations_run_in_a_pool_of_processes() -> None:
    configs = [config(BUY, params={"quantity": quantity}) for quantity in (10, 20)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        results = list(pool.map(run, configs, timeout=60))
    assert [each.report.open_positions for each in results] == [
        {"AAPL": Decimal(10)},
        {"AAPL": Decimal(20)},
    ]
    assert results[0].report.tape_digest == run(configs[0]).report.tape_digest
    assert pickle.loads(pickle.dumps(results[0])) == results[0]


def test_a_tape_on_disk_and_one_in_memory_have_the_same_digest(tmp_path: Path) -> None:
    digests = {
        run(config(BUY, params={"quantity": 10}, **where)).report.tape_digest
        for where in (
            {},
            {"tape": tmp_path / "a.tape"},
            {"tape": tmp_path / "b.tape", "durability": "none"},
        )
    }
    assert len(digests) == 1
    assert verify_tape(tmp_path / "a.tape").last_hash.hex() in digests
    assert last_fact(tmp_path / "b.tape") == ev.SessionEnded("the data is at its end")


def test_a_worker_that_raises_ends_the_run_cleanly_and_names_the_line(tmp_path: Path) -> None:
    source = (
        "def on_bar(ctx, bar):\n    ctx.broker.submit('AAPL', 'BUY', 1)\n    1 / (bar.row - 30)"
    )
    result = run(RunConfig(source=source, demo=True, timeframe="1h", tape=tmp_path / "run.tape"))
    said = "worker.py:3 in on_bar: ZeroDivisionError: division by zero"
    assert result.error == said
    assert result.ended == f"the worker failed: {said}"
    assert result.report.fills > 0
    assert last_fact(tmp_path / "run.tape") == ev.SessionEnded(result.ended)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def on_bar(ctx, bar)\n    pass", "worker.py:1: expected ':'"),
        ("\nimport absent_module", "worker.py:2: ModuleNotFoundError: No module named"),
        ("x = 1", "worker.py defines none of setup, tick, on_bar"),
        ("def on_bars(ctx, bar): pass", "worker.py: on_bars is not a callback; expected one of"),
    ],
)
def test_a_file_that_is_no_worker_is_an_error_that_says_why(source: str, said: str) -> None:
    result = run(config(source))
    assert result.error is not None
    assert result.error.startswith(said)


@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "while True: ctx.broker.orders()",
        "while True: ctx.broker.cancel_all()",
        "while True: time.sleep(1)",
        "while True:\n        try: ctx.broker.account()\n        except Exception: pass",
    ],
)
def test_a_worker_that_loops_for_ever_on_stop_is_cut_off(loop: str, tmp_path: Path) -> None:
    source = f"import time\ndef on_stop(ctx):\n    {loop}"
    tape = tmp_path / "run.tape"
    started = time.monotonic()
    result = run(RunConfig(source=source, demo=True, timeframe="1d", tape=tape, stop_timeout_s=0.2))
    assert time.monotonic() - started < 10
    assert result.error == "worker.py: on_stop had not ended after 0.2 s and was cut off"
    assert last_fact(tape) == ev.SessionEnded(result.ended)


def test_what_a_worker_does_on_stop_is_on_the_tape_before_the_end(tmp_path: Path) -> None:
    source = """
    broker = None

    def on_bar(ctx, bar):
        global broker
        broker = ctx.broker
        if bar.row == 0:
            broker.submit(bar.symbol, "BUY", 1, "LIMIT", limit_price="0.0001")

    def on_stop(ctx):
        ctx.log.info("%s left", len(broker.cancel_all()))
    """
    result = run(config(source, tape=tmp_path / "run.tape"))
    with read_tape(tmp_path / "run.tape") as reader:
        facts = [type(record.event) for record in reader.records()]
    assert result.error is None
    assert facts.count(ev.OrderCancelled) == 5
    assert facts[-1] is ev.SessionEnded


def test_an_error_on_stop_is_the_workers_error() -> None:
    result = run(config("def on_stop(ctx):\n    raise ValueError('no')"))
    assert result.error == "worker.py:2 in on_stop: ValueError: no"


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_between_two_callbacks(number: str, tmp_path: Path) -> None:
    source = """
    import signal

    def on_bar(ctx, bar):
        if bar.row == 5 and bar.symbol == "AAPL":
            signal.raise_signal(getattr(signal, ctx.params["signal"]))
            ctx.state.set("finished", True)

    def on_stop(ctx):
        ctx.state.set("left", True)
    """
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    result = run(config(source, params={"signal": number}, tape=tmp_path / "run.tape"))
    assert (result.ended, result.error) == ("interrupted", "interrupted")
    assert last_fact(tmp_path / "run.tape") == ev.SessionEnded("interrupted")
    assert result.report.steps < 40
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("write", [1, 2])
def test_a_disk_that_fails_is_no_result(
    write: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the worker would not have noticed."""

    def open_failing(file: Path, durability: Literal["fsync", "none"]) -> SqliteTape:
        return SqliteTape.open(file, durability=durability, connect=failing_writer(write))

    monkeypatch.setattr(backtesting, "open_tape", open_failing)
    with pytest.raises(TapeFailed, match=r"run\.tape failed"):
        run(config("def on_bar(ctx, bar): pass", tape=tmp_path / "run.tape"))


def test_a_run_works_in_a_thread_that_gets_no_signals() -> None:
    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(run(config(BUY, params={"quantity": 1})))
    )
    thread.start()
    thread.join(15)
    assert results[0].error is None


class Watching:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.glances: list[Glance] = []

    def log(self, ts: int, level: str, message: str) -> None:
        """A line."""
        self.lines.append(f"{level}: {message}")

    def metric(self, ts: int, name: str, value: object) -> None:
        """A figure."""
        self.lines.append(f"{name} = {value}")

    def glance(self, glance: Glance) -> None:
        """A look."""
        self.glances.append(glance)


def test_a_watcher_hears_the_worker_and_sees_how_far_it_is() -> None:
    watching = Watching()
    source = "def setup(ctx):\n    ctx.log.info('hello')\n    ctx.monitor.metric('x', 1.5)"
    run(config(source), watching)
    assert watching.lines == ["info: hello", "x = 1.5"]
    last = watching.glances[-1]
    assert last.position == last.total
    assert last.equity == Decimal(1_000_000)


def test_without_a_watcher_lines_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "onetape.worker"):
        run(config("def setup(ctx):\n    ctx.log.warning('odd')"))
    assert [(each.levelname, each.message) for each in caplog.records] == [("WARNING", "odd")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": None}, "expected a strategy or a source"),
        ({"demo": False}, "expected data or the demo"),
        ({"timeframe": "7m"}, "timeframe: expected one of 1m"),
        ({"speed": 3}, "Extra inputs"),
    ],
)
def test_a_configuration_that_can_not_be_used_says_why(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(BUY, **fields)


def test_a_strategy_that_can_not_be_read_and_a_tick_that_is_none_are_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    for name, said in (("absent.py", "No such file"), ("bytes.py", "is not UTF-8 text")):
        with pytest.raises(SettingsError, match=said):
            run(RunConfig(strategy=tmp_path / name, demo=True))
    with pytest.raises(InvalidRequest, match="interval is 'soon'"):
        run(config(BUY, tick="soon"))


@pytest.mark.parametrize("name", ["crossover", "mean_reversion"])
def test_the_example_workers_trade_the_bundled_week(name: str) -> None:
    result = run(RunConfig(strategy=WORKERS / f"{name}.py", demo=True))
    assert result.error is None
    assert result.report.fills > 20


def test_a_report_is_the_one_that_a_served_run_gives() -> None:
    """The same struct, so the same JSON."""
    result = run(config(BUY, params={"quantity": 1}))
    assert isinstance(result.report, RunReport)
    assert json.dumps(result.report.assumptions)
