"""ctx.ibkr has the document's names, parameters and defaults, and asks what the gateway expects."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.worker.ibkr import PAGE_ROWS, SNAPSHOT_FIELDS, Ibkr
from engine.worker.ibkr_line import NOT_CONNECTED, IbkrAPIError, Reply
from tests.engine.worker.kit import Trial, prices

DOCUMENT = {
    "search_contract": {"symbol": ..., "sec_type": "STK"},
    "get_contract_details": {"conid": ...},
    "tickle": {},
    "auth_status": {},
    "select_account": {"account_id": ...},
    "get_accounts": {},
    "get_subaccounts": {},
    "get_summary": {"account_id": ...},
    "get_ledger": {"account_id": ...},
    "get_positions": {"account_id": ...},
    "get_market_snapshot": {"conids": ..., "fields": None},
    "get_historical_data": {"conid": ..., "period": "1d", "bar": "5min", "outside_rth": False},
    "get_orders": {},
    "get_filled_orders": {"account_id": None},
    "place_order": {
        "account_id": ...,
        "conid": ...,
        "side": ...,
        "quantity": ...,
        "order_type": "MKT",
        "price": None,
        "tif": "DAY",
    },
    "modify_order": {
        "account_id": ...,
        "order_id": ...,
        "conid": ...,
        "side": ...,
        "quantity": ...,
        "order_type": "LMT",
        "price": None,
        "tif": "DAY",
    },
    "cancel_order": {"account_id": ..., "order_id": ...},
    "reply_to_order": {"message_id": ..., "confirmed": True},
    "suppress_messages": {"message_ids": ...},
}
"""The nineteen methods: their parameters in order, with the defaults (``...`` for none)."""


class Scripted:
    """A transport that gives prepared replies, the last of them for ever, and notes the calls."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply(200, {})]
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """Note the call."""
        self.calls.append((method, path, dict(query), body))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def test_the_methods_are_those_of_the_document_with_its_parameters_and_defaults() -> None:
    methods = {n: m for n, m in vars(Ibkr).items() if not n.startswith("_") and callable(m)}
    found = {
        name: {
            one.name: ... if one.default is one.empty else one.default
            for one in list(inspect.signature(method).parameters.values())[1:]
        }
        for name, method in methods.items()
    }
    assert found == DOCUMENT


TICKET = {"conid": 265598, "orderType": "LMT", "side": "BUY", "quantity": 10, "tif": "GTC"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda one: one.tickle(), ("POST", "/tickle", {}, {})),
        (lambda one: one.auth_status(), ("POST", "/iserver/auth/status", {}, {})),
        (
            lambda one: one.select_account("U1"),
            ("POST", "/iserver/account", {}, {"acctId": "U1"}),
        ),
        (lambda one: one.get_accounts(), ("GET", "/portfolio/accounts", {}, None)),
        (lambda one: one.get_subaccounts(), ("GET", "/portfolio/subaccounts", {}, None)),
        (lambda one: one.get_summary("U1"), ("GET", "/portfolio/U1/summary", {}, None)),
        (
            lambda one: one.get_ledger("U/1 é"),
            ("GET", "/portfolio/U%2F1%20%C3%A9/ledger", {}, None),
        ),
        (
            lambda one: one.search_contract("AAPL"),
            ("GET", "/iserver/secdef/search", {"symbol": "AAPL", "secType": "STK"}, None),
        ),
        (
            lambda one: one.get_contract_details("265598"),
            ("GET", "/iserver/contract/265598/info", {}, None),
        ),
        (
            lambda one: one.get_market_snapshot(265598, [31, "84"]),
            ("GET", "/iserver/marketdata/snapshot", {"conids": "265598", "fields": "31,84"}, None),
        ),
        (
            lambda one: one.get_historical_data(8314, outside_rth=True),
            (
                "GET",
                "/iserver/marketdata/history",
                {"conid": "8314", "period": "1d", "bar": "5min", "outsideRth": "true"},
                None,
            ),
        ),
        (lambda one: one.get_orders(), ("GET", "/iserver/account/orders", {}, None)),
        (
            lambda one: one.get_filled_orders("U1"),
            ("GET", "/iserver/account/orders", {"filters": "filled", "accountId": "U1"}, None),
        ),
        (
            lambda one: one.place_order("U1", 265598, "BUY", 10, "LMT", 1.5, "GTC"),
            ("POST", "/iserver/account/U1/orders", {}, {"orders": [TICKET | {"price": 1.5}]}),
        ),
        (
            lambda one: one.modify_order("U1", 7, 265598, "BUY", 10, price=2, tif="GTC"),
            ("POST", "/iserver/account/U1/order/7", {}, TICKET | {"price": 2}),
        ),
        (
            lambda one: one.cancel_order("U1", 7),
            ("DELETE", "/iserver/account/U1/order/7", {}, None),
        ),
        (
            lambda one: one.reply_to_order("a-b", confirmed=False),
            ("POST", "/iserver/reply/a-b", {}, {"confirmed": False}),
        ),
        (
            lambda one: one.suppress_messages(("o163",)),
            ("POST", "/iserver/questions/suppress", {}, {"messageIds": ["o163"]}),
        ),
    ],
)
def test_a_method_makes_the_call_that_the_gateway_knows(
    call: Callable[[Any], Any], expected: tuple[Any, ...]
) -> None:
    line = Scripted()
    call(Ibkr(line))
    assert line.calls == [expected]


