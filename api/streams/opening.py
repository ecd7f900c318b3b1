"""How a stream begins: the greeting, the history asked for, then the present without a seam.

History is sent straight from the tape, as fast as the client reads, while nothing is queued for it.
When it has caught up, the last records are told and the client joins the hub in one synchronous
stretch, so no record falls between and none comes twice. Nothing that is not durable is ever sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from api.streams.event import Event, event_of
from api.streams.messages import Connection
from api.streams.resume import CHUNK_RECORDS

if TYPE_CHECKING:
    from api.desk import Desk
    from api.stepping.seat import Seat
    from api.streams.resume import Retelling
    from api.streams.subscriber import Subscriber
    from api.streams.wish import Place, Wish

Sender = Callable[[Event], Awaitable[None]]


def greeting(desk: Desk, account: str, after: Place | None) -> Event:
    """The first message: which tape this is, how long it is, and where this stream resumes."""
    tape = desk.engine.tape
    return event_of(
        Connection(
            timestamp=desk.timestamp(),
            event="CONNECTED",
            event_id="con_begin",
            broker=desk.markets.of(account).market.provider,
            tape_id=tape.tape_id,
            head=tape.durable,
            after=None if after is None else after.seq,
        )
    )


async def open_stream(
    desk: Desk, wish: Wish, subscriber: Subscriber, send: Sender, *, takes_seat: bool
) -> Seat | None:
    """Greet, tell the history, and join; the seat at the stepped clock, if there is one to take."""
    await send(greeting(desk, wish.account, wish.after))
    retelling = None
    if wish.after is not None:
        subscriber.last_seq = max(wish.after.first_seq - 1, 0)
        retelling = await desk.history.after(wish.after)
        await _catch_up(desk, retelling, subscriber, send)
    if subscriber.is_revoked:
        return None
    rest: list[Event] = []
    while retelling is not None and retelling.seq < desk.engine.tape.head:
        rest += _heard(retelling.next_chunk(), wish.account)
    if retelling is not None:
        subscriber.starts_after = retelling.seq
    seat = _join(desk, wish, subscriber, takes_seat)
    missed = [] if seat is None else seat.resume(wish.after)
    await desk.settled()
    await _tell((*rest, *missed), subscriber, send)
    return seat


async def _catch_up(desk: Desk, retelling: Retelling, subscriber: Subscriber, send: Sender) -> None:
    """Tell until less than a chunk is left."""
    tape = desk.engine.tape
    while tape.head - retelling.seq > CHUNK_RECORDS:
        events = _heard(retelling.next_chunk(), subscriber.account)
        await desk.settled()
        await _tell(events, subscriber, send)
        if subscriber.is_revoked:
            return
        await asyncio.sleep(0)


async def _tell(events: Iterable[Event], subscriber: Subscriber, send: Sender) -> None:
    """Send history, for as long as the client may hear it."""
    for event in events:
        if subscriber.is_revoked:
            return
        await send(event)
        subscriber.note(event)


def _join(desk: Desk, wish: Wish, subscriber: Subscriber, takes_seat: bool) -> Seat | None:
    stepper = desk.stepper
    seat = None
    if stepper is not None and takes_seat and not wish.observes and stepper.end is None:
        seat = stepper.sit(subscriber)
    desk.hub.join(subscriber)
    if stepper is not None and stepper.end is not None:
        subscriber.put([stepper.end])
    return seat


def _heard(events: list[Event], account: str) -> list[Event]:
    return [event for event in events if event.account in ("", account)]
