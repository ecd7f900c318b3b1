"""Questions that hold orders back: raised, answered once, or void.

A dialect that asks before it places an order writes the question down with everything that waits
for the answer, so that a reply means the same after a restart. Each question is open until it is
answered, declined or expires; nothing of it is carried out here.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from engine import events as ev
from engine.tape.record import Record
from engine.values import PromptAnswer

if TYPE_CHECKING:
    from engine.core import Engine

OPEN_MAX = 64
"""Most questions open at once in one account: one more lets the oldest expire."""


class Prompt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One open question. ``held`` and ``confirmed`` are those of its fact."""

    id: str
    account: str
    raised_at: int
    message_id: str
    text: str
    held: str
    confirmed: tuple[str, ...] = ()


class Prompts:
    """The open questions by id, oldest first."""

    def __init__(self) -> None:
        self._open: dict[str, Prompt] = {}

    def find(self, prompt_id: str) -> Prompt | None:
        """The open question with this id, or None."""
        return self._open.get(prompt_id)

    def open(self, account: str | None = None) -> list[Prompt]:
        """The open questions of one account or of all, oldest first."""
        return [one for one in self._open.values() if account in (None, one.account)]

    def add(self, prompt: Prompt) -> None:
        """Take in an open question."""
        self._open[prompt.id] = prompt

    def raised(self, record: Record, fact: ev.PromptRaised) -> None:
        """Fold a question."""
        self.add(
            Prompt(
                fact.prompt_id,
                record.account,
                record.ts,
                fact.message_id,
                fact.text,
                fact.held,
                fact.confirmed,
            )
        )

    def answered(self, fact: ev.PromptAnswered) -> None:
        """Fold an answer."""
        self._open.pop(fact.prompt_id, None)


def ask(
    engine: Engine,
    account: str,
    message_id: str,
    text: str,
    held: str,
    confirmed: tuple[str, ...] = (),
) -> Prompt:
    """Write a question down; raises TradingHalted with nothing written if it can not be kept."""
    for old in crowded(engine, account):
        answer(engine, old, PromptAnswer.EXPIRED)
    prompt_id = _prompt_id(engine.next_seq, engine.now, account)
    fact = ev.PromptRaised(prompt_id, message_id, text, held, confirmed)
    engine.write(account, fact, must_last=True)
    prompt = engine.state.prompts.find(prompt_id)
    assert prompt is not None  # folded by the line above
    return prompt


def crowded(engine: Engine, account: str) -> list[Prompt]:
    """The open questions that one more pushes out: whoever holds something for them lets go of it
    first.
    """
    known = engine.state.prompts.open(account)
    return known[: max(len(known) - OPEN_MAX + 1, 0)]


def answer(engine: Engine, prompt: Prompt, given: PromptAnswer) -> Record:
    """Write down what became of an open question."""
    must_last = given is PromptAnswer.CONFIRMED
    return engine.write(prompt.account, ev.PromptAnswered(prompt.id, given), must_last=must_last)


def _prompt_id(seq: int, now: int, account: str) -> str:
    """An id in the form of a UUID that follows from where the question stands on the tape."""
    text = blake2b(f"prompt {seq} {now} {account}".encode(), digest_size=16).hexdigest()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
