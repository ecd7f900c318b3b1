"""The interactive documentation: `/docs` (Swagger UI), `/redoc`, and `/openapi.json` behind both.

Everything the pages load is shipped in `api/static` and served from here, and the policy in their
headers lets nothing else in: no other host, no inline script, no frame around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute, Route

from api.endpoints import PREFIXES, Operation
from api.forms import Form
from api.refusals import Refusal, send_refusal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
ASSETS = {
    "docs.js": "text/javascript; charset=utf-8",
    "redoc.standalone.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
_PAGES = {"/docs": "swagger.html", "/redoc": "redoc.html"}
_OURS = frozenset({*_PAGES.values(), "docs.js"})
_HTML = "text/html; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD"})


class Document:
    """A fixed answer to GET, as an ASGI endpoint."""

    def __init__(self, body: bytes, media: str, operations: tuple[Operation, ...] = ()) -> None:
        self.operations = operations
        self._body = body
        self._headers = [
            (b"content-type", media.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-cache"),
            *SECURITY_HEADERS,
        ]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        if scope["method"] not in _METHODS:
            allowed = [(b"allow", b"GET, HEAD")]
            message = f"the method is {scope['method'][:32]!r}; expected GET"
            refusal = Refusal(405, "INVALID_REQUEST", message, None, allowed)
            await send_refusal(scope, send, refusal)
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def described() -> tuple[Operation, ...]:
    """The document about all operations, as an operation itself."""
    return (
        Operation(
            "GET",
            "/openapi.json",
            "Get this description",
            answer=dict[str, Any],
            tag="System",
            query=Form(),
        ),
    )


def routes(openapi: bytes, base: str = "", prefixes: Sequence[str] = PREFIXES) -> list[BaseRoute]:
    """The routes of the documentation below ``base``; ``openapi`` is the document that it shows."""
    document = Document(openapi, "application/json", described())
    found: list[BaseRoute] = [
        Route(f"{base}{prefix}/openapi.json", document) for prefix in prefixes
    ]
    for path, name in _PAGES.items():
        found.append(Route(base + path, Document(_based(name, base), _HTML)))
    for name, media in ASSETS.items():
        found.append(Route(f"{base}/docs/assets/{name}", Document(_based(name, base), media)))
    return found


def _based(name: str, base: str) -> bytes:
    """A page or a script of ours with its addresses below ``base``."""
    content = _static(name)
    if base and name in _OURS:
        for path in (b'"/docs/assets/', b'"/openapi.json"'):
            content = content.replace(path, b'"' + base.encode() + path[1:])
    return content


@cache
def _static(name: str) -> bytes:
    return (files("api") / "static" / name).read_bytes()
