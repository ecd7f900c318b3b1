"""`onetape serve`: a synthetic market on the wall clock, by its settings, until told to stop."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from api.keyfile import KeyFile
from examples.gateway import Gateway, Refused
from tests.api.command import onetape
from tests.api.credentials import stored
from tests.clients.process import served


def test_the_ready_line_says_what_is_served_and_where_it_is_kept(tmp_path: Path) -> None:
    with served("serve", cwd=tmp_path) as server:
        said = server.said[0]
        assert "DU8730189, DUP203550" in said
        assert "synthetic market (AAPL, MSFT, SPY, EUR/USD, BTC/USD)" in said
        assert said.rstrip().endswith("tape onetape.tape")
        server.stop()
        assert server.said[-1] == "stopped\n"
    assert (tmp_path / "onetape.tape").exists()


def test_prices_move_with_the_clock_and_bars_have_a_history(tmp_path: Path) -> None:
    with served("serve", cwd=tmp_path) as server, Gateway(server.url) as gateway:
        first = gateway.get("/quotes/EUR/USD")
        assert first["provider"] == "synthetic"
        deadline = time.monotonic() + 5
        while gateway.get("/quotes/EUR/USD")["timestamp"] == first["timestamp"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(gateway.get("/bars/AAPL?timeframe=1h&limit=5")) == 5


def test_the_same_seed_begins_with_the_same_history(tmp_path: Path) -> None:
    config = tmp_path / "onetape.toml"
    config.write_text("[feed]\nhistory_bars = 5\n")
    closes = []
    for name in ("a", "b"):
        options = ("--config", config, "--tape", tmp_path / name, "--seed", "7")
        with served("serve", *options) as server, Gateway(server.url) as gateway:
            bars = gateway.get("/bars/SPY?timeframe=1m")
            closes.append([bar["close"] for bar in bars][:5])
    assert closes[0] == closes[1]
    assert len(closes[0]) == 5


def test_both_accounts_have_a_million_and_trade_apart(tmp_path: Path) -> None:
    with served("serve", cwd=tmp_path) as server, Gateway(server.url) as gateway:
        order = {"symbol": "SPY", "side": "BUY", "quantity": "5", "order_type": "MARKET"}
        gateway.call("POST", "/orders?account_id=DUP203550", order)
        assert gateway.get("/orders?account_id=DU8730189&status=FILLED") == []
        for account in ("DU8730189", "DUP203550"):
            summary = gateway.get(f"/account?account_id={account}")
            assert float(summary["equity"]) == pytest.approx(1_000_000, rel=1e-3)


def test_settings_come_from_a_file_and_keys_lock_the_door(tmp_path: Path) -> None:
    config = tmp_path / "onetape.toml"
    config.write_text("[tape]\nfile = 'kept.tape'\n[[accounts]]\nid = 'ONLY'\ncash = '5'\n")
    KeyFile(tmp_path / "onetape.keys").change(lambda _keys: (stored("bot", "read"),))
    with served("serve", "--config", config, cwd=tmp_path) as server:
        assert "serves ONLY " in server.said[0]
        with Gateway(server.url) as gateway, pytest.raises(Refused, match="401"):
            gateway.get("/account")
    assert (tmp_path / "kept.tape").exists()


def test_a_signal_says_goodbye_to_streams_and_ends_the_session(tmp_path: Path) -> None:
    with served("serve", cwd=tmp_path) as server:
        with connect(server.url.replace("http", "ws") + "/v1/ws") as stream:
            greeting = json.loads(stream.recv(timeout=5))
            assert greeting["event"] == "CONNECTED"
            server.process.terminate()
            events = [json.loads(text) for text in stream]
        assert events[-1]["event"] == "DISCONNECTING"
        server.finish()
    said = onetape("tape", tmp_path / "onetape.tape", "--type", "session_ended")
    assert json.loads(said.stdout)["reason"] == "shut down"
    assert (tmp_path / "onetape.tape.snapshot").exists()


def test_an_occupied_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = onetape("serve", "--port", port, cwd=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith(f"error: port {port} on 127.0.0.1 is taken by another program")
    assert said.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_other_machines_are_not_let_in_without_keys(tmp_path: Path) -> None:
    said = onetape("serve", "--host", "0.0.0.0", "--port", "0", cwd=tmp_path)
    assert said.returncode == 2
    assert "there are no API keys in onetape.keys" in said.stderr


def test_the_web_api_has_a_port_of_its_own_whose_certificate_is_told(tmp_path: Path) -> None:
    with served("serve", "--webapi-port", "0", cwd=tmp_path) as server:
        where, fingerprint, ready = server.said
        assert "onetape.pem" in where
        found = re.search(r"the IBKR Web API is at https://127\.0\.0\.1:(\d+)", ready)
        assert found
        shown = ssl.get_server_certificate(("127.0.0.1", int(found[1])), timeout=10)
        digest = sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest()
        assert fingerprint.strip().replace(":", "").lower() == digest
        trusting = ssl.create_default_context(cafile=str(tmp_path / "onetape.pem"))
        sessions = []
        for base, context in ((f"https://127.0.0.1:{found[1]}", trusting), (server.url, True)):
            answer = httpx.post(f"{base}/v1/api/tickle", verify=context)
            sessions.append(answer.json()["session"])
        assert sessions[0] == sessions[1]
        assert httpx.get(f"https://127.0.0.1:{found[1]}/orders", verify=trusting).status_code == 404
