"""A line: one broker's connection and everything that depends on it, as a machine without input or
output of its own.

The edge (``api/lines``) and the simulated world drive the same object. They tell it what happened,
each call with ``now`` in ns UTC, and carry out the ``actions`` it leaves behind; the line decides
when to connect, what to send, what to ask and what to believe. ``wake_at`` says when to call
``tick`` if nothing happens before.

Theory. A line is *connected* only when the broker's books and ours have been compared: it opens,
keeps what it hears, takes a snapshot of every account, reconciles, lets in what it kept, and only
then takes orders. A snapshot that fails leaves it not connected. While connected it reconciles on a
timer; symbols in which something happened meanwhile are left for the next time. When it is lost,
whatever was under way has an unknown outcome, and it tries again, for ever, after a random wait.
Refused credentials end that at once. While the breaker is open the line is degraded: cancels and
reads pass. New orders are barred in the engine (``Session.barred``) whenever they could not be sent
now.

Usage::

    line = Line(engine, broker.name, {"DU1"}, broker.capabilities, random.random)
    line.start(now)
    while line.actions:
        match line.actions.popleft():
            case Connect(): ...  # then line.opened(now), or line.lost(now, why)
            case Send(instruction): ...  # when durable; line.answered(now, instruction, reports)
            case LookUp(order): ...  # then line.looked_up(now, lookup)
            case TakeSnapshot(account): ...  # then line.snapshot_taken(now, snapshot)
            case Disconnect(): ...
    line.heard(now, report)            # whenever the broker speaks
    line.tick(now)                     # at line.wake_at, and after every command to the engine
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

from engine import adoption, unprotected
from engine import events as ev
from engine.actions import Action, Connect, Disconnect, Timing
from engine.backoff import Backoff
from engine.breaker import Breaker
from engine.core import Engine
from engine.dispatch import Dispatch
from engine.errors import EngineError
from engine.hearing import concern, hear
from engine.maintenance import ends_at, next_begin
from engine.pacing import Pacing
from engine.ports import Capabilities, Instruction
from engine.reports import ForeignOrder, Report
from engine.searches import Searches
from engine.statements import Lookup, Snapshot
from engine.syncing import Sync


class LineState(StrEnum):
    """Where a line stands. Only CONNECTED takes new orders; DEGRADED takes cancels and reads."""

    OFFLINE = "OFFLINE"
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    CONNECTED = "CONNECTED"
    DEGRADED = "DEGRADED"
    LOST = "LOST"
    REFUSED = "REFUSED"


_UP = LineState.CONNECTED
_LINKED = (LineState.SYNCING, LineState.CONNECTED)


class Line:
    """The line to one broker, serving ``accounts``. ``chance`` gives numbers from 0 up to 1."""

    def __init__(
        self,
        engine: Engine,
        broker: str,
        accounts: Collection[str],
        capabilities: Capabilities,
        chance: Callable[[], float],
        timing: Timing | None = None,
        now: int = 0,
    ) -> None:
        self.engine = engine
        self.broker = broker
        self.accounts = tuple(accounts)
        self.timing = timing = timing or Timing()
        self.actions: deque[Action] = deque()
        """What the edge must do, oldest first."""
        self.why = "it was not started"
        """What was last wrong, in words."""
        self.down_since: int | None = now
        """Since when it is not connected, ns; None while it is."""
        self.reconciled_at = 0
        """When every account's books were last compared, ns; 0 before the first time."""
        self.differences = 0
        """How many differences that comparison found."""
        self.refused_reports = 0
        """Reports that made no sense here; ``why`` has the last."""
        self.wake_at: int | None = None
        """When to call ``tick`` if nothing is heard before, ns UTC; None if there is no need."""
        self.breaker = Breaker()
        self.pacing = Pacing(capabilities.rate_limits, now)
        limits = capabilities, self.breaker, self.pacing, timing
        self.dispatch = Dispatch(engine, self.accounts, *limits)
        self.searches = Searches(engine, self.accounts, capabilities, self.pacing, timing, chance)
        self._sync = Sync(engine, self.accounts, self.dispatch)
        self._windows = capabilities.maintenance
        self._backoff = Backoff(chance)
        self._state = LineState.OFFLINE
        self._is_told = True
        self._deadline: int | None = None
        self._next: int | None = None
        self._bar(now)

    @property
    def state(self) -> LineState:
        """Where the line stands."""
        is_degraded = self._state is _UP and not self.breaker.passes
        return LineState.DEGRADED if is_degraded else self._state

    def has_failed(self, now: int) -> bool:
        """Whether a person must look: refused, or out of reach for too long."""
        down = self.down_since
        too_long = down is not None and now - down >= self.timing.alarm_ns
        return too_long or self._state is LineState.REFUSED

    def start(self, now: int) -> None:
        """Begin to connect; also after credentials were refused and mended."""
        if self._state in (LineState.OFFLINE, LineState.REFUSED):
            self._connect(now)
        self._turn(now)

    def stop(self, now: int, reason: str) -> None:
        """Let go of the line for good."""
        self._come_down(now, LineState.OFFLINE, reason)
        self.actions.append(Disconnect(reason))
        self._turn(now)

    def opened(self, now: int) -> None:
        """The connection stands and its reports are subscribed to."""
        if self._state is LineState.CONNECTING:
            self._state = LineState.SYNCING
            self._begin_sync(now)
        self._turn(now)

    def lost(self, now: int, reason: str) -> None:
        """The connection is gone, or could not be opened."""
        if self._state in (LineState.CONNECTING, *_LINKED):
            self._lose(now, reason)
        self._turn(now)

    def refused(self, now: int, reason: str) -> None:
        """The credentials were refused: nothing is tried again until ``start``."""
        self._come_down(now, LineState.REFUSED, reason)
        self._turn(now)

    def heard(self, now: int, report: Report) -> None:
        """The broker spoke. Never raises for what a broker says."""
        self._at(now)
        self.dispatch.heard(report)
        if self._state not in (LineState.CONNECTING, LineState.SYNCING):
            self._take(now, report)
        elif len(self._sync.buffer) < self.timing.buffered_max:
            self._sync.buffer.append(report)
        else:
            self._give_up(now, "too much was heard before the snapshots came")
            self._take(now, report)
        self._turn(now)

    def answered(self, now: int, instruction: Instruction, reports: Iterable[Report]) -> None:
        """The broker's answer to an instruction; nothing where it comes by ``heard`` later."""
        self._at(now)
        self.breaker.answered(now, is_read=False)
        self._sync.touch(instruction.order.account, instruction.order.symbol)
        for report in reports:
            self.dispatch.heard(report)
            self._take(now, report)
        self._turn(now)

    def unanswered(self, now: int, instruction: Instruction, why: str) -> None:
        """An instruction got no definitive answer: its outcome is unknown."""
        self._at(now)
        self.breaker.failed(now)
        self.dispatch.unanswered(instruction, why)
        self._turn(now)

    def throttled(self, now: int, until: int) -> None:
        """The broker said that a limit was reached, and to wait. It is no outage."""
        self.pacing.throttled(now, until)
        self._turn(now)

    def snapshot_taken(self, now: int, snapshot: Snapshot) -> None:
        """The whole of an account, as asked for."""
        self._at(now)
        if self._sync.took(snapshot):
            self.breaker.answered(now, is_read=True)
            if self._sync.is_complete:
                self._conclude_sync(now)
        self._turn(now)

    def snapshot_failed(self, now: int, account: str, why: str) -> None:
        """A snapshot could not be had, in whole or in part: the line is not connected."""
        if self._sync.awaits(account):
            self._fail_sync(now, f"no snapshot of {account}: {why}")
        self._turn(now)

    def looked_up(self, now: int, lookup: Lookup) -> None:
        """The answer to a lookup."""
        self._at(now)
        self.breaker.answered(now, is_read=True)
        self.searches.looked_up(now, lookup)
        self._turn(now)

    def lookup_failed(self, now: int, order_id: str, why: str) -> None:
        """A lookup got no answer."""
        self.why = why
        self.breaker.failed(now)
        self.searches.failed(now, order_id)
        self._turn(now)

    def refresh(self, now: int) -> None:
        """Reconcile as soon as possible: at once if connected, else when it next connects."""
        if self._state is _UP and not self._sync.is_running:
            self._begin_sync(now)
        self._turn(now)

    def tick(self, now: int) -> None:
        """Time passed, or the engine has news in its outbox."""
        self._at(now)
        for instruction in self.dispatch.overdue(now):
            self.unanswered(now, instruction, "the broker did not answer in time")
        for order_id in self.searches.overdue(now):
            self.lookup_failed(now, order_id, "the broker did not answer in time")
        if self._deadline is not None and now >= self._deadline:
            if self._sync.is_running:
                self._fail_sync(now, "no snapshot in time")
            else:
                self._give_up(now, "the connection did not open in time")
        if self._next is not None and now >= self._next:
            if self._state is LineState.LOST:
                self._connect(now)
            else:
                self._begin_sync(now)
        self._turn(now)

    def _at(self, now: int) -> None:
        self.engine.now = max(self.engine.now, now)

    def _turn(self, now: int) -> None:
        """After every event: send, look up, say what is barred, and when to wake."""
        self._at(now)
        if self._state in _LINKED:
            self.actions.extend(self.dispatch.pump(now, is_open=self._state is _UP))
            self.actions.extend(self.searches.pump(now))
        unprotected.settle(self.engine)
        self._bar(now)
        probe = self.breaker.probe_at
        if probe is not None and self._state is _UP and not self._sync.is_running:
            self._next = max(now, probe) if self._next is None else min(self._next, max(now, probe))
        opening = next_begin(self._windows, now)
        times = [at for at in (self._deadline, self._next, opening) if at is not None]
        if self._state in _LINKED:
            times += [*self.dispatch.wake_at(now), *self.searches.wake_at()]
        self.wake_at = min(times, default=None)

    def _bar(self, now: int) -> None:
        """Let the engine take new orders only while they could be sent."""
        why = ""
        if self._state is not _UP:
            why = f"{self.broker} is not connected: {self.why}"
        elif not self.breaker.passes:
            why = f"{self.broker} does not answer; it is being probed"
        elif ends_at(self._windows, now) is not None:
            why = f"{self.broker} is in its maintenance window"
        for account in self.accounts:
            if why:
                self.engine.barred[account] = why
            else:
                self.engine.barred.pop(account, None)

    def _take(self, now: int, report: Report) -> None:
        """Let a report into the books. One that makes no sense here is no reason to fail: what it
        was about is found by comparing. So is an order of somebody else's: news of one may be older
        than our books, and only a snapshot says what it traded before them.
        """
        about = concern(self.engine, report)
        if about is not None:
            self._sync.touch(*about)
        if isinstance(report, ForeignOrder):
            if adoption.find(self.engine, report.account, report.order) is None:
                self._compare_soon(now)
            return
        try:
            hear(self.engine, report)
        except EngineError as error:
            self.refused_reports += 1
            self.why = error.message
            self._compare_soon(now)

    def _compare_soon(self, now: int) -> None:
        if self._state is _UP and not self._sync.is_running:
            self._next = now

    def _connect(self, now: int) -> None:
        self._state = LineState.CONNECTING
        self._next, self._deadline = None, now + self.timing.open_ns
        self.actions.append(Connect())

    def _begin_sync(self, now: int) -> None:
        self._next, self._deadline = None, now + self.timing.snapshot_ns
        for action in self._sync.begin():
            self.pacing.take(now, is_order=False)
            self.actions.append(action)

    def _conclude_sync(self, now: int) -> None:
        """Every snapshot is here: compare, let in what was kept, and be connected."""
        self.differences, left_out = self._sync.conclude()
        self.reconciled_at = now
        self._drain(now)
        self._deadline = None
        self._next = now if left_out and self._state is not _UP else now + self.timing.reconcile_ns
        self._backoff.succeeded()
        if self._state is not _UP:
            self.breaker.reset()
            self._state, self.down_since = _UP, None
            self.engine.write("", ev.BrokerConnected(self.broker))
            self._is_told = False

    def _fail_sync(self, now: int, why: str) -> None:
        """A snapshot failed: not connected, and asked again after a wait."""
        self._at(now)
        self.breaker.failed(now)
        self._sync.stop()
        self._tell_down(now, why)
        self._state = LineState.SYNCING
        self._deadline, self._next = None, now + self._backoff.failed()

    def _give_up(self, now: int, why: str) -> None:
        """The connection is of no use: drop it and try again."""
        self.actions.append(Disconnect(why))
        self._lose(now, why)

    def _lose(self, now: int, why: str) -> None:
        self.breaker.failed(now)
        self._come_down(now, LineState.LOST, why)
        self._next = now + self._backoff.failed()

    def _come_down(self, now: int, state: LineState, why: str) -> None:
        """There is no line: what was heard counts, what was under way is unknown."""
        self._at(now)
        self._sync.stop()
        self._tell_down(now, why)
        self._state, self._next, self._deadline = state, None, None
        self._drain(now)
        self.dispatch.lost(f"the line was lost: {why}")
        self.searches.lost(now)

    def _tell_down(self, now: int, why: str) -> None:
        """Tell once that the broker can not be reached."""
        self.why = why
        if self.down_since is None:
            self.down_since = now
        if not self._is_told:
            self._is_told = True
            self.engine.write("", ev.BrokerDisconnected(self.broker, why))

    def _drain(self, now: int) -> None:
        """Let in what was kept."""
        kept, self._sync.buffer = self._sync.buffer, []
        for report in kept:
            self._take(now, report)
