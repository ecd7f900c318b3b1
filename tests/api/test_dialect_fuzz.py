"""Every operation of both dialects, fuzzed against a real server by its own description.

Every answer is as described, none is a failure of ours, and one that blames the caller leaves the
tape as it was. A 500 of the guide is its document's answer to an order that can not be placed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.serving import served
from tests.api.world import World

EXAMPLES = 20
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
KEY = {"X-API-Key": "any"}
SAID = ("Failed to place ", "Failed to cancel ")


def described(base: str) -> Any:
    """The description that a dialect serves, as schemathesis reads it."""

    async def fetch() -> Any:
        async with World().client() as client:
            return (await client.get(f"{base}/openapi.json")).json()

    return schemathesis.openapi.from_dict(asyncio.run(fetch()))


@pytest.fixture(scope="module")
def world() -> World:
    """A market that stands still while it is fuzzed."""
    return World()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    """Where it is served."""
    with served(world) as address:
        yield address


def check(case: Any, url: str, world: World) -> None:
    """One request and what must hold of its answer."""
    head = world.engine.tape.head
    response = case.call(base_url=url, headers=KEY, timeout=5)
    case.validate_response(response, checks=CHECKS)
    if 400 <= response.status_code < 500:
        assert world.engine.tape.head == head
    if response.status_code >= 500:
        assert response.json()["detail"].startswith(SAID)


fuzzed = hypothesis.settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
targets, guide = described("/api/v1"), described("/guide")


@pytest.mark.slow
@targets.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
@fuzzed
def test_no_request_breaks_the_target_api(case: Any, url: str, world: World) -> None:
    check(case, url, world)


@pytest.mark.slow
@guide.parametrize()  # type: ignore[untyped-decorator]  # likewise
@fuzzed
def test_no_request_breaks_the_order_guide(case: Any, url: str, world: World) -> None:
    check(case, url, world)
