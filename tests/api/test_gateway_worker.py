"""A worker behind whom a gateway trades: what is called, kept and refused, and how it ends."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from textwrap import dedent

import pytest

from api.compose import read_tape
from api.gateway_time import time_at
from api.gateway_worker import GatewayWorker
from api.ibkr.over_https import OverHttps
from engine import events as ev
from engine.worker.errors import WorkerError
from engine.worker.ibkr import Ibkr
from tests.api.command import onetape
from tests.api.served import MINUTE_NS, bars, serving
from tests.engine.worker.kit import Heard

TICK_NS = 20_000_000


class Trial:
    """A worker on a tape of its own, with nobody at its gateway's address unless it is given."""

    def __init__(
        self, source: str, folder: Path, url: str = "http://127.0.0.1:9", tick_ns: int = TICK_NS
    ) -> None:
        self.heard = Heard()
        self.tape = folder / "worker.tape"
        self.line = OverHttps(url)
        self.worker = GatewayWorker(
            dedent(source),
            "strategy.py",
            {"size": 3},
            self.heard,
            tick_ns,
            0.3,
            self.tape,
            lambda: Ibkr(self.line),
            time_at(self.line),
        )

    def live(self, after_s: float = 0.2) -> Trial:
        """Run until a signal comes."""
        target = threading.main_thread().ident or 0
        timer = threading.Timer(after_s, signal.pthread_kill, (target, signal.SIGINT))
        timer.start()
        try:
            self.worker.run()
        finally:
            timer.cancel()
            timer.join()
            self.line.close()
        return self

    def ended(self) -> str:
        """What the tape says of its end."""
        with read_tape(self.tape) as reader:
            *_, last = (record.event for record in reader.records())
        assert isinstance(last, ev.SessionEnded)
        return last.reason


KEEPS = """
    import time

    def setup(ctx):
        ctx.state.set("starts", ctx.state.get("starts", 0) + 1)
        ctx.log.info("start %s of size %s", ctx.state.get("starts"), ctx.params["size"])

    def tick(ctx):
        ctx.monitor.metric("age", abs(ctx.now_ns / 1e9 - time.time()) < 1)

    def on_stop(ctx):
        ctx.state.set("left", True)
        time.sleep(0.01)
        ctx.log.info("left")
"""


def test_a_worker_ticks_until_it_is_interrupted_and_finds_what_it_kept(tmp_path: Path) -> None:
    first = Trial(KEEPS, tmp_path).live()
    assert first.heard.lines == ["start 1 of size 3", "left"]
    assert len(first.heard.metrics) >= 2
    assert all(value for _, _, value in first.heard.metrics)
    assert first.ended() == "interrupted"
    again = Trial(KEEPS, tmp_path).live()
    assert again.heard.lines == ["start 2 of size 3", "left"]


def test_a_worker_asleep_wakes_to_leave(tmp_path: Path) -> None:
    started = time.monotonic()
    Trial("import time\ndef setup(ctx): time.sleep(3600)", tmp_path).live()
    assert time.monotonic() - started < 5


def test_a_gateway_that_does_not_answer_ends_a_worker_that_does_not_expect_it(
    tmp_path: Path,
) -> None:
    trial = Trial("def tick(ctx):\n    ctx.ibkr.tickle()", tmp_path)
    with pytest.raises(WorkerError, match=r"strategy.py:2 in tick: IbkrAPIError: POST /tickle"):
        trial.live(after_s=5)
    assert "the worker failed: strategy.py:2" in trial.ended()


def test_there_is_no_account_of_an_engine(tmp_path: Path) -> None:
    trial = Trial("def tick(ctx):\n    ctx.broker.orders()", tmp_path)
    with pytest.raises(WorkerError, match=r"here a gateway trades; use ctx.ibkr"):
        trial.live(after_s=5)


def test_a_leave_without_end_is_cut_off(tmp_path: Path) -> None:
    trial = Trial("def on_stop(ctx):\n    while True: pass", tmp_path)
    with pytest.raises(WorkerError, match=r"on_stop had not ended after 0.3 s and was cut off"):
        trial.live()
    assert "cut off" in trial.ended()


@pytest.mark.parametrize("name", ["on_bar", "on_quote", "on_order", "on_trade"])
def test_a_callback_that_nothing_would_call_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=f"{name} is not called with a gateway"):
        Trial(f"def {name}(ctx, what): pass", tmp_path)
    assert not (tmp_path / "worker.tape").exists()


def test_what_was_typed_wrong_is_named(tmp_path: Path) -> None:
    file = tmp_path / "strategy.py"
    file.write_text("def tick(ctx): pass")
    by = ("--broker", "ibkr-web")
    for arguments, message in (
        (["--gateway", "https://localhost:5000"], "--gateway can not be used here: it needs"),
        ([*by, "--port", "0"], "--port can not be used here: with --broker ibkr-web nothing is"),
        ([*by, "--gateway", "http://example.com"], "--gateway is 'http://example.com'; expected h"),
        ([*by, "--fingerprint", "ab"], "--fingerprint is 'ab'; expected a SHA-256"),
    ):
        said = onetape("worker", file, *arguments, cwd=tmp_path)
        assert (said.returncode, said.stderr.startswith(f"error: {message}")) == (2, True), said


FOLLOWS = """
    import time
    from datetime import datetime, timezone

    def tick(ctx):
        before = datetime.now(timezone.utc)
        time.sleep(0.4)
        ctx.log.info("%s +%s", f"{before:%H:%M:%S}", (datetime.now(timezone.utc) - before) * 5)

    def on_stop(ctx):
        time.sleep(3600)
        ctx.log.info("left at %s", f"{datetime.now():%H:%M}")
"""


def test_behind_a_backtest_it_lives_by_simulated_time_until_the_data_ends(tmp_path: Path) -> None:
    started = time.monotonic()
    with serving(bars("AAPL", 4)) as served:
        trial = Trial(FOLLOWS, tmp_path, served.url, MINUTE_NS)
        trial.worker.run()
        trial.line.close()
        served.finish()
    assert time.monotonic() - started < 60
    told = [f"22:1{minute}:00 +0:00:02" for minute in range(4, 8)]
    assert trial.heard.lines == [*told, "left at 23:17"]
    assert trial.ended() == "the data is at its end"
