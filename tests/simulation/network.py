"""The line between an engine and its broker: late, lossy, out of order, and sometimes gone.

What it may do is in `Weather`, as named chances. A request can be lost on the way there or its
answer on the way back; news can arrive late, twice, out of order or never. When the line breaks,
all that is on it is lost. Spans are bounded: a request arrives within `REQUEST_DELAY_MAX_S` or not
at all, which is what a broker's visibility delay promises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.simulation.clock import Clock

REQUEST_DELAY_MAX_S = 4.0
ANSWER_DELAY_MAX_S = 8.0
TYPICAL_DELAY_S = 0.02


@dataclass(frozen=True)
class Weather:
    """How likely each fault is, for one message; and whether connecting works at all."""

    request_lost: float = 0.0
    answer_lost: float = 0.0
    delayed: float = 0.0
    news_lost: float = 0.0
    news_doubled: float = 0.0
    breaks_after_message: float = 0.0
    refuses_connection: float = 0.0
    query_fails: float = 0.0


FAIR = Weather()


def weather(dice: Random) -> Weather:
    """Some seeds are calm, some are foul in one way, some in all."""
    if dice.random() < 0.1:
        return FAIR
    scale = dice.choice((0.3, 1.0, 2.0))
    picks = {name: dice.random() < 0.6 for name in Weather.__dataclass_fields__}
    worst = {
        "request_lost": 0.08,
        "answer_lost": 0.12,
        "delayed": 0.2,
        "news_lost": 0.1,
        "news_doubled": 0.15,
        "breaks_after_message": 0.03,
        "refuses_connection": 0.3,
        "query_fails": 0.15,
    }
    chances = {name: worst[name] * scale for name, picked in picks.items() if picked}
    return Weather(**chances)


class Network:
    """One line. A break makes a new `epoch`: whatever belongs to an older one never arrives.

    Every departure and every arrival is a step; `cut_at` names one at which `cut` happens instead.
    """

    def __init__(self, clock: Clock, dice: Random, conditions: Weather = FAIR) -> None:
        self.clock = clock
        self.dice = dice
        self.conditions = conditions
        self.epoch = 0
        self.is_up = False
        self.on_break: Callable[[str], None] = lambda _why: None
        self.steps = 0
        self.cut_at = 0
        self.cut: Callable[[], None] = lambda: self.disconnect("connection reset")

    def connect(self) -> bool:
        """Try to open the line."""
        if self._strikes(self.conditions.refuses_connection):
            return False
        self.epoch += 1
        self.is_up = True
        return True

    def disconnect(self, why: str) -> None:
        """Cut the line, and tell the near end at once."""
        if self.is_up:
            self.drop()
            self.on_break(why)

    def drop(self) -> None:
        """The near end has gone. Nothing comes back any more, but a request may be under way."""
        self.is_up = False
        self.epoch += 1

    def request(self, arrives: Callable[[], None]) -> None:
        """Carry a request there, if it gets there."""
        if self._is_cut() or not self.is_up or self._strikes(self.conditions.request_lost):
            return
        self.clock.after(self._delay(REQUEST_DELAY_MAX_S), lambda: self._reach(arrives))
        self._maybe_break()

    def answer(self, epoch: int, arrives: Callable[[], None]) -> None:
        """Carry an answer back over the line it was asked on."""
        if self._is_cut() or self._strikes(self.conditions.answer_lost):
            return
        self.clock.after(self._delay(ANSWER_DELAY_MAX_S), lambda: self._arrive(epoch, arrives))

    def query_fails(self) -> bool:
        """Whether the far end fails at a question."""
        return self._strikes(self.conditions.query_fails)

    def news(self, arrives: Callable[[], None]) -> None:
        """Carry a report that nobody asked for: perhaps never, perhaps twice, in any order."""
        if not self.is_up or self._is_cut() or self._strikes(self.conditions.news_lost):
            return
        epoch = self.epoch
        for _ in range(2 if self._strikes(self.conditions.news_doubled) else 1):
            self.clock.after(self._delay(ANSWER_DELAY_MAX_S), lambda: self._arrive(epoch, arrives))
        self._maybe_break()

    def _reach(self, arrives: Callable[[], None]) -> None:
        if not self._is_cut():
            arrives()

    def _arrive(self, epoch: int, arrives: Callable[[], None]) -> None:
        if self.is_up and epoch == self.epoch and not self._is_cut():
            arrives()

    def _is_cut(self) -> bool:
        """Count a step; whether the line breaks at it."""
        self.steps += 1
        if self.steps != self.cut_at:
            return False
        self.cut()
        return True

    def _strikes(self, chance: float) -> bool:
        return chance > 0 and self.dice.random() < chance

    def _delay(self, most_s: float) -> float:
        if self._strikes(self.conditions.delayed):
            return self.dice.uniform(0, most_s)
        return self.dice.uniform(0, 2 * TYPICAL_DELAY_S)

    def _maybe_break(self) -> None:
        if self._strikes(self.conditions.breaks_after_message):
            self.clock.after(self._delay(1.0), lambda: self.disconnect("connection reset"))
