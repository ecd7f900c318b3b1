"""The OpenAPI document tells of every route, of nothing else, and is fresh in the repository."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute, Route

from api import docs_pages, openapi
from api.endpoints import PREFIXES, operations_of
from api.metrics import Metrics
from api.service import complete
from tests.api.world import World
from tests.house.tree import ROOT

FILE = ROOT / "docs" / "reference" / "openapi.json"
PAGES = {"/docs", "/redoc", *(f"/docs/assets/{name}" for name in docs_pages.ASSETS)}


def every_route() -> list[BaseRoute]:
    """All routes that a server with a stepped clock has."""
    return complete(World().routes(), version("onetape"), Metrics())


def document() -> dict[str, Any]:
    """The document as a server makes it."""
    built = openapi.build(operations_of(every_route()), version("onetape"))
    loaded: dict[str, Any] = json.loads(openapi.text(built))
    return loaded


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def write(path: Path = FILE) -> None:
    """Write the document anew: `python -m tests.api.test_openapi`."""
    path.write_text(openapi.text(document()))


def test_the_document_in_the_repository_is_the_one_a_server_makes() -> None:
    assert FILE.read_text() == openapi.text(document()), "run: python -m tests.api.test_openapi"


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    paths = set()
    for route in every_route():
        path = getattr(route, "path", "").replace(":path}", "}")
        bare = path.removeprefix("/v1") or path
        if isinstance(route, Route) and bare not in PAGES:
            paths.add(bare)
    assert paths == set(document()["paths"])


def test_every_described_path_is_served_with_and_without_the_prefix() -> None:
    served = {getattr(route, "path", "").replace(":path}", "}") for route in every_route()}
    wanted = {prefix + path for path in document()["paths"] for prefix in PREFIXES}
    assert wanted <= served


def test_every_method_of_a_route_is_described() -> None:
    paths = document()["paths"]
    for route in every_route():
        if isinstance(route, Route):
            for operation in getattr(route.endpoint, "operations", ()):
                assert operation.method.lower() in paths[operation.path]


def test_every_reference_leads_to_a_schema() -> None:
    built = document()
    known = {f"#/components/schemas/{name}" for name in built["components"]["schemas"]}
    assert set(references(built["paths"])) <= known


def test_operation_ids_are_unique() -> None:
    operations = [one for path in document()["paths"].values() for one in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)


def test_the_order_body_lists_every_field_of_the_request_and_refuses_others() -> None:
    content = document()["paths"]["/orders"]["post"]["requestBody"]["content"]
    body = content["application/json"]["schema"]
    assert body["required"] == ["symbol", "side", "quantity", "order_type"]
    assert len(body["properties"]) == 20
    assert body["additionalProperties"] is False


def test_every_operation_is_named_in_the_reference() -> None:
    text = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    named = {
        f"{method.upper()} {path}"
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert sorted(each for each in named if f"`{each}`" not in text) == []


@pytest.mark.parametrize("status", ["400", "401", "403", "429", "503"])
def test_what_any_operation_may_refuse_with_is_described_on_each(status: str) -> None:
    for path in document()["paths"].values():
        for operation in path.values():
            if operation["operationId"] not in {"get_ws"}:
                assert status in operation["responses"]


if __name__ == "__main__":
    write()
