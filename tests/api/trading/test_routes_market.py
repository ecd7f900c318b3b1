"""Market data over REST: by every name of a symbol, and never of the future."""

from __future__ import annotations

import httpx
import pytest

from tests.api.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path",
    ["/quotes/EUR/USD", "/quotes/EUR%2FUSD", "/v1/quotes/EUR/USD", "/v1/quotes/C:EURUSD"],
)
async def test_a_quote_is_found_by_every_name_of_the_symbol(
    client: httpx.AsyncClient, path: str
) -> None:
    quote = (await client.get(path)).json()
    assert (quote["symbol"], quote["provider"], quote["last"]) == ("EUR/USD", "bundled", "1.0010")


@pytest.mark.parametrize("path", ["/quotes/NOPE", "/bars/NOPE?timeframe=1m", "/quotes/AAPL/MSFT"])
async def test_a_symbol_that_nothing_goes_by_is_not_found(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "SYMBOL_NOT_FOUND")


@pytest.mark.parametrize("path", ["/quotes/", "/quotes/%00", f"/quotes/{'x' * 65}"])
async def test_what_can_not_be_a_symbol_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 400


async def test_bars_are_oldest_first_and_none_is_of_the_future(
    client: httpx.AsyncClient, world: World
) -> None:
    world.step(9)
    bars = (await client.get("/bars/AAPL?timeframe=1m")).json()
    assert len(bars) == 10
    assert bars[0] == {
        "symbol": "AAPL",
        "provider": "bundled",
        "timeframe": "1m",
        "timestamp": "2025-01-15T12:00:00Z",
        "open": "100.00",
        "high": "100.15",
        "low": "99.95",
        "close": "100.10",
        "volume": "1000",
    }
    assert bars[-1]["timestamp"] == "2025-01-15T12:09:00Z"
    fives = (await client.get("/bars/AAPL?timeframe=5M")).json()
    assert [bar["timestamp"][14:16] for bar in fives] == ["00", "05"]


async def test_a_range_includes_both_ends_and_a_limit_keeps_the_newest(
    client: httpx.AsyncClient, world: World
) -> None:
    world.step(9)

    async def minutes(query: str) -> list[str]:
        answer = await client.get(f"/bars/AAPL?timeframe=1m&{query}")
        return [bar["timestamp"][14:16] for bar in answer.json()]

    span = "start=2025-01-15T12:02:00Z&end=2025-01-15T12:05:00Z"
    assert await minutes(span) == ["02", "03", "04", "05"]
    assert await minutes(f"{span}&limit=2") == ["04", "05"]
    assert await minutes("limit=0") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "timeframe"),
        ("timeframe=3m", "timeframe"),
        ("timeframe=1m&limit=10001", "limit"),
        ("timeframe=1m&start=soon", "start"),
        ("timeframe=1m&since=2025-01-15T12:02:00Z", "since"),
    ],
)
async def test_a_wish_that_can_mean_nothing_is_refused(
    client: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await client.get(f"/bars/AAPL?{query}")
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
