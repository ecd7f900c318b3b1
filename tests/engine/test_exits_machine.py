"""Whatever happens, in whatever order: exits never cover more than is held, groups fill once.

Two brokers are driven through random interleavings: one answers at once, one late, with fills and
cancels crossing on the way. Neither fills a reduce-only order beyond its position.
"""

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import debts
from engine.errors import InvalidRequest, OrderNotModifiable, OrderRefused
from engine.exits import at_work, covered
from engine.orders import Order
from engine.ports import Cancel, Modify
from engine.reports import CancelRejected, Corrected, ModifyRejected
from engine.requests import OrderChange, OrderRequest
from engine.trades import Trade
from engine.values import ZERO, OrderType, PositionMode, Role, Side, Status
from tests.builders import ACCOUNT, World, fold, reread, trades_sum

SIDES = st.sampled_from(Side)
SIZES = st.integers(1, 12)
PICKS = st.integers(0, 50)


class Brackets(RuleBasedStateMachine):
    """Entries with exits, plain orders and groups at a broker that answers at once."""

    slow = False

    @initialize(mode=st.sampled_from(PositionMode))
    def begin(self, mode: PositionMode) -> None:
        self.world = World(cash=10**9, mode=mode)
        self.world.broker.is_silent = self.slow
        self.heard = 0
        self.crossed: set[str] = set()
        """Orders that filled after their cancel was asked for: nobody's fault."""
        self.kept: set[str] = set()
        """Orders that the broker would not cancel."""

    def pick(self, k: int, orders: list[Order]) -> Order | None:
        return orders[k % len(orders)] if orders else None

    @rule(side=SIDES, size=SIZES, loss=st.booleans(), profit=st.booleans(), k=PICKS)
    def enter(self, side: Side, size: int, loss: bool, profit: bool, k: int) -> None:
        away = Decimal(10) if side is Side.BUY else Decimal(-10)
        hedging = self.world.account.position_mode is PositionMode.HEDGING
        held = [one.id for one in self.world.account.positions.values()]
        request = OrderRequest(
            "AAPL",
            side,
            Decimal(size),
            OrderType.MARKET,
            stop_loss=100 - away if loss else None,
            take_profit=100 + away if profit else None,
            position_id=held[k % len(held)] if hedging and held and k % 3 else None,
        )
        self.world.place(request)

    @rule(side=SIDES, size=SIZES, group=st.integers(0, 3))
    def link(self, side: Side, size: int, group: int) -> None:
        request = OrderRequest(
            "AAPL",
            side,
            Decimal(size),
            OrderType.LIMIT,
            limit_price=Decimal(100),
            oco_group_id=f"g{group}",
        )
        try:
            self.world.place(request)
        except InvalidRequest:
            assert any(one.filled for one in self.world.state.group(ACCOUNT, f"g{group}"))

    @rule(k=PICKS, size=SIZES)
    def fill(self, k: int, size: int) -> None:
        working = [one for one in self.world.state.working() if one.status is not Status.PENDING]
        one = self.pick(k, working)
        if one is None:
            return
        most = one.remaining
        if one.request.reduce_only:
            most = min(most, self.world.engine.closable(one))
        if most:
            if one.status is Status.PENDING_CANCEL:
                self.crossed.add(one.id)
            self.world.fill(one, min(Decimal(size), most), 100)

    @rule(k=PICKS, change=st.integers(-12, 12))
    def restate(self, k: int, change: int) -> None:
        """The broker changes what an execution was, or takes it back."""
        state = self.world.state
        trades = [one for one in state.trades.values() if one.quantity]
        if trades:
            trade = trades[k % len(trades)]
            remaining = state.orders[trade.order_id].remaining
            quantity = min(max(trade.quantity + change, ZERO), trade.quantity + remaining)
            self.take_back(trade, quantity)

    def take_back(self, trade: Trade, left: Decimal = ZERO) -> None:
        """Leave so much of an execution."""
        news = Corrected(trade.order_id, trade.execution_id, left, trade.price, 1)
        self.world.engine.report(news)

    @precondition(lambda self: not self.slow)
    @rule(k=PICKS, size=SIZES)
    def fill_by_mistake(self, k: int, size: int) -> None:
        """What a bust gives back is covered again as it was before the fill."""
        before = self.coverage()
        known = len(self.world.state.trades)
        self.fill(k, size)
        trades = list(self.world.state.trades.values())
        if len(trades) > known:
            self.take_back(trades[-1])
            assert self.coverage() == before

    def coverage(self) -> dict[tuple[str | None, Role], Decimal]:
        """How much is covered of each position, by role."""
        cover: dict[tuple[str | None, Role], Decimal] = {}
        hedging = self.world.account.position_mode is PositionMode.HEDGING
        for leg in at_work(self.world.legs()):
            key = (leg.position_id if hedging else None, leg.role)
            cover[key] = cover.get(key, ZERO) + leg.prospect
        return cover

    @rule(k=PICKS)
    def cancel(self, k: int) -> None:
        one = self.pick(k, self.world.state.working())
        if one is not None:
            self.world.engine.cancel(ACCOUNT, one.id)

    @rule(k=PICKS, size=SIZES)
    def modify(self, k: int, size: int) -> None:
        one = self.pick(k, [o for o in self.world.state.working() if not o.is_exit])
        if one is not None:
            try:
                self.world.engine.modify(ACCOUNT, one.id, OrderChange(quantity=Decimal(size)))
            except (InvalidRequest, OrderNotModifiable):
                pass

    @rule(k=PICKS, loss=st.booleans())
    def follow(self, k: int, loss: bool) -> None:
        """Move the exits of an entry by hand, filled in part or not at all."""
        one = self.pick(k, [o for o in self.world.state.working() if not o.request.reduce_only])
        if one is None:
            return
        away = Decimal(7) if one.side is Side.BUY else Decimal(-7)
        change = OrderChange(stop_loss=100 - away) if loss else OrderChange(take_profit=100 + away)
        try:
            self.world.engine.modify(ACCOUNT, one.id, change)
        except OrderNotModifiable:
            assert one.status in (Status.PENDING, Status.PENDING_CANCEL)

    @rule(k=PICKS, loss=st.booleans())
    def protect(self, k: int, loss: bool) -> None:
        held = list(self.world.account.positions.values())
        if held:
            position = held[k % len(held)]
            away = 5 if position.quantity > 0 else -5
            exits = {"stop_loss": Decimal(100 - away)} if loss else {}
            exits |= {"take_profit": Decimal(100 + away)} if k % 2 or not loss else {}
            self.world.engine.protect(ACCOUNT, position.id, **exits)

    @rule(k=PICKS, whole=st.booleans(), cancel_exits=st.booleans())
    def close(self, k: int, whole: bool, cancel_exits: bool) -> None:
        held = list(self.world.account.positions.values())
        if held:
            position = held[k % len(held)]
            quantity = None if whole else Decimal(1)
            try:
                self.world.engine.close_position(ACCOUNT, position.id, quantity, None, cancel_exits)
            except OrderRefused as refusal:
                raise AssertionError("a close is never refused") from refusal

    @precondition(lambda self: not self.slow)
    @rule(k=PICKS, size=st.integers(0, 12))
    def close_in_vain(self, k: int, size: int) -> None:
        """A close that is cancelled leaves what it did not close covered as it was."""
        held = list(self.world.account.positions.values())
        if not held:
            return
        before, position = self.coverage(), held[k % len(held)]
        order = self.world.engine.close_position(ACCOUNT, position.id)
        if 0 < size < order.remaining:
            self.world.fill(order, size)
        self.world.engine.cancel(ACCOUNT, order.id)
        hedging = self.world.account.position_mode is PositionMode.HEDGING
        owner = position.id if hedging else None
        left = abs(position.quantity)
        for key, covers in before.items():
            most = min(covers, left) if key[0] == owner else covers
            assert self.coverage().get(key, ZERO) == most

    @invariant()
    def a_close_that_is_over_owes_nothing(self) -> None:
        if hasattr(self, "world"):
            state = self.world.state
            owing = [state.orders[each] for each in state.doubts.debts]
            assert not any(debts.is_due(state, close) for close in owing)

    @invariant()
    def exits_cover_no_more_than_is_held(self) -> None:
        if not hasattr(self, "world"):
            return
        account = self.world.account
        legs = [leg for leg in at_work(self.world.legs()) if leg.id not in self.kept]
        hedging = account.position_mode is PositionMode.HEDGING
        for owner in {leg.position_id for leg in legs} if hedging else {None}:
            position = account.held("AAPL", owner)
            held = abs(position.quantity) if position is not None else ZERO
            for role in (Role.STOP_LOSS, Role.TAKE_PROFIT):
                own = [leg for leg in legs if leg.role is role]
                own = [leg for leg in own if not hedging or leg.position_id == owner]
                assert covered(own) <= held
                assert all(
                    (leg.side is Side.SELL) is (position.quantity > 0) for leg in own if position
                )

    @invariant()
    def a_group_has_one_filled_member(self) -> None:
        if hasattr(self, "world"):
            for group in range(4):
                members = self.world.state.group(ACCOUNT, f"g{group}")
                filled = [one.id for one in members if one.filled]
                assert len(set(filled) - self.crossed - self.kept) <= 1

    @invariant()
    def positions_are_the_sum_of_trades_and_orders_are_not_overfilled(self) -> None:
        if hasattr(self, "world"):
            held = self.world.account.positions.values()
            total = sum((one.quantity for one in held), ZERO)
            assert total == trades_sum(self.world.state, ACCOUNT, "AAPL")
            assert all(one.filled <= one.quantity for one in self.world.state.orders.values())

    def teardown(self) -> None:
        if hasattr(self, "world"):
            again = fold(reread(self.world.tape.records()))
            assert again.to_bytes() == self.world.state.to_bytes()


