"""A load of one request over and over: `python -m benchmarks.load PORT CONNECTIONS SECONDS PATH`.

Each connection is kept alive and sends again as soon as it has its answer. The body comes on
standard input; the outcome is one JSON object: requests a second, and latencies in milliseconds.
An answer other than 201 ends everything, because refusals are quick. A process of its own, on
sockets without any HTTP library, so that it costs the least next to what it measures.
"""

import asyncio
import json
import sys
from functools import partial
from time import perf_counter
from typing import Any

import uvloop

WARM_UP_S = 0.3
CREATED = b"HTTP/1.1 201"


class Line(asyncio.Protocol):
    """One connection: a request under way, and the times its answers took."""

    def __init__(self, request: bytes, deadline: float, done: asyncio.Future[None]) -> None:
        self.taken: list[float] = []
        self._request = request
        self._deadline = deadline
        self._done = done
        self._sent = 0.0
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Send the next one when the answer is whole."""
        answer = self._buffer + data if self._buffer else data
        head = answer.find(b"\r\n\r\n")
        if head < 0 or len(answer) < head + 4 + _length(answer, head):
            self._buffer = answer
            return
        self._buffer = b""
        now = perf_counter()
        self.taken.append(now - self._sent)
        if not answer.startswith(CREATED):
            self._end(RuntimeError(f"expected 201: {answer[:400]!r}"))
        elif now < self._deadline:
            self._send()
        else:
            self._end(None)

    def connection_lost(self, _error: Exception | None) -> None:
        """The server hung up."""
        self._end(RuntimeError("the server closed a connection"))

    def _send(self) -> None:
        self._sent = perf_counter()
        self._transport.write(self._request)

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(error)
        self._transport.close()


def _length(answer: bytes, head: int) -> int:
    """The length of the body that the headers state."""
    start = answer.lower().index(b"content-length:", 0, head) + 15
    return int(answer[start : answer.index(b"\r\n", start)])


async def load(port: int, connections: int, seconds: float, request: bytes) -> dict[str, float]:
    """Warm up, then send for that long."""
    await _send_for(port, connections, WARM_UP_S, request)
    begun = perf_counter()
    taken = sorted(await _send_for(port, connections, seconds, request))
    elapsed = perf_counter() - begun
    return {
        "rate": len(taken) / elapsed,
        "median_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[len(taken) * 99 // 100] * 1000,
    }


async def _send_for(port: int, connections: int, seconds: float, request: bytes) -> list[float]:
    loop = asyncio.get_running_loop()
    deadline = perf_counter() + seconds
    lines = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        line = Line(request, deadline, done)
        await loop.create_connection(partial(_given, line), "127.0.0.1", port)
        lines.append((line, done))
    await asyncio.gather(*(done for _, done in lines))
    return [one for line, _ in lines for one in line.taken]


def _given(line: Line) -> Line:
    return line


def main() -> None:
    """Read the command line and the body, and print the outcome."""
    port, connections, seconds, path = sys.argv[1:5]
    body = sys.stdin.buffer.read()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    print(json.dumps(uvloop.run(load(int(port), int(connections), float(seconds), request))))


if __name__ == "__main__":
    main()
