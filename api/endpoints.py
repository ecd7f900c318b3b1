"""What can be asked for at a path, declared once: the code that answers and its description.

An `Operation` says what one method of one path takes and gives; the OpenAPI document is made of
nothing else. A `Resource` is all operations of one path, as a plain ASGI endpoint: it picks the
operation by a dictionary, reads the body at most once, encodes the answer once, and turns every
error into a refusal of one shape. Endpoints that answer otherwise (a stream) carry a tuple
``operations`` and are described by it just the same.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.auth import OWNER, Principal, Scope
from api.bodies import whole_body
from api.forms import Field, Form
from api.guards import HEADERS, PROBES, SAFE, principal
from api.metrics import Metrics
from api.refusals import JSON, RawHeaders, Refusal, body_of, encode, send_refusal, send_whole
from engine.errors import EngineError, TradingHalted
from engine.tape.errors import TapeError

if TYPE_CHECKING:
    from starlette.types import Receive, Send
    from starlette.types import Scope as AsgiScope

    from api.whole import Held

log = logging.getLogger("onetape.http")

PREFIXES = ("/v1", "")
_NOTHING: Form = Form()


class Call:
    """One request as a handler sees it."""

    __slots__ = ("_scope", "body", "query")

    def __init__(self, scope: AsgiScope, body: bytes) -> None:
        self._scope = scope
        self.body = body
        self.query: bytes = scope["query_string"]

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """The headers by lower-case name."""
        headers: Mapping[bytes, bytes] | None = self._scope.get(HEADERS)
        return dict(self._scope["headers"]) if headers is None else headers

    @property
    def caller(self) -> Principal:
        """Who calls: the machine's owner where no gate asked for a key."""
        return principal(self._scope) or OWNER

    @property
    def path(self) -> Mapping[str, str]:
        """The values that the path holds, decoded."""
        values: Mapping[str, str] = self._scope["path_params"]
        return values


@dataclass(frozen=True)
class Answer:
    """A value to be encoded, with a status other than the operation's own."""

    status: int
    value: Any
    headers: RawHeaders | None = None


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True)
class Operation:
    """What one method of one path takes and gives.

    ``answer`` is the wire type of a success; None where the handler gives bytes of type ``media``.
    ``failures`` are the statuses it may refuse with beyond those that every operation may, and why;
    ``answers`` are the types of successes that come with another status. ``reduces`` marks a
    command that only ever reduces risk: it is carried out, and answered, on a dead tape too.
    """

    method: str
    path: str
    summary: str
    handler: Handler | None = None
    answer: Any = None
    tag: str = ""
    description: str = ""
    status: int = 200
    media: str = "application/json"
    parameters: Mapping[str, Field] = field(default_factory=dict)
    query: Form = _NOTHING
    body: Form | None = None
    is_body_required: bool = True
    failures: Mapping[int, str] = field(default_factory=dict)
    answers: Mapping[int, Any] = field(default_factory=dict)
    scope: Scope = Scope.READ
    reduces: bool = False

    @cached_property
    def only_reads(self) -> bool:
        """Whether it writes nothing."""
        return self.method in SAFE or self.scope is Scope.READ

    @cached_property
    def content_type(self) -> tuple[bytes, bytes]:
        """The header that says what a success is made of."""
        return (b"content-type", self.media.encode())


class Given(NamedTuple):
    """What is sent back for one request; ``content`` is bytes, or a value yet to be encoded.
    Without an ``operation`` the path knows no such method.
    """

    status: int
    content: Any
    headers: RawHeaders | None
    media: tuple[bytes, bytes] = JSON
    operation: Operation | None = None
    is_refusal: bool = False

    @property
    def body(self) -> bytes:
        """The content as it is sent."""
        content = self.content
        return content if type(content) is bytes else encode(content)


class Floor(Protocol):
    """What answers stand on: the tape, as far as it is on disk."""

    @property
    def is_settled(self) -> bool:
        """Whether everything written so far is durable."""

    async def settled(self) -> None:
        """Wait until everything written so far is durable; TradingHalted if it never will be."""

    def when_settled(self, tell: Callable[[TradingHalted | None], object]) -> None:
        """Have ``tell`` called once everything written so far is durable, or never will be."""


