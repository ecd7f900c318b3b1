"""Every example of the order guide's document runs as it stands, but for the address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.scripts import Ports, axios, bash, needs_node, node, python, standing_still

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

PYTHON = """
import requests

BASE_URL = "http://localhost:8000"

# Get account summary
response = requests.get(f"{BASE_URL}/account")
account = response.json()
print(f"Balance: ${account['balance']:,.2f}")
print(f"Cash: ${account['cash']:,.2f}")

# Place limit order
order_data = {
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "limit_price": 230.00,
    "order_ref": "python_trade_001"
}
response = requests.post(f"{BASE_URL}/order/limit", json=order_data)
order_result = response.json()
print(f"Order placed: {order_result['permId']}")

# Get pending orders
response = requests.get(f"{BASE_URL}/orders")
orders = response.json()
print(f"Pending orders: {len(orders['orders'])}")

# Cancel order
cancel_data = {"perm_id": order_result['permId']}
response = requests.post(f"{BASE_URL}/order/cancel", json=cancel_data)
print(response.json()['status'])
"""

JAVASCRIPT = """
const axios = require('axios');

const BASE_URL = 'http://localhost:8000';

async function main() {
    // Get account summary
    const account = await axios.get(`${BASE_URL}/account`);
    console.log(`Balance: $${account.data.balance.toLocaleString()}`);
    console.log(`Cash: $${account.data.cash.toLocaleString()}`);

    // Place limit order
    const orderData = {
        symbol: 'AAPL',
        action: 'BUY',
        quantity: 10,
        limit_price: 230.00,
        order_ref: 'js_trade_001'
    };
    const orderResult = await axios.post(`${BASE_URL}/order/limit`, orderData);
    console.log(`Order placed: ${orderResult.data.permId}`);

    // Get pending orders
    const orders = await axios.get(`${BASE_URL}/orders`);
    console.log(`Pending orders: ${orders.data.orders.length}`);

    // Cancel order
    const cancelResult = await axios.post(`${BASE_URL}/order/cancel`, {
        perm_id: orderResult.data.permId
    });
    console.log(cancelResult.data.status);
}

main().catch(console.error);
"""

PRACTICES = """
import time
import requests

BASE_URL = "http://localhost:8000"
order_ref = f"strategy_1_{int(time.time())}"
order_data = {
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "limit_price": 230.00,
    "order_ref": order_ref
}
quantity, limit_price = order_data["quantity"], order_data["limit_price"]

account = requests.get(f"{BASE_URL}/account").json()
required_cash = quantity * limit_price
if account['cash'] >= required_cash:
    print("Sufficient funds")

bracket_data = {
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "entry_price": 230.00,
    "stop_loss": 225.00,   # -2.2% risk
    "take_profit": 240.00  # +4.3% reward
}
print(requests.post(f"{BASE_URL}/order/bracket", json=bracket_data).json()["status"])

executions = requests.get(f"{BASE_URL}/executions").json()
for exec in executions['executions']:
    print(exec)

try:
    response = requests.post(f"{BASE_URL}/order/limit", json=order_data)
    response.raise_for_status()
    result = response.json()
    print(f"Order placed: {result['permId']}")
except requests.exceptions.HTTPError as e:
    print(f"Error: {e.response.json()['detail']}")
perm_id = result['permId']

try:
    response = requests.post(f"{BASE_URL}/order/limit", json={**order_data, "symbol": "INVALID"})
    response.raise_for_status()
except requests.exceptions.HTTPError as e:
    print(f"Error: {e.response.json()['detail']}")

orders = requests.get(f"{BASE_URL}/orders").json()
pending_perm_ids = [o['permId'] for o in orders['orders']]

if perm_id in pending_perm_ids:
    # Safe to cancel
    print(requests.post(f"{BASE_URL}/order/cancel", json={"perm_id": perm_id}).json()["status"])
"""

READING = """
curl http://localhost:8000/account
echo
curl http://localhost:8000/positions
echo
curl http://localhost:8000/orders
echo
curl http://localhost:8000/executions
echo
curl "http://localhost:8000/executions?symbol=AAPL"
"""

PLACING = {
    "Limit": """
curl -X POST http://localhost:8000/order/limit \\
  -H "Content-Type: application/json" \\
  -d '{
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "limit_price": 230.00,
    "order_ref": "my_trade_001"
  }'
""",
    "Market": """
curl -X POST http://localhost:8000/order/market \\
  -H "Content-Type: application/json" \\
  -d '{
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "order_ref": "market_trade_001"
  }'
