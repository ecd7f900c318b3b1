"""The composition root of the APIs: one desk's dialects behind one gate, as one ASGI application,
and the order guide once more for a port of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from api.desk import Desk
from api.dialect import Dialect
from api.guards import GuardRules
from api.guide.routes import guide
from api.metrics import Metrics
from api.service import gated, service
from api.streams import routes as streams
from api.targets.routes import targets
from api.trading import routes as trading
from api.webapi.routes import webapi

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.keyring import KeyRing
    from api.settings import Settings
    from engine.core import Engine

__all__ = ["ALONE", "Desk", "WallClock", "application", "dialects", "guide_application", "rules"]


def application(desk: Desk, settings: Settings) -> ASGIApp:
    """Everything that is served for `desk`."""
    metrics = Metrics()
    routes = [*trading.routes(desk, metrics), *streams.routes(desk, metrics)]
    return service(
        routes,
        rules(settings, desk.keys),
        version("onetape"),
        metrics,
        lambda: desk.is_stopping,
        dialects(desk, metrics),
    )


def dialects(desk: Desk, metrics: Metrics) -> list[Dialect]:
    """What is served beside the Trading API."""
    ours = version("onetape")
    return [targets(desk, ours, metrics), guide(desk, ours, metrics), *webapi(desk, ours, metrics)]


def guide_application(desk: Desk, settings: Settings) -> ASGIApp:
    """The order guide alone, at `/`, as it is served on its own port."""
    alone = guide(desk, version("onetape"), Metrics(), base="")
    stopping = lambda: desk.is_stopping  # noqa: E731  asked at every request
    return gated(alone.routes, rules(settings, desk.keys), stopping, [alone])


ALONE: Mapping[str, Callable[[Desk, Settings], ASGIApp]] = {"guide": guide_application}
"""What makes each dialect that can have a port of its own."""


def rules(settings: Settings, keys: KeyRing) -> GuardRules:
    """What the gate lets through."""
    return GuardRules(
        allowed_hosts=settings.server.allowed_hosts,
        allowed_origins=settings.server.allowed_origins,
        keys=keys,
        body_bytes_max=settings.limits.body_bytes_max,
        requests_max=settings.limits.connections_max,
        requests_per_second=settings.limits.requests_per_second,
    )


class WallClock:
    """Has the engine's time be the machine's whenever a request comes in."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the clock, and pass the request on."""
        # Never backwards, whatever is done to the machine's clock: seq orders, time is a label.
        self._engine.now = max(self._engine.now, time.time_ns())
        await self._app(scope, receive, send)