class Resource:
    """All operations of one path, as an ASGI endpoint.

    Where a ``floor`` is given, nothing that an answer says can be undone by a crash, be it read,
    refused or done: handlers make their answers at once, and here, after that, it is waited until
    all of the tape that they may show is on disk. So no handler waits for it. A probe never does.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        refusal_of: Callable[[EngineError | TapeError], Refusal],
        metrics: Metrics,
        floor: Floor | None = None,
    ) -> None:
        paths = {operation.path for operation in operations}
        if len(paths) != 1:
            raise ValueError(f"operations: {sorted(paths)} are not one path")
        self.path = paths.pop()
        self.operations = tuple(operations)
        self._by_method: dict[str, Operation] = {each.method: each for each in operations}
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]
        self._refusal_of = refusal_of
        self._metrics = metrics
        self._floor = None if self.path in PROBES else floor

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        given = await self._made(scope, lambda: whole_body(receive))
        floor = self._floor
        if floor is not None and given.operation is not None:
            # The gate's ``send`` can take the answer over, so that nothing of this waits.
            hold = None if floor.is_settled else getattr(send, "hold", None)
            body = b"" if hold is None else given.body  # an answer that can not be made is not held
            held: Held | None = None if hold is None else hold()
            if held is not None:
                late = partial(self._answer_late, held, scope, given, body, started)
                floor.when_settled(late)
                return
            given = await self._settled(scope, given, floor)
        await send_whole(send, given.status, given.body, given.headers, given.media)
        self._observe(given, started)

    async def answer(self, scope: AsgiScope, read_body: Callable[[], Awaitable[bytes]]) -> Given:
        """What one request is answered with, whoever brings its body and takes the answer."""
        given = await self._made(scope, read_body)
        if self._floor is None or given.operation is None:
            return given
        return await self._settled(scope, given, self._floor)

    async def _settled(self, scope: AsgiScope, given: Given, floor: Floor) -> Given:
        """What is answered when all of the tape that ``given`` may show is on disk."""
        try:
            await floor.settled()
        except TradingHalted as halted:
            return self._undone(scope, given, halted)
        return given

    def _answer_late(
        self,
        held: Held,
        scope: AsgiScope,
        given: Given,
        body: bytes,
        started: float,
        halted: TradingHalted | None,
    ) -> None:
        """Give an answer that was held until the disk had spoken; ``body`` is that of ``given``."""
        try:
            if halted is not None:
                given = self._undone(scope, given, halted)
                body = given.body
            held.answer(given.status, given.media, body, given.headers)
        except Exception:  # whoever tells goes on to tell others
            log.exception("%s %s was not answered", scope["method"], self.path)
            held.drop()
        self._observe(given, started)

    def _undone(self, scope: AsgiScope, given: Given, halted: TradingHalted) -> Given:
        """What is answered when the tape died with what was done: that it was not, unless nothing
        was, or what was only ever reduces risk.
        """
        operation = given.operation
        if operation is None or given.is_refusal or operation.only_reads:
            return given
        if operation.reduces:
            log.error("a command that reduces risk was carried out but could not be written down")
            return given
        refused = self._refusal_of(halted)
        return Given(
            refused.status, body_of(scope, refused), refused.headers, JSON, operation, True
        )

    def _observe(self, given: Given, started: float) -> None:
        if given.operation is not None:
            seconds = perf_counter() - started
            self._metrics.observe(given.operation.method, self.path, given.status, seconds)

    async def _made(self, scope: AsgiScope, read_body: Callable[[], Awaitable[bytes]]) -> Given:
        """The answer as it stands when the request was carried out, on disk or not."""
        method: str = scope["method"]
        operation = self._by_method.get(method)
        if operation is None or operation.handler is None:
            refused = self._wrong_method(method)
            return Given(refused.status, body_of(scope, refused), refused.headers)
        try:
            self._check_scope(scope, operation)
            body = b"" if operation.body is None else await read_body()
            given = await operation.handler(Call(scope, body))
        except Refusal as refusal:
            said = refusal
        except (EngineError, TapeError) as error:
            said = self._refusal_of(error)
            if said.status == 500:
                log.exception("%s %s failed", method, self.path)
        else:
            media = operation.content_type
            if type(given) is Answer:
                return Given(given.status, given.value, given.headers, media, operation)
            return Given(operation.status, given, None, media, operation)
        return Given(said.status, body_of(scope, said), said.headers, JSON, operation, True)

    def _check_scope(self, scope: AsgiScope, operation: Operation) -> None:
        caller = principal(scope)
        refusal = caller.lacks(operation.scope) if caller is not None else None
        if refusal is not None:
            raise refusal

    def _wrong_method(self, method: str) -> Refusal:
        allowed = ", ".join(self._by_method)
        return Refusal(
            405,
            "INVALID_REQUEST",
            f"the method is {method[:32]!r}; expected {allowed} at {self.path}",
            {"field": "method", "value": method[:32], "expected": allowed},
            [(b"allow", allowed.encode())],
        )


def routes_of(resources: Iterable[Resource], prefixes: Sequence[str] = PREFIXES) -> list[BaseRoute]:
    """Each resource at every prefix, in the order given: the first match answers."""
    return [
        Route(prefix + _pattern(resource.path), resource)
        for resource in resources
        for prefix in prefixes
    ]


def operations_of(routes: Iterable[BaseRoute]) -> Iterator[Operation]:
    """Every operation that the endpoints of ``routes`` declare, each once."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, Route | WebSocketRoute):
            declared: Sequence[Operation] = getattr(route.endpoint, "operations", ())
            for operation in declared:
                if (operation.method, operation.path) not in seen:
                    seen.add((operation.method, operation.path))
                    yield operation


async def no_such_path(scope: AsgiScope, _receive: Receive, send: Send) -> None:
    """The answer where no route matches; a router's ``default``."""
    path = scope["path"][:200]
    refusal = Refusal(
        404,
        "INVALID_REQUEST",
        f"no such path: {path}; /docs shows those there are",
        {"resource": "path", "id": path},
    )
    await send_refusal(scope, send, refusal)


def _pattern(path: str) -> str:
    # A symbol may hold slashes, whether they arrive as they are or percent-encoded.
    return path.replace("{symbol}", "{symbol:path}")
