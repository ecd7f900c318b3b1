"""The pace of clients and of the machine never changes a backtest's tape."""

import random
import time
from pathlib import Path

import httpx
import pytest

from tests.api.line import line, order
from tests.api.served import bars, serving

pytestmark = pytest.mark.client


def run(tape: Path | None, hold_up_s: float, seed: int) -> tuple[str, int]:
    """Trade sixty bars of two symbols, dawdling at random; the tape's digest and its length."""
    dawdle = random.Random(seed)
    market = bars("AAPL", 60), bars("MSFT", 60, 700)
    with serving(*market, tape_file=tape) as served, httpx.Client(base_url=served.url) as rest:
        with line(served) as stream:
            candles = 0
            while True:
                message = stream.next()
                if message["type"] == "candle":
                    candles += 1
                    symbol = message["bar"]["symbol"]
                    if candles % 7 == 0:
                        side = "BUY" if candles % 14 else "SELL"
                        rest.post("/orders", json=order(symbol, side, stop_loss=None))
                    if candles % 11 == 0:
                        price = str(float(message["bar"]["close"]) - 0.2)[:6]
                        body = order(symbol, order_type="LIMIT", limit_price=price)
                        rest.post("/orders", json=body)
                    if candles % 23 == 0:
                        rest.delete("/orders")
                if hold_up_s:
                    time.sleep(dawdle.random() * hold_up_s)
                stream.ack(message)
                if message["type"] == "backtest_complete":
                    break
        return served.finish(), served.tape.head


def test_a_slow_run_and_a_fast_one_write_the_same_tape_to_the_byte() -> None:
    fast = run(None, 0.0, 1)
    assert fast[1] > 60
    assert run(None, 0.02, 2) == fast


def test_a_durable_tape_and_one_in_memory_are_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "run.tape", 0.005, 3) == run(None, 0.0, 4)
