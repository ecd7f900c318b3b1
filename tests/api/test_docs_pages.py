"""The interactive documentation comes from the package alone and lets nothing else in."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.routing import Router

from api import docs_pages
from api.endpoints import no_such_path

pytestmark = pytest.mark.anyio


def client() -> httpx.AsyncClient:
    """A client of the documentation of an empty API."""
    router = Router(docs_pages.routes(b'{"openapi":"3.1.0"}'), default=no_such_path)
    transport = httpx.ASGITransport(router)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_loads_only_what_this_server_ships(page: str) -> None:
    one = client()
    answer = await one.get(page)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r'(?:src|href|spec-url)="([^"]+)"', answer.text)
    assert links
    for link in links:
        assert link.startswith(("/", "data:,"))
        if link.startswith("/"):
            assert (await one.get(link)).status_code == 200


@pytest.mark.parametrize("page", ["/docs", "/redoc", "/openapi.json", "/docs/assets/docs.js"])
async def test_a_page_can_neither_be_framed_nor_load_from_elsewhere(page: str) -> None:
    headers = (await client().get(page)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", sorted(docs_pages.ASSETS))
async def test_every_asset_is_shipped_with_its_type(name: str) -> None:
    answer = await client().get(f"/docs/assets/{name}")
    assert answer.headers["content-type"] == docs_pages.ASSETS[name]
    assert len(answer.content) > 100


async def test_nothing_beside_the_assets_is_served() -> None:
    for name in ("../swagger.html", "redoc.LICENSE.txt", "%2e%2e/openapi.py"):
        assert (await client().get(f"/docs/assets/{name}")).status_code == 404


async def test_the_documentation_can_only_be_read() -> None:
    answer = await client().post("/docs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert (await client().head("/docs")).status_code == 200
