"""The gateway's WebSocket: news of orders, trades and prices, for as long as it is heard.

What is subscribed to before the gateway has said that the session is authenticated is dropped
without a word, so that is waited for. The gateway beats every ten seconds; a stream that says
nothing for longer is lost, however open it looks. A stream is never mended: whoever has one opens
another, and compares the books.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from adapters.brokers.ibkr_web.errors import Competing, LoginNeeded, NotAnswered, SessionLost
from adapters.brokers.ibkr_web.numerals import decode, encode
from adapters.brokers.ibkr_web.rows import Row

MESSAGE_BYTES_MAX = 8 * 1_048_576
WAITING = "waiting for session"
TIC = "tic"
SUBSCRIPTIONS = ("sor+{}", 'str+{"realtimeUpdatesOnly":false,"days":1}')
PRICES = "smd"

Hear = Callable[[str, list[Row]], Awaitable[None]]


class Stream:
    """One connection: ``url`` with its headers, and whom to trust there (None on plain ones)."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        trust: ssl.SSLContext | None,
        session_id: str,
        *,
        silence_s: float,
        open_s: float,
        tic_s: float,
    ) -> None:
        self._url = url
        self._headers = headers
        self._trust = trust
        self._session_id = session_id
        self._silence_s = silence_s
        self._open_s = open_s
        self._tic_s = tic_s
        self._socket: ClientConnection | None = None

    async def run(self, opened: Callable[[], None], hear: Hear) -> None:
        """Connect, subscribe, call ``opened``, and pass on rows by their topic (`sor`, `str`,
        `smd`) until the stream is lost, which raises.
        """
        try:
            async with connect(
                self._url,
                additional_headers=dict(self._headers),
                ssl=self._trust,
                open_timeout=self._open_s,
                close_timeout=1.0,
                max_size=MESSAGE_BYTES_MAX,
                user_agent_header=None if "User-Agent" in self._headers else "onetape",
                proxy=None,
            ) as socket:
                await self._follow(socket, opened, hear)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise LoginNeeded(f"the stream was refused with {status}") from error
            raise NotAnswered(f"the stream was refused with {status}") from error
        except (WebSocketException, OSError, TimeoutError) as error:
            if isinstance(error, ConnectionError) and not isinstance(error, ConnectionResetError):
                raise
            said = str(error) or type(error).__name__
            raise NotAnswered(f"the stream was lost: {said}") from error

    async def say(self, text: str) -> None:
        """Send one more wish on the stream that is open."""
        if self._socket is None:
            raise NotAnswered("there is no stream to say anything on")
        try:
            await self._socket.send(text)
        except WebSocketException as error:
            raise NotAnswered(f"the stream was lost: {error}") from error

    async def _follow(
        self, socket: ClientConnection, opened: Callable[[], None], hear: Hear
    ) -> None:
        async with asyncio.timeout(self._open_s):
            while not await self._is_ready(socket, await socket.recv()):
                pass
        for wish in SUBSCRIPTIONS:
            await socket.send(wish)
        self._socket = socket
        opened()
        beating = asyncio.get_running_loop().create_task(self._beat(socket))
        try:
            while True:
                await self._hear(await self._next(socket), hear)
        finally:
            beating.cancel()

    async def _next(self, socket: ClientConnection) -> Any:
        try:
            async with asyncio.timeout(self._silence_s):
                return _message(await socket.recv())
        except TimeoutError:
            raise NotAnswered(f"the stream said nothing for {self._silence_s:g} s") from None

    async def _is_ready(self, socket: ClientConnection, text: str | bytes) -> bool:
        """Whether this message says that subscriptions are taken from now on."""
        message = _message(text)
        if message.get("message") == WAITING:
            await socket.send(encode({"session": self._session_id}).decode())
        return message.get("topic") == "sts" and _check(message.get("args"))

    async def _hear(self, message: dict[str, Any], hear: Hear) -> None:
        topic = str(message.get("topic", ""))
        args = message.get("args")
        if topic == "sts":
            _check(args)
        elif topic in ("sor", "str"):
            found = args if isinstance(args, list) else [args]
            await hear(topic, [one for one in found if isinstance(one, dict)])
        elif topic.startswith(PRICES):
            await hear(PRICES, [message])

    async def _beat(self, socket: ClientConnection) -> None:
        """Tell the gateway that somebody listens."""
        while True:
            await asyncio.sleep(self._tic_s)
            await socket.send(TIC)


def _message(text: str | bytes) -> dict[str, Any]:
    """One message; what is none says nothing."""
    try:
        found = decode(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _check(status: Any) -> bool:
    """Whether a state of the session says that it is authenticated; raises if it says it is not."""
    told = status if isinstance(status, dict) else {}
    if told.get("competing"):
        raise Competing("another program of this username has taken the brokerage session")
    if told.get("authenticated") is False:
        raise SessionLost(f"the stream says: {told.get('message') or 'not authenticated'}")
    return bool(told.get("authenticated"))


def session_headers(session_id: str, *, is_signed: bool) -> dict[str, str]:
    """The headers that open a stream: at a gateway, or with ``is_signed`` at IBKR's own host."""
    if is_signed:
        return {"Cookie": f"api={session_id}", "User-Agent": "ClientPortalGW/1"}
    written = encode({"session": session_id}).decode()
    return {"Cookie": f"api={written}"}
