"""The desk: what is acknowledged is durable, and a dead tape lets nothing new happen."""

from __future__ import annotations

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.files import open_writer
from adapters.tape_sqlite.tape import SqliteTape
from api.app import dialects
from api.desk import Desk
from api.guards import GuardRules
from api.metrics import Metrics
from api.service import service
from api.streams.event import Event
from api.streams.limits import StreamLimits
from api.streams.subscriber import Subscriber
from api.trading.routes import routes
from engine.errors import TradingHalted
from engine.market.bars import Bar
from engine.market.quotes import Quote
from engine.requests import OrderRequest
from engine.tape import MemoryTape
from engine.values import OrderType, Side
from tests.api.line import line, order
from tests.api.served import ACCOUNT, MINUTE_NS, START_NS, bars, build, serving

LIMIT = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(1))
TICKET = {"conid": 265598, "orderType": "LMT", "side": "BUY", "quantity": 9_999_999, "price": 100}
TICKET |= {"tif": "GTC"}
BIG = {"symbol": "AAPL", "side": "BUY", "quantity": "9999999", "order_type": "LIMIT"}
GUIDED = {"symbol": "AAPL", "action": "BUY", "quantity": 9_999_999, "limit_price": 100}


class Failing(sqlite3.Connection):
    """A disk that is told when to fail."""

    broken = False

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        """Carry out a statement, unless it writes to a broken disk."""
        if type(self).broken and sql.startswith(("INSERT", "BEGIN", "COMMIT")):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *arguments)


@pytest.mark.anyio
async def test_a_tape_in_memory_is_settled_at_once() -> None:
    desk = build([bars("AAPL", 3)], MemoryTape())
    await desk.start()
    desk.engine.submit(ACCOUNT, LIMIT)
    settled = desk.settled()
    with pytest.raises(StopIteration):
        settled.send(None)
    await desk.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/orders", {**BIG, "limit_price": "100"}, 422),
        ("POST", "/guide/order/limit", GUIDED, 500),
        ("GET", "/v1/orders", None, 200),
        ("GET", "/guide/positions", None, 200),
        ("GET", "/api/v1/positions", None, 200),
        ("POST", f"/v1/api/iserver/account/{ACCOUNT}/orders", {"orders": [TICKET]}, 200),
        ("POST", f"/v1/api/iserver/account/{ACCOUNT}/order/9", TICKET, 400),
        ("GET", "/v1/api/iserver/account/orders", None, 200),
        ("GET", f"/v1/api/portfolio/{ACCOUNT}/positions/0", None, 200),
        ("POST", "/v1/api/iserver/reply/nothing", {"confirmed": True}, 400),
    ],
)
async def test_what_a_crash_could_undo_is_neither_shown_nor_refused(
    tmp_path: Path, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    tape = SqliteTape.open(tmp_path / "t.tape")
    desk = build([bars("AAPL", 3)], tape, stepped=False)
    tape.on_durable(desk.committed)
    tape.commit()
    await desk.start()
    desk.engine.submit(ACCOUNT, LIMIT)
    app = service(routes(desk), GuardRules(), "t", dialects=dialects(desk, Metrics()))
    transport, key = httpx.ASGITransport(app), {"X-API-Key": "any"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", headers=key
    ) as client:
        asked = asyncio.create_task(client.request(method, path, json=body))
        await asyncio.sleep(0.05)
        assert not asked.done()
        assert (await client.get("/v1/health")).status_code == 200
        tape.commit()
        assert (await asyncio.wait_for(asked, 5)).status_code == status
    await desk.close()
    tape.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "body", "shown"),
    [
        ("POST", "/v1/orders", {**BIG, "quantity": "1", "limit_price": "1"}, '"OPEN"'),
        ("PATCH", "/v1/orders/{id}", {"limit_price": "2"}, '"OPEN"'),
        ("GET", "/v1/orders/{id}", None, '"OPEN"'),
        (
            "POST",
            f"/v1/api/iserver/account/{ACCOUNT}/orders",
            {"orders": [{**TICKET, "quantity": 1, "price": 1}]},
            '"Submitted"',
        ),
    ],
)
async def test_an_answer_shows_what_was_asked_and_nothing_that_came_while_it_waited(
    tmp_path: Path, method: str, path: str, body: dict[str, Any] | None, shown: str
) -> None:
    tape = SqliteTape.open(tmp_path / "t.tape")
    desk = build([bars("AAPL", 3)], tape, stepped=False)
    tape.on_durable(desk.committed)
    tape.commit()
    await desk.start()
    first = desk.engine.submit(ACCOUNT, LIMIT)
    app = service(routes(desk), GuardRules(), "t", dialects=dialects(desk, Metrics()))
    transport, key = httpx.ASGITransport(app), {"X-API-Key": "any"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", headers=key
    ) as client:
        asked = asyncio.create_task(client.request(method, path.format(id=first.id), json=body))
        await asyncio.sleep(0.05)
        assert not asked.done()
        desk.engine.cancel_all(ACCOUNT)
        tape.commit()
        assert shown in (await asyncio.wait_for(asked, 5)).text
    await desk.close()
    tape.close()


