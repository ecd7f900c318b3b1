"""Acknowledged steps a second through one WebSocket, against a bare echo of the same messages.

Both sides are processes of their own, served by the same server with the same options and driven by
the same client: ours is the installed command on a file of bars, the peer an application that sends
back what it gets. A round trip of the peer carries one candle; so does one of ours, after which a
simulated minute has passed.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
import websockets

from benchmarks.harness import Line, side_by_side

STEPS = 10_000
WANTED = 0.5
START_TIMEOUT_S = 15.0
CANDLE = (
    '{"type":"candle","bar":{"symbol":"BTC/USD","provider":"backtest","timeframe":"1m",'
    '"timestamp":"2024-01-01T00:00:00Z","open":"100.00","high":"100.15","low":"99.65",'
    '"close":"99.80","volume":"1000"},"timestamp":"2024-01-01T00:01:00Z","event_id":"mkt_1_0"}'
)
ACK = '{"type":"event_ack","correlation_id":"a1b2","events_processed":["%s"],"timestamp":1}'
_READY = re.compile(r"^ready: (http://\S+)", re.MULTILINE)


def run() -> list[Line]:
    """Market events a second, acknowledged one by one."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bars.csv")
        _write_bars(file)
        ours, peer = side_by_side(lambda: _ours(file), _echo)
    return [Line("acknowledged steps", ours, peer, "steps/s", "bare WebSocket echo", WANTED)]


def _ours(file: Path) -> float:
    command = Path(sysconfig.get_path("scripts"), "onetape")
    said = file.with_suffix(".log")
    arguments = [str(command), "backtest", "--port", "0", "--data", f"BTC/USD={file}"]
    with (
        said.open("w") as log,
        subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=log) as server,
    ):
        try:
            return uvloop.run(_step_through(_ready_url(said)))
        finally:
            server.terminate()


def _ready_url(said: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = _READY.search(said.read_text())
        if found:
            return found[1].replace("http", "ws", 1) + "/v1/ws"
        time.sleep(0.05)
    raise TimeoutError(f"the server was not ready within {START_TIMEOUT_S} s: {said.read_text()}")


async def _step_through(url: str) -> float:
    """Acknowledge a whole backtest; its steps a second."""
    async with websockets.connect(url, compression=None) as line:
        begun = time.perf_counter()
        async for frame in line:
            text = str(frame)
            start = text.rfind('"event_id":"') + 12
            await line.send(ACK % text[start : text.index('"', start)])
        return STEPS / (time.perf_counter() - begun)


def _echo() -> float:
    with _echo_server() as url:
        return uvloop.run(_go_to_and_fro(url))


async def _go_to_and_fro(url: str) -> float:
    async with websockets.connect(url, compression=None) as line:
        begun = time.perf_counter()
        for _ in range(STEPS):
            await line.send(CANDLE)
            await line.recv()
        return STEPS / (time.perf_counter() - begun)


@contextmanager
def _echo_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--loop", "uvloop", "--ws", "websockets-sansio"]
    options += ["--ws-per-message-deflate", "false", "--log-level", "error"]
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "benchmarks.stepping:echo", *options]
    )
    try:
        _await_port(port)
        yield f"ws://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """The peer: an ASGI application that sends back every frame."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def _write_bars(file: Path) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with file.open("w") as out:
        out.write("timestamp,open,high,low,close,volume\n")
        for i in range(STEPS):
            price = 100 + (i * 7919 % 41 - 20) / 100
            moment = (start + timedelta(minutes=i)).isoformat()
            out.write(
                f"{moment},{price:.2f},{price + 0.3:.2f},{price - 0.3:.2f},{price:.2f},1000\n"
            )
