"""Whatever a broker states: reconciling once explains it, reconciling again adds nothing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alarms import alarms
from engine.core import Engine
from engine.reconcile import reconcile
from engine.state import State
from engine.statements import BrokerOrder, Execution, Holding, Snapshot, execution_key
from engine.values import FINAL, ZERO, Side, Status
from tests.builders import Market, fold, order, reread, trades_sum
from tests.engine.remote import ACCOUNT, SECOND, Remote

SYMBOLS = st.sampled_from(["AAPL", "EUR/USD"])
SIZES = st.integers(1, 20).map(Decimal)
IDS = st.sampled_from(["b0", "b1", "b2", "m1", "m2"])
OURS = st.sampled_from([None, 0, 1, 2])


@st.composite
def broker_orders(draw: st.DrawFn) -> tuple[int | None, BrokerOrder]:
    """An order as a broker might state it, and which of our orders it claims to be."""
    request = order(draw(SYMBOLS), draw(st.sampled_from(Side)), draw(SIZES), limit_price=90)
    status = draw(st.sampled_from([one for one in Status if one is not Status.UNKNOWN]))
    filled = min(request.quantity, draw(SIZES)) if draw(st.booleans()) else ZERO
    one = BrokerOrder(draw(IDS), None, request, status, filled, Decimal(90), draw(st.booleans()))
    return draw(OURS), one


@st.composite
def executions(draw: st.DrawFn) -> Execution:
    """An execution as a broker might state it."""
    return Execution(
        draw(st.sampled_from(["x1", "x2", "x3", ""])),
        draw(IDS),
        draw(SYMBOLS),
        draw(st.sampled_from(Side)),
        draw(SIZES),
        Decimal(draw(st.integers(80, 120))),
        draw(st.integers(-2, 5)),
        revision=draw(st.integers(0, 2)),
        busted=draw(st.booleans()),
    )


def unique(stated: list[Execution]) -> list[Execution]:
    """One execution for each id, as a broker would state them."""
    return list({execution_key(ACCOUNT, one): one for one in stated}.values())


def named(stated: list[tuple[int | None, BrokerOrder]]) -> list[tuple[int | None, BrokerOrder]]:
    """One order for each id of the broker."""
    return list({one.broker_id: (ours, one) for ours, one in stated}.values())


HOLDINGS = st.dictionaries(
    SYMBOLS, st.builds(Holding, SIZES, st.one_of(st.none(), SIZES)), max_size=2
)


@settings(max_examples=100)
@given(
    st.lists(broker_orders(), max_size=5).map(named),
    st.lists(executions(), max_size=4),
    HOLDINGS,
    st.integers(99_000, 101_000).map(Decimal),
    st.booleans(),
)
def test_a_second_reconciliation_adds_nothing_whatever_the_broker_states(
    stated: list[tuple[int | None, BrokerOrder]],
    executed: list[Execution],
    holdings: dict[str, Holding],
    cash: Decimal,
    was_cancelled: bool,
) -> None:
    world = Remote().connect()
    ours = [world.working(broker_id=f"b{number}") for number in range(2)]
    ours.append(world.buy(7, limit_price=95))
    if was_cancelled:
        world.engine.cancel(ACCOUNT, ours[0].id)
    world.now += SECOND
    world.engine.now = world.now

    def id_of(number: int | None) -> str | None:
        return None if number is None else ours[number].id

    orders = [
        BrokerOrder(
            one.broker_id,
            id_of(number),
            one.request if number is None else ours[number].request,
            one.status,
            one.filled,
            one.average_price,
            one.triggered,
        )
        for number, one in stated
    ]
    shown = {one.broker_id: one for one in orders}
    since = world.now - SECOND
    told = tuple(unique([_coherent(one, shown.get(one.broker_id), since) for one in executed]))
    working = tuple(one for one in orders if one.status not in FINAL)
    completed = tuple(one for one in orders if one.status in FINAL)
    snapshot = Snapshot(ACCOUNT, working, completed, told, holdings, {"USD": cash}, world.now)
    reconcile(world.engine, snapshot)
    head, data = world.tape.head, world.engine.state.to_bytes()
    assert reconcile(world.engine, snapshot) == 0, list(world.tape.records(head))
    assert (world.tape.head, world.engine.state.to_bytes()) == (head, data)
    _check(world, snapshot)


def _coherent(one: Execution, of: BrokerOrder | None, since: int) -> Execution:
    """An execution of the order that the broker shows it under, if it shows any."""
    symbol, side = (one.symbol, one.side) if of is None else (of.request.symbol, of.request.side)
    return Execution(
        one.execution_id,
        one.broker_id,
        symbol,
        side,
        one.quantity,
        one.price,
        since + one.executed_at,
        None if of is None else of.order_id,
        revision=one.revision,
        busted=one.busted,
    )


def _check(world: Remote, snapshot: Snapshot) -> None:
    """What holds after every reconciliation."""
    state = world.engine.state
    assert fold(reread(world.tape.records())).to_bytes() == state.to_bytes()
    again = State.from_bytes(state.to_bytes())
    assert reconcile(_folded(world, again), snapshot) == 0
    for symbol in ("AAPL", "EUR/USD"):
        held = world.account.positions.get(symbol)
        quantity = held.quantity if held is not None else ZERO
        assert quantity == trades_sum(state, ACCOUNT, symbol)
        stated = snapshot.positions.get(symbol)
        theirs = stated.quantity if stated is not None else ZERO
        dispute = state.doubts.dispute(ACCOUNT, symbol)
        assert (dispute.difference if dispute is not None else ZERO) == theirs - quantity
    unknown = {one.id for one in state.working() if one.status is Status.UNKNOWN}
    assert unknown == {one.order_id for one in alarms(state) if one.id.startswith("order_unknown")}
    for one in state.orders.values():
        assert one.filled <= one.quantity or one.id in {each.order_id for each in alarms(state)}


def _folded(world: Remote, state: State) -> Engine:
    """An engine that knows what follows from the tape, and nothing else."""
    again = Engine(world.tape, Market(AAPL=100), state)
    again.capabilities[ACCOUNT] = world.engine.capabilities[ACCOUNT]
    return again
