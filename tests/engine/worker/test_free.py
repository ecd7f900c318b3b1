"""What a worker is told in a free run, when, and in which order."""

import pytest

from engine.market.timeframes import MINUTE_NS
from engine.values import NANOSECONDS
from engine.worker.errors import WorkerError, WorkerStopped
from tests.adapters.brokers.simulator.kit import bars_of, quotes_of
from tests.engine.worker.kit import Trial, prices, series

SAY = """
    def say(ctx, what):
        ctx.log.info(f"{ctx.now:%H:%M} {what}")
"""


def test_every_callback_is_called_when_its_time_has_come() -> None:
    """Setup first; in a step fills, then rows, then the tick; at the end on_stop."""
    trial = Trial(
        SAY
        + """
    def setup(ctx):
        say(ctx, "setup")

    def on_bar(ctx, bar):
        say(ctx, f"bar {bar.close}")
        if bar.row == 0:
            ctx.broker.submit("AAPL", "buy", 5)

    def on_order(ctx, event):
        say(ctx, f"{event.event} {event.order.status}")

    def on_trade(ctx, event):
        say(ctx, f"{event.event} {event.trade.quantity} at {event.trade.price}")

    def tick(ctx):
        say(ctx, "tick")

    def on_stop(ctx):
        say(ctx, f"stop {ctx.broker.position('AAPL').quantity}")
    """,
        prices(10, 11),
    )
    trial.live()
    assert trial.said == [
        "00:00 setup",
        "00:01 bar 10.00",
        "00:01 ORDER_CREATED OPEN",
        "00:01 tick",
        "00:02 TRADE_FILLED 5 at 11.00",
        "00:02 ORDER_FILLED FILLED",
        "00:02 bar 11.00",
        "00:02 tick",
        "00:02 stop 5",
    ]


def test_series_are_told_in_their_order_and_a_tick_follows_the_last_row_of_a_step() -> None:
    trial = Trial(
        SAY
        + """
    def on_bar(ctx, bar):
        say(ctx, f"{bar.symbol} {bar.close_ticks}")

    def on_quote(ctx, quote):
        say(ctx, f"quote {quote.bid} {quote.ask}")

    def tick(ctx):
        say(ctx, "tick")
    """,
        series(
            prices(10, 11),
            prices(20, 21, symbol="MSFT"),
            quotes_of(["5.00 5.02"], "EUR/USD"),
        ),
    )
    assert trial.live().said == [
        "00:01 AAPL 1000",
        "00:01 MSFT 2000",
        "00:01 quote 5.00 5.02",
        "00:01 tick",
        "00:02 AAPL 1100",
        "00:02 MSFT 2100",
        "00:02 tick",
    ]


def test_a_worker_hears_only_the_rows_it_has_callbacks_for() -> None:
    source = """
    def on_quote(ctx, quote):
        ctx.log.info(str(quote.copy().ask))
    """
    rows = series(prices(10, 11), quotes_of(["5.00 5.02"], "EUR/USD"))
    assert Trial(source, rows).live().said == ["5.02"]


def test_ticks_come_at_multiples_of_the_interval_and_missed_ones_are_one() -> None:
    source = """
    def tick(ctx):
        ctx.log.info(f"{ctx.now:%H:%M}")
    """
    rows = bars_of(["1 1 1 1"] * 12)
    assert Trial(source, rows, tick_ns=5 * MINUTE_NS).live().said == ["00:05", "00:10"]
    each = Trial(source, rows, tick_ns=7 * NANOSECONDS).live().said
    assert each == [f"00:{minute:02}" for minute in range(1, 13)]


def test_sleep_moves_simulated_time_and_what_was_missed_is_told_after_the_callback() -> None:
    trial = Trial(
        SAY
        + """
    import time

    def on_bar(ctx, bar):
        say(ctx, f"bar {bar.close}")
        if bar.row == 0:
            ctx.broker.submit("AAPL", "BUY", 1)
            before = time.monotonic()
            time.sleep(90)
            say(ctx, f"slept {time.monotonic() - before}")
            held = ctx.broker.position("AAPL")
            say(ctx, f"sees {ctx.broker.quote('AAPL').last} holds {held.side}")

    def on_trade(ctx, event):
        say(ctx, f"fill of {event.ts // 60_000_000_000}")
    """,
        prices(10, 11, 12, 13),
    )
    assert trial.live().said == [
        "00:01 bar 10.00",
        "00:02 slept 90.0",
        "00:02 sees 11.00 holds LONG",
        "00:02 fill of 2",
        "00:02 bar 11.00",
        "00:03 bar 12.00",
        "00:04 bar 13.00",
    ]


def test_a_worker_that_sleeps_within_a_step_of_several_rows_gets_each_row_once_in_order() -> None:
    trial = Trial(
        """
    import time

    def on_bar(ctx, bar):
        ctx.log.info(f"{bar.symbol}{bar.row}")
        if bar.symbol == "A" and bar.row in (0, 1):
            time.sleep(60)
    """,
        series(prices(1, 2, 3, 4, symbol="A"), prices(1, 2, 3, 4, symbol="B")),
    )
    assert trial.live().said == ["A0", "B0", "A1", "B1", "A2", "B2", "A3", "B3"]


def test_sleeping_an_hour_in_a_tick_misses_no_bar_and_gives_one_tick_after() -> None:
    trial = Trial(
        SAY
        + """
    import time

    def on_bar(ctx, bar):
        ctx.state.set("bars", ctx.state.get("bars", 0) + 1)

    def tick(ctx):
        say(ctx, f"tick after {ctx.state.get('bars')}")
        time.sleep(3600)
        say(ctx, "awake")
    """,
        bars_of(["1 1 1 1"] * 130),
    )
    assert trial.live().said == [
        "00:01 tick after 1",
        "01:01 awake",
        "01:02 tick after 62",
        "02:02 awake",
        "02:03 tick after 123",
        "03:03 awake",
    ]
    assert trial.engine.state.workers["strategy"]["bars"] == "130"


