"""The line of one conversation: frames in, the queue out, a beat of its clock in between, and
what brokers are asked for beside."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from api.streams.session import Session, Side

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from api.desk import Desk
    from api.webapi.stream.conversation import Conversation

BEAT_S = 0.5


class Line(Session):
    """Runs from the greeting to the end."""

    def __init__(
        self, desk: Desk, conversation: Conversation, receive: Receive, send: Send
    ) -> None:
        super().__init__(desk, conversation.ear, None, receive, send)
        self._conversation = conversation

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        return [*super()._work(), self._beat(), self._fetch()]

    def _hear(self, message: Message) -> None:
        text = message.get("text")
        if text is None:
            text = (message.get("bytes") or b"").decode("utf-8", "replace")
        self._conversation.hear(text)

    async def _beat(self) -> None:
        while self.server is Side.OPEN:
            await asyncio.sleep(BEAT_S)
            self._conversation.beat()

    async def _fetch(self) -> None:
        while self.server is Side.OPEN:
            await self._conversation.wanted.wait()
            await self._conversation.fetch()
