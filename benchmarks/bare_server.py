"""The peer of the HTTP benchmark: a Starlette handler that decodes an order and answers, no more.

uvicorn serves it as it comes, with the settings, the collector and the loop that ours has; what is
left to differ is what we do for an order and its connection. Prints its port once it answers.
"""

import asyncio
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.server import listen, run, serve, stop_on_signals
from api.settings import Settings


class Order(msgspec.Struct):
    """The body, typed."""

    symbol: str
    side: str
    quantity: str
    order_type: str
    limit_price: str | None = None
    time_in_force: str = "GTC"


class Handle(msgspec.Struct):
    """The answer, as long as ours."""

    id: str
    status: str


_decode = msgspec.json.Decoder(Order).decode
_encode = msgspec.json.Encoder().encode


async def _submit(request: Request) -> Response:
    order = _decode(await request.body())
    payload = _encode(Handle(f"ord_{len(order.symbol):010d}", "OPEN"))
    return Response(payload, 201, media_type="application/json")


async def _main() -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    app = Starlette(routes=[Route("/v1/orders", _submit, methods=["POST"])])
    listener = listen("127.0.0.1", 0)
    ready = partial(print, listener.port, flush=True)
    await serve(app, listener, Settings(), stop, ready, http=HttpToolsProtocol)


if __name__ == "__main__":
    run(_main())