""",
    "Stop": """
curl -X POST http://localhost:8000/order/stop \\
  -H "Content-Type: application/json" \\
  -d '{
    "symbol": "AAPL",
    "action": "SELL",
    "quantity": 10,
    "stop_price": 225.00,
    "order_ref": "stop_loss_001"
  }'
""",
    "Bracket": """
curl -X POST http://localhost:8000/order/bracket \\
  -H "Content-Type: application/json" \\
  -d '{
    "symbol": "AAPL",
    "action": "BUY",
    "quantity": 10,
    "entry_price": 230.00,
    "stop_loss": 225.00,
    "take_profit": 240.00,
    "order_ref": "protected_trade_001"
  }'
""",
}

CANCELLING = """
curl -X POST http://localhost:8000/order/cancel \\
  -H "Content-Type: application/json" \\
  -d '{"perm_id": 1788680597}'
"""

FLOW = re.compile(
    r"Balance: \$1,000,000(\.00)?\nCash: \$1,000,000(\.00)?\nOrder placed: (?P<id>\d{10})\n"
    r"Pending orders: (?P<pending>\d+)\n✅ Order (?P=id) cancelled\n"
)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """One server for all examples."""
    with standing_still(tmp_path_factory.mktemp("guide")) as found:
        yield found


def at(script: str, url: str) -> str:
    """The script with the server's address in the place of the document's."""
    assert "http://localhost:8000" in script
    return script.replace("http://localhost:8000", url)


def flow(printed: str) -> None:
    found = FLOW.fullmatch(printed)
    assert found is not None, printed
    assert int(found["pending"]) >= 1


@pytest.mark.parametrize("base", ["own port", "beside the Trading API"])
def test_the_python_example_runs(ports: Ports, tmp_path: Path, base: str) -> None:
    url = ports.guide if base == "own port" else f"{ports.url}/guide"
    flow(python(tmp_path, at(PYTHON, url)))


@needs_node
@pytest.mark.parametrize("base", ["own port", "beside the Trading API"])
def test_the_javascript_example_runs_in_node_with_axios_from_npm(
    ports: Ports, tmp_path: Path, request: pytest.FixtureRequest, base: str
) -> None:
    modules = axios(request.config.cache.mkdir("axios"))
    url = ports.guide if base == "own port" else f"{ports.url}/guide"
    flow(node(tmp_path, at(JAVASCRIPT, url), modules))


def test_the_best_practices_run(ports: Ports, tmp_path: Path) -> None:
    printed = python(tmp_path, at(PRACTICES, ports.guide)).splitlines()
    assert printed[:2] == ["Sufficient funds", "✅ Bracket order sent"]
    refused = "Error: Failed to place limit order: Could not qualify contract for symbol: INVALID"
    assert refused in printed
    assert re.fullmatch(r"✅ Order \d+ cancelled", printed[-1])


def test_the_curl_commands_that_read_run(ports: Ports, tmp_path: Path) -> None:
    lines = bash(tmp_path, at(READING, ports.guide)).splitlines()
    account, positions, orders, executions, narrowed = (json.loads(line) for line in lines)
    assert set(account) == {"balance", "cash"}
    assert set(positions) == {"positions"}
    assert set(orders) == {"orders"}
    assert set(executions) == set(narrowed) == {"executions"}


@pytest.mark.parametrize("kind", PLACING)
def test_the_curl_commands_that_place_and_cancel_run(
    ports: Ports, tmp_path: Path, kind: str
) -> None:
    sent = json.loads(bash(tmp_path, at(PLACING[kind], ports.guide)))
    assert sent["status"] == f"✅ {kind} order sent"
    ids = sent["permIds"] if kind == "Bracket" else [sent["permId"]]
    assert len(set(ids)) == (3 if kind == "Bracket" else 1)
    command = at(CANCELLING, ports.guide).replace("1788680597", str(ids[0]))
    cancelled = json.loads(bash(tmp_path, command))
    assert cancelled == {"status": f"✅ Order {ids[0]} cancelled"}
    again = json.loads(bash(tmp_path, command))
    assert again == {"detail": "Order not found or already filled"}


def test_the_interactive_documentation_is_on_the_guide_s_port(ports: Ports) -> None:
    for page in ("/docs", "/redoc"):
        assert "OneTape" in httpx.get(f"{ports.guide}{page}").text
    described: dict[str, Any] = httpx.get(f"{ports.guide}/openapi.json").json()
    assert "/order/limit" in described["paths"]
