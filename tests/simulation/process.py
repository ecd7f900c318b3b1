"""The engine's process in the simulated world: what the asynchronous edge does, without a loop.

It opens the tape, carries out what the line asks for over the network, syncs the tape in the
background, acknowledges to clients only what is durable, and sends to the broker only what is
durable. It can be killed between any two things it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from engine import restored
from engine.actions import Action, Connect, Disconnect, LookUp, Send, TakeSnapshot
from engine.core import Engine
from engine.errors import EngineError, OrderRefused, ProviderUnavailable, TradingHalted
from engine.instruments import Instrument
from engine.line import Line
from engine.ports import (
    Cancel,
    Capabilities,
    Instruction,
    Modify,
    RateLimits,
    RemoteBroker,
    Submit,
)
from engine.state import State
from engine.statements import Lookup, Snapshot
from engine.tape import TapeFailed
from tests.builders import Market
from tests.simulation import statements
from tests.simulation.broker import CURRENCY, Told
from tests.simulation.clients import MARK, SYMBOLS, Command, Reply
from tests.simulation.clock import nanoseconds
from tests.simulation.disk import SimulatedTape
from tests.simulation.invariants import Auditor, check_fold, check_written_ahead
from tests.simulation.network import REQUEST_DELAY_MAX_S

if TYPE_CHECKING:
    from tests.simulation.world import World

Answer = TypeVar("Answer", Lookup, Snapshot)

SYNC_TAKES_S = 0.01
SNAPSHOT_SHARE = 0.05
"""How often a sync that has caught up is followed by a snapshot of the state."""
FAILED = "the venue could not answer"
GRACE_S = 0.5
"""How long a process whose tape has failed still cancels, before it ends."""


CAPABILITIES = Capabilities(
    visibility_delay_ns=nanoseconds(REQUEST_DELAY_MAX_S), replace_keeps_id=False
)
SLOW = RateLimits(orders_per_second=2, requests_per_minute=60)


class Remote:
    """The venue as the engine knows it: a name and what it can do. This file does the rest."""

    name = "venue"

    def __init__(self, is_slow: bool) -> None:
        limits = SLOW if is_slow else None
        self.capabilities = msgspec.structs.replace(CAPABILITIES, rate_limits=limits)


class Process:
    """One life of the engine, from opening its tape to its end."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world = world
        self.clock = world.clock
        self.dice = dice
        self.is_dead = False
        self.tape = SimulatedTape(world.disk)
        kept = world.disk.snapshot
        state = State.from_bytes(kept) if kept is not None and dice.random() < 0.5 else None
        self.engine = Engine(self.tape, Market(**dict.fromkeys(SYMBOLS, MARK)), state)
        if state is not None:
            check_fold(self.tape.records(), state)
        self.auditor = Auditor(self.engine)
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._is_syncing = False
        self._wakes_at = 0
        self._open()

    def _open(self) -> None:
        engine = self.engine
        self._read_clock()
        engine.start("live", "simulated", nonce=str(self.world.lives))
        for symbol in SYMBOLS:
            engine.list_instrument(Instrument(symbol))
        remote = Remote(self.world.is_slow)
        for account in self.world.accounts:
            engine.serve_remotely(account, cast(RemoteBroker, remote), CURRENCY)
        restored.settle(engine)
        accounts, chance, can = self.world.accounts, self.dice.random, remote.capabilities
        self.line = Line(engine, remote.name, accounts, can, chance, now=engine.now)
        self.world.network.on_break = self._lost
        self.world.venue.on_news = self._carry
        self.line.start(engine.now)
        self._turn()

    def kill(self) -> None:
        """End at once, wherever it is."""
        self.is_dead = True
        self.world.network.drop()
        self.tape.crash()

    # What comes in

    def command(self, command: Command, reply: Callable[[Reply], None]) -> None:
        """Carry out a client's command; `reply` is called once its facts are durable."""
        if self.is_dead:
            return
        self._read_clock()
        answer = self._carry_out(command)
        self.line.tick(self.engine.now)
        self._once_durable(lambda: reply(answer))
        self._turn()

    def accept_position(self, account: str, symbol: str) -> None:
        """A person takes the broker's word for a position in dispute."""
        reason = "seen in the broker's own books"
        self._input(lambda _now: self.engine.accept_position(account, symbol, reason))()

    def _carry_out(self, command: Command) -> Reply:
        engine = self.engine
        try:
            if command.request is not None:
                return Reply(engine.submit(command.account, command.request).id)
            if command.close:
                return self._close(command)
            if command.change is not None:
                engine.modify(command.account, command.order_id, command.change)
            else:
                engine.cancel(command.account, command.order_id)
        except (TradingHalted, ProviderUnavailable) as error:
            return Reply(error=error.code, may_repeat=True)
        except OrderRefused as error:
            return Reply(error.details["order_id"] or "", error.code)
        except EngineError as error:
            return Reply(error=error.code)
        return Reply()

    def _close(self, command: Command) -> Reply:
        """Close a position, if there is one."""
        position = self.engine.account(command.account).positions.get(command.close)
        if position is None:
            return Reply(error="nothing is held")
        return Reply(self.engine.close_position(command.account, position.id).id)

    def _input(self, take: Callable[[int], None]) -> Callable[[], None]:
        """`take` as an input to this process while it lives: clock first, consequences after."""

        def arrives() -> None:
            if not self.is_dead:
                self._read_clock()
                take(self.engine.now)
                self._turn()

        return arrives

    def _lost(self, why: str) -> None:
        self._input(lambda now: self.line.lost(now, why))()

    def _carry(self, told: Told) -> None:
        """The venue says something: put it on the line."""
        report = statements.report(told)
        if report is not None:
            self.world.network.news(self._input(lambda now: self.line.heard(now, report)))

    # What goes out

    def _turn(self) -> None:
        """End of one input: carry out what the line asks for, see to the disk, and to the time."""
        line = self.line
        while line.actions:
            self._perform(line.actions.popleft())
        self.tape.mark()
        self._sync()
        when = line.wake_at
        if when is not None and when != self._wakes_at:
            self._wakes_at = when
            self.clock.at(when - self.clock.skew, lambda: self._wake(when))

    def _wake(self, when: int) -> None:
        if when == self._wakes_at:  # else it was put off, or brought forward
            self._wakes_at = 0
            self._input(self.line.tick)()

    def _perform(self, action: Action) -> None:
        network, line = self.world.network, self.line
        match action:
            case Connect():
                self.clock.after(self.dice.uniform(0, 0.1), self._input(self._connect))
            case Disconnect():
                network.drop()
            case Send(instruction=Cancel() as cancel) if self.tape.failed:
                self._send(cancel)
            case Send() if self.tape.failed:
                pass  # its intent will never be on the disk, so it is never sent
            case Send(instruction=instruction):
                self._once_durable(lambda: self._send(instruction))
            case LookUp(order=order):
                self._ask(
                    lambda: statements.lookup(self.world.venue, order.account, order.id),
                    line.looked_up,
                    lambda now: line.lookup_failed(now, order.id, FAILED),
                )
            case TakeSnapshot(account=account):
                self._ask(
                    lambda: statements.snapshot(self.world.venue, account),
                    line.snapshot_taken,
                    lambda now: line.snapshot_failed(now, account, FAILED),
                )

    def _connect(self, now: int) -> None:
        if self.world.network.connect():
            self.line.opened(now)
        else:
            self.line.lost(now, "connection refused")

    def _send(self, instruction: Instruction) -> None:
        """Put an instruction on the line, and its answer on the way back."""
        network, order = self.world.network, instruction.order
        check_written_ahead(self.engine.state, order.id, self.tape.durable)
        epoch = network.epoch

        def arrives() -> None:
            report = statements.report(self._at_venue(instruction))
            reports = () if report is None else (report,)
            answered = self._input(lambda now: self.line.answered(now, instruction, reports))
            network.answer(epoch, answered)

        network.request(arrives)

    def _at_venue(self, instruction: Instruction) -> Told:
        venue, order = self.world.venue, instruction.order
        match instruction:
            case Submit():
                return venue.submit(order.account, order.id, order.request)
            case Modify(change=change):
                return venue.change(order.account, order.id, change)
            case Cancel():
                return venue.cancel(order.account, order.id)

    def _ask(
        self,
        read: Callable[[], Answer],
        take: Callable[[int, Answer], None],
        fail: Callable[[int], None],
    ) -> None:
        """Ask the venue something: it reads its books when the question arrives, or fails to."""
        network = self.world.network
        epoch = network.epoch

        def arrives() -> None:
            if network.query_fails():
                network.answer(epoch, self._input(fail))
                return
            found = read()
            network.answer(epoch, self._input(lambda now: take(now, found)))

        network.request(arrives)

    # The disk and the clock

    def _once_durable(self, do: Callable[[], None]) -> None:
        """Do it when everything on the tape now is on the disk."""
        self._waiting.append((self.tape.head, do))
        self._release()

    def _release(self) -> None:
        while self._waiting and self._waiting[0][0] <= self.tape.durable:
            self._waiting.popleft()[1]()

    def _sync(self) -> None:
        """Begin to sync what was appended, unless a sync is under way."""
        if self._is_syncing or self.tape.failed or self.tape.durable == self.tape.head:
            return
        self._is_syncing = True
        upto = self.tape.head
        self.clock.after(self.dice.uniform(0, 2 * SYNC_TAKES_S), lambda: self._synced(upto))

    def _synced(self, upto: int) -> None:
        if self.is_dead:
            return
        self._is_syncing = False
        try:
            self.tape.sync(upto)
        except TapeFailed:
            self.clock.after(GRACE_S, self.world.bury(self))
            return
        self._release()
        state = self.engine.state
        if state.seq == self.tape.durable and self.dice.random() < SNAPSHOT_SHARE:
            self.world.disk.snapshot = state.to_bytes()
        self._turn()

    def _read_clock(self) -> None:
        """Event time follows the machine's clock and never goes back."""
        self.engine.now = max(self.engine.now, self.clock.wall)
