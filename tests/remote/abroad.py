"""A gateway that is none of ours, in a thread of its own, and before it the command that ships, in
a process of its own: with contracts in other currencies, in pence, and worth more than their price.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from examples.gateway import Gateway as Client
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, Gateway, contract
from tests.adapters.brokers.ibkr_web.line import served as serving
from tests.api.command import onetape
from tests.clients.process import served
from tests.remote.hand import wait_for

EURUSD, GBPUSD = 12087792, 12087797
SAP, ES, VOD, BARE = 14204, 495512, 888, 777
ANSWER_S = 2
READY_S = 10.0
SETTINGS = """
[brokers.far]
kind = "ibkr-web"
answer_timeout_s = {answer_s}

[brokers.far.options]
account = "{account}"
url = "{url}"
pace = 0.001
confirm_s = 0.5

[[accounts]]
id = "{account}"
broker = "far"
"""


def abroad() -> Gateway:
    """A gateway that has them, ten SAP and two ES in its account, and a price of each."""
    gateway = Gateway()
    gateway.contracts |= {
        EURUSD: contract(EURUSD, "EUR", "CASH", local_symbol="EUR.USD", increment=0.00005),
        SAP: contract(SAP, "SAP", currency="EUR"),
        ES: contract(ES, "ES", "FUT", multiplier="50", increment=0.25),
        VOD: contract(VOD, "VOD", currency="GBP", increment=0.02, priceMagnifier=100),
        GBPUSD: contract(GBPUSD, "GBP", "CASH", local_symbol="GBP.USD", increment=0.00005),
        BARE: contract(BARE, "BARE", "FUT"),
    }
    gateway.stocks = {"SAP": SAP, "VOD": VOD, "BARE": BARE}
    gateway.positions = [
        {"acctId": ACCOUNT, "conid": SAP, "position": 10.0, "avgCost": 100.0},
        {"acctId": ACCOUNT, "conid": ES, "position": 2.0, "avgCost": 250000.0},
    ]
    gateway.prices = {
        EURUSD: ("1.10", "1.10"),
        GBPUSD: ("1.25", "1.25"),
        SAP: ("110.00", "110.00"),
        ES: ("5010.00", "5010.00"),
        VOD: ("70.02", "70.04"),
    }
    return gateway


@contextmanager
def before(gateway: Gateway, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of the command, which stands before ``gateway``, once its line stands."""
    with _threaded(gateway) as url:
        config = folder / "near.toml"
        config.write_text(SETTINGS.format(account=ACCOUNT, url=url, answer_s=ANSWER_S))
        wanted = ("--scopes", "read,trade,admin", "--config", config)
        key = onetape("keys", "create", "operator", *wanted, cwd=folder).stdout.strip()
        monkeypatch.setenv("ONETAPE_KEY", key)
        arguments = ("serve", "--config", config, "--tape", folder / "near.tape")
        with served(*arguments, cwd=folder) as server, Client(server.url) as client:
            wait_for(lambda: client.get("/status")["connected"], "the line stands", READY_S)
            yield client


@contextmanager
def _threaded(gateway: Gateway) -> Iterator[str]:
    """Serve a gateway on a loop of its own; gives its address."""
    ready = threading.Event()
    found: list[str] = []
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        end = asyncio.Event()
        ends.append((asyncio.get_running_loop(), end))
        async with serving(gateway) as (url, _):
            found.append(url)
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        assert ready.wait(READY_S), "the gateway did not start"
        yield found[0]
    finally:
        loop, end = ends[0]
        loop.call_soon_threadsafe(end.set)
        thread.join(READY_S)
