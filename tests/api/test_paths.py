"""From a path to the endpoint that answers it."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route, Router

from api.paths import Paths

Scope = MutableMapping[str, Any]

pytestmark = pytest.mark.anyio


class Named:
    """An endpoint that writes down its name and what the path held."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Answer."""
        await send((self.name, scope["path_params"]))


async def unknown(scope: Scope, receive: Any, send: Any) -> None:
    """The answer where no route matches."""
    await send(("unknown", {}))


ROUTES: list[BaseRoute] = [
    Route("/orders", Named("orders")),
    Route("/orders/history", Named("history")),
    Route("/orders/{id}", Named("order")),
    Route("/orders/newest", Named("never reached: an id like any other")),
    Route("/orders", Named("never reached: the path is taken")),
    Route("/plain", Named("plain"), methods=["GET"]),
    Mount("/files", Named("files")),
    Route("/files/one", Named("never reached: the mount has it")),
]
PATHS = [
    *("/orders", "/orders/history", "/orders/newest", "/orders/7", "/orders/", "/order", "/"),
    *("/plain", "/files", "/files/one", "/ORDERS", ""),
]


async def answered(app: Any, scope: Scope) -> list[Any]:
    """Everything that `app` sends for a request."""
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await app(scope, receive, send)
    return said


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("root", [None, "", "/orders"])
@pytest.mark.parametrize("path", PATHS)
async def test_the_first_route_that_matches_answers_as_in_a_router(
    path: str, root: str | None, method: str
) -> None:
    """Whether it was found in the dictionary or not."""
    scope: Scope = {"type": "http", "method": method, "path": path, "headers": []}
    if root is not None:
        scope["root_path"] = root
    router = Router(ROUTES, redirect_slashes=False, default=unknown)
    assert await answered(Paths(ROUTES, unknown), {**scope}) == await answered(router, scope)


async def test_a_handshake_is_no_request() -> None:
    """What answers requests at a path is not asked for a stream there."""
    scope: Scope = {"type": "websocket", "path": "/orders", "headers": []}
    assert await answered(Paths(ROUTES, unknown), scope) == [("unknown", {})]
