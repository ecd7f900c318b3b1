"""The stream over a real line: opening, refusing, leaving, and never before a fact is durable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from adapters.tape_sqlite.tape import SqliteTape
from api.auth import OWNER
from api.streams.limits import GOING_AWAY, StreamLimits
from api.webapi.faults.garbler import Garbler
from api.webapi.gateway import Gateway
from api.webapi.stream.conversation import Conversation
from engine.requests import OrderRequest
from engine.values import OrderType, Side
from tests.api.served import ACCOUNT, Served, bars, build, serving
from tests.api.webapi.gate import AAPL

TIMEOUT_S = 5.0
GREETING = 3


def at(served: Served, base: str = "/v1/api") -> str:
    """Where the stream is."""
    return served.url.replace("http", "ws", 1) + f"{base}/ws"


async def heard(line: ClientConnection) -> dict[str, Any]:
    """The next message."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(line.recv(), TIMEOUT_S))
    return message


def talking(
    served: Served, talk: Callable[[ClientConnection], Awaitable[None]], base: str = "/v1/api"
) -> None:
    """Connect, take the greeting, and talk."""

    async def main() -> None:
        async with websockets.connect(at(served, base)) as line:
            topics = [(await heard(line))["topic"] for _ in range(GREETING)]
            assert topics == ["system", "act", "sts"]
            await talk(line)

    asyncio.run(main())


@pytest.mark.parametrize("base", ["/v1/api", "/v1/portal"])
def test_it_opens_at_both_addresses_and_answers(base: str) -> None:
    async def talk(line: ClientConnection) -> None:
        await line.send("tic")
        assert (await heard(line))["topic"] == "tic"
        await line.send(b"ech+hb")
        assert (await heard(line))["topic"] == "ech"

    with serving(stepped=False) as served:
        talking(served, talk, base)
        served.wait(served.desk.hub.is_empty.wait())


def test_an_order_over_rest_is_told_on_the_line() -> None:
    ticket = {"conid": AAPL, "orderType": "LMT", "price": 1, "side": "BUY", "quantity": 1}

    with serving(stepped=False) as served:

        async def talk(line: ClientConnection) -> None:
            await line.send("sor+{}")
            assert (await heard(line))["args"] == []
            url = f"{served.url}/v1/api/iserver/account/{ACCOUNT}/orders"
            async with httpx.AsyncClient() as client:
                (placed,) = (await client.post(url, json={"orders": [ticket]})).json()
            (row,) = (await heard(line))["args"]
            assert str(row["orderId"]) == placed["order_id"]

        talking(served, talk)


@pytest.mark.anyio
async def test_nothing_is_told_before_it_is_durable(tmp_path: Path) -> None:
    tape = SqliteTape.open(tmp_path / "a.tape")
    desk = build([bars("AAPL", 3)], tape)
    tape.on_durable(desk.committed)
    gateway = Gateway(desk)
    await desk.start()
    line = Conversation(gateway, OWNER, Garbler(gateway.faults), lambda: 0.0)
    gateway.stream.attach(line)
    order = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(1))
    line.hear("sor+{}")
    line.hear("spl")
    desk.engine.submit(ACCOUNT, order)
    await asyncio.sleep(0.01)
    assert line.ear.take() is None
    tape.commit()
    await asyncio.sleep(0.01)
    told = [json.loads(event.text)["topic"] for event in iter(line.ear.take, None)]
    assert told == ["sor", "spl", "sor", "sor"]
    gateway.stream.detach(line)
    await desk.close()
    tape.close()


def test_what_changes_without_a_fact_is_told_as_time_passes() -> None:
    with serving(stepped=False) as served:

        async def talk(line: ClientConnection) -> None:
            await asyncio.to_thread(httpx.post, f"{served.url}/v1/api/logout")
            state = await heard(line)
            assert (state["topic"], state["args"]["authenticated"]) == ("sts", False)

        talking(served, talk)


def test_a_server_that_leaves_closes_it() -> None:
    async def main(served: Served) -> None:
        async with websockets.connect(at(served)) as line:
            for _ in range(GREETING):
                await heard(line)
            served.call(served.desk.hub.say_goodbye, "2026-01-15T00:00:00Z", GOING_AWAY, "bye")
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await heard(line)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (GOING_AWAY, "bye")

    with serving(stepped=False) as served:
        asyncio.run(main(served))


def test_one_stream_too_many_is_refused_in_the_shape_of_the_web_api() -> None:
    async def main(served: Served) -> None:
        async with websockets.connect(at(served)):
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with websockets.connect(at(served)):
                    pass
            assert refused.value.response.status_code == 503
            body = json.loads(refused.value.response.body or b"")
            assert body == {"error": "1 streams are open already", "statusCode": 503}

    with serving(stepped=False, limits=StreamLimits(clients_max=1)) as served:
        asyncio.run(main(served))


def test_without_an_upgrade_it_says_so() -> None:
    with serving(stepped=False) as served:
        answer = httpx.get(f"{served.url}/v1/api/ws")
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
        assert "WebSocket" in answer.json()["error"]


def test_a_backtest_does_not_wait_for_it() -> None:
    async def talk(line: ClientConnection) -> None:
        await line.send(f"smd+{AAPL}+{{}}")
        assert (await heard(line))["conid"] == AAPL

    with serving(bars("AAPL", 5)) as served:
        talking(served, talk)
        assert httpx.get(f"{served.url}/v1/clock").json()["clients"] == 0
