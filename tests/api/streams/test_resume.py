"""A client that names a place gets everything after it once: from history, then live, no seam."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import websockets

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.tape import SqliteTape
from api.compose import restored_state
from api.streams.resume import History, Kept, Retelling, nothing_kept
from api.streams.wish import Place
from engine import events as ev
from engine.core import Engine
from engine.instruments import Instrument
from engine.requests import OrderRequest
from engine.state import State
from engine.tape import Record
from engine.values import OrderType, Side
from tests.api.line import Message, line
from tests.api.served import ACCOUNT, Served, bars, serving
from tests.api.stepping.test_stepper import place
from tests.builders import World

LIMIT = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(1))
FACTS = {"order", "trade", "position", "account"}


def trade_a_while(served: Served) -> list[Message]:
    """Run a backtest with a few trades, brackets and cancels; every message of a fact."""
    with line(served) as stream:
        told = []
        for number in range(60):
            message = stream.next()
            told.append(message)
            if number in (3, 9, 20):
                place(served, stop_loss="90.00", take_profit="99.70")
            if number == 12:
                place(served, side="SELL", quantity="25")
            stream.ack(message)
    return [each for each in told if each["type"] in FACTS]


def shape(message: Message) -> Any:
    """A message without the figures that depend on the market's price."""
    kept = {**message}
    kept.pop("account", None)
    if "position" in kept:
        priced = ("current_price", "unrealized_pnl")
        kept["position"] = {k: v for k, v in kept["position"].items() if k not in priced}
    return kept


def test_history_tells_the_same_as_the_present_did() -> None:
    with serving(bars("AAPL", 80)) as served:
        live = trade_a_while(served)
        assert {each["type"] for each in live} == FACTS
        with line(served, "?after=0&observe=1") as stream:
            assert stream.next()["after"] == 0
            deposit = stream.next()
            assert (deposit["type"], deposit["event"]) == ("account", "BALANCE_UPDATED")
            again = [stream.next() for _ in live]
        assert [shape(each) for each in again] == [shape(each) for each in live]


def test_a_place_inside_a_record_resumes_right_behind_that_message() -> None:
    with serving(bars("AAPL", 80)) as served:
        live = trade_a_while(served)
        for skipped in (4, 5, 7, 10):
            after = live[skipped]["event_id"]
            with line(served, f"?after={after}&observe=1") as stream:
                stream.next()
                assert stream.next()["event_id"] == live[skipped + 1]["event_id"]


def test_the_greeting_names_the_tape_and_its_head() -> None:
    with serving() as served, line(served) as stream:
        greeting = stream.next()
        assert greeting["tape_id"] == served.tape.tape_id
        assert (greeting["head"], greeting["broker"]) == (served.tape.head, "simulator")


def test_a_place_that_the_tape_has_not_reached_is_an_error_with_its_own_code() -> None:
    with serving() as served, line(served, "?after=99") as stream:
        error = stream.next()
        assert (error["type"], error["code"]) == ("error", "INVALID_MESSAGE")
        assert error["details"] == {
            "after": 99,
            "head": served.tape.head,
            "tape_id": served.tape.tape_id,
        }
        assert stream.close_code() == 4009


def test_a_place_at_the_very_head_has_no_history() -> None:
    with serving() as served, line(served, f"?after={served.tape.head}&observe=1") as stream:
        stream.next()
        assert stream.is_quiet()


class Load:
    """Places orders on the server's loop, a few in every round, until enough are on the tape."""

    def __init__(self, served: Served, head: int) -> None:
        self.head = head
        self._engine: Engine = served.desk.engine
        self._loop = served.loop

    def go_on(self) -> None:
        """One round, and the next one after everybody else had a turn."""
        for _ in range(3):
            self._engine.submit(ACCOUNT, LIMIT)
        if self._engine.tape.head < self.head:
            self._loop.call_later(0.0005, self.go_on)


async def follow(url: str, after: int, until: int) -> list[int]:
    """The numbers of the facts told after one place and up to another.

    Whoever can not keep up is closed, and goes on where it was told to.
    """
    seen: list[int] = []
    while not seen or seen[-1] < until:
        query = f"?after={after}&observe=1"
        async with websockets.connect(url + query, compression=None) as socket:
            try:
                while not seen or seen[-1] < until:
                    message = msgspec.json.decode(await asyncio.wait_for(socket.recv(), 15))
                    if message["type"] in FACTS:
                        seen.append(message["seq"])
            except websockets.ConnectionClosed:
                assert socket.close_code == 4008
                after = int((socket.close_reason or "").rpartition("=")[2])
    return seen


@pytest.mark.parametrize("durable", [False, True])
def test_no_gap_and_no_duplicate_at_the_seam_under_load(tmp_path: Path, durable: bool) -> None:
    file = tmp_path / "load.tape" if durable else None
    with serving(stepped=False, tape_file=file) as served:
        until = 5_000

        async def come_and_go() -> None:
            load = Load(served, until)
            served.loop.call_soon_threadsafe(load.go_on)
            followers = []
            for _ in range(8):
                after = served.tape.head // 2
                followers.append((after, asyncio.create_task(follow(url, after, until - 3))))
                await asyncio.sleep(0.05)
            for after, follower in followers:
                seen = await follower
                # The deposit and the acceptance of each order: every second fact is told.
                whole = [seq for seq in expected if after < seq <= seen[-1]]
                assert seen == whole

        url = served.stream_url
        first = served.tape.head
        expected = range(first, until + 10, 2)
        asyncio.run(come_and_go())


