"""The gateway's questions about an order, answered by policy until it settles.

A question is answered yes if every kind in it is on the list of harmless ones, else no; a no ends
the order, which is then refused with the question's own words, so that a person sees them. Chains
of questions are normal and are followed to their end, at once, for a question goes stale.
"""

from __future__ import annotations

from typing import Any

from adapters.brokers.ibkr_web import answers
from adapters.brokers.ibkr_web.answers import Asked, AskedByServer, OrderAnswer, Refused, Taken
from adapters.brokers.ibkr_web.errors import NotAnswered
from adapters.brokers.ibkr_web.numerals import whole
from adapters.brokers.ibkr_web.transport import Transport
from engine.ports import Throttled

ROUNDS_MAX = 20
_NO_WORDS = ("do not", "don't", "no", "cancel", "discard")


class Questions:
    """The policy, and the calls it takes."""

    def __init__(self, transport: Transport, harmless: frozenset[str]) -> None:
        self._transport = transport
        self._harmless = harmless

    async def settle(self, path: str, body: Any, what: str) -> Taken | Refused:
        """Post an order or a change, answer what is asked, and give how it ended. Raises where that
        is not known.
        """
        answer = answers.read(await self._transport.post(path, body), what)
        for _ in range(ROUNDS_MAX):
            if isinstance(answer, Taken | Refused):
                return answer
            if isinstance(answer, AskedByServer):
                raise await self._leave(answer, what)
            if not self._is_harmless(answer):
                return await self._decline(answer, what)
            answer = await self._reply(answer, what, confirmed=True)
        raise NotAnswered(f"{what}: more than {ROUNDS_MAX} questions")

    def _is_harmless(self, asked: Asked) -> bool:
        return bool(asked.kinds) and self._harmless.issuperset(asked.kinds)

    async def _reply(self, asked: Asked, what: str, *, confirmed: bool) -> OrderAnswer:
        path = f"/iserver/reply/{asked.reply_id}"
        try:
            answer = await self._transport.call(
                "POST", path, {"confirmed": confirmed}, is_urgent=True
            )
        except Throttled as error:  # the order itself was taken in, so not "nothing was taken"
            raise NotAnswered(f"{what}: {error}") from error
        return answers.read(answer, what)

    async def _decline(self, asked: Asked, what: str) -> Refused:
        """Answer no. Only the gateway's own refusal proves that the order is gone."""
        said = await self._reply(asked, what, confirmed=False)
        if not isinstance(said, Refused):
            raise NotAnswered(f"{what}: answered no to {asked.text!r}, and it was not refused")
        kinds = ", ".join(asked.kinds) or "of no known kind"
        return Refused(f"the broker asked ({kinds}), and the answer was no: {asked.text.strip()}")

    async def _leave(self, asked: AskedByServer, what: str) -> NotAnswered:
        """Answer no to a server, which refuses an option and not the order: its fate stays open."""
        option = next((one for one in asked.options if _is_no(one)), None)
        if option is not None:
            order_id = whole(asked.order_id)
            body = {"orderId": order_id, "reqId": asked.request_id, "text": option}
            await self._transport.call("POST", "/iserver/notification", body, is_urgent=True)
        return NotAnswered(f"{what}: a server asked ({asked.kind}): {asked.text.strip()}")


def _is_no(option: str) -> bool:
    return option.lower().startswith(_NO_WORDS)
