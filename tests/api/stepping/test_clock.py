"""Who trades without a stream moves a backtest's clock by hand, and nobody else's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.line import line, order
from tests.api.served import MINUTE_NS, START_NS, Served, bars, serving

HOUR_LATER = "2023-11-14T23:13:00Z"


def clock(served: Served) -> dict[str, Any]:
    """What `GET /clock` shows."""
    shown: dict[str, Any] = httpx.get(served.url + "/clock", timeout=5).json()
    return shown


def step(served: Served, **body: Any) -> httpx.Response:
    """Move it by hand."""
    return httpx.post(served.url + "/v1/clock/step", json=body, timeout=20)


def test_a_fresh_clock_shows_where_it_stands() -> None:
    with serving() as served:
        assert clock(served) == {
            "mode": "stepped",
            "now": "2023-11-14T22:13:00Z",
            "state": "waiting_for_client",
            "step": 0,
            "steps_total": 50,
            "next": "2023-11-14T22:14:00Z",
            "clients": 0,
            "waiting_acks": 0,
        }


def test_steps_are_made_and_the_clock_after_them_is_the_answer() -> None:
    with serving() as served:
        answer = step(served, steps=3)
        assert (answer.status_code, answer.json()["step"]) == (200, 3)
        assert answer.json()["now"] == "2023-11-14T22:16:00Z"
        assert answer.json() == clock(served)


def test_until_makes_every_step_up_to_a_time() -> None:
    with serving() as served:
        assert step(served, until="2023-11-14T22:20:30Z").json()["now"] == "2023-11-14T22:20:00Z"
        assert step(served, until="2023-11-14T22:21:00Z").json()["step"] == 8


def test_time_passes_between_steps_and_takes_those_in_it_along() -> None:
    with serving() as served:
        step(served, steps=1)
        assert step(served, seconds="0.4").json()["now"] == "2023-11-14T22:14:00.400Z"
        placed = httpx.post(served.url + "/orders", json=order(), timeout=5).json()
        found = httpx.get(f"{served.url}/orders/{placed['id']}", timeout=5).json()
        assert found["created_at"] == "2023-11-14T22:14:00.400Z"
        answer = step(served, seconds=90).json()
        assert (answer["step"], answer["now"]) == (2, "2023-11-14T22:15:30.400Z")
        assert step(served, steps=1).json()["now"] == "2023-11-14T22:16:00Z"
        assert step(served, seconds=0).json()["now"] == "2023-11-14T22:16:00Z"


def test_a_run_that_is_kept_open_ends_when_the_clock_is_moved_again() -> None:
    with serving() as served:
        answer = step(served, steps=1_000, keep_open=True).json()
        assert (answer["state"], answer["step"]) == ("waiting_for_client", 50)
        answer = step(served, seconds="1.5", keep_open=True).json()
        assert (answer["state"], answer["now"]) == (
            "waiting_for_client",
            "2023-11-14T23:03:01.500Z",
        )
        assert step(served, steps=1).json()["state"] == "complete"


def test_what_falls_due_while_time_passes_is_told() -> None:
    with serving() as served:
        step(served, steps=1)
        body = order(order_type="LIMIT", limit_price="1", time_in_force="DAY")
        placed = httpx.post(served.url + "/orders", json=body, timeout=5).json()
        with line(served, "?observe=1") as stream:
            stream.next()
            step(served, seconds=24 * 3_600, keep_open=True)
            told = [stream.next() for _ in range(50)]
            assert told[-1]["event"] == "ORDER_EXPIRED"
        found = httpx.get(f"{served.url}/orders/{placed['id']}", timeout=5).json()
        assert found["status"] == "EXPIRED"


def test_an_order_placed_between_steps_fills_in_the_next() -> None:
    with serving() as served:
        step(served, steps=1)
        placed = httpx.post(served.url + "/orders", json=order(), timeout=5).json()
        assert placed["status"] == "OPEN"
        step(served, steps=1)
        found = httpx.get(f"{served.url}/orders/{placed['id']}", timeout=5).json()
        assert found["status"] == "FILLED"


def test_the_end_is_reached_and_the_run_is_over() -> None:
    with serving() as served:
        answer = step(served, steps=1_000)
        assert (answer.json()["state"], answer.json()["step"]) == ("complete", 50)
        assert "next" not in answer.json()
        served.finish()
        assert step(served, steps=1).json()["step"] == 50


def test_no_time_passes_after_the_run_is_over() -> None:
    with serving() as served:
        ended = step(served, steps=1_000).json()["now"]
        answer = step(served, seconds=60)
        assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_REQUEST")
        assert answer.json()["details"] == {"mode": "stepped", "state": "complete"}
        assert clock(served)["now"] == ended


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"steps": 1, "until": HOUR_LATER}, "body"),
        ({"steps": 0}, "steps"),
        ({"steps": -1}, "steps"),
        ({"steps": "2"}, "steps"),
        ({"steps": 10_000_001}, "steps"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2023-11-14T22:12:59Z"}, "until"),
        ({"speed": 2}, "speed"),
        ({"keep_open": True}, "body"),
        ({"seconds": "-1"}, "seconds"),
        ({"seconds": 31_622_401}, "seconds"),
        ({"steps": 1, "seconds": 1}, "body"),
    ],
)
def test_what_can_mean_nothing_is_named_and_moves_nothing(body: dict[str, Any], field: str) -> None:
    with serving() as served:
        answer = step(served, **body)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
        assert clock(served)["step"] == 0


def test_a_hand_is_refused_while_a_client_moves_the_clock() -> None:
    with serving() as served:
        with line(served) as stream:
            stream.step()
            answer = step(served, steps=1)
            assert answer.status_code == 409
            assert "acknowledgements" in answer.json()["message"]
        assert step(served, steps=1).status_code == 200


def test_a_hand_is_refused_while_a_torn_client_is_expected_back() -> None:
    with serving() as served:
        with line(served) as stream:
            stream.step()
            stream.tear()
        answer = step(served, steps=1)
        assert (answer.status_code, answer.json()["details"]["state"]) == (409, "paused")


def test_a_wall_clock_can_be_read_and_not_stepped() -> None:
    with serving(stepped=False) as served:
        assert clock(served)["mode"] == "wall"
        answer = step(served, steps=1)
        assert (answer.status_code, answer.json()["code"]) == (409, "UNSUPPORTED_OPERATION")


def test_an_observer_watches_what_a_hand_does() -> None:
    with serving() as served, line(served, "?observe=1") as stream:
        stream.next()
        step(served, steps=2)
        assert [stream.next()["event_id"] for _ in range(2)] == ["mkt_1_0", "mkt_2_0"]


def test_others_are_served_while_a_long_run_of_steps_is_made() -> None:
    with serving(bars("AAPL", 300_000)) as served, ThreadPoolExecutor() as pool:
        long = pool.submit(step, served, steps=300_000)
        seen = set()
        while not long.done():
            seen.add(clock(served)["step"])
        assert long.result().json()["step"] == 300_000
        assert len(seen) > 2


def test_only_one_hand_is_at_the_clock() -> None:
    with serving(bars("AAPL", 60_000)) as served, ThreadPoolExecutor() as pool:
        long = pool.submit(step, served, steps=60_000)
        answers = []
        while not long.done():
            answers.append(step(served, steps=1))
        refused = [each.json()["message"] for each in answers if each.status_code == 409]
        assert "another request" in refused[0]


def test_an_observer_that_comes_meanwhile_is_told_of_every_step_from_then_on() -> None:
    with serving(bars("AAPL", 60_000)) as served, ThreadPoolExecutor() as pool:
        seen_enough = threading.Event()

        def keep_stepping() -> None:
            while not seen_enough.is_set():
                assert step(served, steps=20).status_code == 200

        by_hand = pool.submit(keep_stepping)
        with line(served, "?observe=1") as stream:
            stream.next()
            numbers = [int(stream.next()["event_id"].split("_")[1]) for _ in range(100)]
            assert numbers == list(range(numbers[0], numbers[0] + 100))
            seen_enough.set()
            by_hand.result(10)


def test_the_engine_is_at_the_time_the_clock_shows() -> None:
    with serving() as served:
        step(served, steps=5)
        assert served.desk.engine.now == START_NS + 5 * MINUTE_NS