def test_a_long_history_is_folded_in_pieces_that_let_others_run() -> None:
    with serving(stepped=False) as served:
        engine = served.desk.engine
        served.call(lambda: [engine.submit(ACCOUNT, LIMIT) for _ in range(1_500)])
        retelling = Retelling(served.tape, Place(0), engine.prices_of)
        retelling.approach()
        pieces = []
        while retelling.seq < served.tape.head:
            pieces.append(len(retelling.next_chunk()))
        assert len(pieces) == 4
        assert sum(pieces) == 1_501


def test_what_is_filled_is_priced_at_its_last_fill_in_history() -> None:
    with serving(bars("AAPL", 10)) as served, line(served) as stream:
        stream.ack(*stream.step()[1:])
        stream.step()
        place(served)
        stream.ack("mkt_2_0", stream.next())
        fill = stream.next()["trade"]["price"]
        with line(served, "?after=0&observe=1") as other:
            position = other.until("position")["position"]
        assert position["current_price"] == fill
        assert position["unrealized_pnl"] in ("0", "0.00")


class Noted(SqliteTape):
    """A tape that notes which records were read of it."""

    read: ClassVar[list[int]] = []

    def records(self, after: int = 0) -> Iterator[Record]:
        """Those after one of them, each noted when it is given."""
        for record in super().records(after):
            self.read.append(record.seq)
            yield record


LONG, KEPT_AT = 50_000, 45_000


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A tape of fifty thousand records, of which a state is kept nine tenths of the way: then one
    position is held that is never traded again, and a broker can not be reached.
    """
    tape = Noted.open(tmp_path_factory.mktemp("long") / "long.tape")
    world = World(tape=tape)
    world.engine.list_instrument(Instrument("MSFT"))
    world.bought(2, 50, symbol="MSFT")
    while tape.head < KEPT_AT - 1:
        world.bought(1)
        world.sold(1)
    world.engine.write("", ev.BrokerDisconnected("far", "reset"))
    tape.commit()
    snapshots.save(tape.path, tape, tape.head, world.state.to_bytes())
    while tape.head < LONG:
        world.bought(1)
        world.sold(1)
    world.engine.write("", ev.BrokerConnected("far"))
    tape.commit()
    yield world
    tape.close()


def told_after(long: World, place: Place, kept: Kept) -> list[str]:
    """Every message after a place, by a fold that begins with what is kept."""
    Noted.read.clear()

    async def come_back() -> list[str]:
        history = History(long.engine, kept)
        retelling = await history.after(place)
        told: list[str] = []
        while retelling.seq < long.tape.head:
            told += [event.text for event in retelling.next_chunk()]
        history.close()
        return told

    return asyncio.run(come_back())


def newest(long: World) -> Kept:
    """What is kept beside the tape."""
    tape = long.tape
    assert isinstance(tape, SqliteTape)
    return lambda seq: restored_state(tape, seq)


def test_of_a_long_tape_only_what_follows_the_newest_state_that_is_kept_is_read(
    long: World,
) -> None:
    place = Place(LONG - 100)
    again = told_after(long, place, newest(long))
    assert len(Noted.read) <= LONG - KEPT_AT + 50
    assert min(Noted.read) > KEPT_AT - 1
    whole = told_after(long, place, nothing_kept)
    assert min(Noted.read) == 1
    assert again == whole
    assert any("BALANCE_UPDATED" in text for text in again), "the position that rests has a price"
    assert "BROKER_RECONNECTED" in again[-1], "when it was lost is known"


def test_a_state_that_is_kept_after_the_place_is_of_no_use(long: World) -> None:
    place = Place(KEPT_AT - 1_000)
    assert told_after(long, place, newest(long)) == told_after(long, place, nothing_kept)
    assert min(Noted.read) == 1


@pytest.mark.anyio
async def test_the_loop_goes_on_while_a_place_is_looked_for_and_no_more_than_two_are(
    long: World,
) -> None:
    running, most = 0, 0

    def kept(_seq: int) -> State | None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1
        return None

    history = History(long.engine, kept)
    coming = [asyncio.create_task(history.after(Place(20_000))) for _ in range(3)]
    turns = 0
    while not all(one.done() for one in coming):
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    assert most == 2
    assert [one.result().seq for one in coming] == [20_000] * 3
    history.close()


@pytest.mark.anyio
async def test_who_leaves_is_not_looked_for_any_more(long: World) -> None:
    Noted.read.clear()
    history = History(long.engine)
    coming = asyncio.create_task(history.after(Place(LONG)))
    async with asyncio.timeout(5):
        while not Noted.read:  # noqa: ASYNC110  another thread reads
            await asyncio.sleep(0.001)
    coming.cancel()
    await asyncio.wait([coming])
    history._threads.shutdown(wait=True)
    assert max(Noted.read) < LONG
