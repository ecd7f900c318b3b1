"""Every operation of the OpenAPI file, fuzzed against a real server: valid and invalid requests.

No answer is a 5xx that is not described, every answer is as described, and an answer that blames
the caller changes nothing: the tape's head stays after 400, 404, 405, 409 and 413; after 422 the
refused order stands on the tape, and after a 409 the change that the broker turned down, but cash,
positions and working orders are what they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.serving import served
from tests.api.test_openapi import FILE
from tests.api.world import World, limit, order

EXAMPLES = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
UNTOUCHED = {400, 401, 403, 404, 405, 408, 409, 413}
STREAMS = "/(ws|events)$"

schema: Any = schemathesis.openapi.from_path(str(FILE)).exclude(path_regex=STREAMS)


@pytest.fixture(scope="module")
def world() -> World:
    """A market that stands still while it is fuzzed."""
    return World()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    """Where it is served."""
    with served(world) as address:
        yield address


@pytest.mark.slow
@schema.parametrize()  # type: ignore[untyped-decorator]  # schemathesis has no types here
@hypothesis.settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
def test_no_request_breaks_the_server_or_its_promises(case: Any, url: str, world: World) -> None:
    head, before = world.engine.tape.head, world.fingerprint()
    response = case.call(base_url=f"{url}/v1", timeout=5)
    case.validate_response(response, checks=CHECKS)
    if response.status_code in UNTOUCHED:
        assert world.engine.tape.head == head
    if response.status_code == 422:
        assert world.fingerprint() == before


NEAR = st.sampled_from(["95", "99.95", "100", "100.1", "100.2", "101", "105"])
ODD = st.sampled_from([None, "0", "0.000000000001", "1E+2", 7, 10**18 - 1, "-1", "x", 1.5])
NUMBERS = st.one_of(NEAR, NEAR, NEAR, ODD)
FIELDS = {
    "symbol": st.sampled_from(["AAPL", "S:MSFT", "EUR/USD", "eurusd", "ZZZ"]),
    "side": st.sampled_from(["buy", "SELL"]),
    "quantity": st.sampled_from(["1", "10", "0.5", "100000", 3, "1e17", "0"]),
    "order_type": st.sampled_from(["market", "LIMIT", "stop", "Stop_Limit", "TRAILING_STOP"]),
    "limit_price": NUMBERS,
    "stop_price": NUMBERS,
    "time_in_force": st.sampled_from([None, "gtc", "DAY", "ioc", "FOK"]),
    "client_order_id": st.sampled_from([None, None, "a", "b", "é", "\x00"]),
    "stop_loss": st.one_of(st.none(), NUMBERS),
    "take_profit": st.one_of(st.none(), NUMBERS),
    "reduce_only": st.sampled_from([None, True, False]),
    "post_only": st.sampled_from([None, None, True]),
    "oco_group_id": st.sampled_from([None, None, "g", "exits:x"]),
    "hidden": st.sampled_from([None, True]),
    "display_quantity": st.one_of(st.none(), NUMBERS),
    "leverage": st.sampled_from([None, None, "1", "5", "11", "0.5"]),
    "margin_mode": st.sampled_from([None, "cross", "ISOLATED"]),
    "position_id": st.sampled_from([None, None, "pos_0000000001", "x"]),
    "trailing_distance": NUMBERS,
    "trailing_type": st.sampled_from([None, "absolute", "PERCENT"]),
}
# By type, with what the type needs, and at most two fields more: most of these are taken.
TYPES = {
    "MARKET": (),
    "LIMIT": ("limit_price",),
    "STOP": ("stop_price",),
    "STOP_LIMIT": ("limit_price", "stop_price"),
    "TRAILING_STOP": ("trailing_distance",),
}


@st.composite
def an_order(draw: st.DrawFn) -> dict[str, Any]:
    """The body of a plausible order."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    extra = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=2, unique=True))
    body = {
        "symbol": draw(st.sampled_from(["AAPL", "AAPL", "S:MSFT", "eurusd"])),
        "side": draw(FIELDS["side"]),
        "quantity": draw(st.sampled_from(["1", "10", 5, "0.5", "20"])),
        "order_type": kind,
    }
    return body | {name: draw(NEAR) for name in TYPES[kind]} | {n: draw(FIELDS[n]) for n in extra}


CHANGES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("quantity", "limit_price", "stop_price", "stop_loss", "take_profit", "trailing_distance"),
        NUMBERS,
    ),
)
CLOSES = st.fixed_dictionaries(
    {},
    optional={
        "quantity": NUMBERS,
        "limit_price": NUMBERS,
        "order_type": st.sampled_from(["MARKET", "limit"]),
        "cancel_associated_orders": st.booleans(),
    },
)
EXITS = st.fixed_dictionaries({}, optional={"stop_loss": NUMBERS, "take_profit": NUMBERS})
COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), an_order()),
        st.tuples(st.just("change"), CHANGES),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("close"), CLOSES),
        st.tuples(st.just("protect"), EXITS),
        st.tuples(st.just("step"), st.none()),
    ),
    min_size=5,
    max_size=30,
)


def requested(kind: str, body: Any, world: World, place: int) -> tuple[str, str, Any]:
    """The request that a command becomes, aimed at an order or position that is there."""
    orders = [*world.engine.state.orders] or ["ord_0"]
    positions = [one.id for one in world.engine.state.accounts["A"].positions.values()] or ["pos_0"]
    one, position = orders[-1 - place % len(orders)], positions[place % len(positions)]
    return {
        "order": ("POST", "/orders", body),
        "change": ("PATCH", f"/orders/{one}", body),
        "cancel": ("DELETE", f"/orders/{one}", None),
        "close": ("DELETE", f"/positions/{position}", body),
        "protect": ("PATCH", f"/positions/{position}", body),
        "step": ("POST", "/clock/step", {"steps": 1}),
    }[kind]


@pytest.mark.slow
@hypothesis.settings(max_examples=60)
@hypothesis.given(commands=COMMANDS)
def test_no_sequence_of_plausible_commands_breaks_the_server(
    commands: list[tuple[str, Any]],
) -> None:
    asyncio.run(played(commands, World()))


async def played(commands: list[tuple[str, Any]], world: World) -> None:
    """Send the commands one after another, and hold each answer to the promises."""
    async with world.client() as client:
        for body in (order(), order(symbol="MSFT", side="SELL"), limit("95")):
            assert (await client.post("/orders", json=body)).status_code == 201
        world.step()
        for place, (kind, body) in enumerate(commands):
            method, path, sent = requested(kind, body, world, place)
            head, before = world.engine.tape.head, world.fingerprint()
            answer = await client.request(method, path, json=sent)
            assert answer.status_code < 500 or answer.status_code == 501, answer.text
            if answer.status_code >= 400:
                assert set(answer.json()) == {"code", "message", "details"}
            is_turned_down = kind == "change" and answer.status_code == 409
            if answer.status_code in UNTOUCHED and not is_turned_down:
                assert world.engine.tape.head == head, answer.text
            if answer.status_code >= 400:
                assert world.fingerprint() == before, answer.text
        for path in ("/orders", "/orders/history", "/positions", "/trades", "/account"):
            assert (await client.get(path)).status_code == 200
