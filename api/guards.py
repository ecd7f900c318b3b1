"""The gate in front of every route: what is checked before a request is looked at.

In order: the server is not stopping, the Host is ours, no foreign page sends commands, the key is
known and may do this, the caller is not too fast, a body is JSON and not too long. Each check is a
small object whose constructor validates its configuration and whose refusal is a value; the gate
itself is plain ASGI and costs one pass over the headers. Probes pass unchecked, because whoever
watches a process knows neither its name nor a key. No answer ever carries a CORS header.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.auth import OWNER, Principal, Scope
from api.keyring import KeyRing
from api.origins import Hosts, Origins
from api.rates import Buckets
from api.refusals import Refusal, retry_after, send_refusal
from api.whole import Held, answer_whole, hold

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as AsgiScope

log = logging.getLogger("onetape.http")

HEADERS = "onetape.headers"
PRINCIPAL = "onetape.principal"
"""Keys of the ASGI scope under which the gate leaves the headers as a mapping, and who calls."""

PROBES = frozenset(
    prefix + path for prefix in ("", "/v1") for path in ("/health", "/livez", "/ready", "/readyz")
) | {"/api/v1/health"}
SAFE = frozenset({"GET", "HEAD"})
"""Methods that only read."""
_ONCE = (b"host", b"origin", b"content-type", b"content-length", b"authorization", b"x-api-key")
_STOPPING = Refusal(503, "SHUTTING_DOWN", "the server is shutting down", None, retry_after(5))


@dataclass(frozen=True)
class GuardRules:
    """What the gate lets through. ``requests_per_second`` is by key, or by address without keys;
    zero sets no limit. ``requests_max`` bounds the requests under way at once; one whose answer is
    held until the disk has spoken is under way no more.
    """

    allowed_hosts: Sequence[str] = ()
    allowed_origins: Sequence[str] = ()
    keys: KeyRing = field(default_factory=KeyRing)
    body_bytes_max: int = 65_536
    requests_max: int = 1_024
    requests_per_second: float = 0

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        for name in ("body_bytes_max", "requests_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not 1 or more")


class Gate:
    """An ASGI application that passes on what ``rules`` allow and answers the rest itself."""

    def __init__(
        self, app: ASGIApp, rules: GuardRules, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._app = app
        self._stopping = stopping
        self._hosts = Hosts(rules.allowed_hosts)
        self._origins = Origins(rules.allowed_origins)
        self._keys = rules.keys
        self._rates = Buckets(rules.requests_per_second) if rules.requests_per_second else None
        self._body_bytes_max = rules.body_bytes_max
        self._requests_max = rules.requests_max
        self._requests = 0

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Let one request or handshake through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        scope[HEADERS] = headers
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await send_refusal(scope, send, refusal)
            return
        if b"transfer-encoding" in headers:
            receive = _limited(receive, self._body_bytes_max)
        answer = _Answer(send)
        self._requests += 1
        try:
            await self._app(scope, receive, answer)
        except Refusal as raised:
            if answer.started:
                raise
            await send_refusal(scope, send, raised)
        except Exception:
            log.exception("%s %s failed", scope.get("method", "WS"), scope["path"])
            if answer.started or scope["type"] != "http":
                raise
            await send_refusal(scope, send, _broken())
        finally:
            self._requests -= 1

    def _refusal(self, scope: AsgiScope, headers: dict[bytes, bytes]) -> Refusal | None:
        """The first objection to a request, or None."""
        if scope["path"] in PROBES:
            return None
        if self._stopping():
            return _STOPPING
        is_safe = scope["type"] == "http" and scope["method"] in SAFE
        return (
            _repeated(scope, headers)
            or self._hosts.check(headers)
            or (None if is_safe else self._origins.check(headers))
            or self._authorization(scope, headers)
            or self._load(scope)
            or (None if is_safe else self._body(headers))
        )

    def _authorization(self, scope: AsgiScope, headers: dict[bytes, bytes]) -> Refusal | None:
        """Who calls goes into the scope; commands need more than reading does."""
        keys = self._keys  # an open ring is not even asked: most orders come by without a key
        caller = OWNER if keys.is_open else keys.authorize(headers, _address(scope))
        if isinstance(caller, Refusal):
            return caller
        scope[PRINCIPAL] = caller
        is_command = scope["type"] == "http" and scope["method"] not in SAFE
        return caller.lacks(Scope.TRADE if is_command else Scope.READ)

    def _load(self, scope: AsgiScope) -> Refusal | None:
        if self._requests >= self._requests_max:
            return Refusal(
                503,
                "PROVIDER_UNAVAILABLE",
                f"{self._requests_max} requests are under way already",
                None,
                retry_after(1),
            )
        if self._rates is None:
            return None
        wait = self._rates.take(_caller(scope), time.monotonic())
        if not wait:
            return None
        return Refusal(429, "RATE_LIMITED", "too many requests", None, retry_after(wait))

    def _body(self, headers: dict[bytes, bytes]) -> Refusal | None:
        """A body must say that it is JSON, which no form of a web page can, and be short."""
        length = headers.get(b"content-length", b"0")
        if length == b"0" and b"transfer-encoding" not in headers:
            return None
        kind = headers.get(b"content-type", b"")
        if kind != b"application/json":
            media = kind.partition(b";")[0].strip().lower()
            if media != b"application/json":
                shown = kind[:200].decode("latin-1")
                return Refusal(
                    400,
                    "INVALID_REQUEST",
                    f"Content-Type is {shown!r}; expected application/json",
                    {"field": "Content-Type", "value": shown, "expected": "application/json"},
                )
        if not length.isdigit() or int(length) > self._body_bytes_max:
            return too_long(self._body_bytes_max)
        return None


class _Answer:
    """Passes messages on, and remembers whether an answer has begun."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    def __call__(self, message: Message) -> Awaitable[None]:
        self.started = True
        return self._send(message)

    def whole(self, status: int, media: tuple[bytes, bytes], body: bytes) -> bool:
        """Answer at once, if the server can; see `api.whole`."""
        done = answer_whole(self._send, status, media, body)
        self.started = self.started or done
        return done

    def hold(self) -> Held | None:
        """Take the answer over, if that is possible; see `api.whole`."""
        held = hold(self._send)
        self.started = self.started or held is not None
        return held


