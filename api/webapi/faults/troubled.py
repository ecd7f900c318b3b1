"""One path of the Web API when things go wrong: what is called, carried out and answered, or not.

Plain ASGI around the path's own endpoint. A call that no fault is meant for passes untouched. An
answer that is to be lost or delayed is kept back whole while the call itself is carried out.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from api.endpoints import Resource
from api.refusals import encode, send_whole
from api.webapi import errors
from api.webapi.faults.faults import Fault, waits_for_ack
from api.webapi.faults.kinds import AFTER, Kind
from api.webapi.reading import numeral

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from api.webapi.faults.faults import Faults

REJECTED = "We cannot accept this order: a fault was asked for."
UNAVAILABLE = "Service Unavailable"
_IN_RESET = "/iserver/"
_STATUS_PATH = "/iserver/auth/status"
_has_order = re.compile(rb'"order(_id|Id)":').search


class Troubled:
    """An endpoint that ``faults`` may strike; ``base`` is where the gateway's paths begin."""

    def __init__(self, inner: Resource, base: str, faults: Faults) -> None:
        self.operations = inner.operations
        self._inner = inner
        self._path = inner.path.removeprefix(base)
        self._faults = faults
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or let it go wrong."""
        faults, method = self._faults, scope["method"]
        if not faults.active():
            await self._inner(scope, receive, send)
            return
        if self._is_reset():
            await _refuse(send, 503)
            return
        fault = faults.meant_for(method, self._path)
        if fault is None:
            await self._inner(scope, receive, send)
        elif fault.kind in AFTER:
            await self._carry_out_first(fault, scope, receive, send)
        else:
            faults.strike(fault)
            await self._strike(fault, scope, receive, send)

    def _is_reset(self) -> bool:
        is_struck = self._path.startswith(_IN_RESET) and self._path != _STATUS_PATH
        return is_struck and self._faults.find(Kind.DAILY_RESET) is not None

    async def _carry_out_first(
        self, fault: Fault, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Carry the call out and keep its answer; let a question about an order through."""
        kept = _Kept()
        await self._inner(scope, receive, kept)
        if waits_for_ack(fault) and not _has_order(kept.body):
            await kept.pass_on(send)
            return
        self._faults.strike(fault)
        if fault.kind is Kind.ERROR_AFTER:
            await _refuse(send, fault.terms.status)
            return
        await asyncio.sleep(fault.terms.delay_s)
        if fault.kind is Kind.NO_ANSWER:
            await _refuse(send, 504)
        else:
            await kept.pass_on(send)

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case Kind.RATE_LIMIT:
                await send_whole(send, 429, b"")
            case Kind.ERROR:
                await _refuse(send, fault.terms.status)
            case Kind.REJECT:
                await send_whole(send, 200, encode(errors.said(REJECTED)))
            case Kind.LATE_CANCEL:
                await self._cancel_late(fault, scope, receive, send)
            case Kind.LOST:
                await asyncio.sleep(fault.terms.delay_s)
                await _refuse(send, 504)
            case _:
                await asyncio.sleep(fault.terms.delay_s)
                await self._inner(scope, receive, send)

    async def _cancel_late(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Acknowledge a cancel that is carried out later: the order may fill until then."""

        async def later() -> None:
            await asyncio.sleep(fault.terms.delay_s)
            await self._inner(scope, receive, _Kept())

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        order_id = numeral(scope["path_params"]["order_id"])
        told = {"msg": "Request was submitted", "order_id": order_id, "conid": -1, "account": None}
        await send_whole(send, 200, encode(told))


class _Kept:
    """Takes an answer instead of sending it."""

    def __init__(self) -> None:
        self.body = b""
        self._start: Message = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self.body += message.get("body", b"")

    async def pass_on(self, send: Send) -> None:
        """Send it after all."""
        await send(self._start)
        await send({"type": "http.response.body", "body": self.body})


async def _refuse(send: Send, status: int) -> None:
    """An error as the gateway words it, for which the caller did nothing."""
    await send_whole(send, status, encode(errors.Error(UNAVAILABLE, status)))
