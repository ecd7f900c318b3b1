"""The body of a request, whole and in limited time."""

import asyncio
from collections.abc import Iterable, MutableMapping
from typing import Any

import pytest

from api import bodies
from api.bodies import whole_body
from api.refusals import Refusal

Message = MutableMapping[str, Any]

pytestmark = pytest.mark.anyio


def piece(body: bytes, *, more: bool = False) -> Message:
    """A message with a part of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends these messages, each after being waited for `delay_s`; silent for ever after."""

    def __init__(self, messages: Iterable[Message], delay_s: float | None = None) -> None:
        self._messages = list(messages)
        self._delay_s = delay_s
        self.was_cancelled = False

    async def __call__(self) -> Message:
        """The next message."""
        try:
            if self._delay_s is not None:
                await asyncio.sleep(self._delay_s)
            if not self._messages:
                await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return self._messages.pop(0)


@pytest.mark.parametrize("delay_s", [None, 0, 0.001])
@pytest.mark.parametrize(
    "messages",
    [
        [piece(b"whole")],
        [piece(b"wh", more=True), piece(b"o", more=True), piece(b"le")],
        [piece(b"whole", more=True), piece(b"")],
        [piece(b"whole", more=True), {"type": "http.request"}],
    ],
)
async def test_a_body_is_whole_whenever_and_in_however_many_parts_it_comes(
    messages: list[Message], delay_s: float | None
) -> None:
    """There already, or at the loop's next turn, or later."""
    assert await whole_body(Client(messages, delay_s)) == b"whole"


@pytest.mark.parametrize("before", [[], [piece(b"{", more=True)]])
@pytest.mark.parametrize("delay_s", [None, 0.001])
async def test_a_body_that_does_not_come_in_time_is_refused(
    before: list[Message], delay_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its first part or at a later one; whoever was asked for it is told to stop."""
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.02)
    client = Client(before, delay_s)
    with pytest.raises(Refusal) as refused:
        await whole_body(client)
    assert refused.value.status == 408
    assert client.was_cancelled


@pytest.mark.parametrize("before", [[], [piece(b"{", more=True)]])
@pytest.mark.parametrize("delay_s", [None, 0.001])
async def test_a_client_that_leaves_amid_its_body_is_refused(
    before: list[Message], delay_s: float | None
) -> None:
    """There is no half of a command."""
    client = Client([*before, {"type": "http.disconnect"}], delay_s)
    with pytest.raises(Refusal) as refused:
        await whole_body(client)
    assert refused.value.status == 408


@pytest.mark.parametrize("delay_s", [None, 0.001])
async def test_what_receiving_raises_reaches_the_one_who_asked(delay_s: float | None) -> None:
    """A body that grows too long is refused by what counts it."""

    async def receive() -> Message:
        if delay_s is not None:
            await asyncio.sleep(delay_s)
        raise Refusal(413, "INVALID_REQUEST", "too long")

    with pytest.raises(Refusal) as refused:
        await whole_body(receive)
    assert refused.value.status == 413


async def test_a_wait_that_is_cancelled_ends_in_what_it_waited_for() -> None:
    """The server cancels a request whose connection was lost."""
    client = Client([])
    waiting = asyncio.create_task(whole_body(client))
    await asyncio.sleep(0.001)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert client.was_cancelled


async def test_a_receiver_that_answers_its_own_cancellation_is_believed() -> None:
    """Its last word is a message like any other."""

    async def receive() -> Message:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return {"type": "http.disconnect"}
        return piece(b"")

    waiting = asyncio.create_task(whole_body(receive))
    await asyncio.sleep(0.001)
    waiting.cancel()
    with pytest.raises(Refusal):
        await waiting
