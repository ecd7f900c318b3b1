"""What was not begun here is taken over once, and never mistaken for ours."""

from engine import adoption
from engine.statements import BrokerOrder, Execution, Holding
from engine.values import Side, Status
from tests.builders import dec, figures, order
from tests.engine.remote import ACCOUNT, Remote


def test_our_id_finds_the_order_only_in_its_own_account() -> None:
    world = Remote().connect()
    one = world.working()
    stated = BrokerOrder("b1", one.id, one.request, Status.OPEN)
    execution = Execution("x1", "b1", "AAPL", Side.BUY, dec(1), dec(90), 1, one.id)
    assert adoption.find(world.engine, ACCOUNT, stated) is one
    assert adoption.owner(world.engine, ACCOUNT, execution) is one
    assert adoption.find(world.engine, "U2", stated) is None
    assert adoption.owner(world.engine, "U2", execution) is None


def test_the_id_of_the_broker_finds_an_order_of_the_same_kind_only() -> None:
    world = Remote().connect()
    one = world.working()
    same = BrokerOrder("b1", "ord_of_another_tape", one.request, Status.OPEN)
    other = BrokerOrder("b1", None, order(side=Side.SELL, limit_price=90), Status.OPEN)
    assert adoption.find(world.engine, ACCOUNT, same) is one
    assert adoption.find(world.engine, ACCOUNT, other) is None
    bought = Execution("x1", "b1", "AAPL", Side.BUY, dec(1), dec(90), 1, "ord_of_another_tape")
    sold = Execution("x1", "b1", "AAPL", Side.SELL, dec(1), dec(90), 1)
    assert adoption.owner(world.engine, ACCOUNT, bought) is one
    assert adoption.owner(world.engine, ACCOUNT, sold) is None


def test_books_open_at_the_price_of_the_market_where_the_broker_states_no_cost() -> None:
    world = Remote()
    world.books.others["AAPL"] = Holding(dec(3))
    snapshot = world.books.snapshot(world.now)
    account = world.account
    assert figures(adoption.difference_of_cost(world.engine, account, snapshot, "AAPL")) == (0,)
    bare = Remote()
    bare.books.others["AAPL"] = Holding(dec(3), None)
    stated = {"AAPL": Holding(dec(3))}
    held = bare.books.snapshot(bare.now)
    held = type(held)(ACCOUNT, (), (), (), stated, {"USD": dec(0)}, bare.now)
    adoption.open_books(bare.engine, bare.account, held)
    assert figures(bare.account.positions["AAPL"].cost) == (300,)
    assert bare.account.cash == {}
    adoption.open_books(bare.engine, bare.account, held)
    assert bare.facts()[-1] == "BooksOpened"
