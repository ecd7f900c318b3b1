"""ctx.ibkr in process gives what the served dialect gives, and needs no loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from api.ibkr.in_process import InProcess
from api.settings import Settings, WebApi
from engine.errors import TradingHalted
from engine.worker.ibkr import Ibkr
from engine.worker.ibkr_line import IbkrAPIError, Reply
from engine.worker.line import Line
from tests.api.webapi.gate import AAPL, gate
from tests.api.world import World


class Noted:
    """Passes calls on, and keeps those that only read, with their answers."""

    def __init__(self, line: InProcess) -> None:
        self._line = line
        self.reads: list[tuple[str, dict[str, Any], Reply]] = []

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """Pass a call on."""
        reply = self._line.ask(method, path, query, body)
        if method == "GET":
            self.reads.append((path, dict(query), reply))
        return reply


def world() -> World:
    """A market that has shown a quarter of an hour."""
    made = World()
    made.desk.settings = Settings(webapi=WebApi(penalty_s=0))
    for _ in range(15):
        made.step()
    return made


def line_to(made: World, account: str = "A") -> InProcess:
    """A transport to a world's engine."""
    return InProcess(made.engine, made.desk.board, made.desk.settings, account, Line())


def use(ibkr: Ibkr, made: World) -> None:
    """Make every one of the calls, some of them after orders filled, worked and were cancelled."""
    assert ibkr.tickle()["iserver"]["authStatus"]["authenticated"] is True
    assert ibkr.auth_status()["competing"] is False
    account = ibkr.get_accounts()[0]["accountId"]
    assert account == "A"
    assert "success" in ibkr.select_account(account)
    assert ibkr.suppress_messages(["o163"]) == {"status": "submitted"}
    assert ibkr.search_contract("AAPL")[0]["conid"] == AAPL
    bought = ibkr.place_order(account, AAPL, "BUY", 10)
    assert isinstance(bought[0]["order_id"], str)
    low = [ibkr.place_order(account, AAPL, "BUY", 1, "LMT", 50.5 - n)[0] for n in range(3)]
    ibkr.modify_order(account, low[0]["order_id"], AAPL, "BUY", 2, "LMT", 49.5)
    assert ibkr.cancel_order(account, low[1]["order_id"])["msg"] == "Request was submitted"
    made.step()
    question = ibkr.place_order(account, AAPL, "BUY", 600)
    assert "size exceeds the Size Limit" in question[0]["message"][0]
    assert ibkr.reply_to_order(question[0]["id"], confirmed=False) == {
        "error": "Order not confirmed "
    }
    ibkr.get_subaccounts()
    ibkr.get_contract_details(AAPL)
    ibkr.get_summary(account)
    assert ibkr.get_ledger(account)["USD"]["cashbalance"] < 1_000_000
    assert ibkr.get_positions(account)[0]["position"] == 10.0
    assert float(ibkr.get_market_snapshot(AAPL)[0]["31"]) > 100
    assert len(ibkr.get_historical_data(AAPL, bar="1min")["data"]) == 17
    assert [row["status"] for row in ibkr.get_filled_orders()["orders"]] == ["Filled"]
    states = [row["status"] for row in ibkr.get_orders()["orders"]]
    assert sorted(states) == ["Cancelled", "Filled", "Submitted", "Submitted"]


async def _both() -> tuple[list[Any], list[Any]]:
    made = world()
    line = Noted(line_to(made))
    use(Ibkr(line), made)
    line.reads.clear()
    ibkr = Ibkr(line)
    for _ in range(2):  # the second time from what was kept
        ibkr.get_orders()
        line.ask("GET", "/iserver/account/orders", {"accountId": "A"}, None)
        ibkr.get_filled_orders("A")
        ibkr.get_accounts()
        ibkr.get_summary("A")
        ibkr.get_ledger("A")
        ibkr.get_positions("A")
        ibkr.get_historical_data(AAPL, "1h", "1min")
        ibkr.get_contract_details(AAPL)
        ibkr.search_contract("AAPL")
    here = [(path, query, reply.value) for path, query, reply in line.reads]
    async with gate({}, world=made) as client:
        there = [(path, query, await client.get(path, **query)) for path, query, _ in line.reads]
    return here, there


def test_the_answers_are_those_of_the_served_dialect() -> None:
    here, there = asyncio.run(_both())
    assert len(here) == 20
    assert here == there


def test_no_loop_is_needed() -> None:
    made = world()
    use(Ibkr(line_to(made)), made)


def test_answers_belong_to_whoever_asked() -> None:
    """A worker may change the rows it got; the next answer does not show it."""
    made = world()
    line = line_to(made)
    Ibkr(line).place_order("A", AAPL, "BUY", 1)
    made.step()

    def orders() -> list[dict[str, Any]]:
        answer = line.ask("GET", "/iserver/account/orders", {"accountId": "A"}, None).value
        found: list[dict[str, Any]] = answer["orders"]
        return found

    first = orders()
    told = [dict(row) for row in first]
    first[0].clear()
    first.clear()
    assert orders() == told != []


def test_refusals_are_raised_with_the_words_of_the_dialect() -> None:
    ibkr = Ibkr(line_to(world()))
    with pytest.raises(IbkrAPIError, match="Invalid account ID 'X'") as raised:
        ibkr.get_positions("X")
    assert raised.value.code == 400
    with pytest.raises(IbkrAPIError, match="OrderID 12 doesn't exist"):
        ibkr.cancel_order("A", "12")
    with pytest.raises(IbkrAPIError, match=r"Invalid account ID 'A/\.\./B'"):
        ibkr.get_ledger("A/../B")
    with pytest.raises(IbkrAPIError, match="no such path: /absent") as absent:
        line_to(world()).ask("GET", "/absent", {}, None)
    assert absent.value.code == 404


def test_what_can_not_be_kept_is_an_error_of_the_gateway() -> None:
    def cut(*_: Any) -> Any:
        raise TradingHalted("facts can not be kept any more")

    made = world()
    line = InProcess(made.engine, made.desk.board, None, "A", Line(cut))
    with pytest.raises(IbkrAPIError, match="facts can not be kept") as raised:
        Ibkr(line).get_orders()
    assert raised.value.code == 503


def test_the_workers_account_comes_first() -> None:
    ibkr = Ibkr(line_to(world(), "B"))
    assert [one["accountId"] for one in ibkr.get_accounts()] == ["B", "A"]
