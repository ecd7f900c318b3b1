"""Clients that trade through the engine and do what clients do: wait, lose an answer, ask again.

A client has one command under way at a time. It names every order itself and repeats a command
whose answer did not come, so it needs the engine to place an order once however often it is asked.
What the engine acknowledged is noted here, and must hold for ever after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from engine.requests import OrderChange, OrderRequest
from engine.values import OrderType, Side
from tests.simulation.clock import Clock

PATIENCE_S = 5.0
SYMBOLS = ("AAPL", "MSFT", "SAP")
MARK = Decimal(100)
CLOSES = 0.15
"""How often a client that wants something new wants to be rid of what it holds."""


@dataclass(frozen=True)
class Command:
    """What a client asks: to submit `request`, to change `order_id`, or to cancel it; or to close
    what is held of the symbol `close`, in one order that takes the place of its protection.
    """

    account: str
    request: OrderRequest | None = None
    order_id: str = ""
    change: OrderChange | None = None
    close: str = ""


@dataclass(frozen=True)
class Reply:
    """What a client is told: the order, or an error's code; `may_repeat` if it was our state."""

    order_id: str = ""
    error: str = ""
    may_repeat: bool = False


Send = Callable[[Command, Callable[[Reply], None]], None]


class Client:
    """The client of one account."""

    def __init__(self, account: str, clock: Clock, dice: Random, send: Send, commands: int) -> None:
        self.account = account
        self.clock = clock
        self.dice = dice
        self.send = send
        self.left = commands
        self.loses_answers = 0.0
        self.placed: dict[str, str] = {}
        """Orders whose submission was acknowledged: our id for each, and the engine's."""
        self.cancelled: set[str] = set()
        """Orders whose cancel was acknowledged."""
        self.changed: set[str] = set()
        """Orders of which a change was acknowledged."""
        self._named = 0
        self._asked = 0
        self._waits_for: Command | None = None

    @property
    def is_done(self) -> bool:
        """Whether everything was asked and answered."""
        return self.left == 0 and self._waits_for is None

    def act(self) -> None:
        """Ask for the next thing, if the last one was answered and there is one."""
        if self._waits_for is None and self.left:
            self.left -= 1
            self._ask(self._next())

    def _next(self) -> Command:
        if self.placed and self.dice.random() < 0.4:
            order_id = self.dice.choice(list(self.placed.values()))
            if self.dice.random() < 0.5:
                return Command(self.account, order_id=order_id)
            return Command(self.account, order_id=order_id, change=self._change())
        if self.dice.random() < CLOSES:
            return Command(self.account, close=self.dice.choice(SYMBOLS))
        self._named += 1
        return Command(self.account, self._request(f"{self.account}-{self._named}"))

    def _request(self, client_order_id: str) -> OrderRequest:
        dice = self.dice
        side = dice.choice((Side.BUY, Side.SELL))
        kind = dice.choice((OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT, OrderType.STOP))
        price = MARK + dice.randint(-5, 5)
        loss = profit = None
        if dice.random() < 0.15:
            sign = 1 if side is Side.BUY else -1
            loss, profit = MARK - 20 * sign, MARK + 20 * sign
        return OrderRequest(
            dice.choice(SYMBOLS),
            side,
            Decimal(dice.randint(2, 30)),
            kind,
            limit_price=price if kind is OrderType.LIMIT else None,
            stop_price=price if kind is OrderType.STOP else None,
            client_order_id=client_order_id,
            stop_loss=loss,
            take_profit=profit,
        )

    def _change(self) -> OrderChange:
        if self.dice.random() < 0.5:
            return OrderChange(quantity=Decimal(self.dice.randint(2, 40)))
        return OrderChange(limit_price=MARK + self.dice.randint(-5, 5))

    def _ask(self, command: Command) -> None:
        self._waits_for = command
        self._asked += 1
        asked = self._asked
        self.send(command, lambda reply: self._hear(asked, command, reply))
        self.clock.after(PATIENCE_S, lambda: self._give_up_on(asked, command))

    def _hear(self, asked: int, command: Command, reply: Reply) -> None:
        if self._waits_for is not command or asked != self._asked:
            return  # an answer to an earlier attempt
        if self.dice.random() < self.loses_answers:
            return
        if reply.may_repeat:
            self.clock.after(self.dice.uniform(0.1, 1), lambda: self._give_up_on(asked, command))
            return
        self._waits_for = None
        self._note(command, reply)

    def _note(self, command: Command, reply: Reply) -> None:
        """Remember what was acknowledged."""
        if command.request is not None:
            if reply.order_id and command.request.client_order_id:
                self.placed[command.request.client_order_id] = reply.order_id
        elif reply.error or command.close:
            return
        elif command.change is not None:
            self.changed.add(command.order_id)
        else:
            self.cancelled.add(command.order_id)

    def _give_up_on(self, asked: int, command: Command) -> None:
        """Ask again if the answer has not come."""
        if self._waits_for is command and asked == self._asked:
            self._ask(command)
