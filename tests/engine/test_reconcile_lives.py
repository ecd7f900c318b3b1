"""Recorded lives of orders: told in any order, told twice, or told with a gap that is reconciled,
they end the same.

A life is a request, what the client asked for before the broker spoke, and up to six reports. Each
is run on an engine of its own; what is compared is everything a client or an accountant could see,
but not the notes on how it became known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import permutations
from typing import Any, NamedTuple

import msgspec
import pytest

from engine import events as ev
from engine.orders import Order
from engine.reconcile import reconcile
from engine.reports import (
    Accepted,
    Busted,
    Cancelled,
    CancelRejected,
    Corrected,
    Expired,
    Filled,
    Modified,
    ModifyRejected,
    Rejected,
    Report,
    Triggered,
)
from engine.requests import OrderChange, OrderRequest
from engine.state import State
from engine.values import RejectReason, Status
from tests.builders import dec, fold, order, reread
from tests.engine.remote import ACCOUNT, SECOND, START, Books, Remote


class Life(NamedTuple):
    """One life: the ``reports`` of the order called ``o``, in the order the broker made them."""

    request: OrderRequest
    reports: tuple[Callable[[str], Report], ...]
    before: str = ""


def accepted() -> Callable[[str], Report]:
    return lambda o: Accepted(o, "b1")


def fill(execution: str, quantity: int, price: int = 100) -> Callable[[str], Report]:
    return lambda o: Filled(o, execution, dec(quantity), dec(price), START + 1, dec("0.5"))


def corrected(execution: str, quantity: int, price: int, revision: int = 1) -> Any:
    return lambda o: Corrected(
        o, execution, dec(quantity), dec(price), START + 1, dec("0.5"), revision=revision
    )


def busted(execution: str) -> Callable[[str], Report]:
    return lambda o: Busted(o, execution, "mistake")


def cancelled() -> Callable[[str], Report]:
    return lambda o: Cancelled(o, "gone", "b1")


def expired() -> Callable[[str], Report]:
    return lambda o: Expired(o, "b1")


def rejected() -> Callable[[str], Report]:
    return lambda o: Rejected(o, RejectReason.UNKNOWN, "no", "b1")


LIMIT = order(quantity=10, limit_price=100)
STOP = order(quantity=10, stop_price=110)
CHANGE = OrderChange(limit_price=dec(101))

LIVES = {
    "whole fill": Life(LIMIT, (accepted(), fill("x1", 10))),
    "parts": Life(LIMIT, (accepted(), fill("x1", 3), fill("x2", 3, 99), fill("x3", 4))),
    "part, cancelled": Life(LIMIT, (accepted(), fill("x1", 3), fill("x2", 2), cancelled())),
    "part, expired": Life(LIMIT, (accepted(), fill("x1", 3), fill("x2", 2), expired())),
    "rejected": Life(LIMIT, (accepted(), rejected())),
    "corrected twice": Life(
        LIMIT,
        (accepted(), fill("x1", 10), corrected("x1", 10, 101), corrected("x1", 9, 102, 2)),
    ),
    "corrected, busted": Life(
        LIMIT,
        (
            accepted(),
            fill("x1", 4),
            fill("x2", 3),
            corrected("x1", 4, 101),
            busted("x1"),
            cancelled(),
        ),
    ),
    "full, busted, cancelled": Life(LIMIT, (accepted(), fill("x1", 10), busted("x1"), cancelled())),
    "full, corrected down, expired": Life(
        LIMIT,
        (accepted(), fill("x1", 5), fill("x2", 5), corrected("x2", 4, 100), expired()),
    ),
    "corrected up to full": Life(
        LIMIT, (accepted(), fill("x1", 5), fill("x2", 3), corrected("x2", 5, 100))
    ),
    "busted and filled again": Life(
        LIMIT, (accepted(), fill("x1", 10), busted("x1"), fill("x2", 6), fill("x3", 4))
    ),
    "over-filled": Life(LIMIT, (accepted(), fill("x1", 8), fill("x2", 8))),
    "triggered": Life(STOP, (accepted(), Triggered, fill("x1", 10, 111))),
    "cancelled by its client": Life(
        LIMIT, (accepted(), fill("x1", 4), cancelled()), before="cancel"
    ),
    "cancel refused": Life(
        LIMIT,
        (accepted(), fill("x1", 4), lambda o: CancelRejected(o, "too late"), fill("x2", 6)),
        before="cancel",
    ),
    "changed": Life(
        LIMIT,
        (accepted(), fill("x1", 4), lambda o: Modified(o, CHANGE, "b1"), fill("x2", 6, 101)),
        before="modify",
    ),
    "change refused": Life(
        LIMIT,
        (accepted(), fill("x1", 4), lambda o: ModifyRejected(o, "no"), expired()),
        before="modify",
    ),
}


def begin(life: Life) -> tuple[Remote, Order]:
    """A connected world in which the order was placed and nothing was answered."""
    world = Remote().connect()
    one = world.place(life.request)
    if life.before == "cancel":
        world.engine.cancel(ACCOUNT, one.id)
    elif life.before == "modify":
        # A change of an order that was never acknowledged is refused; this one was, unheard.
        world.engine.write(ACCOUNT, ev.OrderModifyRequested(one.id, CHANGE))
    return world, one


def tell(life: Life, places: Sequence[int]) -> tuple[Remote, Order]:
    """The life with its reports told in this order."""
    world, one = begin(life)
    for place in places:
        world.engine.report(life.reports[place](one.id))
    return world, one


def outcome(world: Remote, one: Order) -> Any:
    """All that matters at the end."""
    state, account = world.engine.state, world.account
    return {
        "order": (one.status, one.filled, one.notional, one.quantity, one.limit_price),
        "flags": (one.triggered, one.broker_ids, one.is_final or one.asked, one.reject_reason),
        "book": [each.id for each in state.working(ACCOUNT)],
        "trades": sorted(
            (each.execution_id, each.quantity, each.price, each.commission)
            for each in state.trades.values()
            if each.quantity
        ),
        "positions": [(p.symbol, p.quantity, p.cost) for p in account.positions.values()],
        "cash": account.cash,
        "commission": {key: value for key, value in account.commission.items() if value},
        "doubts": (state.doubts.orders, state.doubts.disputes),
    }


@cache
def expected(name: str) -> Any:
    """How a life ends that is told as it happened."""
    life = LIVES[name]
    return outcome(*tell(life, range(len(life.reports))))


def doubled(count: int) -> Iterator[list[int]]:
    """Every way to tell one report twice, the second time at once or any time later."""
    for which in range(count):
        for place in range(which + 1, count + 1):
            told = list(range(count))
            told.insert(place, which)
            yield told


@pytest.mark.parametrize("name", LIVES)
def test_every_order_of_the_reports_ends_the_same(name: str) -> None:
    life = LIVES[name]
    for places in permutations(range(len(life.reports))):
        assert outcome(*tell(life, places)) == expected(name), places


@pytest.mark.parametrize("name", LIVES)
def test_a_report_told_twice_changes_nothing(name: str) -> None:
    life = LIVES[name]
    for places in doubled(len(life.reports)):
        assert outcome(*tell(life, places)) == expected(name), places


@pytest.mark.parametrize("name", LIVES)
def test_a_fold_of_the_tape_agrees_with_the_engine_in_every_order(name: str) -> None:
    life = LIVES[name]
    for places in list(permutations(range(len(life.reports))))[::7]:
        world, _ = tell(life, places)
        folded = fold(reread(world.tape.records()))
        assert folded.to_bytes() == world.engine.state.to_bytes()
        assert State.from_bytes(folded.to_bytes()).to_bytes() == folded.to_bytes()


def truth(life: Life, one: Order) -> Books:
    """The broker's books at the end of the life."""
    books = Books()
    books.take(one, "b1", life.request)
    ended: Status | None = None
    for make in life.reports:
        report = make(one.id)
        match report:
            case Filled(execution_id=x, quantity=quantity, price=price, executed_at=at):
                books.fill("b1", x, quantity, price, at)
                executed = msgspec.structs.replace(books.executions[x], commission=dec("0.5"))
                books.executions[x] = executed
            case Corrected(execution_id=x):
                books.executions[x] = msgspec.structs.replace(
                    books.executions[x],
                    quantity=report.quantity,
                    price=report.price,
                    revision=report.revision,
                )
                books.weigh("b1")
            case Busted(execution_id=x):
                books.executions[x] = msgspec.structs.replace(books.executions[x], busted=True)
                books.weigh("b1")
            case Cancelled():
                ended = Status.CANCELLED
            case Expired():
                ended = Status.EXPIRED
            case Rejected():
                ended = Status.REJECTED
            case Triggered():
                books.change("b1", triggered=True)
            case Modified(change=change):
                request = books.orders["b1"].request
                limit = change.limit_price or request.limit_price
                request = msgspec.structs.replace(request, limit_price=limit)
                books.change("b1", request=request)
            case _:
                pass
    if ended is not None and books.orders["b1"].status is not Status.FILLED:
        books.change("b1", status=ended)
    return books


def plain(found: Any) -> Any:
    """An outcome without the reason a broker gave, which a snapshot does not repeat."""
    return {**found, "flags": found["flags"][:3]}


@pytest.mark.parametrize("name", LIVES)
def test_a_report_that_never_came_is_made_good_by_one_reconciliation(name: str) -> None:
    life = LIVES[name]
    for missing in range(len(life.reports)):
        places = [place for place in range(len(life.reports)) if place != missing]
        world, one = tell(life, places)
        books = truth(life, one)
        world.now += SECOND
        world.engine.now = world.now
        head, was = world.tape.head, plain(outcome(world, one))
        snapshot = books.snapshot(world.now)
        count = reconcile(world.engine, snapshot)
        assert plain(outcome(world, one)) == plain(expected(name)), (missing, world.facts(head))
        told = world.facts(head)
        if was != plain(expected(name)):
            assert count > 0
            assert told[0] == "DifferenceFound", (missing, told)
        assert reconcile(world.engine, snapshot) == 0
