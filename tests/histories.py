"""Random histories for the properties of the fold: facts in an order that a tape could hold.

A `Teller` is told what should happen in small numbers and writes the fact that fits: the orders,
trades and positions they speak of are picked from those that exist.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st

from engine import events as ev
from engine.instruments import Instrument
from engine.lifecycle import Step, can
from engine.requests import OrderChange, OrderRequest
from engine.state import State
from engine.tape.record import Record
from engine.values import OrderType, PositionMode, RejectReason, Side
from tests.builders import FUTURE, SAP

TINY = Instrument("TINY", currency="USD", price_scale=8)
INSTRUMENTS = (TINY, SAP, FUTURE)


class Told(NamedTuple):
    """One thing to happen: a verb, which of the things it is about, and its figures."""

    verb: str
    which: int
    buys: bool
    quantity: Decimal
    price: Decimal
    commission: Decimal


VERBS = (
    "submit",
    "accept",
    "fill",
    "fill",
    "fill",
    "cancel",
    "expire",
    "reject",
    "modify",
    "correct",
    "bust",
    "pay",
    "split",
)


def happenings(*verbs: str, size_max: int = 40) -> st.SearchStrategy[list[Told]]:
    """Lists of things to happen, of all kinds or only `verbs`."""
    return st.lists(
        st.builds(
            Told,
            st.sampled_from(verbs or VERBS),
            st.integers(0, 30),
            st.booleans(),
            st.decimals("0.001", "20", places=3),
            st.decimals("0.0001", "500", places=4),
            st.decimals("-1", "3", places=2),
        ),
        max_size=size_max,
    )


class Teller:
    """Writes the records of a history, folding them as it goes to know what exists."""

    def __init__(self, mode: PositionMode = PositionMode.NETTING) -> None:
        self.state = State()
        self.records: list[Record] = []
        self.mode = mode
        for account in ("DU1", "DU2"):
            self.write(account, ev.AccountOpened("USD", "paper", mode, Decimal(2)))
            self.write(account, ev.CashAdjusted(Decimal(1000), "USD", "deposit"))
        for instrument in INSTRUMENTS:
            self.write("", ev.InstrumentListed(instrument))

    def write(self, account: str, event: ev.Event) -> None:
        """Add a fact, a second after the last."""
        seq = len(self.records) + 1
        record = Record(seq, seq * 1_000_000_000, account, 0, event)
        self.records.append(record)
        self.state.apply(record)

    def tell(self, story: list[Told]) -> Teller:
        """Let all of it happen."""
        for told in story:
            getattr(self, f"_{told.verb}")(told)
        return self

    def _submit(self, told: Told) -> None:
        account = "DU2" if told.which % 5 == 0 else "DU1"
        instrument = INSTRUMENTS[told.which % len(INSTRUMENTS)]
        named = None
        if self.mode is PositionMode.HEDGING and told.which % 2:
            held = self.state.accounts[account].positions.values()
            named = next((one.id for one in held if one.symbol == instrument.symbol), None)
        request = OrderRequest(
            instrument.symbol,
            Side.BUY if told.buys else Side.SELL,
            told.quantity,
            OrderType.LIMIT,
            limit_price=told.price,
            client_order_id=f"c{len(self.records)}" if told.which % 3 == 0 else None,
            oco_group_id=f"g{told.which % 4}" if told.which % 4 < 2 else None,
            position_id=named,
        )
        self.write(account, ev.OrderSubmitted(f"ord_{self.state.seq + 1:010d}", request))

    def _order(self, told: Told, step: Step) -> tuple[str, str] | None:
        orders = [one for one in self.state.orders.values() if can(one.status, step)]
        if not orders:
            return None
        one = orders[told.which % len(orders)]
        return one.account, one.id

    def _accept(self, told: Told) -> None:
        if found := self._order(told, Step.ACCEPTED):
            self.write(found[0], ev.OrderAccepted(found[1], f"b{told.which}"))

    def _cancel(self, told: Told) -> None:
        if found := self._order(told, Step.CANCEL_REQUESTED):
            self.write(found[0], ev.OrderCancelRequested(found[1]))
            answer = ev.OrderCancelled(found[1]) if told.buys else None
            self.write(found[0], answer or ev.OrderCancelRejected(found[1], "no"))

    def _expire(self, told: Told) -> None:
        if found := self._order(told, Step.EXPIRED):
            self.write(found[0], ev.OrderExpired(found[1]))

    def _reject(self, told: Told) -> None:
        if found := self._order(told, Step.REJECTED):
            self.write(found[0], ev.OrderRejected(found[1], RejectReason.MARKET_CLOSED, "shut"))

    def _modify(self, told: Told) -> None:
        if found := self._order(told, Step.MODIFIED):
            change = OrderChange(quantity=told.quantity, limit_price=told.price)
            self.write(found[0], ev.OrderModifyRequested(found[1], change))
            answer = ev.OrderModified(found[1], change) if told.buys else None
            self.write(found[0], answer or ev.OrderModifyRejected(found[1], "no"))

    def _fill(self, told: Told) -> None:
        found = self._order(told, Step.PARTLY_FILLED)
        if found is None:
            return
        one = self.state.orders[found[1]]
        quantity = min(told.quantity, one.remaining) if told.which % 7 else told.quantity
        if not quantity:
            return
        self.write(
            found[0],
            ev.TradeFilled(
                f"trd_{self.state.seq + 1:010d}",
                one.id,
                f"x{self.state.seq}",
                quantity,
                told.price,
                self.state.ts - 5,
                told.commission,
                "EUR" if told.which % 2 else "",
            ),
        )

    def _correct(self, told: Told) -> None:
        if self.state.trades:
            trade = list(self.state.trades.values())[told.which % len(self.state.trades)]
            fact = ev.TradeCorrected(trade.id, told.quantity, told.price, told.commission)
            self.write(trade.account, fact)

    def _bust(self, told: Told) -> None:
        if self.state.trades:
            trade = list(self.state.trades.values())[told.which % len(self.state.trades)]
            self.write(trade.account, ev.TradeBusted(trade.id, "mistake"))

    def _pay(self, told: Told) -> None:
        self.write("DU1", ev.CashAdjusted(told.commission, "EUR", "dividend", "SAP"))

    def _split(self, told: Told) -> None:
        for position in list(self.state.accounts["DU1"].positions.values()):
            if position.symbol == INSTRUMENTS[told.which % len(INSTRUMENTS)].symbol:
                ratio = Decimal(2) if told.buys else Decimal("0.5")
                fact = ev.PositionAdjusted(position.id, position.symbol, "split", ratio=ratio)
                self.write("DU1", fact)
