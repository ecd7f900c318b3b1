"""The published client of the gateway, unmodified, streams everything from a server over TLS.

It checks the certificate against the file that the server made, opens its line with the cookie of a
tickle, and holds a subscription for active when the first message of it arrives.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from ibind import IbkrClient, IbkrWsClient, events
from ibind.client.ibkr_utils import OrderRequest
from ibind.subscriptions import (
    AccountLedgerSubscription,
    AccountSummarySubscription,
    MarketDataSubscription,
    MarketHistorySubscription,
    OrdersSubscription,
    PnlSubscription,
    TradesSubscription,
)

from tests.clients import month
from tests.clients.process import served

pytestmark = [pytest.mark.client, pytest.mark.timeout(60)]

ACCOUNT, AAPL = "DU8730189", 265598
TIMEOUT_S = 15.0

T = TypeVar("T")


class Heard:
    """Keeps every event that the client emits."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def emit(self, event: Any) -> None:
        """Take an event; the client calls this."""
        self.events.append(event)

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind so far."""
        return [one for one in self.events if isinstance(one, kind)]

    def wait(self, kind: type[T], matches: Callable[[T], bool] = lambda _: True) -> T:
        """The first event of this kind that matches, awaited for a limited time."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            for one in self.of(kind):
                if matches(one):
                    return one
            time.sleep(0.02)
        raise AssertionError(f"no such {kind.__name__} among {self.of(kind)}")

    def wait_more(self, kind: type[T], already: int) -> None:
        """Wait for one event of this kind more than there were."""
        deadline = time.monotonic() + TIMEOUT_S
        while len(self.of(kind)) <= already:
            assert time.monotonic() < deadline, f"no further {kind.__name__}"
            time.sleep(0.02)


