"""One line, driven: carries out what `engine.line.Line` asks for, and tells it what came of it.

The line decides, the driver acts: it connects, sends what is durable, asks, waits no longer than it
was told, and keeps the line's timer. Everything happens on the event loop's thread, and whatever
takes time is a task of its own, so that an order without an answer holds up no cancel. However a
task ends (an answer, an error, a limit, the end of the process), the line is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from engine.actions import Action, Connect, Disconnect, LookUp, Send, TakeSnapshot, Timing
from engine.errors import TradingHalted
from engine.ports import Cancel, Instruction, Modify, RemoteBroker, Submit, Throttled
from engine.reports import CancelRejected, ModifyRejected, Rejected, Report
from engine.values import NANOSECONDS, RejectReason

if TYPE_CHECKING:
    from api.lines.port import Floor
    from engine.line import Line
    from engine.orders import Order
    from engine.tape import Record

log = logging.getLogger("onetape.lines")

STOPPED = "the engine stopped before the answer came"
SHUT_DOWN = "the engine was shut down"
WORDS_MAX = 200


class Driver:
    """A line, and the broker at its far end. ``clock`` gives ns that never jump."""

    def __init__(
        self,
        line: Line,
        broker: RemoteBroker,
        floor: Floor,
        clock: Callable[[], int],
        timing: Timing,
    ) -> None:
        self.line = line
        self.broker = broker
        self.timing = timing
        self.latency_ns = 0
        """How long the last answer took."""
        self.heard_at = time.time_ns()
        """When anything was last heard of the broker, ns UTC by the machine's clock; before that,
        when the line was set up.
        """
        self.on_turn: Callable[[Driver], None] = lambda _driver: None
        """Called whenever something may have changed."""
        self._floor = floor
        self._engine = floor.engine
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._instructions: set[asyncio.Task[None]] = set()
        self._connection: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turned = asyncio.Event()
        self._is_due = False
        self._is_ended = False
        self._fault: asyncio.Future[None] | None = None

    # Its life

    async def run(self) -> None:
        """Keep the line until cancelled; raises what should never be raised by it."""
        self._fault = asyncio.get_running_loop().create_future()
        self._engine.listeners.append(self._on_record)
        try:
            self.tell(self.line.start)
            await self._fault
        finally:
            self._engine.listeners.remove(self._on_record)

    async def close(self, grace_s: float) -> None:
        """Let what is under way be answered for a while, then let go of the line.

        What has no answer by then is written down as unknown, to be looked up by the next process.
        """
        await self.until(lambda: not self._instructions, grace_s)
        self._is_ended = True
        if self._timer is not None:
            self._timer.cancel()
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=grace_s)
        self.line.stop(self._now(), SHUT_DOWN)

    async def until(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until something is true of the line; False if it is not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    self._turned.clear()
                    await self._turned.wait()
        except TimeoutError:
            return False
        return True

    # What comes in

    def tell(self, news: Callable[..., None], *arguments: Any) -> None:
        """Give the line its news with the time first, and do what it wants done for it."""
        news(self._now(), *arguments)
        self._turn()

    def _on_record(self, record: Record) -> None:
        """A command may have left instructions: look once the command is over."""
        if record.account in self.line.accounts and not self._is_due and not self._is_ended:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._is_due = False
        self._tell_safely(self.line.tick)

    def _heard(self, report: Report) -> None:
        self.heard_at = time.time_ns()
        self._tell_safely(self.line.heard, report)

    def _opened(self) -> None:
        self.heard_at = time.time_ns()
        self._tell_safely(self.line.opened)

    def _tell_safely(self, news: Callable[..., None], *arguments: Any) -> None:
        """Tell the line, for a caller that must not be told of a fault of ours: an adapter would
        take it for one of its own, and the loop would go on.
        """
        if self._is_ended:
            return
        try:
            self.tell(news, *arguments)
        except Exception as error:  # noqa: BLE001  it ends the process, by way of ``run``
            self._break(error)

    def _now(self) -> int:
        """The time for the line; facts are labelled by the machine's clock."""
        self._engine.now = max(self._engine.now, time.time_ns())
        return self._clock()

    # What goes out

    def _turn(self) -> None:
        """Carry out what the line asks for, and set the timer."""
        if self._is_ended:
            return
        actions = self.line.actions
        while actions:
            self._perform(actions.popleft())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wake_at = self.line.wake_at
        if wake_at is not None:
            wait_s = max(0, wake_at - self._clock()) / NANOSECONDS
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)
        self._turned.set()
        self.on_turn(self)

    def _perform(self, action: Action) -> None:
        match action:
            case Connect():
                self._disconnect()
                self._connection = self._begin(self._connect())
            case Disconnect(reason):
                log.warning("%s: letting go of the line: %s", self.broker.name, reason)
                self._disconnect()
            case Send(instruction):
                task = self._begin(self._send(instruction))
                self._instructions.add(task)
                task.add_done_callback(self._let_go)
            case LookUp(order):
                self._begin(self._look_up(order))
            case TakeSnapshot(account):
                self._begin(self._snapshot(account))

    def _begin(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._break(error)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._instructions.discard(task)
        self._turned.set()

    def _break(self, error: BaseException) -> None:
        """Not the broker's fault but ours: the process ends, and the next one looks it all up."""
        log.error("the line to %s is broken", self.broker.name, exc_info=error)
        if self._fault is not None and not self._fault.done():
            self._fault.set_exception(error)

    def _disconnect(self) -> None:
        """End the connection without a word to the line."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.cancel()

    async def _connect(self) -> None:
        me = asyncio.current_task()
        why = "the broker closed the line"
        is_refused = False
        try:
            async with asyncio.timeout(self.timing.open_ns / NANOSECONDS) as limit:

                def opened() -> None:
                    limit.reschedule(None)
                    if self._connection is me:
                        self._opened()

                await self.broker.run(opened, self._heard)
        except PermissionError as error:
            why, is_refused = _words(error), True
        except Exception as error:  # noqa: BLE001  whatever it is, the line is lost
            why = _words(error)
        if self._connection is me and not self._is_ended:
            self._connection = None
            self.tell(self.line.refused if is_refused else self.line.lost, why)

    async def _send(self, instruction: Instruction) -> None:
        line = self.line
        reports: tuple[Report, ...]
        try:
            await self._written_down(instruction)
            if not (isinstance(instruction, Cancel) or line.dispatch.is_under_way(instruction)):
                return  # the disk took too long: its outcome is unknown by now, and looked up
            began = self._clock()
            async with asyncio.timeout(self.timing.answer_ns / NANOSECONDS):
                reports = tuple(await self.broker.send(instruction))
        except asyncio.CancelledError:
            self.tell(line.unanswered, instruction, STOPPED)
            raise
        except TradingHalted:
            return  # its intent is not on the tape, so the broker must never hear of it
        except Throttled as error:
            self._throttled(error)
            reports = (_turned_down(instruction, _words(error)),)
        except Exception as error:  # noqa: BLE001  nothing that is raised is an answer
            self.tell(line.unanswered, instruction, _words(error))
            return
        else:
            self._answered(began)
        self.tell(line.answered, instruction, reports)

    async def _written_down(self, instruction: Instruction) -> None:
        """Wait until the intent is durable. On a dead tape a cancel passes, for it only ends risk;
        for the rest TradingHalted is raised.
        """
        if isinstance(instruction, Cancel):
            await self._floor.settled_if_alive()
        else:
            await self._floor.settled()

    async def _look_up(self, order: Order) -> None:
        try:
            began = self._clock()
            async with asyncio.timeout(self.timing.lookup_ns / NANOSECONDS):
                found = await self.broker.lookup(order)
        except Exception as error:  # noqa: BLE001  a question without an answer proves nothing
            self._throttled(error)
            self.tell(self.line.lookup_failed, order.id, _words(error))
            return
        self._answered(began)
        self.tell(self.line.looked_up, found)

    async def _snapshot(self, account: str) -> None:
        try:
            began = self._clock()
            async with asyncio.timeout(self.timing.snapshot_ns / NANOSECONDS):
                taken = await self.broker.snapshot(account)
        except Exception as error:  # noqa: BLE001  likewise
            self._throttled(error)
            self.tell(self.line.snapshot_failed, account, _words(error))
            return
        self._answered(began)
        self.tell(self.line.snapshot_taken, taken)

    def _throttled(self, error: Exception) -> None:
        """Have the line wait, if that is what the broker said."""
        if isinstance(error, Throttled):
            now = self._now()
            self.line.throttled(now, now + error.wait_ns)

    def _answered(self, began: int) -> None:
        self.heard_at = time.time_ns()
        self.latency_ns = self._clock() - began


def _turned_down(instruction: Instruction, why: str) -> Report:
    """What it means that a broker at its limit took nothing."""
    order_id = instruction.order.id
    match instruction:
        case Submit():
            return Rejected(order_id, RejectReason.RATE_LIMITED, why)
        case Modify():
            return ModifyRejected(order_id, why)
        case _:
            return CancelRejected(order_id, why)


def _words(error: Exception) -> str:
    """What went wrong, for a fact on the tape: short, and never empty."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = " ".join(str(error).split())[:WORDS_MAX]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