class SlowBrackets(Brackets):
    """The same at a broker whose answers come late, and whose cancels may come too late."""

    slow = True

    def unheard(self) -> int:
        return len(self.world.broker.sent) - self.heard

    @precondition(lambda self: self.unheard())
    @rule(count=st.integers(1, 4), refuses=st.integers(0, 9))
    def hear(self, count: int, refuses: int) -> None:
        for _ in range(min(count, self.unheard())):
            instruction = self.world.broker.sent[self.heard]
            self.heard += 1
            one = instruction.order
            late = one.is_final or refuses == 0
            if isinstance(instruction, Cancel) and late:
                self.kept.add(one.id)
                self.world.engine.report(CancelRejected(one.id, "too late"))
            elif isinstance(instruction, Modify) and (one.is_final or _is_below(instruction)):
                self.world.engine.report(ModifyRejected(one.id, "too late"))
            else:
                for report in self.world.broker.answer(instruction):
                    self.world.engine.report(report)


def _is_below(modify: Modify) -> bool:
    """Whether a change asks for less than has filled by the time it arrives."""
    quantity = modify.change.quantity
    return quantity is not None and quantity < modify.order.filled


TestBrackets = Brackets.TestCase
TestBrackets.settings = settings(max_examples=60, stateful_step_count=30)
TestSlowBrackets = SlowBrackets.TestCase
TestSlowBrackets.settings = settings(max_examples=60, stateful_step_count=40)
