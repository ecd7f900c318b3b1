"""The WebSocket endpoint of the IBKR Web API: handshake, greeting, conversation, leaving.

The caller is who the gate found, and its session is the one that its calls have; a cookie is not
looked at. Rows reach the hub through one teller, which costs nothing while nobody listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.auth import OWNER
from api.endpoints import Operation
from api.guards import principal
from api.refusals import Refusal, send_refusal
from api.streams.websocket import full
from api.webapi.stream.conversation import Conversation
from api.webapi.stream.session import Line
from api.webapi.stream.teller import Teller

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.webapi.gateway import Gateway
    from api.webapi.stream.ear import Garble

_NO_UPGRADE = "This is a WebSocket; ask for an upgrade."


class StreamEndpoint:
    """The ASGI application of `/ws` for one gateway. ``garbler`` makes what happens to the messages
    of one client on their way.
    """

    def __init__(self, gateway: Gateway, garbler: Callable[[], Garble]) -> None:
        self.open: set[Conversation] = set()
        """The conversations under way."""
        self._gateway = gateway
        self._garbler = garbler
        self._teller = Teller(gateway)
        gateway.desk.hub.tellers.append(self._teller.tell)

    def routes(self, base: str) -> list[BaseRoute]:
        """The routes below ``base``."""
        path = f"{base}/ws"
        at = _At(self, path)
        return [WebSocketRoute(path, at), Route(path, at)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client from its handshake to its close."""
        if scope["type"] == "http":
            upgrade = [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]
            refused = Refusal(426, "INVALID_REQUEST", _NO_UPGRADE, None, upgrade)
            await send_refusal(scope, send, refused)
            return
        await receive()
        refusal = full(self._gateway.desk)
        if refusal is not None:
            await send_refusal(scope, send, refusal)
            return
        caller = principal(scope) or OWNER
        conversation = Conversation(self._gateway, caller, self._garbler(), time.monotonic)
        hub = self._gateway.desk.hub
        hub.enter(conversation.ear)  # at once: others knock while the handshake is under way
        try:
            await send({"type": "websocket.accept"})
            await self._talk(conversation, receive, send)
        finally:
            hub.leave(conversation.ear)

    async def _talk(self, conversation: Conversation, receive: Receive, send: Send) -> None:
        self.attach(conversation)
        try:
            conversation.greet()
            await Line(self._gateway.desk, conversation, receive, send).run()
        finally:
            self.detach(conversation)

    def attach(self, conversation: Conversation) -> None:
        """Have the conversation told of everything from here on."""
        self.open.add(conversation)
        self._teller.listeners += 1
        self._gateway.desk.hub.join(conversation.ear)

    def detach(self, conversation: Conversation) -> None:
        """Tell it nothing more."""
        self.open.discard(conversation)
        self._teller.listeners -= 1
        self._gateway.desk.part(conversation.ear, is_goodbye=True)


class _At:
    """The endpoint at one path, with what the documentation says of it."""

    def __init__(self, endpoint: StreamEndpoint, path: str) -> None:
        operation = Operation(
            "GET",
            path,
            "Open the stream",
            tag="Stream",
            description="A WebSocket; its topics are in the reference.",
            status=101,
            media="text/plain",
            failures={426: _NO_UPGRADE, 503: "Enough streams are open already."},
        )
        self.operations = (operation,)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoint(scope, receive, send)
