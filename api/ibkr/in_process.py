"""``ctx.ibkr`` against the engine of this process: the served dialect itself, without a server.

A call goes to the very endpoint that answers it over HTTP, so the answers are the same, byte for
byte, in a backtest and on paper. Nothing here waits for the disk: a backtest does not, and a live
worker's line does so for all of its calls. No loop, no socket and no thread is needed.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from starlette.routing import compile_path

from api.desk import Desk
from api.endpoints import Resource
from api.ibkr.told import Told
from api.metrics import Metrics
from api.refusals import SHAPE, encode
from api.webapi import errors
from api.webapi.gateway import Gateway
from api.webapi.routes import operations_by_path
from api.webapi.session import Session, Sessions
from engine.errors import EngineError
from engine.worker.ibkr import Ibkr
from engine.worker.ibkr_line import IbkrAPIError, Reply

if TYPE_CHECKING:
    from api.auth import Principal
    from api.market.markets import Markets
    from api.settings import Settings
    from engine.core import Engine
    from engine.market.board import Board
    from engine.worker.line import Line

CLIENT = "worker"
_MILLISECOND_NS = 1_000_000
_HALTED = 503
_KNOWN_PATHS_MAX = 10_000


def in_process(
    engine: Engine,
    board: Board,
    settings: Settings | None,
    account: str,
    line: Line,
    markets: Markets | None = None,
) -> Ibkr:
    """``ctx.ibkr`` for a worker that reaches ``engine`` by ``line`` and trades ``account``. With
    ``markets``, those of a live engine, the line brings what an awaitable will give.
    """
    return Ibkr(InProcess(engine, board, settings, account, line, markets))


class InProcess:
    """A transport to the endpoints of one engine; ``account`` is the one meant by default."""

    def __init__(
        self,
        engine: Engine,
        board: Board,
        settings: Settings | None,
        account: str,
        line: Line,
        markets: Markets | None = None,
    ) -> None:
        desk = _Beside(engine, board, settings=settings, default_account=account)
        desk.markets = markets or desk.markets
        gateway = Gateway(desk)
        self._finish = _completed if markets is None else _as_it_is
        gateway.sessions = _Lone(engine, account)
        self._line = line
        self._told = Told()
        self._literal: dict[str, Resource] = {}
        self._patterns: list[tuple[Any, Resource]] = []
        self._known: dict[str, tuple[Resource, dict[str, str]]] = {}
        metrics = Metrics()
        for operations in operations_by_path(gateway):
            resource = Resource(operations, errors.refusal_of, metrics)
            if "{" in resource.path:
                self._patterns.append((compile_path(resource.path)[0], resource))
            else:
                self._literal[resource.path] = resource

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """Have the endpoint answer, in the engine's thread; what the engine raises beside the
        answer (facts can not be kept any more) is an error of the same kind.
        """
        resource, values = self._find(path)
        content = b"" if body is None else encode(body)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "path_params": values,
            "query_string": urlencode(query).encode(),
            "headers": [],
            SHAPE: errors.shape,
        }
        try:
            reply: Reply = self._line.call(self._answer, resource, scope, content)
        except EngineError as error:
            raise IbkrAPIError(_HALTED, error.message) from error
        return reply

    def _answer(self, resource: Resource, scope: dict[str, Any], body: bytes) -> Any:
        return self._finish(self._answered(resource, scope, body))

    async def _answered(self, resource: Resource, scope: dict[str, Any], body: bytes) -> Reply:
        async def whole() -> bytes:
            return body

        given = await resource.answer(scope, whole)
        return Reply(given.status, self._told.of(given.content))

    def _find(self, path: str) -> tuple[Resource, dict[str, str]]:
        """The endpoint of a path, and the values that the path holds."""
        literal = self._literal.get(path)
        if literal is not None:
            return literal, {}
        known = self._known.get(path)
        if known is None:
            known = self._match(path)
            if len(self._known) >= _KNOWN_PATHS_MAX:
                self._known.clear()
            self._known[path] = known
        return known

    def _match(self, path: str) -> tuple[Resource, dict[str, str]]:
        for pattern, resource in self._patterns:
            found = pattern.match(path)
            if found is not None:
                return resource, {name: unquote(text) for name, text in found.groupdict().items()}
        raise IbkrAPIError(404, f"no such path: {path}")


class _Beside(Desk):
    """A desk that leaves it to others to make facts durable."""

    async def settled(self) -> None:
        """Go on at once."""

    async def settled_if_alive(self) -> None:
        """Go on at once."""


class _Lone(Sessions):
    """The one session of a worker; its times are the engine's, so that runs do not differ."""

    def __init__(self, engine: Engine, account: str) -> None:
        super().__init__(lambda _caller: account)
        self._session = Session(CLIENT, account, lambda: engine.now // _MILLISECOND_NS)
        self._session.id = "0" * 32

    def of(self, caller: Principal) -> Session:
        """The session."""
        return self._session

    def all(self) -> list[Session]:
        """The session."""
        return [self._session]


def _as_it_is(coroutine: Coroutine[Any, Any, Reply]) -> Coroutine[Any, Any, Reply]:
    """What waits for a remote broker, for the line to wait for."""
    return coroutine


def _completed(coroutine: Coroutine[Any, Any, Reply]) -> Reply:
    """The result of what never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: Reply = end.value
        return answer
    coroutine.close()
    raise RuntimeError("an endpoint of the Web API waits for something; expected it not to")