class Line:
    """Both clients of one server, the stream open."""

    def __init__(self, url: str, port: str, certificate: Path) -> None:
        self.url = url
        trusted = {"host": "127.0.0.1", "port": port, "cacert": str(certificate)}
        self.rest = IbkrClient(ACCOUNT, auto_register_shutdown=False, **trusted)
        self.heard = Heard()
        self.stream = IbkrWsClient(ACCOUNT, ibkr_client=self.rest, sink=self.heard, **trusted)

    def subscribe(self, subscription: Any) -> None:
        """Subscribe, and see it confirmed."""
        assert self.stream.subscribe(subscription).wait(TIMEOUT_S)

    def order(self, side: str, quantity: float, **rest: Any) -> dict[str, Any]:
        """Place an order in AAPL."""
        request = OrderRequest(AAPL, side, quantity, acct_id=ACCOUNT, **rest)
        answer: dict[str, Any] = self.rest.place_order(request, {}).data
        return answer


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A server of its own for this module, with the clients connected."""
    folder = tmp_path_factory.mktemp("ibind")
    (folder / "onetape.toml").write_text("[webapi]\nprice_percent_max = 0\nfaults = true\n")
    arguments = ("serve", "--config", folder / "onetape.toml", "--webapi-port", "0")
    with served(*arguments, "--tape", folder / "a.tape", cwd=folder) as server:
        found = re.search(r"the IBKR Web API is at https://127\.0\.0\.1:(\d+)", server.said[-1])
        assert found, server.said
        line = Line(server.url, found[1], folder / "onetape.pem")
        assert line.stream.start()
        try:
            yield line
        finally:
            line.stream.shutdown()
            line.rest.close()
            logging.getLogger("ibind").handlers.clear()


def test_it_starts_authenticated_and_is_told_of_its_accounts(line: Line) -> None:
    assert line.stream.is_authenticated()
    assert line.heard.wait(events.AuthenticationStatus).authenticated
    accounts = line.heard.wait(events.AccountUpdate).data
    assert accounts["selectedAccount"] == ACCOUNT
    assert line.heard.wait(events.System).data["success"] == "owner"


def test_market_data_come_whole_and_then_as_they_change(line: Line) -> None:
    line.subscribe(MarketDataSubscription(conid=str(AAPL), fields=["31", "84", "86", "55"]))
    first = line.heard.wait(events.MarketData)
    assert first.conid == str(AAPL)
    assert float(first.data["bid_price"]) < float(first.data["ask_price"])
    assert first.data["symbol"] == "AAPL"
    later = line.heard.wait(events.MarketData, lambda event: event is not first)
    assert "symbol" not in later.data


def test_a_history_is_answered_and_can_be_let_go(line: Line) -> None:
    wanted = MarketHistorySubscription(conid=str(AAPL), period="1d", bar="1h", outside_rth=False)
    line.subscribe(wanted)
    bars = line.heard.wait(events.MarketHistory)
    assert bars.conid == str(AAPL)
    assert {"o", "h", "l", "c", "v", "t"} <= bars.data["data"][0].keys()
    assert line.stream.unsubscribe(wanted).wait(TIMEOUT_S)
    assert line.heard.wait(events.Unsubscription).target_event_type is events.MarketHistory


def test_a_history_goes_on_with_the_bars_that_come(tmp_path: Path) -> None:
    """The market is a backtest's, moved by hand, so that no minute has to be waited for."""
    month.write(tmp_path / "day.csv", days=1)
    with served("backtest", "--data", f"AAPL={tmp_path / 'day.csv'}") as server:
        step(server.url, 10)
        rest = IbkrClient(ACCOUNT, url=f"{server.url}/v1/api", auto_register_shutdown=False)
        heard = Heard()
        address = f"{server.url.replace('http', 'ws', 1)}/v1/api/ws"
        stream = IbkrWsClient(ACCOUNT, url=address, ibkr_client=rest, sink=heard)
        try:
            assert stream.start()
            wanted = MarketHistorySubscription(conid=str(AAPL), period="1d", bar="5min")
            assert stream.subscribe(wanted).wait(TIMEOUT_S)
            first = heard.wait(events.MarketHistory)
            begun = first.data["data"][-1]["t"]
            for steps, bars in ((1, 1), (4, 1), (1, 2)):
                already = len(heard.of(events.MarketHistory))
                step(server.url, steps)
                heard.wait_more(events.MarketHistory, already)
                rows = heard.of(events.MarketHistory)[-1].data["data"]
                assert rows[-1]["t"] >= begun
                assert len(rows) <= bars
            whole = rest.marketdata_history_by_conid(str(AAPL), "5min", period="1d").data["data"]
            assert heard.of(events.MarketHistory)[-1].data["data"][-1] == whole[-1]
            assert stream.unsubscribe(wanted).wait(TIMEOUT_S)
        finally:
            stream.shutdown()
            rest.close()


def step(url: str, steps: int) -> None:
    """Move the market of a backtest on."""
    httpx.post(f"{url}/clock/step", json={"steps": steps}).raise_for_status()


def test_an_order_is_followed_from_its_placing_to_its_end(line: Line) -> None:
    line.subscribe(OrdersSubscription())
    placed = line.order("BUY", 1, order_type="LMT", price=1.0, tif="GTC", coid="resting")
    number = int(placed["order_id"])
    assert rows_of(line, number, "Submitted")["order_ref"] == "resting"
    line.rest.cancel_order(placed["order_id"], ACCOUNT)
    assert rows_of(line, number, "Cancelled")["status"] == "Cancelled"


def test_an_execution_is_told_with_its_order_and_the_profit(line: Line) -> None:
    line.subscribe(TradesSubscription(days=1))
    line.subscribe(PnlSubscription())
    line.subscribe(OrdersSubscription())
    placed = line.order("BUY", 2, order_type="MKT", coid="filled")
    trade = line.heard.wait(events.Trades, lambda event: bool(event.data["args"]))
    row = trade.data["args"][0]
    assert (row["side"], row["size"], row["order_ref"]) == ("B", 2, "filled")
    assert rows_of(line, int(placed["order_id"]), "Filled")["filledQuantity"] == 2
    profit = line.heard.wait(events.Pnl, lambda event: event.data["args"][CORE]["mv"] > 0)
    assert profit.data["args"][CORE]["rowType"] == 1