def too_long(body_bytes_max: int) -> Refusal:
    """The refusal for a body longer than that."""
    return Refusal(
        413,
        "INVALID_REQUEST",
        f"the body is too long; expected at most {body_bytes_max} bytes",
        {"field": "body", "expected": f"at most {body_bytes_max} bytes"},
        [(b"connection", b"close")],
    )


def principal(scope: AsgiScope) -> Principal | None:
    """Who makes this request, as the gate found; None where there is no gate."""
    found: Any = scope.get(PRINCIPAL)
    return found if isinstance(found, Principal) else None


def _limited(receive: Receive, body_bytes_max: int) -> Receive:
    """``receive`` that raises once a body of no stated length has become too long."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > body_bytes_max:
                raise too_long(body_bytes_max)
        return message

    return counted


def _repeated(scope: AsgiScope, headers: dict[bytes, bytes]) -> Refusal | None:
    """A header that decides something must not be there twice, with two meanings."""
    if len(headers) == len(scope["headers"]):
        return None
    names = [name for name, _ in scope["headers"]]
    for name in _ONCE:
        if names.count(name) > 1:
            shown = name.decode()
            return Refusal(
                400,
                "INVALID_REQUEST",
                f"the header {shown} is there more than once; expected one",
                {"field": shown, "value": None, "expected": "one value"},
            )
    return None


def _caller(scope: AsgiScope) -> str:
    caller = principal(scope)
    if caller is not None and caller.has_key:
        return f"key {caller.key_id}"
    return _address(scope)


def _address(scope: AsgiScope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _broken() -> Refusal:
    return Refusal(500, "INTERNAL_ERROR", "something here is broken; the log says what")
