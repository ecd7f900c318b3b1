"""What holding costs for each night that passes."""

from __future__ import annotations

from decimal import Decimal

from engine.events import CashAdjusted
from engine.market.timeframes import DAY_NS
from tests.adapters.brokers.simulator.kit import Market, bars_of, rule

QUIET = "100 101 99 100"


def _charges(market: Market) -> list[tuple[str, Decimal, str]]:
    facts = [record.event for record in market.engine.tape.records(after=4)]
    return [(one.kind, one.amount, one.symbol) for one in facts if isinstance(one, CashAdjusted)]


@rule("borrow")
def test_a_short_position_pays_borrow_for_every_night() -> None:
    market = Market(bars_of([QUIET] * 4, step_ns=DAY_NS), borrow_bps=Decimal(365)).step()
    market.sell(100)
    market.step()
    assert _charges(market) == [("borrow", Decimal("-1"), "AAPL")]  # 10,000 at 0.01 % a night
    market.buy(100)
    market.step(2)
    assert len(_charges(market)) == 1


@rule("financing")
def test_negative_cash_pays_financing_for_every_night() -> None:
    market = Market(
        bars_of([QUIET] * 4, step_ns=DAY_NS),
        financing_bps=Decimal(730),
        cash=5_000,
        leverage=Decimal(4),
    ).step()
    market.buy(100)
    market.step()
    assert _charges(market) == [("financing", Decimal("-1"), "")]  # 5,000 at 0.02 % a night
    market.step()
    assert _charges(market)[1] == ("financing", Decimal("-1.0002"), "")


def test_a_weekend_is_charged_night_by_night_in_one_sum() -> None:
    bars = bars_of([QUIET] * 3, step_ns=DAY_NS)
    bars.ts[2] += 2 * DAY_NS
    market = Market(bars, borrow_bps=Decimal(365)).step()
    market.sell(100)
    market.step(2)
    assert [amount for _, amount, _ in _charges(market)] == [Decimal(-1), Decimal(-3)]


def test_who_is_long_with_cash_pays_nothing() -> None:
    market = Market(
        bars_of([QUIET] * 4, step_ns=DAY_NS),
        borrow_bps=Decimal(365),
        financing_bps=Decimal(365),
    ).step()
    market.buy(100)
    market.to_the_end()
    assert _charges(market) == []


def test_nights_before_the_first_step_are_not_charged() -> None:
    market = Market(bars_of([QUIET], step_ns=DAY_NS), borrow_bps=Decimal(365))
    market.step()
    assert (_charges(market), market.broker.next_due) == ([], 2 * DAY_NS)
