"""A backtest is one step after another: match, show, do what is due, then let the strategy act."""

from collections.abc import Iterable, Mapping

import pytest

from engine.backtest import Backtest
from engine.core import Engine
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS
from engine.orders import Order
from engine.ports import Capabilities, Instruction, Submit
from engine.reports import Filled, Report
from engine.tape import MemoryTape
from engine.values import OrderType, Side, Status
from tests.builders import AAPL, ACCOUNT, NO_TRAILING, PaperBroker, dec, order
from tests.engine.market.data import START_NS, bars_at, quotes_at


class Always:
    """A watch on a symbol whose every row may do something."""

    def is_touched(self, one: Bars | Quotes, i: int) -> bool:
        """Whatever the row."""
        return i < len(one)


class OpenBroker(PaperBroker):
    """Fills market orders at the next row's first price, and notes what it was asked to do."""

    def __init__(self, capabilities: Capabilities = NO_TRAILING) -> None:
        super().__init__(capabilities)
        self.engine: Engine | None = None
        self.watched: Mapping[str, Always] = {}
        self.next_due = 1 << 62
        self.done: list[int] = []
        self.matched: list[tuple[str, int]] = []
        self._working: list[Order] = []

    def send(self, instruction: Instruction) -> Iterable[Report]:
        """Take every order, and fill none before the next row."""
        if isinstance(instruction, Submit):
            self._working.append(instruction.order)
            self._watch()
        return super().send(instruction)

    def match_bar(self, bars: Bars, i: int) -> None:
        """Fill at the open."""
        self._match(bars.symbol, i, bars.price(bars.open[i]), bars.ts[i])

    def match_quote(self, quotes: Quotes, i: int) -> None:
        """Fill at the ask."""
        self._match(quotes.symbol, i, quotes.price(quotes.ask[i]), quotes.ts[i])

    def step_done(self, now: int) -> None:
        """Note the time."""
        self.done.append(now)

    def _watch(self) -> None:
        assert isinstance(self.watched, dict)
        self.watched.clear()
        self.watched.update((one.symbol, Always()) for one in self._working)

    def _match(self, symbol: str, i: int, price: object, ts: int) -> None:
        assert self.engine is not None
        self.matched.append((symbol, i))
        due = [one for one in self._working if one.symbol == symbol]
        self._working = [one for one in self._working if one.symbol != symbol]
        self._watch()
        for one in due:
            if one.working_type is OrderType.MARKET:
                fill = Filled(one.id, f"x{one.id}", one.remaining, dec(str(price)), ts)
                self.engine.report(fill)


def backtest(*series: Bars | Quotes) -> tuple[Backtest, OpenBroker]:
    """A backtest over `series` with one account."""
    board = Board(list(series))
    engine = Engine(MemoryTape(), board)
    broker = OpenBroker()
    broker.engine = engine
    engine.list_instrument(AAPL)
    engine.open_account(ACCOUNT, broker, "USD", dec(100_000))
    return Backtest(engine, broker, board, timeline(list(series))), broker


def test_each_step_shows_what_became_visible_and_the_end_is_none() -> None:
    run, _ = backtest(bars_at([0, 1, 2]), bars_at([1], "MSFT"))
    assert (run.position, run.total, run.is_done) == (0, 3, False)
    steps = [run.advance() for _ in range(3)]
    assert [step and step.rows for step in steps] == [[(0, 0)], [(0, 1), (1, 0)], [(0, 2)]]
    assert [step and step.time for step in steps] == [START_NS + k * MINUTE_NS for k in (1, 2, 3)]
    assert (run.position, run.is_done, run.advance()) == (3, True, None)
    assert run.engine.now == run.board.now == START_NS + 3 * MINUTE_NS


def test_an_order_is_first_tried_in_the_row_after_it_was_placed() -> None:
    bars = bars_at([0, 1, 2])
    run, broker = backtest(bars)
    run.advance()
    one = run.engine.submit(ACCOUNT, order())
    assert one.filled == 0
    run.advance()
    assert one.status is Status.FILLED
    assert one.average_fill_price == bars.price(bars.open[1])
    (trade,) = run.engine.state.trades.values()
    assert (trade.executed_at, trade.recorded_at) == (bars.ts[1], bars.end(1))
    run.advance()
    assert broker.matched == [("AAPL", 1)]


def test_time_can_pass_between_two_steps_and_what_is_due_then_happens() -> None:
    run, broker = backtest(bars_at([0, 1]))
    run.advance()
    before = run.engine.now
    broker.next_due = before + 10
    run.idle(before + 9)
    assert (run.engine.now, run.board.now, broker.done) == (before + 9, before + 9, [])
    run.idle(before + 10)
    assert broker.done == [before + 10]
    step = run.advance()
    assert step is not None
    assert step.time > before + 10


