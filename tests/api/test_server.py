"""A port is taken or the reason is named; the collector is relieved once everything is built."""

from __future__ import annotations

import gc
import socket

import pytest

from api.server import (
    YOUNG_THRESHOLD,
    CannotListen,
    Listener,
    listen,
    settle_collector,
)
from api.settings import SettingsError


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