@pytest.mark.anyio
async def test_settled_waits_for_the_disk_and_one_commit_wakes_everybody(tmp_path: Path) -> None:
    tape = SqliteTape.open(tmp_path / "t.tape")
    asked: list[int] = []
    desk = build([bars("AAPL", 3)], tape, commit=lambda: asked.append(tape.head))
    tape.on_durable(desk.committed)
    await desk.start()
    waiting = []
    for _ in range(20):
        desk.engine.submit(ACCOUNT, LIMIT)
        waiting.append(asyncio.create_task(desk.settled()))
    await asyncio.sleep(0.01)
    assert asked
    assert not any(task.done() for task in waiting)
    tape.commit()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    await desk.close()
    tape.close()


@pytest.mark.anyio
async def test_nobody_hears_of_a_fact_before_it_is_durable(tmp_path: Path) -> None:
    tape = SqliteTape.open(tmp_path / "t.tape")
    desk = build([bars("AAPL", 3)], tape)
    tape.on_durable(desk.committed)
    await desk.start()
    subscriber = Subscriber(ACCOUNT, StreamLimits())
    desk.hub.join(subscriber)
    desk.engine.submit(ACCOUNT, LIMIT)
    await asyncio.sleep(0.01)
    assert subscriber.take() is None
    tape.commit()
    await asyncio.sleep(0.01)
    told = subscriber.take()
    assert told is not None
    assert told.name == "order"
    desk.part(subscriber, is_goodbye=True)
    await desk.close()
    tape.close()


@pytest.mark.anyio
async def test_who_waits_when_the_tape_dies_is_told_and_the_desk_is_halted(tmp_path: Path) -> None:
    Failing.broken = False
    tape = SqliteTape.open(tmp_path / "t.tape", connect=_failing)
    desk = _connected(tape)
    await desk.start()
    Failing.broken = True
    with Committer(tape) as committer:
        desk.engine.submit(ACCOUNT, LIMIT)
        waiting = asyncio.create_task(desk.settled())
        await asyncio.sleep(0)
        committer.wake()
        with pytest.raises(TradingHalted, match="disk I/O error"):
            await asyncio.wait_for(waiting, 2)
        await asyncio.wait_for(desk.halted.wait(), 2)
        with pytest.raises(TradingHalted):
            await desk.settled()
        await desk.settled_if_alive()
        with pytest.raises(TradingHalted):
            desk.engine.submit(ACCOUNT, LIMIT)
        order_id = next(iter(desk.engine.state.orders))
        assert desk.engine.cancel(ACCOUNT, order_id).is_final
    await desk.close()
    tape.close()


def _failing(path: Path) -> sqlite3.Connection:
    real = open_writer(path)
    real.close()
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, factory=Failing
    )
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _connected(tape: SqliteTape) -> Desk:
    desk = build([bars("AAPL", 3)], tape)
    tape.on_durable(desk.committed)
    tape.on_failure(desk.tape_failed)
    return desk


def test_an_order_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    with serving(tape_file=tmp_path / "t.tape") as served:
        for _ in range(20):
            answer = httpx.post(served.url + "/orders", json=order(), timeout=5)
            assert answer.status_code == 201
            assert served.tape.durable >= int(answer.json()["id"].removeprefix("ord_"))


def test_a_feed_shows_bars_to_all_and_only_the_newest_quote_to_the_slow() -> None:
    with serving(stepped=False) as served, line(served, "?observe=1") as stream:
        stream.next()
        cent = Decimal("0.01")
        bar = Bar("AAPL", MINUTE_NS, START_NS, cent, cent, cent, cent, Decimal(5))
        quotes = [Quote("AAPL", START_NS + i, cent * i, cent * i + cent) for i in range(1, 500)]

        def feed() -> None:
            for each in quotes:
                served.desk.publish_quote(each)
            served.desk.publish_bar(bar)

        served.call(feed)
        candle, quote = stream.next(), stream.next()
        assert candle["timestamp"] == "2023-11-14T22:14:00Z"
        assert candle["bar"]["timestamp"] == "2023-11-14T22:13:00Z"
        assert (quote["quote"]["bid"], quote["quote"]["ask"]) == ("4.99", "5.00")
        assert stream.is_quiet()


def test_events_of_nobody_in_particular_go_to_everybody() -> None:
    subscriber = Subscriber("DU1", StreamLimits())
    subscriber.put([Event("a", "{}", "x", account="DU2"), Event("b", "{}", "x")])
    taken = subscriber.take()
    assert taken is not None
    assert taken.id == "b"
    assert subscriber.take() is None
