"""The published `ibind` client, unmodified, does over REST all that it can do, in both manners.

Its own helpers find contracts, answer questions and judge the session's health. The market stands
still unless a test moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from ibind import IbkrClient, QuestionType
from ibind.client.ibkr_utils import OrderRequest, StockQuery
from ibind.support.errors import ExternalBrokerError

from api.settings import Settings, WebApi
from api.webapi.manners import MANNERS, STRICT
from tests.api.serving import served
from tests.api.world import World

pytestmark = pytest.mark.client

ACCOUNT, AAPL, MSFT = "A", 265598, 272093
YES = dict.fromkeys(QuestionType, True)
TAGS = ["31", "84", "86"]


class Desk(NamedTuple):
    """A client, and a way to move the market on."""

    client: IbkrClient
    step: Callable[[], None]


def connected(manner: Literal["friendly", "strict"]) -> Iterator[Desk]:
    """A client of a gateway in this manner."""
    world = World()
    world.desk.settings = Settings(webapi=WebApi(manner=manner))
    with served(world) as url:
        client = IbkrClient(
            ACCOUNT, url=f"{url}/v1/api", timeout=5, auto_register_shutdown=False, use_oauth=False
        )
        yield Desk(client, lambda: _step(url))
        client.close()


def _step(url: str, count: int = 1) -> None:
    httpx.post(f"{url}/clock/step", json={"steps": count}).raise_for_status()


@pytest.fixture
def friendly() -> Iterator[Desk]:
    """A client of a friendly gateway."""
    yield from connected("friendly")


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A client of a strict one, which it warms up as the gateway wants; it may call faster here
    than anybody could elsewhere.
    """
    monkeypatch.setitem(MANNERS, "strict", replace(STRICT, paced=False))
    for desk in connected("strict"):
        desk.client.initialize_brokerage_session()
        desk.client.receive_brokerage_accounts()
        desk.client.portfolio_accounts()
        desk.client.live_orders()
        yield desk


@pytest.fixture(params=["friendly", "strict"])
def either(request: pytest.FixtureRequest) -> Any:
    """A client of either."""
    return request.getfixturevalue(request.param)


def order(**fields: Any) -> OrderRequest:
    """A market order for ten AAPL, or with other fields."""
    whole = {"conid": AAPL, "side": "BUY", "quantity": 10, "order_type": "MKT", "acct_id": ACCOUNT}
    return OrderRequest(**(whole | fields))


def limit(price: float, **fields: Any) -> OrderRequest:
    """A limit order."""
    return order(**{"order_type": "LMT", "price": price} | fields)


def place(client: IbkrClient, request: Any) -> Any:
    """Place an order, answering every question with yes."""
    return client.place_order(request, YES).data


def test_the_session_is_healthy_and_can_be_opened_and_left(either: Desk) -> None:
    client = either.client
    assert client.check_health()
    assert client.check_auth_status()
    assert client.tickle().data["session"]
    assert client.validate().data["RESULT"] is True
    assert client.initialize_brokerage_session().data["authenticated"]
    client.logout()
    assert not client.check_auth_status()


def test_contracts_are_found_by_symbol_and_by_number(either: Desk) -> None:
    client = either.client
    found = client.stock_conid_by_symbol(["AAPL", StockQuery("MSFT", name_match="MICRO")]).data
    assert found == {"AAPL": AAPL, "MSFT": MSFT}
    assert int(client.search_contract_by_symbol("AAPL", name=False).data[0]["conid"]) == AAPL
    assert client.contract_information_by_conid(str(AAPL)).data["symbol"] == "AAPL"
    rules = client.search_contract_rules(str(AAPL), is_buy=True).data
    assert "limit" in rules["orderTypes"]
    assert client.info_and_rules_by_conid(str(AAPL), True).data["rules"] == rules
    assert client.security_definition_by_conid([str(AAPL)]).data["secdef"][0]["ticker"] == "AAPL"
    assert client.currency_pairs("USD").data["USD"][0]["symbol"] == "EUR.USD"


def test_market_data_are_read_by_symbol(either: Desk) -> None:
    client = either.client
    row = client.live_marketdata_snapshot_by_symbol("AAPL", fields=TAGS)["AAPL"]
    assert (row["last_price"], row["bid_price"]) == ("100.10", "100.10")
    for _ in range(9):
        either.step()
    told = client.marketdata_history_by_symbol("AAPL", period="1d", bar="5min").data
    assert [bar["c"] for bar in told["data"]] == [100.5, 101.0]
    bars = client.marketdata_history_by_conids({"AAPL": str(AAPL)}, period="30min", bar="1min")
    assert len(bars["AAPL"]) == 10
    client.marketdata_unsubscribe([str(AAPL), str(MSFT)])
    client.marketdata_unsubscribe_all()


