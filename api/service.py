"""One ASGI application out of routes: described, measured, guarded, and never at a loss for words.

Whoever composes the server hands in the routes of the Trading API, and other dialects whole; added
here are `/metrics`, the documentation of all operations that the routes declare, the answer for
unknown paths, and the gate in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from api import docs_pages, openapi
from api.dialect import Dialect, Shaped
from api.endpoints import Call, Operation, Resource, no_such_path, operations_of, routes_of
from api.guards import Gate, GuardRules
from api.metrics import CONTENT_TYPE, Metrics
from api.paths import Paths
from api.trading.errors import refusal_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def service(
    routes: Sequence[BaseRoute],
    rules: GuardRules,
    version: str,
    metrics: Metrics | None = None,
    stopping: Callable[[], bool] = lambda: False,
    dialects: Sequence[Dialect] = (),
) -> ASGIApp:
    """The application that serves ``routes``, in their order, and what belongs to every server.

    ``stopping`` says whether the server is on its way out and takes no new work.
    """
    every = complete(routes, version, metrics or Metrics())
    every += [route for dialect in dialects for route in dialect.routes]
    return gated(every, rules, stopping, dialects)


def gated(
    routes: Sequence[BaseRoute],
    rules: GuardRules,
    stopping: Callable[[], bool] = lambda: False,
    dialects: Sequence[Dialect] = (),
) -> ASGIApp:
    """``routes`` and nothing else, behind the gate; what is below a dialect's base is refused in
    its shape.
    """
    gate = Gate(Paths(routes, no_such_path), rules, stopping)
    return Shaped(gate, dialects) if dialects else gate


def complete(routes: Sequence[BaseRoute], version: str, metrics: Metrics) -> list[BaseRoute]:
    """``routes`` with the metrics page and the documentation of them all."""
    every = [*routes, *_metrics_routes(metrics)]
    operations = [*operations_of(every), *docs_pages.described()]
    document = openapi.text(openapi.build(operations, version))
    return [*every, *docs_pages.routes(document.encode())]


def _metrics_routes(metrics: Metrics) -> list[BaseRoute]:
    async def page(_call: Call) -> bytes:
        return metrics.text().encode()

    operation = Operation(
        "GET", "/metrics", "Get figures for Prometheus", page, tag="System", media=CONTENT_TYPE
    )
    return routes_of([Resource([operation], refusal_of, metrics)])
