"""A port is taken or the reason is named; the collector is relieved once everything is built."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.certificate import certificate
from api.server import (
    YOUNG_THRESHOLD,
    CannotListen,
    Listener,
    listen,
    serve,
    settle_collector,
)
from api.settings import Settings, SettingsError


def test_port_0_is_a_free_port_that_the_address_names() -> None:
    listener = listen("127.0.0.1", 0)
    assert listener.port > 0
    assert listener.url == f"http://127.0.0.1:{listener.port}"
    assert listener.is_loopback
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5):
        listener.close()


def test_an_occupied_port_is_named_with_the_way_out() -> None:
    taken = listen("127.0.0.1", 0)
    with pytest.raises(CannotListen, match=rf"port {taken.port} on 127.0.0.1 is taken .*--port 0"):
        listen("127.0.0.1", taken.port)
    taken.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    with pytest.raises(SettingsError, match=f"host is '{host}'"):
        listen(host, 0)


def test_every_address_of_the_machine_is_not_loopback() -> None:
    listener = listen("0.0.0.0", 0)
    assert not listener.is_loopback
    assert listener.url == f"http://127.0.0.1:{listener.port}"
    listener.close()


@pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("localhost", "localhost")])
def test_an_address_is_shown_as_a_client_writes_it(host: str, shown: str) -> None:
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    listener = Listener(opened, host)
    assert listener.url == f"http://{shown}:{listener.port}"
    listener.close()


def test_the_collector_forgets_what_is_permanent_and_looks_less_often() -> None:
    before = gc.get_threshold()
    try:
        settle_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] == YOUNG_THRESHOLD
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_port_with_a_certificate_speaks_tls_to_who_knows_it(tmp_path: Path) -> None:
    listener = listen("127.0.0.1", 0)
    listener.certificate = certificate(tmp_path / "a.pem", "127.0.0.1")
    assert listener.url == f"https://127.0.0.1:{listener.port}"

    async def main() -> None:
        ready, stop = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(serve(hello, listener, Settings(), stop, ready.set))
        await asyncio.wait_for(ready.wait(), 10)
        knowing = ssl.create_default_context(cafile=str(tmp_path / "a.pem"))
        async with httpx.AsyncClient(verify=knowing) as client:
            assert (await client.get(listener.url)).text == "hello"
        with pytest.raises(httpx.ConnectError, match="self-signed"):
            async with httpx.AsyncClient() as client:
                await client.get(listener.url)
        stop.set()
        await serving

    asyncio.run(main())


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The smallest application."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
