"""Every path of the Web API for one desk, at both addresses that a gateway has.

`/v1/api` carries the documentation; `/v1/portal` is the older name for the same. Paths are taken
with and without a slash at their end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Route

from api import docs_pages, openapi
from api.dialect import Dialect
from api.endpoints import Operation, Resource, operations_of
from api.openapi import About
from api.webapi import errors
from api.webapi.faults.troubled import Troubled
from api.webapi.gateway import Gateway
from api.webapi.routes_contracts import ContractCalls
from api.webapi.routes_market import MarketCalls
from api.webapi.routes_monitoring import MonitoringCalls
from api.webapi.routes_orders import OrderCalls
from api.webapi.routes_portfolio import PortfolioCalls
from api.webapi.routes_session import SessionCalls

if TYPE_CHECKING:
    from api.desk import Desk
    from api.metrics import Metrics

BASE, OLD_BASE = "/v1/api", "/v1/portal"
ABOUT = About(
    "OneTape: IBKR Web API",
    "Orders, market data and the portfolio as a Client Portal Gateway serves them. Contracts are "
    "named by number. Unknown fields are passed over; what is not a success says why in `error`.",
    ("/",),
    errors.Error,
)


def webapi(desk: Desk, version: str, metrics: Metrics) -> list[Dialect]:
    """The Web API of one desk, at its address and at the older one."""
    return dialects_of(Gateway(desk), version, metrics)


def dialects_of(gateway: Gateway, version: str, metrics: Metrics) -> list[Dialect]:
    """The same for a gateway that somebody else uses as well: its stream, its own port."""
    operations = list(operations_by_path(gateway))
    routes = _routes(gateway, operations, BASE, metrics)
    old = _routes(gateway, operations, OLD_BASE, metrics)
    document = openapi.text(openapi.build(operations_of(routes), version, ABOUT)).encode()
    described = [*routes, *docs_pages.routes(document, BASE, ("",))]
    return [Dialect(BASE, described, errors.shape), Dialect(OLD_BASE, old, errors.shape)]


def operations_by_path(gateway: Gateway) -> Iterator[list[Operation]]:
    """Everything that can be asked, a list for each path, those of every tick first."""
    yield from MarketCalls(gateway).operations()
    yield from MonitoringCalls(gateway).operations()
    yield from OrderCalls(gateway).operations()
    yield from SessionCalls(gateway).operations()
    yield from PortfolioCalls(gateway).operations()
    yield from ContractCalls(gateway).operations()


def _routes(
    gateway: Gateway, operations: Sequence[Sequence[Operation]], base: str, metrics: Metrics
) -> list[BaseRoute]:
    """The operations below ``base``, each path also with a slash at its end; and the stream."""
    routes: list[BaseRoute] = gateway.stream.routes(base)
    for of_path in operations:
        whole = [replace(each, path=base + each.path) for each in of_path]
        resource = Resource(whole, errors.refusal_of, metrics, gateway.desk)
        app = Troubled(resource, base, gateway.faults) if gateway.settings.faults else resource
        routes += [Route(resource.path, app), Route(f"{resource.path}/", app)]
    return routes