def test_questions_are_answered_and_the_order_is_placed(either: Desk) -> None:
    client = either.client
    ack = place(client, limit(50, quantity=3_000, coid="far"))
    assert ack["local_order_id"] == "far"
    with pytest.raises(RuntimeError, match="not given a positive reply"):
        client.place_order(limit(50), dict.fromkeys(QuestionType, False))
    with pytest.raises(ValueError, match="No answer found"):
        client.place_order(limit(50), {})


def test_an_order_is_placed_changed_watched_and_cancelled(either: Desk) -> None:
    client = either.client
    ack = place(client, limit(99, coid="mine"))
    order_id = ack["order_id"]
    assert client.modify_order(order_id, limit(99.5, quantity=7), YES).data["order_id"] == order_id
    told = client.order_status(order_id).data
    assert (told["order_status"], told["limit_price"]) == ("Submitted", "99.50")
    (row,) = client.live_orders().data["orders"]
    assert (row["orderId"], row["price"], row["totalSize"]) == (int(order_id), "99.50", 7.0)
    assert client.cancel_order(order_id).data["msg"] == "Request was submitted"
    assert client.order_status(order_id).data["order_status"] == "Cancelled"
    with pytest.raises(ExternalBrokerError, match="Order is inactive"):
        client.cancel_order(order_id)


def test_orders_are_listed_by_state(friendly: Desk) -> None:
    client = friendly.client
    place(client, limit(99))
    assert len(client.live_orders(filters=["submitted", "filled"]).data["orders"]) == 1
    assert client.live_orders(filters="filled").data["orders"] == []
    assert len(client.live_orders(force=True, account_id=ACCOUNT).data["orders"]) == 1


def test_a_fill_is_told_as_a_trade_and_as_a_position(either: Desk) -> None:
    client = either.client
    place(client, order(coid="buy"))
    either.step()
    client.trades()
    (trade,) = client.trades(days="2").data
    assert (trade["side"], trade["size"], trade["order_ref"]) == ("B", 10.0, "buy")
    client.positions()
    (held,) = client.positions().data
    assert (held["conid"], held["position"], held["ticker"]) == (AAPL, 10.0, "AAPL")
    assert client.positions2().data[0]["conid"] == str(AAPL)
    assert client.positions_by_conid(ACCOUNT, str(AAPL)).data[0]["position"] == 10.0
    assert ACCOUNT in client.position_and_contract_info(str(AAPL)).data


def test_the_accounts_figures_are_told(either: Desk) -> None:
    client = either.client
    assert client.portfolio_summary().data["netliquidation"]["amount"] == 1_000_000.0
    assert client.get_ledger().data["BASE"]["cashbalance"] == 1_000_000.0
    assert client.portfolio_account_allocation().data["assetClass"]["long"]["CASH"] == 1_000_000.0
    assert client.portfolio_account_allocations(["A", "B"]).data["assetClass"]["long"]
    assert client.account_summary().data["netLiquidationValue"] == 1_000_000.0
    client.account_profit_and_loss()
    assert f"{ACCOUNT}.Core" in client.account_profit_and_loss().data["upnl"]
    client.invalidate_backend_portfolio_cache()
    assert client.switch_account("B").data == {"set": True, "acctId": "B"}


def test_a_bracket_is_placed_by_one_list(either: Desk) -> None:
    client = either.client
    tickets = [
        limit(100.2, coid="parent"),
        order(side="SELL", order_type="STP", price=98, parent_id="parent"),
        limit(103, side="SELL", parent_id="parent"),
    ]
    acks = place(client, tickets)
    assert [ack["order_status"] for ack in acks] == ["Submitted", "PreSubmitted", "PreSubmitted"]
    either.step()
    states = {row["orderId"]: row["status"] for row in client.live_orders().data["orders"]}
    assert [states[int(ack["order_id"])] for ack in acks] == ["Filled", "PreSubmitted", "Submitted"]


def test_a_preview_places_nothing(either: Desk) -> None:
    client = either.client
    told = client.whatif_order(limit(100)).data
    assert told["amount"]["amount"] == "1,000.00 USD (10 Shares)"
    assert client.live_orders().data["orders"] == []


def test_a_name_that_is_taken_is_told_in_the_words_that_the_client_knows(strict: Desk) -> None:
    client = strict.client
    place(client, limit(99, coid="once"))
    with pytest.raises(ExternalBrokerError, match="already registered"):
        place(client, limit(99, coid="once"))


def test_suppressed_questions_are_not_asked(friendly: Desk) -> None:
    client = friendly.client
    assert client.suppress_messages(["o163"]).data == {"status": "submitted"}
    assert client.place_order(limit(50), {}).data["order_status"] == "Submitted"
    client.reset_suppressed_messages()
    with pytest.raises(ValueError, match="No answer found"):
        client.place_order(limit(50), {})
