"""The terms of what is ordered are asked of the broker once, in limited time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from api.market import remote, terms
from engine.errors import EngineError, ProviderUnavailable, SymbolNotFound
from engine.events import PositionAdjusted
from engine.instruments import Instrument, Listing
from engine.values import AssetClass
from tests.api.lines.far_end import ACCOUNT, FarEnd
from tests.api.market.quoting import LOCAL, QuotingEnd, Stall, stall

pytestmark = pytest.mark.anyio
SAP = Instrument("SAP", AssetClass.STOCK, "USD", ids={"ibkr": "14204"})


@dataclass
class TellingEnd(QuotingEnd):
    """A far end that has the contracts that the test lays out, by symbol and by number."""

    vendor: str = "ibkr"
    contracts: dict[str, Instrument] = field(default_factory=lambda: {"SAP": SAP, "14204": SAP})
    asked: list[str] = field(default_factory=list)
    raises: Exception | None = None

    async def terms(self, symbol: str) -> Instrument:
        """Tell of a symbol."""
        self.asked.append(symbol)
        await self._maybe_hang("terms")
        if self.raises is not None:
            raise self.raises
        if symbol not in self.contracts:
            raise SymbolNotFound(symbol)
        return self.contracts[symbol]

    async def terms_of(self, contract_id: str) -> Instrument:
        """Tell of a number."""
        return await self.terms(contract_id)

    async def find(self, text: str, *, by_name: bool = False, kind: str = "") -> list[Listing]:
        """Find what is called like that."""
        await self._maybe_hang("find")
        return [Listing("14204", text, "SAP SE", "IBIS", (AssetClass.STOCK,))]


@asynccontextmanager
async def told(far: FarEnd) -> AsyncIterator[tuple[Stall, terms.Terms]]:
    """A stall before a far end, and what it knows of contracts."""
    async with stall(far) as made:
        yield made, made.remote.terms


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  any condition of the test's may be meant
            await asyncio.sleep(0.005)


async def test_several_who_ask_for_the_same_wait_for_one_answer() -> None:
    far = TellingEnd()
    async with told(far) as (made, ours):
        await asyncio.gather(*(ours.know(ACCOUNT, ["SAP"]) for _ in range(5)))
        assert made.engine.instruments.find("SAP") == SAP
        await ours.know(ACCOUNT, ["SAP", "14204", "not a symbol"])
        await ours.named("14204")
    assert far.asked == ["SAP", "14204"]


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (None, ProviderUnavailable, "far did not tell the terms of SAP within 0.1 s"),
        (OSError("cut"), ProviderUnavailable, "far did not tell the terms of SAP: cut"),
        (SymbolNotFound("SAP"), SymbolNotFound, "SAP"),
    ],
)
async def test_a_broker_that_does_not_tell_is_named_with_the_reason(
    raised: Exception | None, kind: type[EngineError], words: str
) -> None:
    far = TellingEnd(raises=raised)
    if raised is None:
        far.hangs = {"terms"}
    async with told(far) as (made, ours):
        with pytest.raises(kind, match=words):
            await ours.know(ACCOUNT, ["SAP"])
        assert made.engine.instruments.find("SAP") is None


async def test_what_is_held_may_be_left_without_an_answer() -> None:
    far = TellingEnd(raises=OSError("cut"))
    async with told(far) as (made, ours):
        made.engine.list_instrument(Instrument("SAP"))
        fact = PositionAdjusted("pos_1", "SAP", "transfer", Decimal(1), Decimal(10))
        made.engine.write(ACCOUNT, fact)
        await ours.know(ACCOUNT, ["SAP"])
    assert far.asked == ["SAP"]


async def test_nothing_is_asked_while_the_line_is_down_or_of_a_broker_that_tells_nothing() -> None:
    far = TellingEnd()
    async with told(far) as (made, ours):
        far.hangs = {"run"}
        far.cut.set()
        await made.fallen()
        await ours.know(ACCOUNT, ["SAP"])
        await ours.named("14204")
        with pytest.raises(ProviderUnavailable, match="it can not be searched"):
            await ours.find("SAP", by_name=False, kind="")
    assert far.asked == []
    async with told(QuotingEnd()) as (made, ours):
        await ours.know(ACCOUNT, ["SAP"])
        await ours.named("14204")
        await made.desk.markets.know(LOCAL, "SAP")
        assert made.engine.instruments.find("SAP") is None


async def test_a_search_is_the_brokers_own_and_takes_limited_time() -> None:
    far = TellingEnd()
    async with told(far) as (_, ours):
        (found,) = await ours.find("SAP", by_name=False, kind="STK")
        assert (found.id, found.name) == ("14204", "SAP SE")
        far.hangs = {"find"}
        with pytest.raises(ProviderUnavailable, match="far did not search for SAP"):
            await ours.find("SAP", by_name=False, kind="")


async def test_what_is_quoted_is_listed_by_its_terms_and_asked_for_again_only_later() -> None:
    far = TellingEnd()
    async with told(far) as (made, _):
        far.shown(made.quote("SAP", "110.125", "110.250"))
        await until(lambda: made.engine.instruments.find("SAP") is not None)
        far.shown(made.quote("SAP", "110.126", "110.250"))
        listed = made.engine.instruments.find("SAP")
        assert listed is not None
        assert (listed.ids, listed.price_scale) == ({"ibkr": "14204"}, 3)
        for bid in ("1", "2", "3"):
            far.shown(made.quote("LOST", bid, "9"))
            await asyncio.sleep(0.01)
    assert far.asked == ["SAP", "LOST"]


async def test_a_rate_of_the_currency_is_waited_for_before_an_order_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "FIRST_QUOTE_S", 0.3)
    far = TellingEnd(contracts={"VOD": Instrument("VOD", currency="GBP", ids={"ibkr": "8"})})
    async with told(far) as (made, _):
        knowing = asyncio.create_task(made.desk.markets.know(ACCOUNT, "VOD"))
        await until(lambda: "GBP/USD" in far.wanted)
        assert not knowing.done()
        far.shown(made.quote("GBP/USD", "1.25", "1.25"))
        await knowing
        far.contracts["CHF1"] = Instrument("CHF1", currency="CHF", ids={"ibkr": "9"})
        await made.desk.markets.know(ACCOUNT, "CHF1")
        assert made.board.rate("CHF", "USD") is None
