"""No look-ahead: cutting the future off the data never changes the past of the tape."""

from __future__ import annotations

import random
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS
from engine.tape.record import Record
from tests.engine.worker.kit import Trial

RANDOM = """
import random
import time
from engine.errors import EngineError

chance = None

def setup(ctx):
    global chance
    chance = random.Random(ctx.params["seed"])

def act(ctx, symbol):
    roll = chance.random()
    # Everything that can be asked goes into what is done, so that a look ahead would show.
    quote = ctx.broker.quote(symbol)
    charted = "AAPL" if symbol == "SPY" else symbol
    bars = ctx.broker.bars(charted, chance.choice(["1m", "5m", "15m"]), limit=3, end=2**62)
    bars = bars if charted == symbol else []
    mean = sum((bar.close for bar in bars), quote.ask) / (len(bars) + 1)
    ctx.state.set("seen", [len(bars), str(mean), str(ctx.broker.account().equity), time.time()])
    price = round(mean * chance.choice([98, 99, 100, 101, 102]) / 100, 2)
    side = chance.choice(["BUY", "SELL"])
    try:
        if roll < 0.1:
            ctx.broker.submit(symbol, side, chance.randint(1, 50))
        elif roll < 0.2:
            ctx.broker.submit(symbol, side, 10, "LIMIT", limit_price=price)
        elif roll < 0.3:
            ctx.broker.submit(symbol, side, 10, "STOP", stop_price=price)
        elif roll < 0.4:
            sign = 1 if side == "BUY" else -1
            ctx.broker.submit(symbol, side, 10, stop_loss=mean - sign, take_profit=mean + sign)
        elif roll < 0.45:
            ctx.broker.submit(symbol, side, 5, "TRAILING_STOP", trailing_distance=1)
        elif roll < 0.5:
            ctx.broker.cancel_all(symbol)
        elif roll < 0.55:
            ctx.broker.close_all(symbol)
        elif roll < 0.6:
            for order in ctx.broker.orders(symbol)[:1]:
                ctx.broker.modify(order, quantity=order.quantity + 1)
        elif roll < 0.63:
            time.sleep(chance.randint(1, 400))
    except EngineError as error:
        ctx.state.set("error", str(error))

def on_bar(ctx, bar):
    act(ctx, bar.symbol)

def on_quote(ctx, quote):
    act(ctx, quote.symbol)

def on_trade(ctx, event):
    ctx.state.set("trade", [event.trade.price, time.time()])

def tick(ctx):
    ctx.state.set("tick", time.time())
"""


def walk(seed: int, rows: int) -> list[Bars | Quotes]:
    """Random bars of two symbols and quotes of a third."""
    chance = random.Random(seed)
    series: list[Bars | Quotes] = []
    for symbol in ("AAPL", "MSFT"):
        bars, price = Bars(symbol, MINUTE_NS, 2, 0), 10_000
        for n in range(rows):
            first, price = price, max(1_000, price + chance.randint(-150, 150))
            high, low = max(first, price) + 20, min(first, price) - 20
            if chance.random() < 0.9:
                bars.append(n * MINUTE_NS, first, high, low, price, 1_000)
        series.append(bars)
    quotes, price = Quotes("SPY", 2, 0), 50_000
    for n in range(rows):
        price = max(1_000, price + chance.randint(-100, 100))
        quotes.append(n * MINUTE_NS + chance.randint(0, 1) * MINUTE_NS // 2, price, price + 2, 9, 9)
    return [*series, quotes]


def cut(one: Bars | Quotes, until: int) -> Bars | Quotes:
    """What of a series is visible by ``until``."""
    if isinstance(one, Bars):
        n = sum(ts + one.timeframe_ns <= until for ts in one.ts)
        columns = (one.ts, one.open, one.high, one.low, one.close, one.volume)
        ts, first, high, low, last, volume = (array("q", column[:n]) for column in columns)
        return Bars(
            one.symbol,
            one.timeframe_ns,
            one.price_scale,
            one.volume_scale,
            ts=ts,
            open=first,
            high=high,
            low=low,
            close=last,
            volume=volume,
        )
    n = sum(ts <= until for ts in one.ts)
    columns_ = (one.ts, one.bid, one.ask, one.bid_size, one.ask_size)
    ts, bid, ask, bid_size, ask_size = (array("q", column[:n]) for column in columns_)
    return Quotes(
        one.symbol,
        one.price_scale,
        one.size_scale,
        ts=ts,
        bid=bid,
        ask=ask,
        bid_size=bid_size,
        ask_size=ask_size,
    )


def tape_of(series: list[Bars | Quotes], seed: int) -> list[Record]:
    """The tape of a worker that does anything that can be done, by chance."""
    trial = Trial(RANDOM, series, params={"seed": seed}, tick_ns=5 * MINUTE_NS)
    trial.run.run()
    return list(trial.engine.tape.records())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), rows=st.integers(4, 60), share=st.floats(0.05, 0.95))
def test_cutting_the_future_off_never_changes_the_past(seed: int, rows: int, share: float) -> None:
    series = walk(seed, rows)
    until = int(rows * share) * MINUTE_NS
    whole = tape_of(series, seed)
    past = tape_of([cut(one, until) for one in series], seed)
    # Beyond the cut a worker that sleeps there sleeps on without a market.
    assert [each for each in past if each.ts <= until] == [
        each for each in whole if each.ts <= until
    ]


def test_the_random_worker_does_enough_for_the_law_to_mean_something() -> None:
    kinds = {type(each.event).__name__ for each in tape_of(walk(7, 400), 7)}
    assert kinds >= {
        "OrderSubmitted",
        "OrderModified",
        "OrderCancelled",
        "OrderTriggered",
        "OrderTrailed",
        "TradeFilled",
        "WorkerStateSet",
    }
