"""The routes of the streams and of the clock, at `/v1` and at `/`, for one desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.endpoints import Resource, routes_of
from api.metrics import Gauge, Metrics
from api.stepping.clock import ClockHand
from api.streams.sse import EventsEndpoint
from api.streams.websocket import WebSocketEndpoint
from api.trading.errors import refusal_of

if TYPE_CHECKING:
    from api.desk import Desk


def routes(desk: Desk, metrics: Metrics | None = None) -> list[BaseRoute]:
    """`/ws`, `/events`, `/clock` and `/clock/step`."""
    metrics = metrics if metrics is not None else Metrics()
    metrics.add(Gauge("onetape_stream_clients", "Open streams.", lambda: desk.hub.streams))
    websocket, events = WebSocketEndpoint(desk), EventsEndpoint(desk)
    return [
        WebSocketRoute("/v1/ws", websocket),
        WebSocketRoute("/ws", websocket),
        Route("/v1/ws", websocket),
        Route("/ws", websocket),
        Route("/v1/events", events),
        Route("/events", events),
        *routes_of(
            Resource(operations, refusal_of, metrics) for operations in ClockHand(desk).operations()
        ),
    ]
