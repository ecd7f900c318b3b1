"""A conversation over a whole gateway without a line: frames in, messages out, a clock by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from api.auth import OWNER, Principal
from api.webapi.faults.garbler import Garbler
from api.webapi.stream.conversation import Conversation
from tests.api.webapi.gate import Gate, gate

Told = dict[str, Any]


class Talk:
    """One client of the stream, and the gateway that it speaks to."""

    def __init__(self, gate: Gate, caller: Principal = OWNER) -> None:
        self.gate = gate
        self.gateway = gate.gateway
        self.now_s = 1_000.0
        self.it = Conversation(
            self.gateway, caller, Garbler(self.gateway.faults), lambda: self.now_s
        )
        self.session = self.it.session
        self.gateway.stream.attach(self.it)

    def read(self) -> list[Told]:
        """Everything that would be sent now."""
        found = []
        while (event := self.it.ear.take()) is not None:
            found.append(json.loads(event.text))
        return found

    def say(self, text: str) -> list[Told]:
        """What a frame is answered with."""
        self.it.hear(text)
        return self.read()

    def one(self, text: str) -> Told:
        """The one message that a frame is answered with."""
        (told,) = self.say(text)
        return told

    def wait(self, seconds: float = 0.5) -> list[Told]:
        """What is said once so much time has passed; without the heartbeat."""
        self.now_s += seconds
        self.it.beat()
        return [told for told in self.read() if "hb" not in told]

    def step(self, steps: int = 1) -> list[Told]:
        """What is said of the next bars."""
        self.gate.world.step(steps)
        return self.wait()

    def leave(self) -> None:
        """Hear nothing more."""
        self.gateway.stream.detach(self.it)


@asynccontextmanager
async def talk(webapi: dict[str, Any], caller: Principal = OWNER) -> AsyncIterator[Talk]:
    """A conversation with a gateway of these settings."""
    async with gate(webapi) as one:
        made = Talk(one, caller)
        try:
            yield made
        finally:
            made.leave()