@pytest.mark.parametrize(
    ("kind", "price", "expected"),
    [
        ("MKT", None, {"orderType": "MKT"}),
        ("stp", 9, {"orderType": "STP", "price": 9}),
        ("STP_LMT", 9, {"orderType": "STOP_LIMIT", "price": 9, "auxPrice": 9}),
        ("TRAIL", 2, {"orderType": "TRAIL", "trailingType": "amt", "trailingAmt": 2}),
    ],
)
def test_the_one_price_is_what_the_order_type_can_not_do_without(
    kind: str, price: float | None, expected: dict[str, Any]
) -> None:
    line = Scripted()
    Ibkr(line).place_order("U1", 1, "SELL", 3, kind, price)
    common = {"conid": 1, "side": "SELL", "quantity": 3, "tif": "DAY"}
    assert line.calls[0][3] == {"orders": [common | expected]}


def test_snapshots_name_the_fields_of_the_document_and_free_figures_of_their_letters() -> None:
    row = {"conid": 1, "31": "C168.42", "84": "H1,168.40", "85": "1,300", "87": "1.2M", "55": "C"}
    line = Scripted(Reply(200, [row, {"conid": 2}]))
    told = Ibkr(line).get_market_snapshot(conids=[1, 2])
    assert line.calls[0][2] == {"conids": "1,2", "fields": ",".join(SNAPSHOT_FIELDS)}
    assert (float(told[0]["31"]), float(told[0]["84"]), told[0]["85"]) == (168.42, 1168.4, "1300")
    assert (told[0]["31_mark"], told[0]["84_mark"], told[0]["87"]) == ("C", "H", "1.2M")
    assert told[0]["55"] == "C"
    assert told[1] == {"conid": 2}


def test_positions_are_read_to_the_last_page() -> None:
    full = [{"conid": n} for n in range(PAGE_ROWS)]
    line = Scripted(Reply(200, full), Reply(200, full), Reply(200, full[:1]))
    assert len(Ibkr(line).get_positions("U1")) == 2 * PAGE_ROWS + 1
    assert [path for _, path, _, _ in line.calls] == [
        f"/portfolio/U1/positions/{page}" for page in range(3)
    ]


@pytest.mark.parametrize(
    ("reply", "code", "msg"),
    [
        (Reply(400, {"error": "no bridge", "statusCode": 400}), 400, "no bridge"),
        (Reply(401, "Access Denied"), 401, "Access Denied"),
        (Reply(429, None), 429, "too many requests"),
        (Reply(503, {}), 503, "no reason was given"),
    ],
)
def test_what_is_not_a_success_is_raised_with_its_status_and_words(
    reply: Reply, code: int, msg: str
) -> None:
    with pytest.raises(IbkrAPIError, match=msg) as raised:
        Ibkr(Scripted(reply)).get_orders()
    assert (raised.value.code, raised.value.msg) == (code, msg)
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.code, again.msg, str(again)) == (code, msg, str(raised.value))


def test_an_error_in_a_success_is_an_answer() -> None:
    refused = {"error": "Order couldn't be submitted"}
    assert Ibkr(Scripted(Reply(200, refused))).place_order("U1", 1, "BUY", 1) == refused


def test_a_gateway_that_wants_its_accounts_listed_first_has_them_listed_once() -> None:
    early = Reply(400, {"error": "Bad Request: Please query /accounts first"})
    line = Scripted(early, Reply(200, {}), Reply(200, []), Reply(200, {"orders": []}))
    assert Ibkr(line).get_orders() == {"orders": []}
    assert [path for _, path, _, _ in line.calls] == [
        "/iserver/account/orders",
        "/iserver/accounts",
        "/portfolio/accounts",
        "/iserver/account/orders",
    ]
    stubborn = Scripted(early, Reply(200, {}), Reply(200, []), early)
    with pytest.raises(IbkrAPIError, match="query /accounts first"):
        Ibkr(stubborn).get_orders()
    assert len(stubborn.calls) == 4


def test_without_a_connection_asking_for_it_says_so() -> None:
    trial = Trial("def setup(ctx): pass", prices(10))
    with pytest.raises(RuntimeError) as raised:
        _ = trial.run.ctx.ibkr
    assert str(raised.value) == NOT_CONNECTED
    said = "No trading block connected. Connect an IBKR block to this worker."
    assert said == NOT_CONNECTED


def test_it_is_made_when_it_is_first_asked_for_and_once() -> None:
    context = Trial("def setup(ctx): pass", prices(10)).run.ctx
    made: list[Ibkr] = []

    def make() -> Ibkr:
        made.append(Ibkr(Scripted()))
        return made[-1]

    context.ibkr_maker = make
    assert not made
    assert context.ibkr is context.ibkr
    assert len(made) == 1
