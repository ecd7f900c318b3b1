"""A dialect's refusals have its own shape, wherever in the server they come from."""

from __future__ import annotations

import pytest

from tests.api.world import World
from tests.house.tree import ROOT

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/guide/orders", ["detail"]),
        ("/guide", ["detail"]),
        ("/api/v1/orders", ["detail"]),
        ("/guidebook", ["code", "message", "details"]),
        ("/v1/orders", ["code", "message", "details"]),
    ],
)
async def test_the_path_decides_the_shape_of_what_the_gate_refuses(
    path: str, fields: list[str]
) -> None:
    async with World().client() as client:
        answer = await client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert list(answer.json()) == fields


@pytest.mark.parametrize("base", ["/guide", "/api/v1"])
async def test_a_dialect_is_described_below_its_base_and_not_in_the_trading_api(base: str) -> None:
    async with World().client() as client:
        own = (await client.get(f"{base}/openapi.json")).json()
        trading = (await client.get("/openapi.json")).json()
        assert (await client.get(f"{base}/docs")).status_code == 200
    assert all(path.startswith(base) for path in own["paths"])
    assert set(own["paths"]).isdisjoint(trading["paths"])
    refusal = own["paths"][f"{base}/orders"]["get"]["responses"]["401"]
    assert refusal["content"]["application/json"]["schema"]["$ref"].endswith("/Detail")


@pytest.mark.parametrize(("base", "page"), [("/guide", "guide"), ("/api/v1", "targets")])
async def test_every_path_of_a_dialect_is_named_on_its_page(base: str, page: str) -> None:
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text()
    async with World().client() as client:
        paths = (await client.get(f"{base}/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        shown = path.removeprefix("/guide")
        for method in methods:
            assert f"| `{method.upper()} {shown}" in text
