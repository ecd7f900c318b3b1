"""The published description of the Web API, as facts: its paths, what they take and what they give.

Written down from the description's schemas: each names the fields of an object and their JSON
types, none of which it requires. What is served may hold more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Schema = dict[str, Any]


class Described(NamedTuple):
    """One operation: its path, and the schemas of its answer and its body."""

    method: str
    path: str
    answer: Schema
    body: Schema | None = None
    query: tuple[str, ...] = ()


def an_object(**types: Schema | str) -> Schema:
    """An object whose fields, where they are there, have these types."""
    written = {n: {"type": t} if isinstance(t, str) else t for n, t in types.items()}
    return {"type": "object", "properties": written}


def a_list(of: Schema | str) -> Schema:
    """A list of one type."""
    return {"type": "array", "items": {"type": of} if isinstance(of, str) else of}


AUTH_STATUS = an_object(authenticated="boolean", connected="boolean", competing="boolean")
ACCOUNTS = an_object(accounts=a_list("string"), aliases="object")
ORDER_REQUEST = an_object(
    conid="integer",
    orderType="string",
    side="string",
    quantity="number",
    price="number",
    tif="string",
)
ORDER_RESPONSE = an_object(order_id="string", order_status="string")
LIVE_ORDERS = an_object(orders=a_list("object"), snapshot="boolean")
POSITION = an_object(
    acctId="string",
    conid="integer",
    contractDesc="string",
    position="number",
    mktPrice="number",
    mktValue="number",
    avgCost="number",
    unrealizedPnl="number",
)
SUMMARY = an_object(
    accountready="object", accountcode="object", netliquidation="object", totalcashvalue="object"
)
SNAPSHOT = an_object(
    conid="integer",
    minTick="number",
    BidPrice="string",
    AskPrice="string",
    LastPrice="string",
    Volume="string",
)
BAR = an_object(t="integer", o="number", h="number", l="number", c="number", v="number")
HISTORY = an_object(symbol="string", data=a_list(BAR))
SEARCH = an_object(symbol="string", name="boolean", secType="string")
FOUND = an_object(
    conid="integer",
    companyHeader="string",
    companyName="string",
    symbol="string",
    description="string",
    sections=a_list("object"),
)

EVERY = (
    Described("POST", "/iserver/auth/status", AUTH_STATUS),
    Described("GET", "/iserver/accounts", ACCOUNTS),
    Described("POST", "/iserver/account/{accountId}/orders", ORDER_RESPONSE, ORDER_REQUEST),
    Described("GET", "/iserver/account/orders", LIVE_ORDERS),
    Described("GET", "/portfolio/{accountId}/positions/{pageId}", a_list(POSITION)),
    Described("GET", "/portfolio/{accountId}/summary", SUMMARY),
    Described("GET", "/iserver/marketdata/snapshot", a_list(SNAPSHOT), query=("conids", "fields")),
    Described("GET", "/iserver/marketdata/history", HISTORY, query=("conid", "period", "bar")),
    Described("POST", "/iserver/secdef/search", a_list(FOUND), SEARCH),
)
"""Every operation that the description has."""