def test_sleeping_between_two_rows_moves_the_clock_alone() -> None:
    trial = Trial(
        """
    import time

    def on_bar(ctx, bar):
        time.sleep(0.4)
        ctx.log.info(f"{ctx.now:%M:%S.%f} {len(ctx.broker.bars('AAPL'))}")
    """,
        prices(1, 2),
    )
    assert trial.live().said == ["01:00.400000 1", "02:00.400000 2"]


def test_sleeping_in_setup_and_past_the_end_are_both_fine() -> None:
    trial = Trial(
        """
    import time

    def setup(ctx):
        time.sleep(120)

    def on_bar(ctx, bar):
        ctx.log.info(f"{bar.row}")

    def on_stop(ctx):
        time.sleep(3600)
        ctx.log.info(f"{ctx.now:%H:%M}")
    """,
        prices(1, 2, 3),
    )
    assert trial.live().said == ["0", "1", "2", "01:03"]


def test_a_fill_may_put_the_worker_to_sleep_before_the_bar_it_filled_in_is_told() -> None:
    source = """
    import time

    def on_bar(ctx, bar):
        ctx.log.info(f"bar {bar.row}")
        if bar.row == 0:
            ctx.broker.submit("AAPL", "BUY", 1)

    def on_trade(ctx, event):
        time.sleep(60)
        ctx.log.info("slept")
    """
    expected = ["bar 0", "slept", "bar 1", "bar 2", "bar 3"]
    assert Trial(source, prices(1, 2, 3, 4)).live().said == expected
    beside = series(prices(1, 2, 3, 4), quotes_of(["1 1"], "SPY"))
    assert Trial(source, beside).live().said == expected


def test_a_worker_without_a_tick_is_never_ticked_however_many_series_there_are() -> None:
    rows = series(prices(1, 2), prices(1, 2, symbol="MSFT"))
    trial = Trial("def setup(ctx): ctx.log.info('only this')", rows)
    assert trial.live().said == ["only this"]


def test_quotes_alone_may_share_a_time_and_each_is_told() -> None:
    quotes = quotes_of(["1 2", "2 3"])
    quotes.append(quotes.ts[-1], 300, 400)
    trial = Trial("def on_quote(ctx, quote): ctx.log.info(str(quote.bid))", quotes)
    assert trial.live().said == ["1.00", "2.00", "3.00"]


def test_day_orders_expire_while_the_worker_sleeps() -> None:
    trial = Trial(
        """
    import time

    def on_bar(ctx, bar):
        if bar.row == 0:
            ctx.broker.submit("AAPL", "BUY", 1, "LIMIT", limit_price=1, time_in_force="day")
            time.sleep(3600)

    def on_order(ctx, event):
        ctx.log.info(event.event)
    """,
        prices(10),
    )
    assert trial.live().said == ["ORDER_CREATED", "ORDER_EXPIRED"]


@pytest.mark.parametrize("name", ["setup", "on_bar", "tick", "on_order", "on_trade", "on_stop"])
def test_an_exception_in_any_callback_names_file_and_line(name: str) -> None:
    lines = [
        "def on_bar(ctx, bar):",
        "    ctx.broker.submit('AAPL', 'BUY', 1)",
        f"def {name}(ctx, *news):",
        "    return helper()",
        "def helper():",
        "    return {}['absent']",
    ]
    trial = Trial("\n".join(lines), prices(1, 2, 3))
    with pytest.raises(WorkerError, match=r"^strategy\.py:6 in helper: KeyError: 'absent'$"):
        trial.live()


def test_an_error_of_the_engine_names_the_line_that_asked_for_it() -> None:
    trial = Trial("def on_bar(ctx, bar):\n    ctx.broker.submit('AAPL', 'BUY', -1)", prices(1, 2))
    expected = r"^strategy\.py:2 in on_bar: InvalidRequest: quantity is '-1'; expected a number"
    with pytest.raises(WorkerError, match=expected):
        trial.live()


def test_a_worker_may_catch_the_engines_errors_and_go_on() -> None:
    source = """
    from engine.errors import OrderRefused

    def on_bar(ctx, bar):
        try:
            ctx.broker.submit("AAPL", "BUY", 1_000_000)
        except OrderRefused as error:
            ctx.log.warning("%s: %s", error.reason, error)
    """
    trial = Trial(source, prices(10, 10)).live()
    assert trial.heard.levels == ["warning", "warning"]
    assert trial.said[0].startswith("INSUFFICIENT_MARGIN: ")


def test_what_the_worker_had_no_part_in_is_not_blamed_on_it() -> None:
    trial = Trial("def on_bar(ctx, bar): pass", prices(1))
    trial.buy(1)

    def fail(_record: object) -> None:
        raise RuntimeError("a bug of ours")

    trial.engine.listeners.append(fail)
    with pytest.raises(RuntimeError, match="a bug of ours"):
        trial.live()


def test_an_interrupted_run_ends_before_the_next_callback() -> None:
    trial = Trial("def on_bar(ctx, bar): ctx.log.info(str(bar.row))", prices(1, 2, 3))
    trial.engine.listeners.append(lambda _record: None)
    trial.run.interrupt()
    with pytest.raises(WorkerStopped):
        trial.run.run()
    assert trial.said == []
    assert trial.backtest.position == 0
