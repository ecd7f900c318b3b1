"""What a contract is worth is what IBKR tells of it, and nothing that it does not tell."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.brokers.ibkr_web.errors import NotTold
from adapters.brokers.ibkr_web.terms import increments, terms
from engine.instruments import Instrument
from engine.values import AssetClass
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, Gateway, contract, order_row
from tests.adapters.brokers.ibkr_web.line import line
from tests.builders import dec

SAP = contract(14204, "SAP", currency="EUR")
ES = contract(495512, "ES", "FUT", multiplier="50", increment=0.25)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (SAP, (AssetClass.STOCK, "EUR", "0.01", "1", 2)),
        (ES, (AssetClass.FUTURES, "USD", "0.25", "50", 2)),
        (
            contract(1, "EUR", "CASH", increment=0.00005),
            (AssetClass.FOREX, "USD", "0.00005", "1", 5),
        ),
        (contract(2, "BTC", "CRYPTO", increment=0.25), (AssetClass.CRYPTO, "USD", "0.25", "1", 2)),
        (
            contract(3, "VOD", currency="GBP", increment=0.02, priceMagnifier=100),
            (AssetClass.STOCK, "GBP", "0.02", "0.01", 2),
        ),
        (
            contract(4, "ZC", "FUT", multiplier="5,000", increment=0.25, priceMagnifier=100),
            (AssetClass.FUTURES, "USD", "0.25", "50", 2),
        ),
        (contract(5, "AAPL", "OPT", multiplier="100"), (AssetClass.STOCK, "USD", "0.01", "100", 2)),
    ],
)
def test_terms_are_what_the_gateway_tells(details: dict[str, Any], expected: Any) -> None:
    kind, currency, tick, multiplier, scale = expected
    found = terms("X", 7, details)
    assert found == Instrument(
        "X",
        kind,
        currency,
        dec(tick),
        multiplier=dec(multiplier),
        price_scale=scale,
        ids={"ibkr": "7"},
    )
    assert found.lot is None


@pytest.mark.parametrize(
    ("details", "missing"),
    [
        (contract(1, "X", currency=None), "currency"),
        (contract(1, "X", "FUT"), "multiplier"),
        (contract(1, "X", "OPT", multiplier="0"), "multiplier"),
        (contract(1, "X", rules=None), "rules"),
        (contract(1, "X", rules={"error": "not permitted"}), "rules"),
    ],
)
def test_what_is_left_out_is_named_and_not_guessed(details: dict[str, Any], missing: str) -> None:
    with pytest.raises(NotTold, match=f"the {missing} of X, contract 1"):
        terms("X", 1, details)


@pytest.mark.parametrize(
    ("steps", "tick"), [((0.0001, 0.01), "0.0001"), ((0.02, 0.05), None), ((), None)]
)
def test_a_tick_is_what_prices_are_a_multiple_of_however_high_they_are(
    steps: tuple[float, ...], tick: str | None
) -> None:
    told = {"incrementRules": [{"lowerEdge": n, "increment": each} for n, each in enumerate(steps)]}
    assert len(increments(told)) == len(steps)
    found = terms("X", 1, contract(1, "X", rules=told))
    assert found.tick == (None if tick is None else dec(tick))


@pytest.mark.anyio
async def test_a_snapshot_carries_the_terms_of_all_that_it_names() -> None:
    gateway = Gateway()
    gateway.contracts |= {14204: SAP, 495512: ES}
    gateway.positions = [{"acctId": ACCOUNT, "conid": 495512, "position": 2.0, "avgCost": 250000.0}]
    gateway.orders = [order_row(7, conid=14204)]
    async with line(gateway, conids={"SAP": 14204}) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
        again = await ours.broker.snapshot(ACCOUNT)
    found = {one.symbol: (one.currency, one.multiplier) for one in taken.instruments}
    assert found == {"SAP": ("EUR", dec(1)), "ES@495512": ("USD", dec(50))}
    assert again.instruments == taken.instruments
    assert len(gateway.asked("/info-and-rules")) == 2


@pytest.mark.anyio
async def test_a_position_whose_terms_are_not_told_does_not_end_the_line() -> None:
    gateway = Gateway()
    gateway.contracts[9] = contract(9, "T", "BOND")
    gateway.positions = [{"acctId": ACCOUNT, "conid": 9, "position": 2.0, "avgCost": 100.0}]
    async with line(gateway) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
    assert list(taken.positions) == ["T@9"]
    assert taken.instruments == ()
