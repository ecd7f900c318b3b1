"""A stepped clock moves when everybody has acknowledged everything, and only then."""

from pathlib import Path

import httpx
import pytest

from api.stepping.stepper import State
from tests.api.line import Line, line, order
from tests.api.served import Served, bars, serving


def place(served: Served, **fields: str) -> str:
    """Place an order over REST; its id."""
    answer = httpx.post(served.url + "/v1/orders", json=order(**fields), timeout=5)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def state_of(served: Served) -> State:
    assert served.desk.stepper is not None
    return served.desk.stepper.state


def position_of(served: Served) -> int:
    assert served.desk.stepper is not None
    return served.desk.stepper.backtest.position


def begin(stream: Line) -> None:
    """Read the greeting."""
    assert stream.next()["event"] == "CONNECTED"


def test_the_clock_stands_still_until_somebody_connects() -> None:
    with serving() as served:
        assert (state_of(served), position_of(served)) == (State.WAITING_FOR_CLIENT, 0)


def test_each_bar_waits_for_the_acknowledgement_of_the_one_before() -> None:
    with serving() as served, line(served) as stream:
        begin(stream)
        first = stream.next()
        assert (first["type"], first["event_id"]) == ("candle", "mkt_1_0")
        assert stream.is_quiet()
        stream.ack(first)
        assert stream.next()["event_id"] == "mkt_2_0"


def test_an_acknowledgement_releases_exactly_what_it_names() -> None:
    with serving(bars("AAPL", 9), bars("MSFT", 9, 500)) as served, line(served) as stream:
        begin(stream)
        one, two = stream.next(), stream.next()
        assert {one["bar"]["symbol"], two["bar"]["symbol"]} == {"AAPL", "MSFT"}
        stream.ack()
        stream.ack("mkt_9_9", "nonsense")
        stream.ack(one, one)
        assert stream.is_quiet()
        stream.ack(two)
        assert stream.next()["event_id"] == "mkt_2_0"


def test_a_command_between_two_bars_must_be_acknowledged_too() -> None:
    with serving() as served, line(served) as stream:
        begin(stream)
        candle = stream.next()
        place(served)
        stream.ack(candle)
        created = stream.next()
        assert (created["event"], created["order"]["status"]) == ("ORDER_CREATED", "OPEN")
        assert stream.is_quiet()
        stream.ack(created)
        assert stream.next()["type"] == "trade"


def test_what_a_bar_caused_comes_before_the_candles_of_that_bar() -> None:
    with serving(bars("AAPL", 9), bars("MSFT", 9, 500)) as served, line(served) as stream:
        begin(stream)
        first = [stream.next(), stream.next()]
        place(served)
        stream.ack(*first, stream.next())
        kinds = [stream.next() for _ in range(6)]
        assert [each["type"] for each in kinds] == [
            "trade",
            "order",
            "position",
            "account",
            "candle",
            "candle",
        ]
        assert len({each["seq"] for each in kinds[:4]}) == 1
        assert {each["timestamp"] for each in kinds} == {kinds[0]["timestamp"]}


def test_two_clients_must_both_acknowledge() -> None:
    with serving() as served, line(served) as one:
        begin(one)
        first = one.next()
        with line(served) as two:
            begin(two)
            one.ack(first)
            second = one.next()
            assert two.next() == second
            one.ack(second)
            assert one.is_quiet()
            two.ack(second)
            assert one.next()["event_id"] == two.next()["event_id"] == "mkt_3_0"


def test_a_client_that_says_goodbye_is_not_waited_for() -> None:
    with serving() as served, line(served) as one:
        begin(one)
        one.ack(one.next())
        second = one.next()
        with line(served) as two:
            begin(two)
            one.ack(second)
            third = one.next()
            one.ack(third)
            assert two.next() == third
        assert one.next()["event_id"] == "mkt_4_0"


def test_an_observer_sees_everything_and_holds_up_nothing() -> None:
    with serving() as served, line(served, "?observe=1") as observer:
        begin(observer)
        assert observer.is_quiet()
        with line(served) as stream:
            begin(stream)
            stream.ack(stream.next())
            stream.ack(stream.next())
            assert [observer.next()["event_id"] for _ in range(3)] == [
                "mkt_1_0",
                "mkt_2_0",
                "mkt_3_0",
            ]


