"""The command that ships, with an account behind a line: killed, stopped, cut, and asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from examples.gateway import Gateway, Refused
from tests.api.command import onetape
from tests.remote.hand import Hand, wait_for
from tests.remote.living import Live, ready
from tests.remote.wire import ACCOUNT

pytestmark = [pytest.mark.crash, pytest.mark.timeout(60)]


def rest(gateway: Gateway, symbol: str) -> str:
    """An order that will not fill; its id."""
    placed = gateway.order(symbol, "BUY", 1, order_type="LIMIT", limit_price="1.00")
    order_id: str = placed["id"]
    return order_id


def has_status(gateway: Gateway, order_id: str, status: str) -> Callable[[], bool]:
    """Whether the order stands like this."""
    return lambda: bool(gateway.get(f"/orders/{order_id}")["status"] == status)


def test_after_a_kill_exactly_the_unanswered_orders_are_looked_up_and_none_is_sent_again(
    live: Live, hand: Hand
) -> None:
    with live.served() as server, ready(server) as gateway:
        answered = rest(gateway, "AAPL")
        wait_for(has_status(gateway, answered, "OPEN"), "the first is open")
        hand.plan("submit", "silent")
        taken = rest(gateway, "AAPL")
        hand.plan("submit", "lost")
        vanished = rest(gateway, "MSFT")
        wait_for(lambda: hand.received(taken) == 1, "the second has arrived")
        server.kill()
    assert hand.asked("lookup") == []

    with live.served() as server, ready(server) as gateway:
        wait_for(has_status(gateway, taken, "OPEN"), "the second was found")
        assert has_status(gateway, answered, "OPEN")()
        assert has_status(gateway, vanished, "PENDING")()
        (alarm,) = gateway.get("/alarms")
        assert alarm["order_id"] == vanished
        server.stop()
    assert set(hand.asked("lookup")) == {taken, vanished}
    assert hand.asked("submit") == [answered, taken], "nothing was sent again"
    assert [hand.received(each) for each in (answered, taken, vanished)] == [1, 1, 0]
    unknown = live.facts("order_outcome_unknown")
    assert sorted(each["order_id"] for each in unknown) == sorted([taken, vanished])
    assert onetape("verify", live.tape).returncode == 0


def test_a_stop_amid_an_order_ends_in_good_order_and_the_next_process_finds_it(
    live: Live, hand: Hand
) -> None:
    with live.served() as server, ready(server) as gateway:
        hand.plan("submit", "silent")
        taken = rest(gateway, "AAPL")
        server.stop()
    kinds = [each["type"] for each in live.facts()]
    assert kinds[-3:] == ["order_outcome_unknown", "broker_disconnected", "session_ended"]
    with live.served() as server, ready(server) as gateway:
        wait_for(has_status(gateway, taken, "OPEN"), "it was found")
        server.stop()
    assert hand.received(taken) == 1


def test_a_stop_waits_for_the_answer_that_is_about_to_come(live: Live, hand: Hand) -> None:
    with live.served() as server, ready(server) as gateway:
        hand.plan("submit", "late", seconds=0.4)
        taken = rest(gateway, "AAPL")
        server.stop()
    told = [each["type"] for each in live.facts() if each.get("order_id") == taken]
    assert told == ["order_submitted", "order_accepted"]


def test_the_stream_tells_of_a_line_that_was_lost_and_came_back(live: Live, hand: Hand) -> None:
    with live.served() as server, ready(server) as gateway:
        url = f"ws://{server.url.removeprefix('http://')}/v1/ws"
        with connect(url, additional_headers=gateway.headers) as stream:
            assert json.loads(stream.recv(5))["event"] == "CONNECTED"
            hand.cut()
            told: list[dict[str, Any]] = []
            while not told or told[-1]["event"] != "BROKER_RECONNECTED":
                message = json.loads(stream.recv(10))
                if message["type"] == "connection":
                    told.append(message)
        server.stop()
    assert {each["event"] for each in told} == {
        "BROKER_DISCONNECTED",
        "RECONNECTING",
        "BROKER_RECONNECTED",
    }
    assert {each["broker"] for each in told} == {"little"}
    assert told[0]["event"] == "BROKER_DISCONNECTED"
    assert "closed the line" in told[0]["error"]
    assert 0 <= told[-1]["gap_duration_ms"] < 5_000


def test_a_person_reconciles_and_accepts_from_the_command_line(live: Live, hand: Hand) -> None:
    with live.served() as server, ready(server) as gateway:
        hand.transfer("AAPL", 25)
        said = onetape("reconcile", "--url", server.url)
        assert said.returncode == 0, said.stderr
        assert "POSITION_DISPUTED" in said.stdout
        assert f"{ACCOUNT} and little were compared: 1 difference" in said.stderr
        with pytest.raises(Refused, match="accepted"):
            rest(gateway, "AAPL")
        said = onetape("accept", "AAPL", "--reason", "a transfer", "--url", server.url)
        assert said.returncode == 0, said.stderr
        assert "nothing is open" in said.stderr
        rest(gateway, "AAPL")
        again = onetape("accept", "AAPL", "--reason", "a transfer", "--url", server.url)
        assert again.returncode == 1
        assert "in dispute" in again.stderr
        as_json = onetape("reconcile", "--url", server.url, "--json", "--account", ACCOUNT)
        assert json.loads(as_json.stdout)["differences"] == 0
        server.stop()
    (agreed,) = live.facts("position_agreed")
    assert agreed["reason"] == "a transfer"


def test_without_a_key_nothing_is_served_from_which_orders_reach_a_broker(
    hand: Hand, tmp_path: Path
) -> None:
    live = Live(hand, tmp_path)
    said = onetape("serve", "--config", live.config, "--tape", live.tape, "--port", "0")
    assert said.returncode == 2
    assert said.stderr.startswith("error: orders go to little, and there are no API keys in ")
    assert not live.tape.exists()


def test_a_command_that_reaches_nobody_says_so_in_one_line() -> None:
    said = onetape("reconcile", "--url", "http://127.0.0.1:9")
    assert said.returncode == 1
    assert said.stderr.startswith("error: http://127.0.0.1:9 does not answer")
    assert onetape("reconcile", "--url", "nonsense").returncode == 2
