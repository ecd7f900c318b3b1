"""The simulated world: one seed, and from it a clock, a disk, a broker, a network, and clients
around the real engine.

A world runs its workload through every mishap its seed has drawn, then lets all faults end and goes
quiet. Invariants are checked after every step, and the rest once the world has been quiet for a
minute. `run` gives what the run was, or raises `Violation`; the same seed gives the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from engine.alarms import AlarmKind, alarms
from engine.events import OrderOutcomeUnknown
from engine.line import LineState
from engine.reconcile import reconcile
from engine.tape import Record
from engine.values import NANOSECONDS, Status
from tests.simulation import invariants, statements
from tests.simulation.broker import Venue
from tests.simulation.clients import Client, Command, Reply
from tests.simulation.clock import Clock
from tests.simulation.disk import Disk
from tests.simulation.fate import LONGEST_ABSENCE_S, Fate
from tests.simulation.invariants import require
from tests.simulation.network import FAIR, Network, weather
from tests.simulation.process import Process

ACCOUNTS = ("DU1", "DU2")
CASH = Decimal(1_000_000)
COMMANDS = (4, 24)
"""Fewest and most commands that a client gives; each account has one client."""
CLIENT_LOSES = 0.1
SLOW_SHARE = 0.1
"""In so many worlds the broker allows few orders a second."""
LONGEST_S = 120
QUIET_S = 60
UNDER_WAY_NS = 15 * NANOSECONDS
"""An order about which something was asked so lately may still wait for the answer."""
MINUTES_MORE = 2
"""After the quiet minute: by then the last doubt must be proven, and not only be an alarm."""


@dataclass
class Run:
    """What a run was: enough to compare two, and to see that something happened."""

    seed: int
    digest: str
    records: int
    lives: int
    orders: int
    trades: int
    unknown: int
    happened: dict[str, int] = field(default_factory=dict)


class World:
    """Everything around one engine, made from one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.accounts = ACCOUNTS
        self._dice = dice = Random(seed)
        self.clock = Clock()
        self.disk = Disk(self._more_dice())
        self.venue = Venue()
        self.venue.cash = dict.fromkeys(ACCOUNTS, CASH)
        self.clock.on_move = self._tell_venue
        self.network = Network(self.clock, self._more_dice(), weather(dice))
        self.process: Process | None = None
        self.lives = 0
        self.is_slow = dice.random() < SLOW_SHARE
        self.clients = [
            Client(account, self.clock, self._more_dice(), self.pass_on, dice.randint(*COMMANDS))
            for account in ACCOUNTS
        ]
        mishaps: dict[str, Callable[[], None]] = {
            "jump_clock": lambda: self.clock.jump(self._dice.uniform(-3, 3)),
            "cut_line": lambda: self.network.disconnect("connection reset"),
            "crash_engine": self.crash,
            "refuse_sync": self._refuse_sync,
            "fill_disk": self._fill_disk,
        }
        self.fate = Fate(self.clock, self._more_dice(), self.venue, ACCOUNTS, mishaps)
        self._received = 0

    def run(self) -> Run:
        """Live through it all; raises Violation."""
        self.boot()
        for client in self.clients:
            client.loses_answers = self._dice.choice((0.0, CLIENT_LOSES))
            self._animate(client)
        self._pass(LONGEST_S, until=lambda: all(client.left == 0 for client in self.clients))
        self._calm()
        self._pass(QUIET_S)
        self._check_quiet()
        for _ in range(MINUTES_MORE):
            self._accept_positions()
            self._pass(QUIET_S)
        self._check_end()
        return self._told()

    # What happens to the process

    def boot(self) -> None:
        """Start the engine on what the disk holds."""
        require(self.disk.verify() == "", f"the disk: {self.disk.verify()}")
        self.lives += 1
        self.process = Process(self, self._more_dice())
        invariants.check_acknowledged(self.process.engine.state, self.clients)

    def crash(self) -> None:
        """Kill the engine, and start it again after a while."""
        if self.process is not None:
            self.bury(self.process)()

    def bury(self, process: Process) -> Callable[[], None]:
        """End a process that is still running when this is called."""

        def end() -> None:
            if not process.is_dead:
                process.kill()
                self.process = None
                self.clock.after(self._dice.uniform(0, LONGEST_ABSENCE_S), self.boot)

        return end

    def _refuse_sync(self) -> None:
        self.disk.fails_next_sync = True

    def _fill_disk(self) -> None:
        self.disk.is_full = not self.disk.is_full

    def pass_on(self, command: Command, reply: Callable[[Reply], None]) -> None:
        """A client's command, on its way to whichever process lives when it arrives."""

        def arrives() -> None:
            if self.process is not None:
                self.process.command(command, reply)

        self.clock.after(self._dice.uniform(0, 0.02), arrives)

    def _animate(self, client: Client) -> None:
        def act() -> None:
            client.act()
            if client.left:
                self.clock.after(self._dice.expovariate(1.0), act)

        self.clock.after(self._dice.expovariate(1.0), act)

    # The passing of time

    def _pass(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = self.clock.now + int(seconds * NANOSECONDS)
        while not until():
            if not self.clock.step(end):
                return
            self._check_step()

    def _calm(self) -> None:
        """Let every fault end."""
        self.fate.stop()
        self.network.conditions = FAIR
        self.disk.is_full = self.disk.fails_next_sync = False
        for client in self.clients:
            client.left, client.loses_answers = 0, 0.0

    def _accept_positions(self) -> None:
        """A person looks at every position in dispute and takes the broker's word."""
        process = self._living()
        disputes = process.engine.state.doubts.disputes
        for account, symbol in [(a, s) for a, of in disputes.items() for s in of]:
            process.accept_position(account, symbol)

    # What must hold

    def _check_step(self) -> None:
        if len(self.venue.received) > self._received:
            self._received = invariants.check_never_twice(self.venue, self._received)
        if self.process is not None:
            self.process.auditor.check()

    def _living(self) -> Process:
        if self.process is None:
            raise invariants.Violation("no engine runs although nothing crashes any more")
        return self.process

    def _check_quiet(self) -> None:
        """After a quiet minute: what is not settled is an open alarm. A line may draw that minute
        as its wait; what it has not sent then is no order of the broker's yet.
        """
        process = self._living()
        state, now = process.engine.state, process.engine.now
        open_about = {one.order_id for one in alarms(state) if one.kind is AlarmKind.ORDER_UNKNOWN}
        is_connected = process.line.state is LineState.CONNECTED
        for order in state.working():
            settled = order.status in invariants.WORKING
            known = order.status is Status.UNKNOWN and order.id in open_about
            asked = not is_connected or now - order.updated_at < UNDER_WAY_NS
            what = f"{order.id} is still {order.status} after a quiet minute"
            require(settled or known or asked, what)

    def _check_end(self) -> None:
        """In the end engine and broker agree on everything, and the tape tells it all again."""
        engine = self._living().engine
        state = engine.state
        invariants.check_settled(state, self.clients)
        invariants.check_acknowledged(state, self.clients)
        invariants.check_agreement(state, self.venue, ACCOUNTS)
        records = list(engine.tape.records())
        invariants.check_carried_out(state, records, self.clients)
        invariants.check_overfills(state, records)
        invariants.check_protection(state, records)
        for account in ACCOUNTS:
            again = reconcile(engine, statements.snapshot(self.venue, account))
            require(not again, f"{account}: reconciling once more found {again} differences")
        require(engine.tape.head == len(records), "reconciling once more wrote something")
        invariants.check_fold(records, state)

    def _told(self) -> Run:
        engine = self._living().engine
        records = list(engine.tape.records())
        return Run(
            self.seed,
            engine.tape.digest().hex(),
            len(records),
            self.lives,
            len(engine.state.orders),
            len(engine.state.trades),
            sum(isinstance(one.event, OrderOutcomeUnknown) for one in records),
            dict(self.fate.happened),
        )

    def records(self) -> list[Record]:
        """The tape as it is now, of a process that lives or of one that died."""
        return list(self.process.tape.records() if self.process else self.disk.records)

    def _tell_venue(self, now: int) -> None:
        self.venue.now = now

    def _more_dice(self) -> Random:
        return Random(self._dice.getrandbits(64))