def test_an_observer_that_acknowledges_is_waited_for_from_then_on() -> None:
    with serving() as served, line(served, "?observe=1") as observer, line(served) as stream:
        begin(observer)
        begin(stream)
        first = observer.next()
        observer.ack(first)
        stream.ack(stream.next())
        second = stream.next()
        stream.ack(second)
        assert stream.is_quiet()
        assert observer.next() == second
        observer.ack(second)
        assert stream.next()["event_id"] == "mkt_3_0"


def test_a_client_torn_away_pauses_the_clock_and_is_sent_the_same_again() -> None:
    with serving() as served:
        with line(served) as stream:
            begin(stream)
            stream.ack(stream.next())
            second = stream.next()
            place(served)
            created = stream.next()
            stream.tear()
        with line(served, "?observe=1") as observer:
            begin(observer)
            assert observer.is_quiet()
        assert (state_of(served), position_of(served)) == (State.PAUSED, 2)
        with line(served) as stream:
            begin(stream)
            assert [stream.next(), stream.next()] == [second, created]
            stream.ack(second, created)
            assert stream.next()["type"] == "trade"


def test_what_happens_while_a_client_is_away_is_kept_for_it() -> None:
    with serving() as served:
        with line(served) as stream:
            begin(stream)
            first = stream.next()
            stream.tear()
        order_id = place(served)
        with line(served) as stream:
            begin(stream)
            assert stream.next() == first
            assert stream.next()["order"]["id"] == order_id


def test_a_client_that_returns_to_a_place_gets_the_facts_once_and_the_open_candle() -> None:
    with serving() as served:
        with line(served) as stream:
            begin(stream)
            first = stream.next()
            place(served)
            created = stream.next()
            stream.tear()
        place(served)
        with line(served, f"?after={created['seq']}") as stream:
            begin(stream)
            later = stream.next()
            assert later["event"] == "ORDER_CREATED"
            assert later["seq"] > created["seq"]
            assert stream.next() == first
            stream.ack(later, first)
            assert stream.next()["type"] == "trade"


def test_the_end_is_told_acknowledged_and_closed() -> None:
    with serving(bars("AAPL", 3)) as served, line(served) as stream:
        seen = stream.rest()
        assert [each["type"] for each in seen] == [
            "connection",
            "candle",
            "candle",
            "candle",
            "backtest_complete",
        ]
        assert stream.socket.close_code == 1000
        served.finish()
        assert state_of(served) is State.COMPLETE


def test_a_client_that_never_acknowledges_the_end_is_closed_all_the_same() -> None:
    with serving(bars("AAPL", 1)) as served, line(served) as stream:
        begin(stream)
        stream.ack(stream.next())
        assert stream.next()["type"] == "backtest_complete"
        assert stream.close_code() == 1000


def test_who_comes_after_the_end_is_told_so() -> None:
    with serving(bars("AAPL", 1)) as served:
        with line(served) as stream:
            stream.rest()
        with line(served) as late:
            assert [each["type"] for each in late.rest()] == ["connection", "backtest_complete"]
            assert late.socket.close_code == 1000


@pytest.mark.parametrize("fsync", [False, True])
def test_a_whole_run_in_which_every_third_bar_trades(tmp_path: Path, fsync: bool) -> None:
    tape = tmp_path / "run.tape" if fsync else None
    with serving(bars("AAPL", 60), tape_file=tape) as served, line(served) as stream:
        candles = fills = 0
        while True:
            message = stream.next()
            if message["type"] == "candle":
                candles += 1
                if candles % 3 == 0:
                    place(served, side="BUY" if candles % 2 else "SELL")
            fills += message["type"] == "trade"
            stream.ack(message)
            if message["type"] == "backtest_complete":
                break
        assert (candles, fills) == (60, 19)
        served.finish()


def test_a_step_that_can_not_be_made_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a bug")

    with serving() as served, line(served) as stream:
        candle = stream.step()[-1]
        assert served.desk.stepper is not None
        monkeypatch.setattr(served.desk.stepper.backtest, "advance", broken)
        stream.ack(candle)
        assert stream.close_code() != 1000
        served.finish()
        assert state_of(served) is not State.COMPLETE
