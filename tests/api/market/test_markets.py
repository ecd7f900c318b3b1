"""Who sees which market, and who is told of it."""

from __future__ import annotations

import msgspec
import pytest

from api.streams.event import EVERYBODY
from api.streams.limits import StreamLimits
from api.streams.subscriber import Subscriber
from engine.tape import MemoryTape
from tests.api.lines.far_end import ACCOUNT
from tests.api.market.quoting import LOCAL, QuotingEnd, Stall, stall
from tests.api.served import bars, build

pytestmark = pytest.mark.anyio


def listener(made: Stall, account: str) -> Subscriber:
    """A stream of one account."""
    found = Subscriber(account, StreamLimits())
    made.desk.hub.join(found)
    return found


def taken(stream: Subscriber) -> list[str]:
    """Where the quotes come from that a stream was told of."""
    found = []
    while (event := stream.take()) is not None:
        found.append(msgspec.json.decode(event.text)["quote"]["provider"])
    return found


async def test_an_account_behind_a_line_sees_its_brokers_market_and_the_others_ours() -> None:
    async with stall(QuotingEnd()) as made:
        markets = made.desk.markets
        assert markets.of(ACCOUNT) is markets.theirs(ACCOUNT) is made.remote
        assert markets.of(LOCAL) is markets.here
        assert markets.theirs(LOCAL) is None
        assert list(markets) == [markets.here, made.remote]


async def test_nobody_is_told_of_a_market_that_is_not_theirs() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        behind, beside = listener(made, ACCOUNT), listener(made, LOCAL)
        far.shown(made.quote("AAPL"))
        assert (taken(behind), taken(beside)) == (["far"], [])
        made.desk.publish_quote(made.quote("AAPL"))
        assert (taken(behind), taken(beside)) == ([], ["here"])
        assert list(made.desk.markets.audience(made.desk.markets.here)) == [LOCAL]


def test_the_only_market_is_everybodys() -> None:
    desk = build([bars("AAPL", 3)], MemoryTape())
    assert desk.markets.audience(desk.markets.here) is EVERYBODY
