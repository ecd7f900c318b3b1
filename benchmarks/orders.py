"""Durable orders over HTTP: checked, and on disk before the answer, beside a bare handler.

Both are served by the same server with the same settings; the load comes from a process on a core
of its own. A limit order rests far from the market, so each request is one order on
the book. The median of a single connection is set beside what one bare sync costs.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Line

CONNECTIONS = (1, 16, 64)
ROUNDS = 3
SECONDS = 2.0
START_TIMEOUT_S = 20.0
ROOT = Path(__file__).parent.parent
BODY = json.dumps(
    {
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": "10",
        "order_type": "LIMIT",
        "limit_price": "1.25",
        "time_in_force": "GTC",
    }
).encode()
_READY = re.compile(r"^ready: http://\S+:(\d+)", re.MULTILINE)
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass
class Figures:
    """What one load came to: requests a second, latencies in milliseconds."""

    rate: float
    median_ms: float
    p99_ms: float


def run() -> list[Line]:
    """All figures of durable orders."""
    lines = []
    for connections in CONNECTIONS:
        ours, peer = _rounds(connections)
        at = f"{connections} connection{'s' if connections > 1 else ''}"
        wanted = 0.5 if connections == CONNECTIONS[-1] else 0.0
        name = f"durable orders, {at}"
        lines.append(Line(name, ours.rate, peer.rate, "/s", "bare Starlette", wanted))
        if connections == 1:
            limit = _sync_ms() + 0.5
            lines.append(
                Line("  median", ours.median_ms, limit, "ms", "one sync + 0.5 ms", 1, True)
            )
        else:
            lines.append(Line("  p99", ours.p99_ms, peer.p99_ms, "ms", "bare Starlette", 2, True))
    return lines


def _rounds(connections: int) -> tuple[Figures, Figures]:
    """The medians of both, taking turns; ours gets a new tape each time."""
    ours, peer = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder, _onetape(Path(folder)) as port:
            ours.append(_load(port, connections))
        with _bare() as port:
            peer.append(_load(port, connections))
    return _median(ours), _median(peer)


def _median(found: list[Figures]) -> Figures:
    return Figures(
        statistics.median(one.rate for one in found),
        statistics.median(one.median_ms for one in found),
        statistics.median(one.p99_ms for one in found),
    )


def _load(port: int, connections: int) -> Figures:
    arguments = [str(port), str(connections), str(SECONDS), "/v1/orders"]
    done = subprocess.run(
        [*_pinned(), sys.executable, "-m", "benchmarks.load", *arguments],
        cwd=ROOT,
        input=BODY,
        capture_output=True,
        timeout=SECONDS + 15,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load failed:\n{done.stderr.decode()[-2000:]}")
    return Figures(**json.loads(done.stdout))


@contextmanager
def _onetape(folder: Path) -> Iterator[int]:
    """Our server as it is installed, on a new tape."""
    command = str(Path(sysconfig.get_path("scripts"), "onetape"))
    said = folder / "said"
    arguments = ["serve", "--port", "0", "--tape", str(folder / "orders.tape")]
    with (
        said.open("w") as log,
        subprocess.Popen([command, *arguments], stderr=log) as server,
    ):
        try:
            yield _ready_port(said)
        finally:
            server.send_signal(signal.SIGTERM)


def _ready_port(said: Path) -> int:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = _READY.search(said.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise TimeoutError(f"the server was not ready within {START_TIMEOUT_S} s: {said.read_text()}")


@contextmanager
def _bare() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.bare_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def _pinned() -> list[str]:
    """The front of a command that is to run on the last core; empty where there is one alone."""
    if len(_CORES) < 2:
        return []
    pin = (
        "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); "
        "os.execvp(sys.argv[2], sys.argv[2:])"
    )
    return [sys.executable, "-c", pin, str(_CORES[-1])]


def _sync_ms(times: int = 500) -> float:
    """The median of appending a page to a file and having it on disk."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        descriptor = os.open(Path(folder) / "probe", os.O_WRONLY | os.O_CREAT)
        for _ in range(times):
            begun = time.perf_counter()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            taken.append(time.perf_counter() - begun)
        os.close(descriptor)
    return statistics.median(taken) * 1000
