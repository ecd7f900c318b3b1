"""The WebSocket's manners: handshake, malformed frames, heartbeats, limits, farewell."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from api.streams.limits import StreamLimits
from api.streams.sse import EventsEndpoint
from api.streams.websocket import WebSocketEndpoint
from engine.tape import MemoryTape
from tests.api.line import line
from tests.api.served import bars, build, serving
from tests.api.stepping.test_stepper import place
from tests.api.streams.test_resume import Load

FAST = StreamLimits(heartbeat_s=0.05, close_timeout_s=1.0)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "{",
        "[]",
        "null",
        '{"type":"subscribe"}',
        '{"type":"event_ack"}',
        '{"type":"event_ack","events_processed":"mkt_1_0"}',
        '{"type":"event_ack","events_processed":[1]}',
        '{"type":["pong"]}',
        "[" * 30_000,
        "x" * 50_000,
        b"\x00\xff",
    ],
)
def test_a_frame_that_means_nothing_is_answered_and_changes_nothing(frame: str | bytes) -> None:
    limits = StreamLimits(frame_bytes_max=40_000, close_timeout_s=1.0)
    with serving(limits=limits) as served, line(served) as stream:
        candle = stream.step()[-1]
        stream.say(frame)
        error = stream.next()
        assert (error["type"], error["code"]) == ("error", "INVALID_MESSAGE")
        assert "expected" in error["message"]
        stream.ack(candle)
        assert stream.next()["event_id"] == "mkt_2_0"


def test_a_frame_over_the_servers_own_limit_ends_the_connection() -> None:
    with serving() as served, line(served) as stream:
        stream.step()
        stream.say("x" * 65_537)
        assert stream.close_code() == 1009


def test_unknown_fields_of_a_frame_are_ignored() -> None:
    with serving() as served, line(served) as stream:
        candle = stream.step()[-1]
        ack = {"type": "event_ack", "events_processed": [candle["event_id"]], "mood": "fine"}
        stream.say(ack)
        assert stream.next()["event_id"] == "mkt_2_0"


def test_heartbeats_carry_the_head_and_gate_nothing() -> None:
    with serving(limits=FAST) as served, line(served) as stream:
        stream.step()
        beats = [msgspec.json.decode(stream.socket.recv(2)) for _ in range(3)]
        assert {each["type"] for each in beats} == {"ping"}
        assert {each["head"] for each in beats} == {served.tape.head}
        assert "event_id" not in beats[0]
        stream.say({"type": "pong"})
        stream.ack("mkt_1_0")
        assert stream.next()["event_id"] == "mkt_2_0"


@pytest.mark.parametrize(
    "query",
    [
        "?after=-1",
        "?after=x",
        "?after=1.5",
        "?after=",
        "?after=evt_1",
        "?after=99999999999999999999",
        "?observe=maybe",
        "?after=1&after=2",
        "?before=2",
        "?account_id=NOBODY",
    ],
)
def test_a_request_that_can_mean_nothing_is_refused_before_the_upgrade(query: str) -> None:
    with serving() as served:
        with pytest.raises(InvalidStatus) as refused, line(served, query):
            pass
        assert refused.value.response.status_code == 400
        name = query.strip("?").partition("=")[0]
        said = msgspec.json.decode(refused.value.response.body)
        assert said["details"]["field"].startswith(name.removesuffix("_id"))


def test_one_stream_more_than_the_limit_is_refused() -> None:
    with serving(limits=StreamLimits(clients_max=2, close_timeout_s=1.0)) as served:
        with line(served), line(served, "?observe=1"):
            with pytest.raises(InvalidStatus) as refused, line(served):
                pass
            assert refused.value.response.status_code == 503
        # A client that has closed may come back before the server has let go of its stream.
        served.wait(served.desk.hub.is_empty.wait())
        with line(served) as stream:
            assert stream.next()["event"] == "CONNECTED"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/ws", "/events"])
async def test_a_stream_counts_from_the_moment_that_it_is_let_in(path: str) -> None:
    desk = build([bars("AAPL", 3)], MemoryTape(), limits=StreamLimits(clients_max=1))
    is_socket = path == "/ws"
    app = WebSocketEndpoint(desk) if is_socket else EventsEndpoint(desk)
    scope: Any = {"type": "websocket" if is_socket else "http", "method": "GET", "path": path}
    scope |= {"query_string": b"", "headers": [], "extensions": {"websocket.http.response": {}}}
    is_asked, statuses = asyncio.Event(), []

    async def receive() -> Any:
        if is_asked.is_set():
            await asyncio.Event().wait()
        return {"type": "websocket.connect"}

    async def slow(_message: Any) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    async def again() -> Any:
        return {"type": "websocket.connect"}

    first = asyncio.create_task(app(scope, receive, slow))
    await asyncio.wait_for(is_asked.wait(), 5)
    await asyncio.wait_for(app({**scope}, again, send), 5)
    assert statuses[0] == 503
    first.cancel()
    await asyncio.wait([first], timeout=5)
    assert desk.hub.is_empty.is_set()


def test_a_page_of_another_origin_can_not_open_the_stream() -> None:
    with serving() as served:
        with pytest.raises(InvalidStatus) as refused, line(served, origin="https://evil.example"):
            pass
        assert refused.value.response.status_code == 403


def test_plain_http_is_told_to_upgrade() -> None:
    with serving() as served:
        answer = httpx.get(served.url + "/ws", timeout=5)
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")


def test_it_is_at_both_paths() -> None:
    with serving() as served:
        url = served.url.replace("http", "ws", 1) + "/ws"
        with connect(url, open_timeout=5) as socket:
            assert msgspec.json.decode(socket.recv(5))["event"] == "CONNECTED"


def test_a_server_that_stops_says_so_and_closes_everybody_in_time() -> None:
    with serving() as served:
        lines = line(served)
        stream = lines.__enter__()
        stream.step()
        started = time.monotonic()
        closing = threading.Thread(
            target=lambda: asyncio.run_coroutine_threadsafe(
                served.desk.close(), served.loop
            ).result(10)
        )
        closing.start()
        farewell = stream.next()
        assert (farewell["type"], farewell["event"]) == ("connection", "DISCONNECTING")
        assert stream.close_code() == 1001
        closing.join(10)
        assert time.monotonic() - started < 5
        with pytest.raises(InvalidStatus) as refused, line(served):
            pass
        assert refused.value.response.status_code == 503
        lines.__exit__(None, None, None)


def test_accounts_hear_of_their_own_orders_alone() -> None:
    with (
        serving(accounts=("DU1", "DU2")) as served,
        line(served, "?account_id=DU2") as other,
        line(served) as stream,
    ):
        other.next()
        first = other.next()
        stream.next()
        place(served)
        assert stream.next()["type"] == "order"
        other.ack(first)
        assert other.is_quiet()


def test_a_client_that_never_reads_is_closed_with_its_last_number_and_can_resume() -> None:
    limits = StreamLimits(queue_length_max=50, close_timeout_s=1.0)
    with serving(stepped=False, limits=limits) as served:
        with line(served, "?observe=1", max_queue=1) as stream:
            stream.next()
            load = Load(served, served.tape.head + 40_000)
            served.call(load.go_on)
            (subscriber,) = served.desk.hub.subscribers
            while subscriber.closing is None and served.tape.head < load.head:
                time.sleep(0.01)
            load.head = 0
            seen = []
            with suppress(ConnectionClosed):
                while True:
                    seen.append(stream.next()["seq"])
            assert stream.socket.close_code == 4008
            reason = stream.socket.close_reason
        assert reason == f"too slow: resume with ?after={seen[-1]}"
        with line(served, f"?after={seen[-1]}&observe=1") as stream:
            stream.next()
            assert stream.next()["seq"] == seen[-1] + 2


def test_a_step_of_more_messages_than_the_limit_slows_nobody_down() -> None:
    limits = StreamLimits(queue_length_max=5, queue_bytes_max=1_000, close_timeout_s=1.0)
    market = [bars(f"S{number}", 4) for number in range(40)]
    with serving(*market, limits=limits) as served, line(served) as stream:
        kinds = [each["type"] for each in stream.rest()]
        assert kinds.count("candle") == 160
        assert stream.socket.close_code == 1000
