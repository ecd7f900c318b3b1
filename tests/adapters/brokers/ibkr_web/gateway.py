"""A small gateway of the test's own: the shapes of IBKR's answers, over real HTTP and WebSockets.

It keeps what it was sent and answers what the test laid out: `script` holds answers for one path,
each used once, before the plain ones. Nothing of it comes from the product, so that the adapter is
held against the gateway's words and not against ours.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

ACCOUNT = "DU1"
BASE = "/v1/api"
AAPL = 265598
MSFT = 272093
UNKNOWN: tuple[int, Any] = (404, {"error": "Contract not found"})
HEALTHY = {"authenticated": True, "established": True, "competing": False, "connected": True}
METHODS = ["GET", "POST", "DELETE"]

Told = tuple[int, Any]
Hook = Callable[[Request], Awaitable[None]]


class Gateway:
    """What it was asked, what it holds, and what it will answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        """Method, path and body (or query) of every call."""
        self.script: dict[str, deque[Told]] = {}
        self.status: dict[str, Any] = dict(HEALTHY)
        self.after_init: dict[str, Any] = dict(HEALTHY)
        self.session = "abc123"
        self.is_paper = True
        self.accounts = [ACCOUNT]
        self.orders: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []
        self.ledger: dict[str, Any] = {"BASE": {"cashbalance": 5.0}, "USD": {"cashbalance": 1000.1}}
        self.stocks: dict[str, int] = {}
        """What symbols mean, beside the well-known ones."""
        self.contracts = {AAPL: contract(AAPL, "AAPL"), MSFT: contract(MSFT, "MSFT")}
        """What there is to tell of contracts, with the rules of their orders."""
        self.prices: dict[int, tuple[str, str]] = {}
        """Bid and ask by contract; a contract without any has no market data."""
        self.hook: Hook | None = None
        """Awaited before each call is answered."""
        self.pushes_sts = True
        self.heard: list[str] = []
        """What came over the stream."""
        self.stream_headers: dict[str, str] = {}
        self.at_once = 0
        self.most_at_once = 0
        """Most calls about orders that were open together."""
        self._sockets: set[WebSocket] = set()
        self._number = 1000

    def lay(self, path: str, *answers: Any, status: int = 200) -> None:
        """Answer the next calls of ``path`` with these, in order."""
        self.script.setdefault(path, deque()).extend((status, one) for one in answers)

    def asked(self, path: str) -> list[Any]:
        """What came with each call of ``path`` (which may be its end)."""
        return [body for _, called, body in self.calls if called.endswith(path)]

    async def tell(self, message: Any) -> None:
        """Say something on every stream."""
        text = message if isinstance(message, str) else json.dumps(message)
        for socket in list(self._sockets):
            await socket.send_text(text)

    async def hang_up(self) -> None:
        """Close every stream."""
        for socket in list(self._sockets):
            await socket.close()

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._sockets)

    def app(self) -> Starlette:
        """The application."""
        rest = Route(BASE + "/{path:path}", self._call, methods=METHODS)
        return Starlette(routes=[WebSocketRoute(BASE + "/ws", self._stream), rest])

    # REST

    async def _call(self, request: Request) -> Response:
        path = request.url.path.removeprefix(BASE)
        text = await request.body()
        body = json.loads(text) if text else dict(request.query_params)
        self.calls.append((request.method, path, body))
        counts = "/orders" in path or "/reply/" in path
        self.at_once += counts
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hook is not None:
                await self.hook(request)
            laid = self.script.get(path)
            status, told = laid.popleft() if laid else self._plain(request.method, path, body)
        finally:
            self.at_once -= counts
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        return Response(content, status, media_type="application/json")

    def _plain(self, method: str, path: str, body: Any) -> Told:
        fixed: dict[str, Callable[[], Any]] = {
            "/tickle": lambda: {"session": self.session, "iserver": {"authStatus": self.status}},
            "/iserver/auth/status": lambda: self.status,
            "/iserver/auth/ssodh/init": self._init,
            "/iserver/accounts": lambda: {
                "accounts": self.accounts,
                "selectedAccount": self.accounts[0],
                "isPaper": self.is_paper,
            },
            "/iserver/account": lambda: {"set": True, "acctId": body["acctId"]},
            "/iserver/questions/suppress": lambda: {"status": "submitted"},
            "/portfolio/accounts": lambda: [{"id": one} for one in self.accounts],
            "/iserver/account/orders": lambda: {"orders": self.orders, "snapshot": True},
            "/iserver/account/trades": lambda: self.trades,
            f"/portfolio/{ACCOUNT}/ledger": lambda: self.ledger,
            f"/portfolio/{ACCOUNT}/positions/invalidate": lambda: {"message": "success"},
            "/trsrv/stocks": lambda: self._stock(body["symbols"]),
            "/iserver/secdef/search": lambda: {"error": "No symbol found"},
            "/iserver/contract/rules": lambda: {
                "incrementRules": [{"lowerEdge": 0.0, "increment": 0.01}]
            },
        }
        if path in fixed:
            return 200, fixed[path]()
        if path == "/iserver/marketdata/snapshot" and self.prices:
            return 200, [self._price(int(each)) for each in body["conids"].split(",")]
        if path.startswith(f"/portfolio/{ACCOUNT}/positions/"):
            first = int(path.rpartition("/")[2]) * 100
            return 200, self.positions[first : first + 100]
        if method == "POST" and path == f"/iserver/account/{ACCOUNT}/orders":
            self._number += 1
            return 200, [{"order_id": str(self._number), "order_status": "Submitted"}]
        if method == "POST" and "/order/" in path:
            return 200, [{"order_id": path.rpartition("/")[2], "order_status": "Submitted"}]
        if method == "DELETE":
            number = int(path.rpartition("/")[2])
            return 200, {"msg": "Request was submitted", "order_id": number, "conid": -1}
        if path.endswith("/info-and-rules"):
            told = self.contracts.get(int(path.split("/")[3]))
            return UNKNOWN if told is None else (200, told)
        if "/order/status/" in path:
            return 503, {"error": "Service Unavailable", "statusCode": 503}
        return 404, b"Error 404"

    def _price(self, conid: int) -> dict[str, Any]:
        row = {"conid": conid, "conidEx": str(conid), "_updated": time.time_ns() // 10**6}
        sides = zip(("84", "86"), self.prices.get(conid, ()), strict=False)
        return row | dict(sides)

    def _stock(self, symbol: str) -> Any:
        conid = self.stocks.get(symbol)
        listed = [{"contracts": [{"conid": conid, "exchange": "NYSE", "isUS": True}]}]
        return {symbol: listed if conid else []}

    def _init(self) -> Any:
        self.status = dict(self.after_init)
        return self.status

    # The stream

    async def _stream(self, socket: WebSocket) -> None:
        self.stream_headers = dict(socket.headers)
        await socket.accept()
        await socket.send_text(json.dumps({"topic": "system", "success": "user"}))
        if self.pushes_sts:
            await socket.send_text(json.dumps({"topic": "sts", "args": {"authenticated": True}}))
        self._sockets.add(socket)
        try:
            while True:
                self.heard.append(await socket.receive_text())
        except WebSocketDisconnect:
            pass  # the client has gone
        finally:
            self._sockets.discard(socket)


def contract(conid: int, symbol: str, kind: str = "STK", **fields: Any) -> dict[str, Any]:
    """A contract in full, as one was recorded, with the test's own values; those of its rules are
    `increment` and `priceMagnifier`.
    """
    step = fields.pop("increment", 0.01)
    rules = {
        "orderTypes": ["limit", "market"],
        "incrementRules": [{"lowerEdge": 0.0, "increment": step}],
        "priceMagnifier": fields.pop("priceMagnifier", None),
        "error": None,
    }
    told: dict[str, Any] = {
        "con_id": conid,
        "symbol": symbol,
        "local_symbol": symbol,
        "instrument_type": kind,
        "currency": "USD",
        "multiplier": None,
        "company_name": symbol,
        "exchange": "SMART",
        "rules": rules,
    }
    return told | fields


def order_row(number: int, reference: str | None = None, **fields: Any) -> dict[str, Any]:
    """A row of the list of orders, as one was recorded, with the test's own values."""
    row: dict[str, Any] = {
        "acct": ACCOUNT,
        "account": ACCOUNT,
        "conidex": str(AAPL),
        "conid": AAPL,
        "orderId": number,
        "cashCcy": "USD",
        "sizeAndFills": "0/10",
        "ticker": "AAPL",
        "secType": "STK",
        "remainingQuantity": 10.0,
        "filledQuantity": 0.0,
        "totalSize": 10.0,
        "status": "Submitted",
        "origOrderType": "LIMIT",
        "orderType": "Limit",
        "price": "90.00",
        "timeInForce": "GTC",
        "side": "BUY",
    }
    if reference is not None:
        row["order_ref"] = reference
    return row | fields


def trade_row(execution: str, reference: str | None = None, **fields: Any) -> dict[str, Any]:
    """A row of the list of trades, likewise."""
    row: dict[str, Any] = {
        "execution_id": execution,
        "symbol": "AAPL",
        "side": "B",
        "trade_time": "20260401-14:30:00",
        "trade_time_r": 1775053800000,
        "size": 10.0,
        "price": "89.95",
        "commission": "1.01",
        "account": ACCOUNT,
        "accountCode": ACCOUNT,
        "conid": AAPL,
        "conidEx": str(AAPL),
    }
    if reference is not None:
        row["order_ref"] = reference
    return row | fields


async def until(holds: Callable[[], bool], what: str, timeout_s: float = 5.0) -> None:
    """Wait until something is true, in limited time."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110  any condition of the test's may be meant
            await asyncio.sleep(0.01)
    assert holds(), what
