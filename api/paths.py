"""From a path to the endpoint that answers it.

A path without parameters is found in a dictionary, at once; all others are looked for by the
router, route after route. What answers is the same either way: the first route that matches.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, Route, Router

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Paths:
    """An ASGI application of ``routes``; ``default`` answers what none of them matches."""

    def __init__(self, routes: Sequence[BaseRoute], default: ASGIApp) -> None:
        self.routes = routes
        # No redirects: a path is what is documented, and a redirected command would lose its body.
        self._router = Router(routes, redirect_slashes=False, default=default)
        self._endpoints = _whole_paths(routes)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request to its endpoint."""
        if scope["type"] == "http" and not scope.get("root_path"):
            endpoint = self._endpoints.get(scope["path"])
            if endpoint is not None:
                scope["path_params"] = {}
                return endpoint(scope, receive, send)
        return self._router(scope, receive, send)


def _whole_paths(routes: Sequence[BaseRoute]) -> dict[str, ASGIApp]:
    """The endpoints of paths without parameters that answer every method, unless a route before
    them answers there.
    """
    found: dict[str, ASGIApp] = {}
    for place, route in enumerate(routes):
        if not isinstance(route, Route) or route.param_convertors or route.methods is not None:
            continue
        scope = {"type": "http", "method": "GET", "path": route.path}
        if all(before.matches(scope)[0] is Match.NONE for before in routes[:place]):
            found[route.path] = route.app
    return found
