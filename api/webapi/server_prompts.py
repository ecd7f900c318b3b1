"""What a server behind the gateway asks about an order that has its number already.

Such an order is taken and waits: it trades once an option that lets it is chosen, and is rejected
otherwise. The question is a fact like every other, is answered to whoever placed the order instead
of an acknowledgement, and is told as a notification to every stream of the account. Servers ask
here only where that is a fault that was asked for, and only about orders of the simulator, which
forgets in a restart that an order waited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from api.webapi import errors
from api.webapi.views import View
from engine import prompts
from engine.mishaps import Pliable
from engine.values import PromptAnswer, Status

if TYPE_CHECKING:
    from api.webapi.session import Session
    from engine.core import Engine
    from engine.orders import Order
    from engine.prompts import Prompt

MESSAGE_ID = "p9001"
OPTIONS = ("Yes", "No")
TITLE = "An order waits for an answer"
DONE = "Success"
_TEXT = "The server would reject this order: {why}. Do you want to submit it all the same?"
_MARK = '{"server_asks":'


class _Held(msgspec.Struct, frozen=True, rename={"order_id": "server_asks"}):
    """What waits for the answer: the order of this id."""

    order_id: str


class ServerPrompts:
    """The questions of one gateway's servers. ``why`` gives the reason for the next one, if any."""

    def __init__(self, engine: Engine, why: Callable[[], str | None], timeout_ns: int) -> None:
        self._engine = engine
        self._why = why
        self._timeout_ns = timeout_ns

    def ask(self, session: Session, order: Order) -> dict[str, Any] | None:
        """Hold an order that was just taken, and ask about it; None if nothing is to be asked."""
        if order.account not in self._engine.local or order.status is not Status.OPEN:
            return None
        why = None if MESSAGE_ID in session.suppressed else self._why()
        broker = None if why is None else self._broker(order)
        if broker is None:
            return None
        self.make_room(order.account)
        broker.hold(order)
        held = msgspec.json.encode(_Held(order.id)).decode()
        text = _TEXT.format(why=why)
        return row(self._engine, prompts.ask(self._engine, order.account, MESSAGE_ID, text, held))

    def answer(self, prompt: Prompt, number: int, option: str) -> None:
        """Let the order go on, or have it rejected; a refusal where that is not what was asked, or
        comes too late.
        """
        order = order_of(self._engine, prompt)
        if order is None or View(order).number != number:
            raise errors.refusal(400, f"orderId {number} is not that of request {prompt.id}")
        if option not in OPTIONS:
            raise errors.refusal(400, f"text is {option[:40]!r}; expected one of {OPTIONS}")
        is_late = self._engine.now - prompt.raised_at > self._timeout_ns
        is_yes = option == OPTIONS[0] and not is_late
        given = PromptAnswer.CONFIRMED if is_yes else PromptAnswer.DECLINED
        self._settle(prompt, order, PromptAnswer.EXPIRED if is_late else given)
        if is_late:
            raise errors.no_reply(prompt.id)

    def make_room(self, account: str) -> None:
        """Have the orders rejected whose questions one more would push out: nobody could answer
        them any more.
        """
        for prompt in prompts.crowded(self._engine, account):
            order = order_of(self._engine, prompt)
            if order is not None:
                self._settle(prompt, order, PromptAnswer.EXPIRED)

    def _settle(self, prompt: Prompt, order: Order, given: PromptAnswer) -> None:
        prompts.answer(self._engine, prompt, given)
        broker = self._broker(order)
        if broker is not None and given is PromptAnswer.CONFIRMED:
            broker.release(order)
        elif broker is not None:
            broker.turn_down(order, prompt.text)

    def _broker(self, order: Order) -> Pliable | None:
        broker: object = self._engine.local.get(order.account)
        return broker if isinstance(broker, Pliable) else None


def is_servers(prompt: Prompt) -> bool:
    """Whether a question was asked by a server."""
    return prompt.held.startswith(_MARK)


def order_of(engine: Engine, prompt: Prompt) -> Order | None:
    """The order that a server's question is about."""
    if not is_servers(prompt):
        return None
    held = msgspec.json.decode(prompt.held.encode(), type=_Held)
    return engine.state.order(held.order_id)


def row(engine: Engine, prompt: Prompt) -> dict[str, Any]:
    """A server's open question, as it is answered to whoever placed the order."""
    order = order_of(engine, prompt)
    return {
        "orderId": -1 if order is None else View(order).number,
        "reqId": prompt.id,
        "dismissable": [],
        "text": prompt.text,
        "options": list(OPTIONS),
        "type": "M",
        "messageId": prompt.message_id,
        "prompt": True,
    }


def notification(engine: Engine, prompt: Prompt) -> dict[str, Any]:
    """The same as it is told on streams."""
    return {"id": prompt.id, "title": TITLE, "url": ""} | row(engine, prompt)
