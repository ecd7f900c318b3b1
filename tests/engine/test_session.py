"""A session folds what the tape holds, then writes: appended, folded, told."""

import pytest

from engine.core import Engine
from engine.errors import (
    AccountNotFound,
    OrderNotFound,
    OrderRefused,
    PositionNotFound,
    SymbolNotFound,
)
from engine.events import SessionEnded, SessionStarted
from engine.instruments import Instrument
from engine.market.live import LiveBoard
from engine.market.quotes import Quote
from engine.ports import Cancel
from engine.reports import Accepted, CashMoved
from engine.requests import OrderChange
from engine.state import State
from engine.tape import MemoryTape, Record
from engine.values import AssetClass, PositionMode, Role, Status
from tests.builders import (
    AAPL,
    ACCOUNT,
    NO_TRAILING,
    Market,
    PaperBroker,
    World,
    dec,
    figures,
    order,
)


def test_every_fact_is_on_the_tape_and_folded_before_a_listener_hears_of_it() -> None:
    world = World()
    heard: list[tuple[int, int, int]] = []

    def listen(record: Record) -> None:
        heard.append((record.seq, world.tape.head, world.state.seq))

    world.engine.listeners.append(listen)
    world.bought()
    assert heard == [(seq, seq, seq) for seq in range(world.tape.head - 2, world.tape.head + 1)]


def test_a_session_notes_how_it_began_and_ended() -> None:
    engine = Engine(MemoryTape(), Market())
    engine.start("backtest", "0.1.0", "n1", {"commission": "none"})
    engine.stop("done")
    started, ended = (record.event for record in engine.tape.records())
    assert isinstance(started, SessionStarted)
    assert (started.mode, started.nonce) == ("backtest", "n1")
    assert ended == SessionEnded("done")


def test_an_instrument_is_a_fact_only_when_its_terms_are_news() -> None:
    engine = Engine(MemoryTape(), Market())
    for _ in range(2):
        engine.list_instrument(AAPL)
    assert engine.tape.head == 1
    engine.list_instrument(Instrument("AAPL", tick=dec("0.01")))
    assert engine.tape.head == 2
    again = Engine(engine.tape, Market())
    assert again.instruments.resolve("S:AAPL").tick == dec("0.01")
    assert again.instrument("MSFT").symbol == "MSFT"


def test_an_account_is_opened_once_and_keeps_its_books() -> None:
    world = World()
    world.bought()
    head = world.tape.head
    again = world.restart()
    assert world.tape.head == head
    assert again.account.cash == {"USD": 99_000}


def test_an_account_may_start_with_nothing() -> None:
    world = World()
    world.open("DU2", cash=0, leverage=4, mode=PositionMode.HEDGING)
    account = world.engine.account("DU2")
    assert figures(account.cash, account.leverage, account.broker) == ({}, 4, "paper")
    assert account.position_mode is PositionMode.HEDGING


def test_things_are_found_in_their_own_account_only() -> None:
    world = World()
    world.open("DU2")
    one = world.bought()
    assert world.engine.order(ACCOUNT, one.id) is one
    assert world.engine.position(ACCOUNT, one.position_id or "") is world.position
    with pytest.raises(OrderNotFound):
        world.engine.order("DU2", one.id)
    with pytest.raises(OrderNotFound):
        world.engine.order(ACCOUNT, "ord_1")
    with pytest.raises(PositionNotFound):
        world.engine.position("DU2", one.position_id or "")
    with pytest.raises(AccountNotFound):
        world.engine.position("DU3", one.position_id or "")


def test_two_accounts_with_the_same_orders_are_kept_apart() -> None:
    world = World()
    world.open("DU2", cash=50_000)
    mine = world.buy(10, client_order_id="c1", stop_loss=90)
    theirs = world.engine.submit("DU2", mine.request)
    assert mine.id != theirs.id
    world.fill(mine)
    assert (theirs.filled, world.engine.account("DU2").positions) == (dec(0), {})
    world.fill(theirs, 4, 101)
    assert world.engine.account("DU2").cash == {"USD": 49_596}
    assert world.position.quantity == 10
    assert [leg.quantity for leg in world.state.working("DU2") if leg.is_exit] == [4]
    cancelled, _ = world.engine.cancel_all("DU2")
    assert len(cancelled) == 2
    assert len(world.legs(Role.STOP_LOSS)) == 1


def test_a_new_engine_on_the_same_tape_has_the_same_state() -> None:
    world = World(NO_TRAILING)
    world.fill(world.buy(10, stop_loss=90, take_profit=110), 4)
    world.sell(2, trailing_distance=5)
    world.buy(1, limit_price=80, oco_group_id="g1")
    world.buy(1, stop_price=120, oco_group_id="g1")
    before = world.state.to_bytes()
    again = world.restart()
    assert again.state.to_bytes() == before
    rested = World(
        NO_TRAILING, tape=world.tape, market=world.market, state=State.from_bytes(before)
    )
    assert rested.state.to_bytes() == before
    assert rested.engine.trailing_held == again.engine.trailing_held == {"AAPL"}
    assert again.engine.now == world.engine.now


