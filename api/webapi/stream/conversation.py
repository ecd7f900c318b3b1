"""One client's conversation on the stream: what it subscribes to, and what it is told.

Synchronous: frames, rows and beats of a clock come in, messages go out; what only a broker knows is
`wanted`, and `fetch` waits for it. Whatever says something of
the books is published through the hub, so that it leaves in the order of the tape and not before
its facts are durable; the state of the session and heartbeats leave at once. Subscriptions end with
the brokerage session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.refusals import Refusal
from api.webapi import errors
from api.webapi import session as sessions
from api.webapi.routes_session import accounts_of
from api.webapi.session import Needs
from api.webapi.stream import frames, shown
from api.webapi.stream.books import Ledger, Profit, Summary
from api.webapi.stream.ear import Ear, Garble
from api.webapi.stream.frames import Frame
from api.webapi.stream.market import Bars, Quotes, contract_of, number_of
from api.webapi.stream.orders import Orders, Trades
from api.webapi.stream.topic import HISTORIES_MAX, LINES_MAX, TOPICS_MAX, Message, Topic
from engine.errors import EngineError, ProviderUnavailable

if TYPE_CHECKING:
    from api.auth import Principal
    from api.webapi.gateway import Gateway
    from api.webapi.stream.shown import Shown

HEARTBEAT_S = 10.0
Key = tuple[str, str]
_SHOWN_CHARACTERS_MAX = 80
_ENDED = {"sd": "unsubscribed from summary", "ld": "unsubscribed from ledger"}
"""What confirms the end of a subscription; the others end without a word."""


class Conversation:
    """From the greeting on. ``now_s`` is a clock that never jumps."""

    def __init__(
        self, gateway: Gateway, caller: Principal, garble: Garble, now_s: Callable[[], float]
    ) -> None:
        self._gateway = gateway
        self._caller = caller
        self._now_s = now_s
        self.session = gateway.sessions.of(caller)
        self.ear = Ear(self.meant, gateway.desk.limits, caller, self.shape, garble)
        self.wanted = asyncio.Event()
        """Set when a broker has to be asked: `fetch` does so."""
        self._topics: dict[Key, Topic] = {}
        self._unknown: dict[Key, Frame] = {}
        self._next_heartbeat_s = now_s() + HEARTBEAT_S
        self._told: Message | None = None
        self._generation = self.session.generation

    def meant(self) -> list[str]:
        """The accounts that orders, executions and profit are told of."""
        return self._gateway.meant(self.session, self._caller)

    def greet(self) -> None:
        """Say who is logged in, to what, and whether the brokerage session is open."""
        session, say = self.session, self.ear.say
        say({"topic": "system", "success": session.client, "isFT": False, "isPaper": True})
        if session.is_open:
            accounts = self._gateway.accounts(self._caller)
            say({"topic": "act", "args": accounts_of(self._gateway, session, accounts)})
        self._tell_state()

    def hear(self, text: str) -> None:
        """Take one frame. What can mean nothing, or not now, is answered with an error."""
        with self._complaining():
            frame = frames.read(text)
            self._follow(frame, text)

    async def fetch(self) -> None:
        """Ask brokers for the contracts and bars that subscriptions need."""
        self.wanted.clear()
        for key, frame in list(self._unknown.items()):
            with self._complaining():
                await self._gateway.know(self.session.selected, [number_of(frame.target)])
            if self._unknown.get(key) is frame:
                del self._unknown[key]
                with self._complaining():
                    self._open(key[0], frame)
        for key, topic in list(self._topics.items()):
            if isinstance(topic, Bars) and topic.chart.is_due:
                await self._fetch_bars(key, topic)

    async def _fetch_bars(self, key: Key, topic: Bars) -> None:
        """Tell what a broker has of bars; one that does not answer is complained of once."""
        was_ready, was_blind = topic.chart.is_ready, topic.is_blind
        with self._complaining() as complaint:
            try:
                await topic.chart.fetch()
            except ProviderUnavailable:
                topic.is_blind = was_ready
                if topic.is_blind and was_blind:
                    return
                raise
            topic.is_blind = False
            if self._topics.get(key) is topic:
                self._publish(topic.beat(self._now_s()))
        if complaint and not was_ready and self._topics.get(key) is topic:
            del self._topics[key]

    def shape(self, event: Shown) -> Message | None:
        """The message that comes of what was shown; called as it is about to be sent."""
        if event.name == shown.SAID:
            ready: Message = event.value
            return ready
        if event.name == shown.NOTICE:
            return {"topic": "ntf", "args": [event.value]}
        key = ("or", "") if event.name == shown.ORDER else ("tr", "")
        topic = self._topics.get(key)
        return None if topic is None else topic.heard(event)

    def beat(self) -> None:
        """Look at the clock and at what changed without a fact: the market, the session."""
        now_s, session, is_behind = self._now_s(), self.session, bool(self.ear)
        if now_s >= self._next_heartbeat_s:
            self._next_heartbeat_s = now_s + HEARTBEAT_S
            self.ear.say({"topic": "system", "hb": session.now_ms()})
        self._gateway.lapse(session)
        if session.generation != self._generation:
            self._generation = session.generation
            self._topics.clear()
            self._unknown.clear()
        self._tell_state()
        if is_behind:
            return  # what changes until it has caught up is told in one
        for key, topic in list(self._topics.items()):
            self._look(topic, now_s)
            self._want_bars(topic)
            if topic.is_over:
                del self._topics[key]

    def _look(self, topic: Topic, now_s: float) -> None:
        """Tell what a topic has to add. One that can not see what it tells of says so once, and
        goes on when it can; any other fault ends it.
        """
        try:
            news = topic.beat(now_s)
        except EngineError as error:
            is_blind = isinstance(error, ProviderUnavailable)
            if not (is_blind and topic.is_blind):
                self._complain(errors.refusal_of(error))
            topic.is_blind, topic.is_over = is_blind, not is_blind
            return
        if news is not None:
            topic.is_blind = False
            self._publish(news)

    def _follow(self, frame: Frame, text: str) -> None:
        word, kind = frame.topic, frame.topic[1:]
        if word in ("tic", "tickle"):
            self._tic(frame)
        elif word == "ech":
            self.ear.say({"topic": "ech", "args": list(frame.targets)})
        elif not word and frame.arguments.get("session") == self.session.id:
            self._tell_state(again=True)
        elif word[:1] == "s" and kind in _MAKERS:
            self._subscribe(kind, frame)
        elif word[:1] == "u" and kind in _MAKERS:
            self._unsubscribe(kind, frame)
        else:
            raise errors.refusal(400, f"unknown topic: {text[:_SHOWN_CHARACTERS_MAX]}")

    def _tic(self, frame: Frame) -> None:
        """A sign of life; only `tickle` counts as one of the session."""
        session = self.session
        if frame.topic == "tickle":
            session.tickle()
        status = {"authStatus": session.status()}
        named = {"id": session.id, "lastAccessed": session.now_ms()}
        self.ear.say({"topic": frame.topic, "alive": session.is_open, **named, "iserver": status})

    def _subscribe(self, kind: str, frame: Frame) -> None:
        manner = self._gateway.manner
        self.session.check(Needs.ACCOUNTS, accounts_first=manner.accounts_first)
        if kind in ("md", "mh") and self._is_unheard_of(frame):
            self._check_room((kind, frame.target))
            self._unknown[kind, frame.target] = frame
            self.wanted.set()
        else:
            self._open(kind, frame)

    def _open(self, kind: str, frame: Frame) -> None:
        topic = _MAKERS[kind](self, frame)
        key = (kind, topic.server_id) if isinstance(topic, Bars) else self._key(kind, frame)
        self._check_room(key)
        first = topic.first()
        self._topics[key] = topic
        self._publish(first)
        self._want_bars(topic)

    def _want_bars(self, topic: Topic) -> None:
        """Have bars fetched where they are due."""
        if isinstance(topic, Bars) and topic.chart.is_due:
            self.wanted.set()

    def _is_unheard_of(self, frame: Frame) -> bool:
        """Whether a broker may have the contract of a subscription, which is not known here."""
        is_remote = self._gateway.desk.markets.theirs(self.session.selected) is not None
        return is_remote and self._gateway.contracts.find(number_of(frame.target)) is None

    def _unsubscribe(self, kind: str, frame: Frame) -> None:
        key = self._key(kind, frame)
        self._topics.pop(key, None)
        self._unknown.pop((kind, frame.target), None)
        if kind == "md":
            self.session.fields.pop(contract_of(self._gateway, frame.target).conid, None)
        elif kind == "mh":
            self.ear.say({"message": f"Unsubscribed {frame.target}"})
        elif kind in _ENDED:
            self.ear.say({"result": _ENDED[kind]})

    def _key(self, kind: str, frame: Frame) -> Key:
        """What a subscription is known by; another one of the same takes its place."""
        return kind, frame.target if kind in ("md", "mh", "sd", "ld") else ""

    def _check_room(self, key: Key) -> None:
        keys = self._topics.keys() | self._unknown.keys()
        if key in keys:
            return
        most = {"md": LINES_MAX, "mh": HISTORIES_MAX}.get(key[0], TOPICS_MAX)
        held = sum(kind == key[0] for kind, _ in keys)
        if held >= most or len(keys) >= TOPICS_MAX:
            raise errors.refusal(429, f"{held} subscriptions of s{key[0]} already; at most {most}")

    def _tell_state(self, *, again: bool = False) -> None:
        """Send the state of the brokerage session where it changed."""
        session = self.session
        told = {
            "authenticated": session.is_authenticated,
            "competing": session.is_competing,
            "connected": session.is_connected,
            "message": "",
            "fail": "",
            "serverName": sessions.SERVER_NAME,
            "serverVersion": sessions.SERVER_VERSION,
            "username": session.client,
        }
        if again or told != self._told:
            self._told = told
            self.ear.say({"topic": "sts", "args": told})

    @contextmanager
    def _complaining(self) -> Iterator[list[Refusal]]:
        """Tell the client what is refused inside the block; gives that, too."""
        refused: list[Refusal] = []
        try:
            yield refused
        except Refusal as refusal:
            refused.append(refusal)
        except EngineError as error:
            refused.append(errors.refusal_of(error))
        for each in refused:
            self._complain(each)

    def _complain(self, refusal: Refusal) -> None:
        message = refusal.error.message or "too many requests"
        self.ear.say({"topic": "error", "error": message, "code": refusal.status})

    def _publish(self, message: Message | None) -> None:
        if message is not None:
            self._gateway.desk.hub.publish([shown.said(self.ear.name, message)])

    # Making each topic

    def _quotes(self, frame: Frame) -> Topic:
        return Quotes(self._gateway, self.session, frame, self._now_s())

    def _bars(self, frame: Frame) -> Topic:
        return Bars(self._gateway, self.session, frame)

    def _orders(self, frame: Frame) -> Topic:
        return Orders(self._gateway, self.session, self.meant(), frame)

    def _trades(self, frame: Frame) -> Topic:
        return Trades(self._gateway, self.meant(), frame)

    def _profit(self, _frame: Frame) -> Topic:
        return Profit(self._gateway, self.meant)

    def _summary(self, frame: Frame) -> Topic:
        return Summary(self._gateway, self._gateway.account(self._caller, frame.target), frame)

    def _ledger(self, frame: Frame) -> Topic:
        return Ledger(self._gateway, self._gateway.account(self._caller, frame.target), frame)


_MAKERS: dict[str, Callable[[Conversation, Frame], Any]] = {
    "md": Conversation._quotes,
    "mh": Conversation._bars,
    "or": Conversation._orders,
    "tr": Conversation._trades,
    "pl": Conversation._profit,
    "sd": Conversation._summary,
    "ld": Conversation._ledger,
}
"""What makes each topic, by its two letters."""
