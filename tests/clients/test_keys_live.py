"""A running server and its keys: made, used, limited and taken back, as an operator does it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection

from api.keyfile import KeyFile
from api.keys import new_key
from tests.api.command import onetape
from tests.clients.process import Served, served

REVOKED = 4001
WITHIN_S = 1.0
FIRST, SECOND = "DU8730189", "DUP203550"
ORDER = {
    "symbol": "AAPL",
    "side": "BUY",
    "quantity": "1",
    "order_type": "LIMIT",
    "limit_price": "1.00",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "onetape.toml"
    file.write_text("[server]\nshutdown_grace_s = 2\n[feed]\nhistory_bars = 10\n")
    return file


@contextmanager
def serving(config: Path) -> Iterator[Served]:
    """A server by this file, with everything it writes beside it."""
    tape = config.with_name("live.tape")
    with served("serve", "--config", config, "--tape", tape, cwd=config.parent) as server:
        yield server


def made(config: Path, name: str, *scopes: str, **rest: Any) -> str:
    """A new key in the file beside the settings."""
    secret, kept = new_key(name, scopes or ("read", "trade"), **rest)
    KeyFile(config.with_name("onetape.keys")).change(lambda keys: (*keys, kept))
    return secret.reveal()


def create(config: Path, *arguments: str) -> str:
    """A new key by the command."""
    answer = onetape("keys", "create", *arguments, "--config", config)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def revoke(config: Path, name: str) -> float:
    """Take a key back by the command; the moment when it was done."""
    answer = onetape("keys", "revoke", name, "--config", config)
    assert answer.returncode == 0, answer.stderr
    return time.monotonic()


def stream(server: Served, key: str | None, query: str = "") -> ClientConnection:
    """An open WebSocket."""
    headers = {} if key is None else {"X-API-Key": key}
    url = server.url.replace("http", "ws") + "/v1/ws" + query
    return connect(url, additional_headers=headers, open_timeout=5, close_timeout=0.5)


def close_code(socket: Connection, timeout_s: float) -> int | None:
    """The code that the server closes with, awaited for so long."""
    ends_at = time.monotonic() + timeout_s
    with suppress(ConnectionClosed):
        while True:
            socket.recv(max(0.0, ends_at - time.monotonic()))
    return socket.close_code


def get(server: Served, key: str | None, path: str = "/v1/account", **rest: Any) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.get(server.url + path, headers=headers, timeout=5, **rest)


def order(server: Served, key: str, **params: str) -> httpx.Response:
    headers = {"X-API-Key": key}
    url = server.url + "/v1/orders"
    return httpx.post(url, headers=headers, json=ORDER, params=params, timeout=5)


def refused_within(server: Served, key: str | None, timeout_s: float) -> httpx.Response:
    """The first answer that is a refusal."""
    ends_at = time.monotonic() + timeout_s
    while time.monotonic() < ends_at:
        answer = get(server, key)
        if answer.status_code != 200:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"still let in after {timeout_s} seconds")


@pytest.mark.timeout(60)
def test_a_revoked_key_loses_its_streams_and_its_calls_within_a_second(config: Path) -> None:
    leaving, staying = create(config, "leaving"), create(config, "staying")
    with serving(config) as server:
        assert get(server, leaving).json()["currency"] == "USD"
        with (
            stream(server, leaving) as torn,
            stream(server, staying) as kept,
            httpx.stream(
                "GET", f"{server.url}/v1/events", headers={"X-API-Key": leaving}, timeout=5
            ) as events,
        ):
            assert events.status_code == 200
            revoked_at = revoke(config, "leaving")
            assert close_code(torn, WITHIN_S) == REVOKED
            lines = [line for line in events.iter_lines() if line]
            assert lines[-2:] == ["event: close", f'data: {{"code":{REVOKED}}}']
            assert time.monotonic() - revoked_at < WITHIN_S
            assert get(server, leaving).status_code == 401
            assert get(server, staying).status_code == 200
            kept.ping().wait(5)
            kept.recv(5)
        with pytest.raises(InvalidStatus) as refused, stream(server, leaving):
            pass
        assert refused.value.response.status_code == 401
        server.stop()


@pytest.mark.timeout(60)
def test_the_first_key_closes_what_was_open_and_the_last_one_leaves_it_closed(
    config: Path,
) -> None:
    with serving(config) as server:
        with stream(server, None) as opened:
            assert get(server, None).status_code == 200
            key = made(config, "first")
            assert close_code(opened, WITHIN_S) == REVOKED
        assert refused_within(server, None, WITHIN_S).status_code == 401
        assert get(server, key).status_code == 200
        KeyFile(config.with_name("onetape.keys")).change(lambda _keys: ())
        assert refused_within(server, key, WITHIN_S).status_code == 401
        assert get(server, None).status_code == 401
        config.with_name("onetape.keys").unlink()
        time.sleep(WITHIN_S)
        assert get(server, None).status_code == 401
        assert get(server, None, "/health").status_code == 200


@pytest.mark.timeout(60)
def test_a_damaged_key_file_leaves_the_keys_as_they_were(config: Path) -> None:
    key = made(config, "bot")
    file = config.with_name("onetape.keys")
    with serving(config) as server:
        file.write_text("{")
        time.sleep(WITHIN_S)
        assert get(server, key).status_code == 200
        assert get(server, None).status_code == 401
        assert sum("the keys stay as they were" in line for line in server.said) == 1
    answer = onetape("serve", "--config", config, "--port", "0")
    assert answer.returncode == 2
    assert str(file) in answer.stderr


@pytest.mark.timeout(60)
def test_a_key_sees_and_trades_its_accounts_alone(config: Path) -> None:
    whole, narrow = made(config, "whole"), made(config, "narrow", accounts=(SECOND,))
    with serving(config) as server:
        with stream(server, narrow) as hears:
            greeting = json.loads(hears.recv(5))
            assert greeting["event"] == "CONNECTED"
            assert order(server, whole, account_id=FIRST).status_code == 201
            mine = order(server, narrow)
            assert mine.status_code == 201
            told = [json.loads(hears.recv(5)) for _ in range(20)]
            orders = [each["order"]["id"] for each in told if each["type"] == "order"]
            assert orders == [mine.json()["id"]]
        shown = get(server, whole, "/v1/orders", params={"account_id": SECOND}).json()
        assert [each["id"] for each in shown] == [mine.json()["id"]]
        refused = order(server, narrow, account_id=FIRST)
        assert refused.status_code == 403
        assert refused.json()["details"]["expected"] == SECOND
        assert get(server, narrow, "/v1/orders", params={"account_id": FIRST}).status_code == 403
        with pytest.raises(InvalidStatus) as raised, stream(server, narrow, f"?account_id={FIRST}"):
            pass
        assert raised.value.response.status_code == 403


@pytest.mark.timeout(60)
def test_a_key_that_may_only_read_follows_and_can_not_trade(config: Path) -> None:
    reader = made(config, "reader", "read")
    with serving(config) as server:
        assert order(server, reader).status_code == 403
        with stream(server, reader) as follows:
            assert json.loads(follows.recv(5))["event"] == "CONNECTED"
        assert get(server, reader, "/v1/orders").json() == []


@pytest.mark.timeout(60)
def test_ten_wrong_keys_a_minute_are_enough(config: Path) -> None:
    right = made(config, "right")
    with serving(config) as server:
        answers = [get(server, "otk_00000000_wrong") for _ in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) <= 7
        assert get(server, right).status_code == 200


@pytest.mark.timeout(60)
def test_other_machines_are_served_only_with_keys(config: Path) -> None:
    arguments = ("serve", "--config", config, "--host", "0.0.0.0")
    answer = onetape(*arguments, "--port", "0")
    assert answer.returncode == 2
    assert "onetape keys create" in answer.stderr
    key = made(config, "bot")
    with served(*arguments, "--tape", config.with_name("live.tape")) as server:
        assert any("whoever has a key can trade" in line for line in server.said)
        assert get(server, key).status_code == 200
        assert get(server, None).status_code == 401


@pytest.mark.timeout(60)
def test_a_key_is_found_nowhere_after_a_session(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = config.with_name("temporary")
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    key = create(config, "canary")
    secret = key.rpartition("_")[2]
    wrong = f"otk_0badc0de_{'c' * 64}"
    answers: list[httpx.Response] = []
    with serving(config) as server:
        with stream(server, key, "?after=0") as hears:
            answers += [
                order(server, key),
                order(server, wrong),
                get(server, key, "/v1/nothing"),
                get(server, key, "/v1/orders", params={"limit": "x"}),
                get(server, key, "/metrics"),
                get(server, key[:-1]),
            ]
            said = [str(hears.recv(5)) for _ in range(5)]
        revoke(config, "canary")
        answers.append(refused_within(server, key, WITHIN_S))
        server.stop()
        logged = "".join(server.said)
    listed = onetape("keys", "list", "--config", config)
    checked = onetape("config", "check", "--config", config)
    texts = [logged, listed.stdout, checked.stdout, checked.stderr, *said]
    texts += [f"{answer.headers} {answer.text}" for answer in answers]
    written = [file for file in config.parent.rglob("*") if file.is_file()]
    assert {file.name for file in written} >= {"live.tape", "onetape.keys", "onetape.toml"}
    contents = [text.encode() for text in texts] + [file.read_bytes() for file in written]
    for canary in (secret, wrong.rpartition("_")[2]):
        assert not any(canary.encode() in content for content in contents)
    assert logged.count("an unknown key came from") == 3
