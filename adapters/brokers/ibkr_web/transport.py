"""Calls to the gateway: one at a time in each place of a small pool, paced, limited in time.

A call goes out once. Its answer is the status and the document, whatever either says: the gateway
answers failures with success and successes with failure, so what an answer means is for those who
asked (`answers`). What is no answer raises, and the words of errors never hold what was sent.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx

from adapters.brokers.ibkr_web.errors import (
    LoginNeeded,
    NotAnswered,
    NotConnected,
    SessionLost,
)
from adapters.brokers.ibkr_web.numerals import decode, encode
from adapters.brokers.ibkr_web.pacing import Pacing
from engine.ports import Throttled

POOL = 8
NO_BRIDGE = "no bridge"
ACCOUNTS_FIRST = "query /accounts first"
NOT_AUTHENTICATED = "not authenticated"

Query = Mapping[str, str | int]


class Answer:
    """What came back: the status, the document (None where it is none), and its text."""

    def __init__(self, status: int, text: bytes) -> None:
        self.status = status
        self.document: Any = None
        self.is_document = False
        try:
            self.document = decode(text) if text else None
            self.is_document = bool(text)
        except ValueError:
            self.document = None
        self._text = text

    @property
    def is_success(self) -> bool:
        """Whether the status says so; the document may still hold an error."""
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """The gateway's words if it says that something went wrong, else empty."""
        found = self.document
        if isinstance(found, dict):
            said = found.get("error")
            if said:
                return str(said)
            if found.get("success") is False:
                return str(found.get("message") or found.get("failure_list") or "not done")
        if self.is_success and self.is_document:
            return ""
        return self._text[:200].decode("utf-8", "replace") or f"status {self.status}, no words"


class Signer(Protocol):
    """What makes the gateway know the caller (`oauth`); a gateway on this machine needs none."""

    token: str
    """What names the caller where headers can not be sent."""

    def headers(self, method: str, url: str, query: Query) -> dict[str, str]:
        """The headers that sign one call."""

    def renew(self, transport: Transport) -> Awaitable[None]:
        """Get ready to sign; PermissionError if the credentials are refused."""


class Transport:
    """The way to one gateway. ``signer`` is None where the gateway itself is logged in."""

    def __init__(
        self,
        base: str,
        pacing: Pacing,
        trust: ssl.SSLContext,
        *,
        timeout_s: float = 10.0,
        connect_timeout_s: float = 5.0,
        signer: Signer | None = None,
    ) -> None:
        self.base = base
        self.pacing = pacing
        self.signer = signer
        self._trust = trust
        self._timeout = httpx.Timeout(timeout_s, connect=connect_timeout_s, pool=timeout_s)
        self._longest_s = timeout_s + connect_timeout_s
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Let go of the connections; the next call makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def get(self, path: str, query: Query | None = None) -> Answer:
        """Read; see ``call``."""
        return await self.call("GET", path, query=query)

    async def post(self, path: str, body: Any = None) -> Answer:
        """Tell; see ``call``."""
        return await self.call("POST", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        is_urgent: bool = False,
        headers: dict[str, str] | None = None,
        leaving: Callable[[], None] | None = None,
    ) -> Answer:
        """The answer to one call; ``leaving`` is called when it has waited long enough and goes.

        Raises NotConnected if it surely never left, NotAnswered if that can not be told, and
        SessionLost, LoginNeeded or Throttled where the gateway says so.
        """
        await self.pacing.wait(method, path, is_urgent=is_urgent)
        if leaving is not None:
            leaving()
        sent = self._headers(method, path, query or {}, headers)
        content = None if body is None else encode(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            async with asyncio.timeout(self._longest_s):
                response = await self._pool().request(
                    method, self.base + path, params=query, content=content, headers=sent
                )
        except TimeoutError as error:
            raise NotAnswered(f"{method} {path}: no whole answer in time") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotConnected(f"{method} {path}: {_words(error)}") from error
        except httpx.HTTPError as error:
            raise NotAnswered(f"{method} {path}: {_words(error)}") from error
        return self._judge(method, path, Answer(response.status_code, response.content))

    def _judge(self, method: str, path: str, answer: Answer) -> Answer:
        """Pass on what is about the question; raise what is about the session."""
        if answer.status == 429:
            raise Throttled(f"{method} {path}: asked too often", self.pacing.throttled())
        said = answer.error
        if answer.status in (401, 403):
            raise LoginNeeded(f"{method} {path}: {answer.status} {said}")
        lost = said and any(
            words in said for words in (NO_BRIDGE, ACCOUNTS_FIRST, NOT_AUTHENTICATED)
        )
        if lost:
            raise SessionLost(f"{method} {path}: {said}")
        return answer

    def _headers(
        self, method: str, path: str, query: Query, given: dict[str, str] | None
    ) -> dict[str, str]:
        if given is not None:
            return given
        if self.signer is None:
            return {}
        return self.signer.headers(method, self.base + path, query)

    def _pool(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=self._trust,
                timeout=self._timeout,
                limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
                headers={"User-Agent": "onetape", "Accept": "application/json"},
                trust_env=False,  # a proxy of the environment must not see orders
            )
        return self._client


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def as_list(answer: Answer, what: str) -> list[Any]:
    """The list that an answer must be; NotAnswered for anything else."""
    if answer.error or not isinstance(answer.document, list):
        raise NotAnswered(f"{what}: {answer.error or 'the answer is no list'}")
    return answer.document


def as_object(answer: Answer, what: str) -> dict[str, Any]:
    """The object that an answer must be; NotAnswered for anything else."""
    if answer.error or not isinstance(answer.document, dict):
        raise NotAnswered(f"{what}: {answer.error or 'the answer is no object'}")
    return answer.document
