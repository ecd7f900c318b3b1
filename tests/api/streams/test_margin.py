"""When an account is told that its margin runs out: levels, relief, and what can not be called."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from api import desk
from api.streams.limits import StreamLimits
from api.streams.margin import MarginWatch, Thresholds, strain
from engine import events as ev
from engine.core import Engine
from engine.reports import Filled
from engine.requests import OrderRequest
from engine.tape import MemoryTape, Record
from engine.values import OrderType, Side
from tests.api.line import line, order
from tests.api.served import ACCOUNT, bars, build, serving

LEVERAGE = Decimal(5)


class Till:
    """An engine whose account has 1,000,000, a watch on its margin, and what was said."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:  # noqa: B008  frozen
        self.engine: Engine = build([bars("AAPL", 3)], MemoryTape()).engine
        self.prices = {"AAPL": Decimal(100)}
        self.watch = MarginWatch(self.engine.state, lambda _account: self, thresholds)
        self.said: list[dict[str, Any]] = []
        self.engine.listeners.append(self._hear)

    def mark(self, symbol: str) -> Decimal | None:
        return self.prices.get(symbol)

    def rate(self, _currency: str, _into: str) -> Decimal | None:
        return None

    def _hear(self, record: Record) -> None:
        self.said += [msgspec.json.decode(each.text) for each in self.watch.tell(record)]

    def trade(self, quantity: int, leverage: Decimal | None = LEVERAGE) -> None:
        """Buy at 100, or sell where the quantity is negative."""
        side = Side.BUY if quantity > 0 else Side.SELL
        amount = Decimal(abs(quantity))
        request = OrderRequest("AAPL", side, amount, OrderType.MARKET, leverage=leverage)
        order_id = f"ord_{self.engine.next_seq:010d}"
        self.engine.write(ACCOUNT, ev.OrderSubmitted(order_id, request))
        trade_id = f"trd_{self.engine.next_seq:010d}"
        price, now = self.prices["AAPL"], self.engine.now
        self.engine.write(ACCOUNT, ev.TradeFilled(trade_id, order_id, "", amount, price, now))

    def show(self, price: str) -> None:
        """Let the market move."""
        self.prices["AAPL"] = Decimal(price)
        accounts = self.engine.state.accounts.values()
        self.said += [msgspec.json.decode(each.text) for each in self.watch.tell_of(accounts)]

    def told(self) -> list[str]:
        """What was said since the last look."""
        said, self.said = self.said, []
        return [each["event"] for each in said]


def test_a_fill_that_takes_margin_above_the_first_threshold_is_warned_of_once() -> None:
    till = Till()
    till.trade(40_000)
    assert till.told() == [], "exactly four fifths of equity are in use"
    till.trade(1)
    assert till.told() == ["MARGIN_WARNING"]
    till.trade(100)
    assert till.told() == []


def test_a_warning_shows_the_account_and_who_it_is_for() -> None:
    till = Till()
    till.trade(45_000)
    (said,) = till.said
    assert said["type"] == "account"
    assert said["event_id"] == "mrg_1_0"
    assert "seq" not in said
    assert said["account"]["margin_used"] == "900000"


def test_the_market_alone_can_call_an_account() -> None:
    till = Till()
    till.trade(-40_000)
    till.show("104")
    assert till.told() == ["MARGIN_WARNING"]
    till.show("105")
    assert till.told() == ["MARGIN_CALL"]
    till.show("106")
    assert till.told() == []


def test_an_account_that_jumps_over_the_warning_is_called_at_once() -> None:
    till = Till()
    till.trade(-40_000)
    till.show("120")
    assert till.told() == ["MARGIN_CALL"]


def test_what_is_worth_less_than_nothing_strains_the_account() -> None:
    till = Till()
    till.trade(1_000, leverage=None)
    account = till.engine.state.accounts[ACCOUNT]
    assert [*strain(account, till)] == [0, 900_000]
    till.show("-40")
    assert [*strain(account, till)] == [40_000, 860_000]


def test_a_price_that_trembles_around_a_threshold_is_told_once() -> None:
    till = Till()
    till.trade(-40_000)
    for price in ("100.5", "99.9", "100.5", "99.9", "100.5"):
        till.show(price)
    assert till.told() == ["MARGIN_WARNING"]
    till.show("95")
    till.show("101")
    assert till.told() == ["MARGIN_WARNING"], "it was clear of the threshold in between"


def test_what_is_held_long_without_leverage_is_never_called() -> None:
    till = Till()
    till.trade(10_000, leverage=None)
    till.show("1")
    assert till.told() == []
    account = till.engine.account(ACCOUNT)
    assert strain(account, till) == (Decimal(0), Decimal(0))


def test_an_account_without_positions_is_calm_whatever_its_cash() -> None:
    till = Till()
    till.engine.write(ACCOUNT, ev.CashAdjusted(Decimal(-2_000_000), "USD", "fee"))
    assert till.told() == []


def test_what_can_not_be_valued_now_stays_as_near_as_it_was() -> None:
    till = Till()
    till.trade(-45_000)
    assert till.told() == ["MARGIN_WARNING"]
    till.engine.write(ACCOUNT, ev.CashAdjusted(Decimal(5), "JPY", "deposit"))
    assert till.told() == []


def test_whoever_begins_to_listen_takes_the_present_as_known() -> None:
    till = Till()
    till.engine.listeners.clear()
    till.trade(-45_000)
    till.watch.look_around()
    till.show("100.1")
    assert till.told() == []


@pytest.mark.parametrize(("call", "said"), [("1", ["MARGIN_WARNING"]), ("0.85", ["MARGIN_CALL"])])
def test_the_thresholds_are_those_that_were_set(call: str, said: list[str]) -> None:
    till = Till(Thresholds(Decimal("0.5"), Decimal(call)))
    till.trade(-45_000)
    assert till.told() == said


def test_a_warning_follows_the_fill_on_the_stream() -> None:
    with serving(bars("AAPL", 20)) as served, line(served) as stream:
        stream.next()
        sold = order(side="SELL", quantity="9500")

        def sell() -> None:
            served.desk.engine.submit(ACCOUNT, msgspec.convert(sold, OrderRequest, strict=False))

        served.call(sell)
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["event"] != "MARGIN_WARNING":
            seen.append(stream.next())
            stream.ack(seen[-1])
            seen[-1].setdefault("event", seen[-1]["type"])
        names = [each["event"] for each in seen]
        assert names[-3:-1] == ["POSITION_OPENED", "BALANCE_UPDATED"]


def test_a_market_that_moves_warns_on_the_stream_without_any_fact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "LOOK_S", 0.02)
    limits = StreamLimits(close_timeout_s=2.0, margin=Thresholds(Decimal("0.5"), Decimal(1)))
    rising = bars("AAPL", 1, shift=100)
    with serving(rising, stepped=False, limits=limits) as served, line(served) as stream:
        stream.next()
        engine, board = served.desk.engine, served.desk.board

        def short() -> None:
            request = OrderRequest("AAPL", Side.SELL, Decimal(5_000), OrderType.MARKET)
            sold = engine.submit(ACCOUNT, request)
            engine.report(Filled(sold.id, "x1", Decimal(5_000), Decimal(100), engine.now))

        served.call(short)
        told = [stream.next() for _ in range(5)]
        assert [each["type"] for each in told] == ["order", "trade", "order", "position", "account"]
        assert stream.is_quiet(), "half of equity is in use, which is not more than half"
        served.call(board.show, 0, 0)
        warned = stream.next()
        assert (warned["event"], "seq" in warned) == ("MARGIN_WARNING", False)