OTHERS: dict[str, list[Bars | Quotes]] = {
    "one series": [],
    "even series": [bars_at(list(range(20)), "MSFT"), bars_at(list(range(20)), "GOOG")],
    "several series": [bars_at([3, 5], "MSFT"), quotes_at([200, 300])],
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("how", ["steps", "loop"])
def test_steps_and_the_loop_give_the_same_tape(how: str, others: list[Bars | Quotes]) -> None:
    digests = []
    for way in (how, "steps"):
        run, _ = backtest(bars_at(list(range(20))), *others)
        engine = run.engine

        def act(one: Bars | Quotes, i: int, engine: Engine = engine) -> None:
            if one.symbol == "AAPL" and isinstance(one, Bars) and i % 4 == 0:
                side = Side.SELL if engine.state.accounts[ACCOUNT].positions else Side.BUY
                engine.submit(ACCOUNT, order(side=side, quantity=1))
            if i == 6:
                engine.submit(ACCOUNT, order(side=Side.SELL, quantity=1, trailing_distance="0.10"))

        if way == "loop":
            run.run(*(act for _ in run.board.series))
        else:
            while (step := run.advance()) is not None:
                for source, i in step.rows:
                    act(run.board.series[source], i)
        assert run.is_done
        digests.append(engine.tape.digest())
    assert digests[0] == digests[1]


def test_even_series_are_shown_like_any_others() -> None:
    tapes, marks = [], []
    for is_even in (True, False):
        run, broker = backtest(*(bars_at(list(range(9)), name) for name in ("AAPL", "MSFT")))
        assert run.timeline.is_even
        run.timeline.is_even = is_even
        run.engine.list_instrument(guess("MSFT"))
        seen: list[object] = []

        def act(one: Bars | Quotes, i: int, run: Backtest = run, seen: list[object] = seen) -> None:
            seen.append([run.board.mark(name) for name in ("AAPL", "MSFT")])
            if i % 3 == (one.symbol == "MSFT"):
                run.engine.submit(ACCOUNT, order(symbol=one.symbol))

        run.run(act, act)
        assert ("AAPL", 1) in broker.matched
        assert ("MSFT", 2) in broker.matched
        tapes.append(run.engine.tape.digest())
        marks.append(seen)
    assert tapes[0] == tapes[1]
    assert marks[0] == marks[1]


def test_there_is_an_ear_for_each_series() -> None:
    run, _ = backtest(bars_at([0, 1]), bars_at([0, 1], "MSFT"))
    with pytest.raises(ValueError, match="ears: 1, expected one for each of 2"):
        run.run(lambda _one, _i: None)


def test_quotes_are_matched_like_bars() -> None:
    quotes = quotes_at([0, 1])
    run, broker = backtest(quotes)
    run.advance()
    one = run.engine.submit(ACCOUNT, order())
    run.run(lambda _one, _i: None)
    assert one.average_fill_price == quotes.price(quotes.ask[1])
    assert broker.matched == [("AAPL", 1)]


def test_a_trailing_stop_held_by_the_engine_sees_every_row() -> None:
    bars = Bars("AAPL", MINUTE_NS, 2, 0)
    for k, (high, low) in enumerate([(101, 99), (110, 100), (111, 106), (109, 104), (104, 100)]):
        bars.append(START_NS + k * MINUTE_NS, 100 * low, 100 * high, 100 * low, 100 * low, 1)
    run, _ = backtest(bars)
    run.advance()
    run.engine.submit(ACCOUNT, order())
    stop = run.engine.submit(ACCOUNT, order(side=Side.SELL, trailing_distance=5))
    assert stop.stop_price == 94
    stops: list[object] = []
    run.run(lambda _one, _i: stops.append((stop.stop_price, stop.status)))
    assert stops == [
        (105, Status.OPEN),
        (106, Status.OPEN),
        (106, Status.OPEN),
        (106, Status.FILLED),
    ]
    assert stop.average_fill_price == 100
    assert run.engine.trailing_held == set()


def test_a_trailing_stop_sees_the_bid_and_the_ask_of_a_quote() -> None:
    run, _ = backtest(quotes_at([0, 1, 2]))
    run.advance()
    stop = run.engine.submit(ACCOUNT, order(side=Side.SELL, trailing_distance="0.50"))
    before = stop.stop_price
    run.advance()
    assert (before, stop.stop_price) == (dec("99.51"), dec("99.53"))


@pytest.mark.parametrize("how", ["steps", "loop"])
def test_the_broker_does_what_is_due_when_it_is_due(how: str) -> None:
    run, broker = backtest(bars_at([0, 1, 2]))
    broker.next_due = START_NS + 2 * MINUTE_NS
    if how == "loop":
        run.run(lambda _one, _i: None)
    else:
        while run.advance() is not None:
            pass
    assert broker.done == [START_NS + 2 * MINUTE_NS, START_NS + 3 * MINUTE_NS]


@pytest.mark.parametrize("how", ["steps", "loop"])
def test_what_falls_due_may_move_nearer_and_further_away(how: str) -> None:
    run, broker = backtest(bars_at(list(range(9))))
    moves = {1: 4, 4: 1 << 31, 5: 9, 7: 8}

    def act(_one: Bars | Quotes, i: int) -> None:
        if i in moves:
            broker.next_due = START_NS + moves[i] * MINUTE_NS

    if how == "loop":
        run.run(act)
    else:
        while (step := run.advance()) is not None:
            act(run.board.series[0], step.rows[0][1])
    assert broker.done == [START_NS + k * MINUTE_NS for k in (4, 5, 9)]


def test_a_callback_may_take_steps_itself() -> None:
    run, _ = backtest(bars_at(list(range(5))))
    seen = []

    def act(_one: Bars | Quotes, i: int) -> None:
        seen.append(i)
        if i == 1:
            run.advance()

    run.run(act)
    assert seen == [0, 1, 3, 4]
    assert run.is_done
