"""The published `tektii` client, unmodified, does all it can do over REST against a real server.

Its models judge every answer. The market stands still unless a test moves it.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from tektii import AsyncTradingGateway, TradingGateway
from tektii.errors import APIStatusError

from api.guards import GuardRules
from tests.api.credentials import KEY, ring
from tests.api.serving import served
from tests.api.world import World

pytestmark = pytest.mark.client


@pytest.fixture(autouse=True)
def _loops_left_behind() -> Iterator[None]:
    """The synchronous client never closes the event loop of its thread: let it go in silence."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def world() -> World:
    """A fresh market."""
    return World()


@pytest.fixture
def url(world: World) -> Iterator[str]:
    """Where it is served."""
    with served(world) as address:
        yield address


@pytest.fixture
def gateway(url: str) -> Iterator[Any]:
    """The client, connected."""
    with TradingGateway(url) as client:
        yield client


@pytest.fixture
def step(url: str) -> Callable[..., None]:
    """Moves the market on, as somebody without a stream does."""

    def steps(count: int = 1) -> None:
        httpx.post(f"{url}/clock/step", json={"steps": count}).raise_for_status()

    return steps


def held(gateway: Any, step: Callable[..., None]) -> str:
    """Buy ten AAPL; the id of the position."""
    gateway.submit_order("AAPL", "buy", "10")
    step()
    position_id: str = gateway.list_positions()[0].id
    return position_id


def test_an_order_is_placed_seen_changed_and_cancelled(gateway: Any) -> None:
    handle = gateway.submit_order(
        "AAPL", "buy", Decimal("10"), "limit", limit_price="95.00", client_order_id="mine"
    )
    assert handle.client_order_id == "mine"
    changed = gateway.modify_order(handle.id, limit_price=Decimal("96"))
    assert changed.order.limit_price == "96"
    assert changed.previous_order_id is None
    assert [order.id for order in gateway.list_orders(status=["OPEN", "PENDING"])] == [handle.id]
    assert gateway.get_order(handle.id).status == "OPEN"
    cancelled = gateway.cancel_order(handle.id)
    assert (cancelled.success, cancelled.order.status) == (True, "CANCELLED")
    assert gateway.list_orders() == []
    assert [order.id for order in gateway.get_order_history(symbol="AAPL")] == [handle.id]


def test_every_option_of_an_order_comes_back_as_it_was_given(gateway: Any) -> None:
    handle = gateway.submit_order(
        "EUR/USD",
        "sell",
        "1000",
        "limit",
        limit_price="1.2000",
        time_in_force="day",
        stop_loss="1.3000",
        take_profit="1.1000",
        oco_group_id="group",
        hidden=True,
        display_quantity="100",
        post_only=True,
    )
    order = gateway.get_order(handle.id)
    assert (order.symbol, order.side, order.time_in_force) == ("EUR/USD", "SELL", "DAY")
    assert (order.stop_loss, order.take_profit) == ("1.3000", "1.1000")
    assert (order.oco_group_id, order.hidden, order.display_quantity) == ("group", True, "100")
    assert order.post_only


def test_a_trailing_stop_says_its_distance(gateway: Any, step: Callable[..., None]) -> None:
    held(gateway, step)
    handle = gateway.submit_order(
        "AAPL", "sell", "10", "trailing_stop", trailing_distance="2", trailing_type="percent"
    )
    order = gateway.get_order(handle.id)
    assert (order.trailing_distance, order.trailing_type) == ("2", "PERCENT")


def test_all_orders_are_cancelled_at_once(gateway: Any) -> None:
    for price in ("90", "91", "92"):
        gateway.submit_order("AAPL", "buy", "1", "limit", limit_price=price)
    result = gateway.cancel_all_orders(symbol="AAPL")
    assert (result.cancelled_count, result.failed_count) == (3, 0)


def test_a_position_is_seen_and_closed_in_parts(gateway: Any, step: Callable[..., None]) -> None:
    position_id = held(gateway, step)
    position = gateway.get_position(position_id)
    assert (position.side, position.quantity) == ("LONG", "10")
    gateway.close_position(position_id, quantity="4")
    step()
    assert gateway.get_position(position_id).quantity == "6"
    handles = gateway.close_all_positions()
    step()
    assert len(handles) == 1
    assert gateway.list_positions() == []
    assert {trade.quantity for trade in gateway.list_trades(symbol="AAPL")} == {"10", "4", "6"}


