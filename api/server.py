"""The server process: a port, an event loop, and an orderly end.

`listen` takes the port before anything else is built, so that an occupied one is the first thing
said. `serve` runs an application on it until told to stop, then lets requests under way finish for
a limited time. `run` is the loop it all happens on. After start-up the collector of cycles is
relieved of what lives for ever (`settle_collector`): the slowest answers were mostly its pauses.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

from api.connection import Connection
from api.settings import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from api.certificate import Certificate
    from api.settings import Settings

BACKLOG = 2_048
YOUNG_THRESHOLD = 50_000
MIDDLE_THRESHOLD = 50
OLD_THRESHOLD = 100
SWITCH_INTERVAL_S = 0.0005
"""How long a busy loop keeps the interpreter from the thread that comes back from the disk."""

T = TypeVar("T")


class CannotListen(OSError):
    """Raised when the address can not be had; the message names it and says why."""


class Listener:
    """An open port, ready to be served. `url` is where clients find it. What is said on it is
    encrypted where it has a `certificate`.
    """

    def __init__(
        self, opened: socket.socket, host: str, certificate: Certificate | None = None
    ) -> None:
        self.socket = opened
        self.host = host
        self.certificate = certificate
        self.port: int = opened.getsockname()[1]

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()

    @property
    def url(self) -> str:
        """The address as a client writes it."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        scheme = "http" if self.certificate is None else "https"
        name = f"[{shown}]" if ":" in shown and shown[0] != "[" else shown
        return f"{scheme}://{name}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        address: str = self.socket.getsockname()[0]
        return address == "::1" or address.startswith("127.")


def listen(host: str, port: int) -> Listener:
    """Take `port` on `host`, or a free one for 0; raises CannotListen, or SettingsError for a host
    that is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise _foreign(host) from None
    opened = socket.socket(family, kind, protocol)
    try:
        # Lets a restart take the port while old connections linger, never one that is listened on.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _foreign(host) from None
        raise CannotListen(_why_not(host, port, error)) from None
    return Listener(opened, host)


def _foreign(host: str) -> SettingsError:
    return SettingsError(f"host is {host!r}; expected an address of this machine")


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program; "
            "choose one with --port, or --port 0 for a free one"
        )
    if error.errno == errno.EACCES:
        return f"port {port} on {host} may not be used by this user; choose one above 1023"
    return f"port {port} on {host} can not be listened on: {error.strerror}"


class _Quiet(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it has started."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        settle_collector()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(
    app: ASGIApp,
    listener: Listener,
    settings: Settings,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    before_close: Callable[[], Awaitable[None]] | None = None,
    http: type[asyncio.Protocol] = Connection,
) -> None:
    """Serve `app` until `stop` is set; call `on_ready` once requests are answered, and wait for
    `before_close` (to tell clients) between the two. `http` is what serves a connection.
    """
    limits = settings.limits
    config = uvicorn.Config(
        app,
        interface="asgi3",
        loop="none",
        http=http,
        ws="websockets-sansio",
        ws_max_size=limits.frame_bytes_max,
        # A strategy may think for minutes between two frames; a heartbeat of ours tells the rest.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        limit_concurrency=limits.connections_max,
        timeout_graceful_shutdown=max(1, round(settings.server.shutdown_grace_s)),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=None if listener.certificate is None else listener.certificate.file,
        ssl_ciphers="DEFAULT",
    )
    server = _Quiet(config, on_ready)
    running = asyncio.create_task(server.serve(sockets=[listener.socket]))
    try:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if before_close is not None:
            await before_close()
    finally:
        server.should_exit = True
        await running


def settle_collector() -> None:
    """Take what exists now for permanent, and look for cycles less often from here on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_THRESHOLD, MIDDLE_THRESHOLD, OLD_THRESHOLD)


async def stop_after(halted: asyncio.Event, stop: asyncio.Event, settings: Settings) -> None:
    """Once `halted`, leave time to cancel orders and to look, then stop."""
    await halted.wait()
    await asyncio.sleep(settings.server.shutdown_grace_s)
    stop.set()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Have SIGINT and SIGTERM set `stop`; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, loop, number, stop)


def _stop(loop: asyncio.AbstractEventLoop, number: int, stop: asyncio.Event) -> None:
    stop.set()
    loop.remove_signal_handler(number)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on the fastest loop there is."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
