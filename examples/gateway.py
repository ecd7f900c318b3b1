"""The smallest client that does everything: REST over one connection, the stream, acknowledgements.

Copy it into your own strategy, or use any other client of the Trading API. It needs the standard
library and the `websockets` package. In a backtest the clock waits until every event has been
acknowledged; here that happens when the loop over `events` asks for the next one, so whatever your
strategy orders in between happens at the simulated time of the event that it was told of.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import connect

TIMEOUT_S = 60.0


class Refused(Exception):
    """The server answered with an error; `code` says which, `status` is the HTTP status."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('message')}")
        self.status = status
        self.code = body.get("code")
        self.body = body


class Gateway:
    """A running server, by its address; also a context manager. A server that asks for a key gets
    the one in the environment (`ONETAPE_KEY`).
    """

    def __init__(self, url: str = "http://localhost:8080") -> None:
        self.host = urlsplit(url).netloc
        key = os.environ.get("ONETAPE_KEY")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._connection = HTTPConnection(self.host, timeout=TIMEOUT_S)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; the decoded answer, or Refused."""
        kind = {"Content-Type": "application/json"} if body is not None else {}
        payload = json.dumps(body) if body is not None else None
        self._connection.request(method, f"/v1{path}", payload, {**self.headers, **kind})
        answer = self._connection.getresponse()
        text = answer.read()
        decoded = json.loads(text) if text else None
        if answer.status >= 400:
            raise Refused(answer.status, decoded or {})
        return decoded

    def get(self, path: str) -> Any:
        """Read something."""
        return self.call("GET", path)

    def order(self, symbol: str, side: str, quantity: object, **fields: object) -> Any:
        """Place an order: MARKET unless `order_type` says otherwise; its handle."""
        named = {name: str(value) for name, value in fields.items()}
        body = {"symbol": symbol, "side": side, "quantity": str(quantity), "order_type": "MARKET"}
        return self.call("POST", "/orders", {**body, **named})

    def events(self, query: str = "") -> Iterator[dict[str, Any]]:
        """Everything that happens, until a backtest is complete or the server goes away."""
        url = f"ws://{self.host}/v1/ws{query}"
        with connect(
            url, max_size=None, compression=None, additional_headers=self.headers
        ) as stream:
            for number, text in enumerate(stream):
                event = json.loads(text)
                if event["type"] == "ping":
                    stream.send('{"type": "pong"}')
                    continue
                yield event
                if "event_id" in event:
                    acknowledgement = {
                        "type": "event_ack",
                        "correlation_id": str(number),
                        "events_processed": [event["event_id"]],
                        "timestamp": time.time_ns() // 1_000_000,
                    }
                    stream.send(json.dumps(acknowledgement))
                if event["type"] == "backtest_complete":
                    return
