"""Every request of the target API's document, in curl, Python and Node, against a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.scripts import Ports, axios, bash, needs_node, node, python, standing_still

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

CURL = """
curl -X POST http://localhost:8080/api/v1/orders \\
  -H "Content-Type: application/json" \\
  -H "X-API-Key: your-api-key" \\
  -d '{
    "orders": [
      {"symbol": "AAPL", "quantity": 100},
      {"symbol": "MSFT", "quantity": 50, "limit_price": 420.00}
    ]
  }'
"""

BODY = {
    "account_id": "DU8730189",
    "orders": [
        {
            "symbol": "AAPL",
            "quantity": 100,
            "limit_price": 150.50,
            "expected_price": 150.00,
            "tolerance_pct": 0.5,
        }
    ],
}

PYTHON = f"""
import json
import requests

url = "http://localhost:8080"
headers = {{"X-API-Key": "your-api-key-here"}}
told = {{"health": requests.get(f"{{url}}/api/v1/health").json()}}
body = {BODY!r}
submitted = requests.post(f"{{url}}/api/v1/orders", json=body, headers=headers)
told["status"], told["submitted"] = submitted.status_code, submitted.json()
batch = f"{{url}}/api/v1/orders/{{told['submitted']['batch_id']}}"
told["batch"] = requests.get(batch, headers=headers).json()
told["batches"] = requests.get(f"{{url}}/api/v1/orders", headers=headers).json()
query = {{"account_id": "DU8730189"}}
told["positions"] = requests.get(
    f"{{url}}/api/v1/positions", params=query, headers=headers
).json()
told["cancelled"] = requests.delete(batch, headers=headers).json()
told["refused"] = requests.get(f"{{url}}/api/v1/orders").status_code
print(json.dumps(told))
"""

JAVASCRIPT = f"""
const axios = require('axios');

const url = 'http://localhost:8080';
const api = axios.create({{ baseURL: url, headers: {{ 'X-API-Key': 'your-api-key-here' }} }});

async function main() {{
    const told = {{}};
    told.health = (await axios.get(`${{url}}/api/v1/health`)).data;
    const submitted = await api.post('/api/v1/orders', {json.dumps(BODY)});
    told.status = submitted.status;
    told.submitted = submitted.data;
    const batch = `/api/v1/orders/${{submitted.data.batch_id}}`;
    told.batch = (await api.get(batch)).data;
    told.batches = (await api.get('/api/v1/orders')).data;
    const query = {{ params: {{ account_id: 'DU8730189' }} }};
    told.positions = (await api.get('/api/v1/positions', query)).data;
    told.cancelled = (await api.delete(batch)).data;
    told.refused = await axios.get(`${{url}}/api/v1/orders`).catch(error => error.response.status);
    console.log(JSON.stringify(told));
}}

main();
"""

MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """One server for all examples."""
    with standing_still(tmp_path_factory.mktemp("targets")) as found:
        yield found


def at(script: str, url: str) -> str:
    """The script with the server's address in the place of the document's."""
    assert "http://localhost:8080" in script
    return script.replace("http://localhost:8080", url)


def check(told: dict[str, Any]) -> None:
    """Every answer has the fields of the document's example, with values of the same types."""
    assert told["health"] == {"status": "ok", "accounts": {"DU8730189": True, "DUP203550": True}}
    assert (told["status"], told["refused"]) == (201, 401)
    submitted = told["submitted"]
    assert list(submitted) == ["batch_id", "account_id", "submitted_at", "results"]
    assert re.fullmatch("[0-9a-f]{16}", submitted["batch_id"])
    assert MOMENT.fullmatch(submitted["submitted_at"])
    (result,) = submitted["results"]
    number = result.pop("ibkr_order_id")
    assert type(number) is int
    assert result == {
        "symbol": "AAPL",
        "current_pos": 0,
        "desired_pos": 100,
        "delta": 100,
        "action": "BUY",
        "qty": 100,
        "order_type": "LMT",
        "status": "Submitted",
    }
    assert list(told["batch"]) == ["batch_id", "account_id", "submitted_at", "orders"]
    assert told["batch"]["orders"] == [
        {
            "symbol": "AAPL",
            "ibkr_order_id": number,
            "status": "Submitted",
            "filled_qty": 0,
            "avg_fill_price": None,
            "commission": 0,
            "delta": 100,
            "action": "BUY",
        }
    ]
    listed = told["batches"]["batches"][0]
    assert list(listed) == ["batch_id", "account_id", "client", "submitted_at"]
    assert listed["batch_id"] == submitted["batch_id"]
    positions = told["positions"]
    assert list(positions) == ["account_id", "positions", "net_liquidation", "updated_at"]
    assert (positions["account_id"], positions["net_liquidation"]) == ("DU8730189", 1_000_000)
    assert told["cancelled"] == {
        "batch_id": submitted["batch_id"],
        "results": [{"ibkr_order_id": number, "cancelled": True}],
    }


def test_the_curl_example_runs(ports: Ports, tmp_path: Path) -> None:
    batch = json.loads(bash(tmp_path, at(CURL, ports.url)))
    first, second = batch["results"]
    assert (first["symbol"], first["order_type"], first["qty"]) == ("AAPL", "MKT", 100)
    assert (second["symbol"], second["order_type"], second["qty"]) == ("MSFT", "LMT", 50)
    cancel = f"curl -s -X DELETE {ports.url}/api/v1/orders/{batch['batch_id']} -H 'X-API-Key: k'"
    results = json.loads(bash(tmp_path, cancel))["results"]
    assert [one["cancelled"] for one in results] == [True, True]


def test_every_request_runs_in_python(ports: Ports, tmp_path: Path) -> None:
    check(json.loads(python(tmp_path, at(PYTHON, ports.url))))


@needs_node
def test_every_request_runs_in_node_with_axios_from_npm(
    ports: Ports, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    modules = axios(request.config.cache.mkdir("axios"))
    check(json.loads(node(tmp_path, at(JAVASCRIPT, ports.url), modules)))
