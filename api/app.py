"""The composition root of the APIs: one desk's dialects behind one gate, as one ASGI application,
and single dialects once more for ports of their own.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
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
from api.webapi.faults import control as faults
from api.webapi.gateway import Gateway
from api.webapi.routes import dialects_of
from engine.mishaps import Pliable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.keyring import KeyRing
    from api.settings import Settings
    from engine.core import Engine

__all__ = ["Desk", "Gateway", "WallClock", "alone", "application", "dialects", "rules"]


def application(desk: Desk, settings: Settings, gateway: Gateway | None = None) -> ASGIApp:
    """Everything that is served for `desk`; ``gateway`` where another port serves it as well."""
    metrics = Metrics()
    gateway = gateway or Gateway(desk)
    if settings.webapi.faults:
        _let_misbehave(desk, gateway)
    routes = [
        *trading.routes(desk, metrics),
        *streams.routes(desk, metrics),
        *faults.routes(gateway, metrics),
    ]
    return service(
        routes,
        rules(settings, desk.keys),
        version("onetape"),
        metrics,
        lambda: desk.is_stopping,
        dialects(desk, metrics, gateway),
    )


def dialects(desk: Desk, metrics: Metrics, gateway: Gateway | None = None) -> list[Dialect]:
    """What is served beside the Trading API."""
    ours = version("onetape")
    webapi = dialects_of(gateway or Gateway(desk), ours, metrics)
    return [targets(desk, ours, metrics), guide(desk, ours, metrics), *webapi]


def alone(name: str, desk: Desk, settings: Settings, gateway: Gateway) -> ASGIApp:
    """One dialect as it is served on its own port: the `guide` at `/`, or the `webapi` where it
    always is, with the sessions that it has everywhere.
    """
    ours, metrics = version("onetape"), Metrics()
    if name == "guide":
        served = [guide(desk, ours, metrics, base="")]
    else:
        served = dialects_of(gateway, ours, metrics)
    routes = [route for each in served for route in each.routes]
    stopping = lambda: desk.is_stopping  # noqa: E731  asked at every request
    return gated(routes, rules(settings, desk.keys), stopping, served)


def _let_misbehave(desk: Desk, gateway: Gateway) -> None:
    """Have the brokers of this process suffer what is asked for at the gateway."""
    for broker in desk.engine.local.values():
        if isinstance(broker, Pliable):
            broker.mishaps = gateway.faults.mishap


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

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Look at the clock, and pass the request on."""
        # Never backwards, whatever is done to the machine's clock: seq orders, time is a label.
        self._engine.now = max(self._engine.now, time.time_ns())
        return self._app(scope, receive, send)
