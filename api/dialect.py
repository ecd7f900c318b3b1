"""An API beside the Trading API: where it is served, what it answers, and how it says no.

Its requests pass the same gate as all others; what is refused there, too, is written in the
dialect's own shape. Its documentation stands below its own address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from api import docs_pages, openapi
from api.endpoints import Floor, Operation, Resource, operations_of, routes_of
from api.metrics import Metrics
from api.openapi import About
from api.refusals import SHAPE, Refusal, Shape, detail
from engine.errors import EngineError
from engine.tape.errors import TapeError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Dialect:
    """The routes below ``base`` (empty: all there are), and the shape of their refusals."""

    base: str
    routes: Sequence[BaseRoute]
    shape: Shape = detail


def dialect(
    operations: Iterable[Sequence[Operation]],
    refusal_of: Callable[[EngineError | TapeError], Refusal],
    base: str,
    about: About,
    version: str,
    metrics: Metrics,
    floor: Floor | None = None,
) -> Dialect:
    """The dialect of these operations, a list for each path, with its documentation.

    Their paths are whole: they begin with ``base``. For ``floor`` see `api.endpoints.Resource`.
    """
    resources = [Resource(each, refusal_of, metrics, floor) for each in operations]
    routes = routes_of(resources, ("",))
    document = openapi.text(openapi.build(operations_of(routes), version, about)).encode()
    return Dialect(base, [*routes, *docs_pages.routes(document, base, ("",))])


class Shaped:
    """Passes requests on, those of a dialect with the shape of its refusals."""

    def __init__(self, app: ASGIApp, dialects: Sequence[Dialect]) -> None:
        self._app = app
        self._shapes = [(each.base, f"{each.base}/", each.shape) for each in dialects]
        self._bases = tuple(each.base for each in dialects)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Look at the path, and pass the request on."""
        path: str = scope.get("path", "")
        if path.startswith(self._bases):
            for base, below, shape in self._shapes:
                if path == base or path.startswith(below):
                    scope[SHAPE] = shape
                    break
        return self._app(scope, receive, send)