CORE = f"{ACCOUNT}.Core"


def test_a_servers_question_is_notified_and_answered(line: Line) -> None:
    """The client has no method for either call, and makes them by its own general one."""
    terms = {"kind": "server_prompt", "reason": "it is after hours"}
    httpx.post(f"{line.url}/webapi/faults", json=terms).raise_for_status()
    ticket = {"conid": AAPL, "orderType": "MKT", "side": "BUY", "quantity": 1, "tif": "DAY"}
    asked = line.rest.post(f"iserver/account/{ACCOUNT}/orders", {"orders": [ticket]}).data
    notice = line.heard.wait(events.Notification).data
    assert (notice["reqId"], notice["orderId"]) == (asked["reqId"], asked["orderId"])
    assert "it is after hours" in notice["text"]
    line.subscribe(OrdersSubscription())
    answer = {"orderId": notice["orderId"], "reqId": notice["reqId"], "text": notice["options"][0]}
    assert line.rest.post("iserver/notification", answer).data == "Success"
    assert rows_of(line, asked["orderId"], "Filled")["filledQuantity"] == 1


def test_summary_and_ledger_name_their_account_and_can_be_let_go(line: Line) -> None:
    summary = AccountSummarySubscription(account_id=ACCOUNT)
    ledger = AccountLedgerSubscription(account_id=ACCOUNT)
    line.subscribe(summary)
    line.subscribe(ledger)
    told = line.heard.wait(events.AccountSummary)
    assert told.account_id == ACCOUNT
    assert told.data["NetLiquidation-S"]["currency"] == "USD"
    assert line.heard.wait(events.AccountLedger).data["secondKey"] == "USD"
    assert line.stream.unsubscribe(summary).wait(TIMEOUT_S)
    assert line.stream.unsubscribe(ledger).wait(TIMEOUT_S)


def test_a_tic_is_answered_with_the_state_of_the_session(line: Line) -> None:
    answered = line.stream.tic()
    assert answered["alive"]
    assert answered["iserver"]["authStatus"]["connected"]


def test_its_heartbeat_comes_often_enough_for_it_to_stay(line: Line) -> None:
    beat = line.heard.wait(events.System, lambda event: "hb" in event.data)
    assert abs(beat.data["hb"] / 1000 - time.time()) < 2 * TIMEOUT_S
    assert line.stream.is_authenticated()


def test_it_comes_back_by_itself_when_its_line_breaks(line: Line) -> None:
    line.subscribe(OrdersSubscription())
    placed = line.order("BUY", 1, order_type="LMT", price=1.5, tif="GTC", coid="unseen")
    already = len(line.heard.of(events.AuthenticationStatus))
    httpx.post(f"{line.url}/webapi/faults", json={"kind": "stream_drop"}).raise_for_status()
    line.rest.cancel_order(placed["order_id"], ACCOUNT)
    line.heard.wait(
        events.Orders,
        lambda event: any(
            row["orderId"] == int(placed["order_id"]) and row.get("status") == "Cancelled"
            for row in event.data["args"]
        ),
    )
    assert len(line.heard.of(events.AuthenticationStatus)) > already


def rows_of(line: Line, number: int, status: str) -> dict[str, Any]:
    """The row, put together of all that was told, of an order that has come to ``status``."""

    def has(event: Any) -> bool:
        rows = event.data["args"]
        return any(row["orderId"] == number and row.get("status") == status for row in rows)

    line.heard.wait(events.Orders, has)
    whole: dict[str, Any] = {}
    for event in line.heard.of(events.Orders):
        for row in event.data["args"]:
            if row["orderId"] == number:
                whole |= row
    return whole