def test_a_position_is_closed_at_a_limit(gateway: Any, step: Callable[..., None]) -> None:
    position_id = held(gateway, step)
    handle = gateway.close_position(position_id, order_type="limit", limit_price="200")
    assert gateway.get_order(handle.id).limit_price == "200"


def test_the_account_adds_up(gateway: Any, step: Callable[..., None]) -> None:
    held(gateway, step)
    account = gateway.get_account()
    profit = Decimal(account.unrealized_pnl)
    assert account.currency == "USD"
    assert Decimal(account.equity) == Decimal(account.balance) + profit
    assert profit > 0


def test_quotes_and_bars_of_a_pair_are_found_by_its_slash(
    gateway: Any, step: Callable[..., None]
) -> None:
    step(10)
    quote = gateway.get_quote("EUR/USD")
    assert quote.provider == "bundled"
    bars = gateway.get_bars("EUR/USD", "5m", limit=2)
    assert [bar.timeframe for bar in bars] == ["5m", "5m"]
    assert bars[0].timestamp < bars[1].timestamp <= quote.timestamp


def test_a_range_of_bars_includes_both_ends(gateway: Any, step: Callable[..., None]) -> None:
    step(10)
    start = datetime(2025, 1, 15, 12, 2, tzinfo=UTC)
    bars = gateway.get_bars("AAPL", "1m", start=start, end=start + timedelta(minutes=2))
    assert [bar.timestamp.minute for bar in bars] == [2, 3, 4]


def test_a_quantity_is_sized_by_the_quote(gateway: Any) -> None:
    assert gateway.quantity_for_notional("AAPL", notional="1001") == Decimal(10)


def test_the_system_describes_itself(gateway: Any) -> None:
    assert gateway.get_capabilities().position_mode == "NETTING"
    assert gateway.get_status().connected
    assert gateway.get_circuit_breakers().adapter.state == "closed"
    assert gateway.reset_circuit_breakers().exit_order.failure_count == 0


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda g: g.get_order("ord_0"), 404, "ORDER_NOT_FOUND"),
        (lambda g: g.get_position("a/b"), 404, "INVALID_REQUEST"),
        (lambda g: g.get_quote("NOPE"), 404, "SYMBOL_NOT_FOUND"),
        (lambda g: g.get_bars("AAPL", "3m"), 400, "INVALID_VALUE"),
        (lambda g: g.submit_order("AAPL", "buy", "0"), 400, "INVALID_VALUE"),
        (lambda g: g.submit_order("AAPL", "buy", "1e9"), 422, "ORDER_REJECTED"),
        (lambda g: g.modify_order("ord_0", limit_price="1"), 404, "ORDER_NOT_FOUND"),
    ],
)
def test_an_error_is_one_the_client_knows(gateway: Any, call: Any, status: int, code: str) -> None:
    with pytest.raises(APIStatusError) as raised:
        call(gateway)
    assert (raised.value.status_code, raised.value.code) == (status, code)


def test_the_asynchronous_client_does_the_same(url: str, step: Callable[..., None]) -> None:
    async def session() -> str:
        async with AsyncTradingGateway(url) as client:
            handle = await client.submit_order("MSFT", "BUY", "1")
            await asyncio.to_thread(step)
            order = await client.get_order(handle.id)
            return str(order.status)

    assert asyncio.run(session()) == "FILLED"


def test_a_key_is_sent_as_the_server_expects_it(world: World) -> None:
    rules = GuardRules(keys=ring("read", "trade"))
    with served(world, rules) as url:
        with TradingGateway(url, api_key=KEY, allow_insecure=True) as client:
            assert client.get_account().currency == "USD"
        with TradingGateway(url) as client, pytest.raises(APIStatusError) as raised:
            client.get_account()
        assert (raised.value.status_code, raised.value.code) == (401, "UNAUTHORIZED")
