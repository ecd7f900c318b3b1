"""The small world behind a real port: the server that ships, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.guards import GuardRules
from api.server import listen, serve
from api.settings import Settings
from tests.api.world import World

READY_TIMEOUT_S = 10


@contextmanager
def served(world: World, rules: GuardRules | None = None) -> Iterator[str]:
    """Serve `world` on a free port of this machine; gives the address, and stops at the end."""
    listener = listen("127.0.0.1", 0)
    ready = threading.Event()
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        stop = asyncio.Event()
        stops.append((asyncio.get_running_loop(), stop))
        await world.desk.start()
        app = world.app(rules)
        await serve(app, listener, Settings(), stop, ready.set, world.desk.close)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    try:
        if not ready.wait(READY_TIMEOUT_S):
            raise TimeoutError("the server did not start")
        yield listener.url
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(READY_TIMEOUT_S)
        listener.socket.close()
