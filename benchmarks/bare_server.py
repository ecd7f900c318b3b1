"""The peer of the HTTP benchmark: a Starlette handler that decodes an order and answers, no more.

It runs on the very server that ours runs on, with its settings, collector and loop; what is left to
differ is what we do for an order. Prints its port once it answers.
"""

import asyncio

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
    await serve(app, listener, Settings(), stop, lambda: print(listener.port, flush=True))


if __name__ == "__main__":
    run(_main())
