"""Making a batch of targets happen: earlier orders withdrawn, the difference ordered, every target
answered once.

A batch begins with one fact that holds all of it; then each target is answered by a fact of its
own, right after the orders it caused. What lies between the two can be cut off by a crash and is
found again: an order that the target placed is known by its client order id, so ``resume`` answers
with it instead of placing another. With a broker in this process everything is answered at once;
behind a line the cancel of a superseded order has to be confirmed first, so whoever runs the batch
calls ``advance`` when there is news, and ``give_up`` when it has waited long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from engine import events as ev
from engine import targets
from engine.batches import Batch
from engine.errors import (
    AccountNotFound,
    EngineError,
    InvalidRequest,
    OrderNotModifiable,
    OrderRefused,
    SymbolNotFound,
    UnsupportedOperation,
)
from engine.instruments import Instrument
from engine.order_numbers import sequence
from engine.orders import Order
from engine.targets import Outcome, Target
from engine.values import ZERO, PositionMode, Status, signed

if TYPE_CHECKING:
    from engine.core import Engine

_ON_THEIR_WAY = (Status.PENDING_CANCEL, Status.UNKNOWN)


class BatchRun:
    """One batch on its way to being answered."""

    def __init__(self, engine: Engine, batch: Batch) -> None:
        self.batch = batch
        self._engine = engine
        self._asked: set[str] = set()

    def advance(self) -> bool:
        """Answer every target that can be answered now; whether all are."""
        engine = self._engine
        outer, engine.cause = engine.cause, self.batch.seq
        try:
            for target in self.batch.unanswered():
                if not self._waits_its_turn(target):
                    self._pursue(target)
        finally:
            engine.cause = outer
        return self.batch.is_answered

    def give_up(self, reason: str) -> None:
        """Answer what is left: it failed for ``reason``, unless its order was placed after all."""
        for target in self.batch.unanswered():
            placed, _ = self._attempt(target.symbol)
            if placed is None:
                self._write(target, Outcome.FAILED, self._held(target.symbol), message=reason)
            else:
                self._write_placed(target, placed)

    def _waits_its_turn(self, target: Target) -> bool:
        """Whether an older batch is still busy with the same position."""
        batch = self.batch
        return any(
            other.seq < batch.seq
            and other.account == batch.account
            and any(one.symbol == target.symbol for one in other.unanswered())
            for other in self._engine.state.batches.unanswered()
        )

    def _pursue(self, target: Target) -> None:
        held = self._held(target.symbol)
        try:
            self._reach(target)
        except OrderRefused as refused:
            order_id = refused.details["order_id"] or ""
            self._write(target, Outcome.PLACED, held, order_id)
        except EngineError as error:
            self._write(target, Outcome.FAILED, held, message=error.message)

    def _reach(self, target: Target) -> None:
        """Bring the position to the target, or ask for what must be gone before it can be."""
        engine, account = self._engine, self.batch.account
        instrument = engine.resolve(account, target.symbol)
        placed, name = self._attempt(target.symbol)
        if placed is not None:
            self._write_placed(target, placed)
            return
        leaving = [self._is_gone(order) for order in self._plan(target, instrument).superseded]
        if not all(leaving):
            return
        plan = self._plan(target, instrument)  # once more: what was leaving may have filled first
        held = self._held(target.symbol)
        if plan.ask is None:
            self._write(target, Outcome.NO_CHANGE, held)
        elif plan.kept is not None:
            self._write(target, Outcome.KEPT, held, plan.kept.id)
        else:
            order = engine.submit(account, targets.request(target.symbol, plan.ask, name))
            self._write(target, Outcome.PLACED, held, order.id)

    def _plan(self, target: Target, instrument: Instrument) -> targets.Plan:
        """The way to the target from where things stand, past what earlier batches left."""
        state, account = self._engine.state, self.batch.account
        earlier = [
            order
            for order in state.working(account, target.symbol)
            if state.batches.placed(order.id) is not None
        ]
        return targets.plan(self._held(target.symbol), earlier, target, instrument.price_step)

    def _is_gone(self, order: Order) -> bool:
        """Whether a superseded order has ended, after asking for that once; OrderNotModifiable if
        its broker would not let it go.
        """
        if order.id not in self._asked:
            self._asked.add(order.id)
            self._engine.withdraw(order, f"superseded by batch {self.batch.id}")
        if order.is_final or order.status in _ON_THEIR_WAY:
            return order.is_final
        why = "an earlier batch placed it and its broker did not cancel it"
        raise OrderNotModifiable(order.id, order.status, why)

    def _attempt(self, symbol: str) -> tuple[Order | None, str]:
        """The order that this target placed before it was interrupted, if that took effect, and the
        client order id for the next one.
        """
        number = 1
        while True:
            name = f"batch-{self.batch.id}-{symbol}-{number}"
            known = self._engine.state.by_client_id(self.batch.account, name)
            if known is None:
                return None, name
            if known.status is not Status.REJECTED and sequence(known.id) > self.batch.seq:
                return known, name
            number += 1

    def _held(self, symbol: str) -> Decimal:
        account = self._engine.state.accounts.get(self.batch.account)
        position = account.held(symbol) if account is not None else None
        return ZERO if position is None else position.quantity

    def _write_placed(self, target: Target, order: Order) -> None:
        """Answer with an order that an interrupted attempt placed."""
        before = self._held(target.symbol) - signed(order.side, order.filled)
        self._write(target, Outcome.PLACED, before, order.id)

    def _write(
        self, target: Target, outcome: Outcome, held: Decimal, order_id: str = "", message: str = ""
    ) -> None:
        fact = ev.TargetAnswered(
            self.batch.id, target.symbol, outcome, held, order_id=order_id, message=message
        )
        self._engine.write(self.batch.account, fact)


def begin(engine: Engine, account_id: str, client: str, wanted: Sequence[Target]) -> BatchRun:
    """Write a batch down and answer what can be answered at once.

    Raises InvalidRequest, AccountNotFound, UnsupportedOperation or TradingHalted with nothing
    written; fields are named as places in ``orders``.
    """
    account = engine.account(account_id)
    if account_id not in engine.capabilities:
        raise AccountNotFound(account_id)
    if account.position_mode is not PositionMode.NETTING:
        raise UnsupportedOperation("position_mode", "targets need an account whose positions net")
    if not wanted:
        raise InvalidRequest("orders", "[]", "at least one target")
    resolved = tuple(_resolved(engine, account_id, target) for target in wanted)
    seen: set[str] = set()
    for place, target in enumerate(resolved):
        targets.check_target(target, f"orders[{place}].")
        if target.symbol in seen:
            field = f"orders[{place}].symbol"
            raise InvalidRequest(field, target.symbol, "each symbol once in a batch")
        seen.add(target.symbol)
    batch_id = _batch_id(engine.next_seq, engine.now, account_id)
    engine.write(account_id, ev.BatchSubmitted(batch_id, client, resolved), must_last=True)
    batch = engine.state.batches.find(batch_id)
    assert batch is not None  # folded by the line above
    run = BatchRun(engine, batch)
    try:
        run.advance()
    except BaseException:
        # Whoever asked is told that it failed, so the next restart must not carry on with it.
        run.give_up("something here is broken; the log says what")
        raise
    return run


def resume(engine: Engine) -> None:
    """Finish the batches that the end of the last process cut short; call it once every account is
    open and every broker has its orders back.
    """
    for batch in engine.state.batches.unanswered():
        run = BatchRun(engine, batch)
        if not run.advance():
            run.give_up("the engine was restarted while an earlier order was being cancelled")


def withdraw(engine: Engine, batch: Batch) -> list[Order]:
    """Cancel what still works of a batch; gives all its orders, each once. Targets that still wait
    are given up.
    """
    BatchRun(engine, batch).give_up("the batch was cancelled before the order was placed")
    found = [engine.order(batch.account, order_id) for order_id in batch.order_ids()]
    for order in found:
        engine.withdraw(order, f"batch {batch.id} cancelled")
    return found


def _resolved(engine: Engine, account: str, target: Target) -> Target:
    """The target under its instrument's own symbol; an unknown one stays as it was written."""
    try:
        symbol = engine.resolve(account, target.symbol).symbol
    except SymbolNotFound:
        return target
    return target if symbol == target.symbol else msgspec.structs.replace(target, symbol=symbol)


def _batch_id(seq: int, now: int, account: str) -> str:
    """Sixteen hexadecimal digits that follow from where the batch stands on the tape."""
    return blake2b(f"batch {seq} {now} {account}".encode(), digest_size=8).hexdigest()
