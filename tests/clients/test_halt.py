"""A tape that can not be written stops new risk at once, and soon after the process."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from examples.gateway import Gateway, Refused
from tests.api.command import onetape
from tests.clients.process import Served, served

ROOM_BYTES = 400_000
GRACE_S = 2
CONFIG = f"[server]\nshutdown_grace_s = {GRACE_S}\n[tape]\nsnapshot_records = 0\n"


def limit_file_size(server: Served) -> None:
    """From here on the process can write no further into a file than this: into its log, say, of
    which it has used a little.
    """
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))


def order_until_refused(gateway: Gateway) -> tuple[list[str], Refused]:
    """Place resting orders until no more are taken: those acknowledged, and the refusal."""
    acknowledged: list[str] = []
    for _ in range(5_000):
        try:
            acknowledged.append(place(gateway)["id"])
        except Refused as refused:
            return acknowledged, refused
    raise AssertionError("the tape never filled up")


def place(gateway: Gateway) -> Any:
    """An order that will not fill."""
    return gateway.order("AAPL", "BUY", 1, order_type="LIMIT", limit_price="1.00")


@pytest.mark.crash
@pytest.mark.timeout(60)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a running process")
def test_a_failed_write_refuses_orders_and_ends_the_process_with_an_error(tmp_path: Path) -> None:
    tape, config = tmp_path / "full.tape", tmp_path / "onetape.toml"
    config.write_text(CONFIG)
    with served("serve", "--config", config, "--tape", tape) as server:
        with Gateway(server.url) as gateway:
            place(gateway)
            limit_file_size(server)
            acknowledged, refused = order_until_refused(gateway)
            failed_at = time.monotonic()
            assert (refused.status, refused.code) == (503, "PROVIDER_UNAVAILABLE")
            with pytest.raises(Refused, match="503"):
                place(gateway)
            assert gateway.get("/positions") == []
        assert server.process.wait(GRACE_S + 10) == 1
        assert time.monotonic() - failed_at >= GRACE_S - 1
        assert any(line.startswith("error: ") and str(tape) in line for line in server.said)
    printed = onetape("tape", tape, "--type", "order_submitted").stdout
    kept = {json.loads(line)["order_id"] for line in printed.splitlines()}
    assert kept >= set(acknowledged)
    with served("serve", "--tape", tape) as server, Gateway(server.url) as gateway:
        assert place(gateway)["status"] == "OPEN"
        server.stop()
