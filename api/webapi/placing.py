"""Placing, answering and changing orders, as the gateway takes them.

Every function gives the body of a success: a list of acknowledgements, a list of one question, or
an ``error`` in words. A question holds back the whole request it is about; what waits is on the
tape in the client's own words, so that a reply carries it out by the same steps, minus the
questions answered, also after a restart. Nothing here waits; the caller makes the answer durable.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from api.amounts import decode
from api.refusals import encode
from api.webapi import errors, order_rows, plans, questions, tickets, views
from api.webapi.changes import change_of
from engine import intent, prompts
from engine.errors import DuplicateClientOrderId, EngineError, OrderRefused
from engine.requests import OrderChange, OrderRequest, check_order
from engine.values import PromptAnswer

if TYPE_CHECKING:
    from api.webapi.contracts import Contract, Contracts
    from api.webapi.manners import Manner
    from api.webapi.plans import Piece, Plan
    from api.webapi.questions import Questions
    from api.webapi.server_prompts import ServerPrompts
    from api.webapi.session import Session
    from api.webapi.views import View
    from engine.core import Engine
    from engine.prompts import Prompt

Answer = list[dict[str, Any]] | dict[str, Any]
_TERMS = ("quantity", "limit_price", "stop_price", "trailing_distance")


class Placing:
    """Orders of one engine, with the questions about them."""

    def __init__(
        self,
        engine: Engine,
        contracts: Contracts,
        manner: Manner,
        asking: Questions,
        servers: ServerPrompts,
        timeout_ns: int,
    ) -> None:
        self._engine = engine
        self._contracts = contracts
        self._manner = manner
        self._questions = asking
        self._servers = servers
        self._timeout_ns = timeout_ns

    def place(self, session: Session, account: str, rows: list[Any]) -> Answer:
        """Place the orders of one request, or ask about them first."""
        self._void_questions(session)
        return self._place(session, account, rows, ())

    def modify(self, session: Session, view: View, row: dict[str, Any]) -> Answer:
        """Change an order to what a whole ticket says, or ask about that first."""
        self._void_questions(session)
        return self._modify(session, view, row, ())

    def reply(self, session: Session, prompt: Prompt, *, confirmed: bool) -> Answer:
        """Carry out what a question held back, or ask the next one, or let go of it."""
        session.questions.discard(prompt.id)
        if self._engine.now - prompt.raised_at > self._timeout_ns:
            prompts.answer(self._engine, prompt, PromptAnswer.EXPIRED)
            raise errors.no_reply(prompt.id)
        if not confirmed:
            prompts.answer(self._engine, prompt, PromptAnswer.DECLINED)
            return errors.said(errors.NOT_CONFIRMED)
        record = prompts.answer(self._engine, prompt, PromptAnswer.CONFIRMED)
        outer, self._engine.cause = self._engine.cause, record.seq
        try:
            return self._carry_out(session, prompt)
        finally:
            self._engine.cause = outer

    def preview(self, account: str, rows: list[Any]) -> tuple[Contract, OrderRequest, str | None]:
        """The first order of a request, and why it would be refused, if it would."""
        given = tickets.read(rows)
        planned = plans.plan(self._engine, self._contracts, account, given)
        for error in planned.failed.values():
            raise error
        piece = planned.pieces[0]
        if piece.request is None:
            raise errors.refusal(400, "only orders of their own can be previewed")
        check_order(piece.request)
        return piece.contract, piece.request, self._objection(account, piece.request)

    def _carry_out(self, session: Session, prompt: Prompt) -> Answer:
        held: dict[str, Any] = decode(prompt.held.encode())
        confirmed = (*prompt.confirmed, prompt.message_id)
        if "orders" in held:
            return self._place(session, prompt.account, held["orders"], confirmed)
        view = views.find(self._engine, held["order"])
        if view is None:
            raise errors.no_order(held["order"])
        return self._modify(session, view, held["ticket"], confirmed)

    def _place(
        self, session: Session, account: str, rows: list[Any], confirmed: tuple[str, ...]
    ) -> Answer:
        given = tickets.read(rows)
        planned = plans.plan(self._engine, self._contracts, account, given)
        if planned.failed and self._manner.atomic_brackets:
            raise next(iter(planned.failed.values()))
        again = self._repeated(account, planned)
        if again is not None and not self._manner.repeatable:
            return errors.said(errors.DUPLICATE.format(cOID=again))
        if again is None:
            held = encode({"orders": rows}).decode()
            for piece in planned.pieces:
                asked = self._ask(session, account, piece.contract, piece.request, held, confirmed)
                if asked is not None:
                    return asked
        answer = self._submit(account, planned)
        return answer if again is not None else self._server_asks(session, answer)

    def _server_asks(self, session: Session, answer: Answer) -> Answer:
        """What a server asks about the one order of a request, where it does; else the answer."""
        if not isinstance(answer, list) or len(answer) != 1:
            return answer
        view = views.find(self._engine, str(answer[0].get("order_id", "")))
        return answer if view is None else self._servers.ask(session, view.order) or answer

    def _repeated(self, account: str, planned: Plan) -> str | None:
        """The client's own id of an order in the plan that was placed before; None if all are new.

        One that comes back as another order is refused by the engine in any manner.
        """
        for piece in planned.pieces:
            if piece.request is not None and self._is_known(account, piece.request):
                return piece.request.client_order_id
        return None

    def _is_known(self, account: str, request: OrderRequest) -> bool:
        """Whether an order of this name was placed before."""
        coid = request.client_order_id
        return coid is not None and self._engine.state.by_client_id(account, coid) is not None

    def _submit(self, account: str, planned: Plan) -> Answer:
        """Place every piece; what fails on the way fails alone, or all where that is the manner."""
        is_alone = len(planned.pieces) == 1
        if self._manner.atomic_brackets and not is_alone:
            self._check_all(account, planned.pieces)
        told = {n: _failed(error) for n, error in planned.failed.items()}
        for piece in planned.pieces:
            try:
                told |= self._submit_piece(account, piece)
            except DuplicateClientOrderId as error:
                return errors.said(errors.DUPLICATE.format(cOID=error.details["value"]))
            except OrderRefused as error:
                if is_alone:
                    return errors.said(error.message)
                told |= {n: _failed(error) for n in piece.shown}
            except EngineError as error:
                if is_alone:
                    raise
                told |= {n: _failed(error) for n in piece.shown}
        return [told[n] for n in sorted(told)]

    def _submit_piece(self, account: str, piece: Piece) -> dict[int, dict[str, Any]]:
        """Place one order, or give one placed before its exits; gives the acknowledgements."""
        engine = self._engine
        if piece.request is not None:
            order = engine.submit(account, piece.request)
        elif piece.of is not None and piece.change is not None:
            order = engine.modify(account, piece.of.id, piece.change)
        else:
            raise ValueError("a piece of a plan is an order, or a change of one")
        return {
            n: order_rows.ack(views.View(order) if role is None else views.leg(engine, order, role))
            for n, role in piece.shown.items()
        }

    def _check_all(self, account: str, pieces: list[Piece]) -> None:
        """Raise unless every order could be placed now, before any is."""
        for piece in pieces:
            request = piece.request
            if request is None or self._is_known(account, request):
                continue
            objection = self._objection(account, request)
            if objection is not None:
                raise errors.refusal(400, objection)

    def _objection(self, account_id: str, request: OrderRequest) -> str | None:
        """Why an order would be refused now; None if it would be taken. Nothing is written."""
        engine = self._engine
        try:
            check_order(request)
            account, instrument = engine.account(account_id), engine.instrument(request.symbol)
            capabilities = engine.vet(account, request, instrument)
            prices = engine.prices_of(account_id)
            found = intent.judge(account, request, instrument, capabilities, prices)
        except EngineError as error:
            return error.message
        return None if found is None else found.message

    def _modify(
        self, session: Session, view: View, row: dict[str, Any], confirmed: tuple[str, ...]
    ) -> Answer:
        order = view.order
        if view.is_final:
            raise errors.refusal(400, errors.INACTIVE)
        (ticket,) = tickets.read([row], "order")
        ticket.check(order.account)
        contract = self._contracts.of(order.symbol)
        change = change_of(view, ticket, self._contracts)
        if change != OrderChange():
            wanted = _changed(order.request, change) if view.role is None else None
            held = encode({"order": str(view.number), "ticket": row}).decode()
            asked = self._ask(session, order.account, contract, wanted, held, confirmed)
            if asked is not None:
                return asked
            self._engine.modify(order.account, order.id, change)
        return [order_rows.ack(view)]

    def _ask(
        self,
        session: Session,
        account: str,
        contract: Contract,
        request: OrderRequest | None,
        held: str,
        confirmed: tuple[str, ...],
    ) -> Answer | None:
        """The first question that was neither answered nor suppressed, written down; None if there
        is none.
        """
        if request is None:
            return None
        check_order(request)  # nobody is asked about what can be no order
        market = self._engine.prices_of(account).mark(request.symbol)
        for asked in self._questions.about(session, contract, request, market):
            if asked.message_id in confirmed or asked.message_id in session.suppressed:
                continue
            prompt = self._open(account, held, asked.message_id, request)
            if prompt is None:
                self._servers.make_room(account)
                prompt = prompts.ask(
                    self._engine, account, asked.message_id, asked.text, held, confirmed
                )
            session.questions.add(prompt.id)
            return [questions.row(prompt)]
        return None

    def _open(
        self, account: str, held: str, message_id: str, request: OrderRequest
    ) -> Prompt | None:
        """The same question about the same named order, when the client asks again in doubt."""
        if request.client_order_id is None or not self._manner.repeatable:
            return None
        return next(
            (
                one
                for one in self._engine.state.prompts.open(account)
                if one.held == held and one.message_id == message_id
            ),
            None,
        )

    def _void_questions(self, session: Session) -> None:
        """Let the session's open questions expire, where another order makes them void."""
        if not self._manner.one_question:
            return
        for prompt_id in sorted(session.questions):
            prompt = self._engine.state.prompts.find(prompt_id)
            if prompt is not None:
                prompts.answer(self._engine, prompt, PromptAnswer.EXPIRED)
        session.questions.clear()


def _changed(request: OrderRequest, change: OrderChange) -> OrderRequest:
    """The request as it would be after a change."""
    values: dict[str, Decimal] = {
        name: value for name in _TERMS if (value := getattr(change, name)) is not None
    }
    return msgspec.structs.replace(request, **values)


def _failed(error: EngineError) -> dict[str, Any]:
    """The row of an order that was not placed while others of its request were."""
    return {
        "order_id": "-1",
        "order_status": "Failed",
        "text": error.message,
        "warning_message": error.message,
        "encrypt_message": "1",
    }
