"""Batches of targets as the tape tells of them: what was wanted, and what became of each target.

A batch is *answered* when every one of its targets is. Written by the fold alone; who makes a batch
happen is ``batching``.
"""

from __future__ import annotations

import msgspec

from engine import events as ev
from engine.tape.record import Record
from engine.targets import Target


class Batch(msgspec.Struct):
    """One batch. ``seq`` and ``submitted_at`` (ns UTC) are those of its fact; ``answers`` are by
    symbol.
    """

    id: str
    account: str
    client: str
    seq: int
    submitted_at: int
    targets: tuple[Target, ...]
    answers: dict[str, ev.TargetAnswered] = {}

    @property
    def is_answered(self) -> bool:
        """Whether nothing of it is still to be done."""
        return len(self.answers) == len(self.targets)

    def unanswered(self) -> list[Target]:
        """The targets that nothing was said of yet, in their order."""
        return [target for target in self.targets if target.symbol not in self.answers]

    def order_ids(self) -> list[str]:
        """The orders that it placed or kept, in the order of its targets."""
        answers = (self.answers.get(target.symbol) for target in self.targets)
        return [answer.order_id for answer in answers if answer is not None and answer.order_id]


class Batches:
    """Every batch by id, oldest first, and which orders they placed."""

    def __init__(self) -> None:
        self._by_id: dict[str, Batch] = {}
        self._open: dict[str, Batch] = {}
        self._placed: dict[str, str] = {}

    def find(self, batch_id: str) -> Batch | None:
        """The batch with this id, or None."""
        return self._by_id.get(batch_id)

    def all(self) -> list[Batch]:
        """Every batch, oldest first."""
        return list(self._by_id.values())

    def unanswered(self) -> list[Batch]:
        """Those with targets to be answered, oldest first."""
        return list(self._open.values())

    def placed(self, order_id: str) -> str | None:
        """The batch that placed an order, None for an order of other making."""
        return self._placed.get(order_id)

    def add(self, batch: Batch) -> None:
        """Take in a batch, with the answers it may have."""
        self._by_id[batch.id] = batch
        self._open[batch.id] = batch
        for answer in batch.answers.values():
            self._note(answer)
        self._settle(batch)

    def submitted(self, record: Record, fact: ev.BatchSubmitted) -> None:
        """Fold the beginning of a batch."""
        self.add(
            Batch(
                fact.batch_id, record.account, fact.client, record.seq, record.ts, fact.targets, {}
            )
        )

    def answered(self, fact: ev.TargetAnswered) -> None:
        """Fold what became of one target."""
        batch = self._by_id[fact.batch_id]
        batch.answers[fact.symbol] = fact
        self._note(fact)
        self._settle(batch)

    def _note(self, answer: ev.TargetAnswered) -> None:
        if answer.order_id:
            self._placed.setdefault(answer.order_id, answer.batch_id)

    def _settle(self, batch: Batch) -> None:
        if batch.is_answered:
            self._open.pop(batch.id, None)
