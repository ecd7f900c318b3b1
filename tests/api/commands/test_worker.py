"""`onetape worker` runs a worker live: beside a server, stopped in time, remembered."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.api.command import onetape
from tests.clients.process import Served, served

WORKERS = Path(__file__).resolve().parents[3] / "examples" / "workers"
WAIT_S = 10.0

Run = Callable[..., AbstractContextManager[Served]]

COUNTS = """
    import time

    def setup(ctx):
        starts = ctx.state.get("starts", 0) + 1
        ctx.state.set("starts", starts)
        ctx.log.info("start %s with %s", starts, len(ctx.broker.orders()))

    def tick(ctx):
        if ctx.state.get("bought") is None and ctx.broker.quote("AAPL").bid:
            ctx.state.set("bought", ctx.broker.submit("AAPL", "BUY", 1).id)
            ctx.broker.submit("AAPL", "BUY", 1, "limit", limit_price="0.01")

    def on_trade(ctx, event):
        ctx.log.info("filled %s by %s", event.trade.quantity, abs(time.time() - event.ts / 1e9) < 5)

    def on_quote(ctx, quote):
        if ctx.every("1h", "quote"):
            ctx.log.info("quote of %s", quote.symbol)
            ctx.monitor.metric("spread", quote.ask - quote.bid)

    def on_stop(ctx):
        ctx.log.info("held %s", ctx.broker.position("AAPL").quantity)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a worker given as text, beside a server that answers."""

    def start(source: str, *arguments: str) -> AbstractContextManager[Served]:
        file = tmp_path / "strategy.py"
        file.write_text(dedent(source))
        return served("worker", file, "--tape", tmp_path / "live.tape", *arguments, cwd=tmp_path)

    return start


def wait_for(server: Served, text: str) -> None:
    """Wait until the worker has said something."""
    until = time.monotonic() + WAIT_S
    while not any(text in line for line in server.said):
        assert time.monotonic() < until, server.said
        time.sleep(0.02)


def facts(tape: Path) -> list[dict[str, Any]]:
    """The facts of a tape, which must be whole."""
    assert onetape("verify", tape).returncode == 0
    return [json.loads(line) for line in onetape("tape", tape).stdout.splitlines()]


@pytest.mark.timeout(60)
def test_a_worker_trades_live_and_finds_its_state_and_orders_after_a_restart(
    run: Run, tmp_path: Path
) -> None:
    with run(COUNTS, "--tick", "200ms") as server:
        wait_for(server, "info: start 1 with 0")
        wait_for(server, "info: filled 1 by True")
        wait_for(server, "metric: spread = ")
        server.stop()
    assert any("info: held 1" in line for line in server.said)
    with run(COUNTS, "--tick", "200ms") as again:
        wait_for(again, "info: start 2 with 1")
        again.process.send_signal(signal.SIGINT)
        again.finish()
    told = facts(tmp_path / "live.tape")
    assert [each["reason"] for each in told if each["type"] == "session_ended"] == [
        "shut down",
        "shut down",
    ]
    assert sum(each["type"] == "trade_filled" for each in told) == 1


@pytest.mark.timeout(60)
def test_a_worker_that_fails_ends_the_process_with_its_line_and_a_whole_tape(
    run: Run, tmp_path: Path
) -> None:
    source = "def tick(ctx):\n    ctx.broker.submit('AAPL', 'BUY', 0)"
    with run(source, "--tick", "50ms") as server:
        assert server.process.wait(WAIT_S) == 1
    said = "strategy.py:2 in tick: InvalidRequest: quantity is '0'; expected a number greater than"
    assert said in server.said[-1]
    assert said in facts(tmp_path / "live.tape")[-1]["reason"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("loop", ["while True: pass", "while True: ctx.broker.orders()"])
def test_a_worker_that_does_not_leave_is_cut_off(run: Run, tmp_path: Path, loop: str) -> None:
    with run(f"def on_stop(ctx):\n    {loop}", "--stop-timeout", "0.3") as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(WAIT_S) == 1
    assert "had not ended after 0.3 s" in server.said[-1]
    assert "had not ended after 0.3 s" in facts(tmp_path / "live.tape")[-1]["reason"]


@pytest.mark.timeout(60)
def test_a_worker_asleep_wakes_to_leave(run: Run) -> None:
    source = """
    import time

    def setup(ctx):
        ctx.log.info("tired")
        time.sleep(3600)

    def on_stop(ctx):
        time.sleep(0.01)
        ctx.log.info("awake")
    """
    with run(source) as server:
        wait_for(server, "tired")
        server.stop()
    assert any("awake" in line for line in server.said)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["crossover", "mean_reversion"])
def test_the_example_workers_run_live_unchanged(name: str, tmp_path: Path) -> None:
    with served(
        "worker", WORKERS / f"{name}.py", "--tick", "100ms", "--tape", tmp_path / "live.tape"
    ) as server:
        time.sleep(0.5)
        server.stop()
    assert server.said[-1] == "stopped\n"


def test_what_was_typed_wrong_is_named(tmp_path: Path) -> None:
    file = tmp_path / "strategy.py"
    file.write_text("def tick(ctx): pass")
    for arguments, message in (
        (["absent.py"], "absent.py: No such file or directory"),
        ([file, "--tick", "soon"], "--tick: interval is 'soon'"),
        ([file, "--param", "x"], "--param is 'x'; expected NAME=VALUE"),
        ([file, "--account", "X"], "--account is 'X'; expected one of "),
    ):
        said = onetape("worker", *arguments, cwd=tmp_path)
        assert (said.returncode, said.stderr.startswith(f"error: {message}")) == (2, True), said
