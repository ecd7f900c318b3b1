"""Orders over REST: placing, answering, changing, cancelling, previewing, and what is asked first.

The body of a placement is an object of ``orders``, a list, or one bare ticket. The answer is a list
as the gateway gives it, and for a bare ticket the one acknowledgement, as the published description
has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from api.auth import Scope
from api.forms import invalid
from api.rows import Rows
from api.webapi import errors, preview, server_prompts, views
from api.webapi.gateway import Row
from api.webapi.plans import ORDERS_MAX
from api.webapi.questions import SUPPRESSED_MAX
from api.webapi.reading import Count, Items, Line, Truth, as_json, as_object, lenient
from api.webapi.session import Needs, Session
from api.webapi.tickets import TICKET, numbers
from engine import events as ev

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.gateway import Gateway
    from api.webapi.placing import Answer
    from api.webapi.views import View

TAG = "Orders"
SUBMITTED = "Request was submitted"
ALL_ORDERS = "-1"
_ORDERS = lenient(
    orders=Rows(TICKET, "Order tickets; or the list alone, or one ticket", ORDERS_MAX)
)
_NOTICE = lenient(
    ("orderId", "reqId", "text"),
    orderId=Count("The order's number"),
    reqId=Line("The request that is answered"),
    text=Line("The option that is chosen"),
)
_REPLY = lenient(confirmed=Truth("Whether to go on"))
_SUPPRESS = lenient(("messageIds",), messageIds=Items("The ids of questions", SUPPRESSED_MAX))


class OrderCalls:
    """The handlers of everything that changes orders."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._engine = gateway.engine
        self._placing = gateway.placing

    async def place(self, session: Session, call: Call) -> Answer:
        """Place the orders of one request, or ask about them."""
        account = self._gateway.account(call.caller, call.path["account_id"])
        rows, is_bare = _rows(call.body)
        await self._gateway.know_to_order(account, numbers(rows)[:ORDERS_MAX])
        answer = self._placing.place(session, account, rows)
        if is_bare and isinstance(answer, list) and "order_id" in answer[0]:
            return answer[0]
        return answer

    async def reply(self, session: Session, call: Call) -> Answer:
        """Answer a question."""
        prompt_id = call.path["prompt_id"]
        prompt = self._engine.state.prompts.find(prompt_id)
        if prompt is None or server_prompts.is_servers(prompt):
            raise errors.no_reply(prompt_id)
        if not call.caller.may_use(prompt.account):
            raise errors.no_reply(prompt_id)
        given = as_object(call.body).get("confirmed")
        if type(given) is not bool:
            raise errors.refusal(500, f"confirmed is {str(given)[:40]!r}; expected true or false")
        return self._placing.reply(session, prompt, confirmed=given)

    async def notification(self, _session: Session, call: Call) -> str:
        """Answer what a server asked about an order."""
        given = _NOTICE.read(call.body)
        prompt = self._engine.state.prompts.find(given["reqId"])
        if prompt is None or not call.caller.may_use(prompt.account):
            raise errors.refusal(400, f"reqId {given['reqId'][:64]!r} asks for nothing")
        self._gateway.servers.answer(prompt, given["orderId"], given["text"])
        return server_prompts.DONE

    async def modify(self, session: Session, call: Call) -> Answer:
        """Change an order."""
        view = self._view(call)
        return self._placing.modify(session, view, as_object(call.body))

    async def cancel(self, _session: Session, call: Call) -> Row:
        """Ask for an order to be cancelled, or with -1 for all of them."""
        if call.path["order_id"] == ALL_ORDERS:
            account = self._gateway.account(call.caller, call.path["account_id"])
            self._engine.cancel_all(account)
            return {"msg": SUBMITTED, "order_id": -1, "conid": -1, "account": None}
        view = self._view(call)
        if view.is_final:
            raise errors.refusal(400, errors.INACTIVE)
        if view.role is not None:
            said = f"order {view.number} waits for its parent {view.parent}; cancel the parent"
            raise errors.refusal(400, said)
        order = self._engine.cancel(view.order.account, view.order.id)
        contract = self._gateway.contracts.of(order.symbol)
        return {
            "msg": SUBMITTED,
            "order_id": view.number,
            "conid": contract.conid,
            "account": order.account,
        }

    async def what_if(self, _session: Session, call: Call) -> Row:
        """What an order would do to the account; nothing is placed."""
        account = self._gateway.account(call.caller, call.path["account_id"])
        rows, _ = _rows(call.body)
        await self._gateway.know_to_order(account, numbers(rows)[:ORDERS_MAX])
        contract, request, objection = self._placing.preview(account, rows)
        return preview.preview(self._gateway.worth(account), contract, request, objection)

    async def suppress(self, session: Session, call: Call) -> Row:
        """Never ask some questions again in this session."""
        given = as_object(call.body).get("messageIds")
        if isinstance(given, list) and len(given) > SUPPRESSED_MAX:
            raise errors.refusal(500, f"messageIds holds more than {SUPPRESSED_MAX} ids")
        session.suppressed = frozenset(_SUPPRESS.read(call.body)["messageIds"])
        return await self._suppressed(session, call)

    async def reset(self, session: Session, call: Call) -> Row:
        """Ask all questions again."""
        session.suppressed = frozenset()
        return await self._suppressed(session, call)

    async def _suppressed(self, session: Session, call: Call) -> Row:
        fact = ev.PromptsSuppressed(call.caller.name, tuple(sorted(session.suppressed)))
        self._engine.write("", fact)
        return {"status": "submitted"}

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        account = "/iserver/account/{account_id}"
        yield [self._command(f"{account}/orders", "Place orders", self.place, _ORDERS)]
        yield [self._command(f"{account}/orders/whatif", "Preview", self.what_if, _ORDERS)]
        path = f"{account}/order/{{order_id}}"
        yield [
            self._command(path, "Change an order", self.modify, TICKET),
            self._command(path, "Cancel an order", self.cancel, None, Row, "DELETE"),
        ]
        yield [self._command("/iserver/reply/{prompt_id}", "Answer", self.reply, _REPLY)]
        path, said = "/iserver/notification", "Answer a server"
        yield [self._command(path, said, self.notification, _NOTICE, str)]
        path, needs = "/iserver/questions/suppress", Needs.BROKERAGE
        said = "Suppress questions"
        yield [self._command(path, said, self.suppress, _SUPPRESS, Row, needs=needs)]
        path, said = f"{path}/reset", "Ask all questions again"
        yield [self._command(path, said, self.reset, lenient(), Row, needs=needs)]

    def _command(
        self,
        path: str,
        summary: str,
        function: Any,
        body: Any,
        answer: Any = Any,
        method: str = "POST",
        needs: Needs = Needs.ACCOUNTS,
    ) -> Operation:
        return self._gateway.operation(
            method, path, summary, function, answer, needs, body=body, tag=TAG, scope=Scope.TRADE
        )

    def _view(self, call: Call) -> View:
        """The order that a path names."""
        account = self._gateway.account(call.caller, call.path["account_id"])
        order_id = call.path["order_id"]
        view = views.find(self._engine, order_id)
        if view is None or view.order.account != account:
            raise errors.no_order(order_id)
        return view


def _rows(body: bytes) -> tuple[list[Any], bool]:
    """The tickets of a body, and whether it was one alone."""
    given = as_json(body)
    if isinstance(given, list):
        return given, False
    if not isinstance(given, dict):
        raise invalid("body", given, "an object of orders, a list of them, or one order ticket")
    if "orders" not in given:
        return [given], True
    if not isinstance(given["orders"], list):
        raise invalid("orders", given["orders"], "a list of order tickets")
    return given["orders"], False
