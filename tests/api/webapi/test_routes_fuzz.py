"""Whatever is written to it, the gateway stands, and what blames the caller leaves no order behind.

Requests are made up from a seed: every operation, with values that other fields would take, none,
too large, or not even numbers. A failure names the seed and the request.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from api.endpoints import Operation
from api.webapi.routes import operations_by_path
from tests.api.webapi.gate import AAPL, FRIENDLY, STRICT, Gate, gate, limit

pytestmark = pytest.mark.anyio

REQUESTS = 600
BROKEN = "something here is broken"
VALUES: list[Any] = [
    None, True, 0, 1, -1, 7, AAPL, str(AAPL), "x", "", 1.5, 1e300, "1e400", "NaN", 99.5, "99.5",
    1e-12, 2**53, 10**30, "BUY", "sell", "LMT", "STP", "MKT", "TRAIL", "STOP_LIMIT", "amt", "%",
    "GTC", "IOC", "parent", "é", "\0", [], {}, [1], {"a": 1}, "A", "B", "20250115-12:30:00", "1d",
    "5min", "1m", "1000d", "31,84", "1," * 200, ["o163"], "a;b;c", "-1", "9" * 5_000,
]  # fmt: skip
NAMES = [
    "conid", "conidex", "secType", "cOID", "parentId", "orderType", "isSingleGroup", "price",
    "auxPrice", "side", "tif", "trailingAmt", "trailingType", "quantity", "acctId", "orders",
    "confirmed", "messageIds", "symbol", "name", "publish", "conids", "fields", "period", "bar",
    "startTime", "direction", "days", "filters", "force", "accountId", "currency", "acctIds",
]  # fmt: skip


class Monkey:
    """Writes requests by a seed."""

    def __init__(self, seed: int, one: Gate) -> None:
        self.random = random.Random(seed)
        self.one = one
        self.operations = [each for of in operations_by_path(one.gateway) for each in of]
        self.orders = ["1000000044", "-1", "x", "9" * 30, "9" * 5_000, "٣"]

    def ticket(self) -> dict[str, Any]:
        """An order with some fields spoilt."""
        spoilt = {self.random.choice(NAMES[:15]): self.value() for _ in range(self.below(5))}
        return limit(100) | spoilt

    def value(self) -> Any:
        """A value of any kind."""
        return self.random.choice(VALUES)

    def below(self, most: int) -> int:
        """A number below that."""
        return self.random.randrange(most)

    def body(self) -> Any:
        """A body of any kind, mostly with tickets."""
        some = [self.ticket() for _ in range(self.below(4))]
        wild = {self.random.choice(NAMES): self.value() for _ in range(self.below(6))}
        return self.random.choice([{"orders": some}, some, self.ticket(), wild, self.value()])

    def path(self, operation: Operation) -> str:
        """The operation's path with something in its places."""
        open_prompts = [prompt.id for prompt in self.one.world.engine.state.prompts.open()]
        places = {
            "account_id": ["A", "A", "B", "Z"],
            "order_id": self.orders,
            "prompt_id": [*open_prompts, "x"],
            "conid": [str(AAPL), "x", "1e5"],
            "page_id": ["0", "1", "-1", "x"],
        }
        path = operation.path
        for name, choices in places.items():
            path = path.replace(f"{{{name}}}", self.random.choice(choices))
        return path

    def query(self) -> dict[str, str]:
        """Parameters of any kind, a contract among them more often than not."""
        query = {self.random.choice(NAMES): str(self.value()) for _ in range(self.below(5))}
        contract = {"conid": str(AAPL), "conids": str(AAPL), "bar": "5min"}
        return query | (contract if self.below(2) else {})

    async def write(self) -> None:
        """Write one request and look at what comes back."""
        operation = self.random.choice(self.operations)
        path, query = self.path(operation), self.query()
        body = json.dumps(self.body()) if operation.method == "POST" else None
        response = await self.one.client.request(
            operation.method,
            f"/v1/api{path}",
            params=query,
            content=body,
            headers={"content-type": "application/json"},
        )
        assert BROKEN not in response.text, (operation.method, path, query, body)
        if '"order_id":"1' in response.text:
            self.orders.append(response.text.partition('"order_id":"')[2][:10])


@pytest.mark.parametrize("manner", [FRIENDLY, STRICT], ids=lambda one: one["manner"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_breaks_the_gateway(seed: int, manner: dict[str, Any]) -> None:
    async with gate(manner) as one:
        monkey = Monkey(seed, one)
        for n in range(REQUESTS):
            await monkey.write()
            if n % 20 == 0:
                one.world.step()
                one.gateway.sessions.all()[0].init(compete=True)
