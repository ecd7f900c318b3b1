"""The same events over plain HTTP, resumable by the number a browser remembers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from api.streams.limits import StreamLimits
from tests.api.line import Line, line
from tests.api.served import Served, bars, serving
from tests.api.stepping.test_stepper import place
from tests.api.streams.test_resume import Load

Block = dict[str, Any]


@contextmanager
def listening(
    served: Served, query: str = "", headers: dict[str, str] | None = None
) -> Iterator[Iterator[Block]]:
    """The events of `/events`, one mapping each; comments as `comment`."""
    with (
        httpx.Client(timeout=5) as client,
        client.stream("GET", f"{served.url}/events{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield blocks(answer)


def blocks(answer: httpx.Response) -> Iterator[Block]:
    """Parse a stream of events."""
    block: Block = {}
    for text in answer.iter_lines():
        if not text:
            yield block
            block = {}
            continue
        name, _, value = text.partition(": ")
        block[name or "comment"] = msgspec.json.decode(value) if name == "data" else value


def trade_once(served: Served, stream: Line) -> None:
    """Run a backtest with one order, placed at its first bar: accepted at 6, filled at 7."""
    candle = stream.step()[-1]
    place(served)
    stream.ack(candle)
    stream.rest()


def test_a_listener_hears_facts_and_market_and_holds_up_nothing() -> None:
    with serving(bars("AAPL", 5)) as served, listening(served) as events:
        assert next(events)["event"] == "connection"
        with line(served) as stream:
            trade_once(served, stream)
        told = list(events)
        names = [each["event"] for each in told]
        assert names[:4] == ["candle", "order", "trade", "order"]
        assert names[-1] == "backtest_complete"
        assert [each["id"] for each in told if each["event"] == "account"] == [
            str(told[5]["data"]["seq"])
        ]


def test_the_id_comes_with_the_last_message_of_a_record_alone() -> None:
    with serving(bars("AAPL", 5)) as served:
        with line(served) as stream:
            trade_once(served, stream)
        with listening(served, "?after=0") as events:
            told = [each for each in events if "seq" in each.get("data", {})]
        of_the_fill = [each for each in told if each["data"]["seq"] == 7]
        assert [each["event"] for each in of_the_fill] == ["trade", "order", "position", "account"]
        assert ["id" in each for each in of_the_fill] == [False, False, False, True]


def test_a_browser_that_reconnects_goes_on_where_it_was() -> None:
    with serving(bars("AAPL", 5)) as served:
        with line(served) as stream:
            trade_once(served, stream)
        with listening(served, "?after=0") as events:
            whole = [each["data"]["event_id"] for each in events]
        with listening(served, "?after=0", {"Last-Event-ID": "6"}) as events:
            rest = [each["data"]["event_id"] for each in events]
        assert rest[1:] == whole[whole.index("evt_7_0") :]


def test_heartbeats_are_comments() -> None:
    limits = StreamLimits(heartbeat_s=0.05, close_timeout_s=1.0)
    with serving(limits=limits) as served, listening(served) as events:
        next(events)
        assert '"type":"ping"' in next(events)["comment"]


@pytest.mark.parametrize(
    ("query", "header", "status", "field"),
    [
        ("?after=x", None, 400, "after"),
        ("?observe=1", None, 400, "observe"),
        ("", "x", 400, "Last-Event-ID"),
        ("?after=99", None, 409, "after"),
    ],
)
def test_a_place_that_can_mean_nothing_is_refused(
    query: str, header: str | None, status: int, field: str
) -> None:
    headers = {"Last-Event-ID": header} if header else {}
    with serving() as served:
        answer = httpx.get(f"{served.url}/v1/events{query}", headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["details"]["field"]) == (status, field)


def test_only_reading_is_possible() -> None:
    with serving() as served:
        assert httpx.post(served.url + "/events", timeout=5).status_code == 405
        head = httpx.head(served.url + "/events", timeout=5)
        assert (head.status_code, head.text) == (200, "")


def test_a_listener_that_hangs_up_is_forgotten() -> None:
    with serving() as served:
        with listening(served) as events:
            next(events)
            assert len(served.desk.hub.subscribers) == 1
        served.wait(served.desk.hub.is_empty.wait())


def test_a_server_that_stops_ends_the_stream() -> None:
    with serving() as served, listening(served) as events:
        next(events)
        served.wait(served.desk.close())
        assert [each["event"] for each in events] == ["connection", "close"]


def test_a_listener_that_never_reads_is_given_up() -> None:
    limits = StreamLimits(queue_length_max=50, close_timeout_s=0.2)
    with serving(stepped=False, limits=limits) as served:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            assert b"200" in raw.recv(64)
            load = Load(served, served.tape.head + 200_000)
            served.call(load.go_on)
            served.wait(served.desk.hub.is_empty.wait())
            load.head = 0