@pytest.mark.parametrize("how", ["tape", "snapshot"])
def test_brackets_and_groups_go_on_after_a_restart(how: str) -> None:
    world = World()
    entry = world.fill(world.buy(10, stop_loss=90, take_profit=110), 4)
    first = world.buy(1, limit_price=80, oco_group_id="g1")
    second = world.buy(1, stop_price=120, oco_group_id="g1")
    state = State.from_bytes(world.state.to_bytes()) if how == "snapshot" else None
    again = World(tape=world.tape, market=world.market, state=state)
    again.fill(again.engine.order(ACCOUNT, entry.id))
    assert [leg.quantity for leg in again.legs()] == [10, 10]
    again.fill(again.leg(Role.TAKE_PROFIT), 3, 110)
    assert again.leg(Role.STOP_LOSS).remaining == 7
    again.fill(again.engine.order(ACCOUNT, first.id), price=80)
    assert again.engine.order(ACCOUNT, second.id).status is Status.CANCELLED


def test_what_was_in_flight_to_a_local_broker_ends_when_its_account_opens_again() -> None:
    world = World()
    world.broker.is_silent = True
    flying = world.buy()
    world.broker.is_silent = False
    leaving = world.buy(limit_price=90)
    world.broker.is_silent = True
    world.engine.cancel(ACCOUNT, leaving.id)
    again = world.restart()
    one, other = (again.engine.order(ACCOUNT, each.id) for each in (flying, leaving))
    assert (one.status, other.status) == (Status.REJECTED, Status.CANCELLED)
    assert "before its broker took the order" in one.message
    assert again.state.working() == []


def test_instructions_for_a_remote_broker_wait_in_the_outbox() -> None:
    tape = MemoryTape()
    engine = Engine(tape, Market(AAPL=100))
    engine.list_instrument(AAPL)
    engine.open_account(ACCOUNT, PaperBroker(), "USD", dec(1000))
    del engine.local[ACCOUNT]
    one = engine.submit(ACCOUNT, order(quantity=1, limit_price=90))
    before = one.status
    engine.report(Accepted(one.id))
    assert (before, one.status) == (Status.PENDING, Status.OPEN)
    engine.modify(ACCOUNT, one.id, OrderChange(quantity=dec(2)))
    engine.cancel(ACCOUNT, one.id)
    assert [type(each).__name__ for each in engine.outbox] == ["Submit", "Modify", "Cancel"]
    assert isinstance(engine.outbox[-1], Cancel)
    assert figures(one.status, one.quantity, one.sought) == (Status.PENDING_CANCEL, 1, 2)


class _Far:
    name = "far"
    capabilities = NO_TRAILING


def quoting(world: World) -> LiveBoard:
    """Serve an account with 1,000 from a broker behind a line, which quotes AAPL at 50."""
    board = LiveBoard("far", lambda: world.engine.now)
    board.show(Quote("AAPL", board.now, dec(50), dec(50)))
    world.engine.serve_remotely("U1", _Far(), "USD", market=board)
    world.engine.barred.clear()
    world.engine.report(CashMoved("U1", dec(1_000), "USD", "deposit"))
    return board


def test_each_account_sees_the_market_of_its_own_broker() -> None:
    world = World()
    board = quoting(world)
    assert world.engine.prices_of("U1") is board
    assert world.engine.prices_of(ACCOUNT) is world.market
    bought = world.engine.submit("U1", order(quantity=20))
    assert bought.status is Status.PENDING, "twenty at 50 are affordable, at 100 they are not"
    with pytest.raises(OrderRefused, match="at 50 needs"):
        world.engine.submit("U1", order(quantity=21))


def test_a_stop_that_is_held_here_follows_the_market_of_its_account_alone() -> None:
    world = World(NO_TRAILING)
    board = quoting(world)
    ours = world.sell(trailing_distance=5)
    theirs = world.engine.submit("U1", world.sell(trailing_distance=5).request)
    assert figures(ours.stop_price, theirs.stop_price) == (95, 45)
    world.engine.watch("AAPL", dec(60), dec(60), board)
    assert figures(ours.stop_price, theirs.stop_price) == (95, 55)
    world.engine.watch("AAPL", dec(110), dec(110))
    assert figures(ours.stop_price, theirs.stop_price) == (105, 55)


def test_behind_a_line_a_plausible_symbol_needs_no_listing() -> None:
    world = World()
    quoting(world)
    assert world.engine.resolve("U1", "SHOP").symbol == "SHOP"
    assert world.engine.resolve("U1", "S:AAPL") == AAPL
    assert world.engine.resolve("U1", "ETH/USD").asset_class is AssetClass.CRYPTO
    for account, name in ((ACCOUNT, "SHOP"), ("U1", "no such thing"), ("U1", "")):
        with pytest.raises(SymbolNotFound):
            world.engine.resolve(account, name)
