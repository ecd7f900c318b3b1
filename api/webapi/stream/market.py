"""The topics of the market: data of a contract by field (`smd`), bars of a period (`smh`).

Market data are sent whole first and then by the fields that changed. Where that is the manner the
stream ends without a word a quarter of an hour after it was last asked for. Bars are sent from the
whole period first, and then, whole, those that began or changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.webapi import periods
from api.webapi.figures import MILLISECOND_NS
from api.webapi.history import Wish
from api.webapi.reading import Items, Line, Truth, lenient
from api.webapi.stream.topic import LINE_LIFE_S, Message, Topic, changed
from api.webapi.ticker import FIELDS_MAX, USUAL

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from api.webapi.gateway import Gateway
    from api.webapi.session import Session
    from api.webapi.stream.frames import Frame

_QUOTES = lenient(fields=Items("The numbers of the fields", FIELDS_MAX))
_BARS = lenient(
    period=Line("How far back", 8),
    bar=Line("The size of a bar", 8),
    source=Line("trades, midpoint or bid_ask", 16),
    exchange=Line("Passed over"),
    format=Line("Passed over: every figure is sent"),
    outsideRth=Truth("Passed over"),
    outside_rth=Truth("The same, as some clients write it"),
)
_DEFAULT_PERIOD, _DEFAULT_BAR = "1d", "1h"


def contract_of(gateway: Gateway, target: str) -> Contract:
    """The contract that a target names: a number, with or without an exchange behind an at sign."""
    return gateway.contracts.written(target.partition("@")[0])


class Quotes(Topic):
    """The market data of one contract, from ``now_s`` on."""

    def __init__(self, gateway: Gateway, session: Session, frame: Frame, now_s: float) -> None:
        self._gateway = gateway
        self._session = session
        self._target = frame.target
        self._contract = contract_of(gateway, frame.target)
        asked = tuple(_QUOTES.take(frame.arguments).get("fields", ()))
        self._fields = asked or session.fields.get(self._contract.conid) or USUAL
        self._ends_s = now_s + LINE_LIFE_S if gateway.manner.streams_end else None
        self._seen: Any = None
        self._sent: dict[str, str] = {}

    def first(self) -> Message:
        """Every field that is known; from here on the contract counts as streamed."""
        self._session.fields[self._contract.conid] = self._fields
        return self._news() or self._head()

    def beat(self, now_s: float) -> Message | None:
        """The fields that changed."""
        # Whoever unsubscribes over REST ends the stream as well.
        has_ended = self._ends_s is not None and now_s >= self._ends_s
        if has_ended or self._contract.conid not in self._session.fields:
            self.is_over = True
            return None
        return self._news()

    def _news(self) -> Message | None:
        ticker = self._gateway.ticker(self._session, self._contract)
        seen = (ticker.quote, ticker.last, ticker.position)
        if seen == self._seen:
            return None
        self._seen = seen
        fields = ticker.fields(self._fields)
        news = changed(self._sent, fields)
        self._sent = fields
        return self._head() | news if news else None

    def _head(self) -> Message:
        ticker = self._gateway.ticker(self._session, self._contract)
        head = ticker.head(self._gateway.engine.now)
        return {"topic": f"smd+{self._target}", **head}


class Bars(Topic):
    """The bars of one contract: those of a period, and then the newest as they come."""

    def __init__(self, gateway: Gateway, session: Session, frame: Frame) -> None:
        asked = _BARS.take(frame.arguments)
        contract = contract_of(gateway, frame.target)
        period, bar = asked.get("period", _DEFAULT_PERIOD), asked.get("bar", _DEFAULT_BAR)
        outside = asked.get("outsideRth", asked.get("outside_rth", False))
        wish = Wish(periods.period(period), bar, asked.get("source", ""), outside_rth=outside)
        periods.bar_ns(bar)
        if gateway.manner.period_table:
            periods.check_table(wish.period, bar)
        history, market = gateway.history(session.selected), gateway.market(session.selected)
        answer = history.answer(contract, period, wish)
        self.server_id: str = answer["serverId"]
        self._history, self._market = history, market
        self._contract, self._wish = contract, wish
        payload = {"conid": contract.conid, "period": period, "bar": bar, "source": wish.source}
        self._head = {"topic": f"smh+{frame.target}", **answer, "payload": payload}
        newest: Message = self._head.pop("data")[-1]
        self._answer = self._head | {"data": answer["data"]}
        self._seen = market.now
        self._begun = int(newest["t"]) * MILLISECOND_NS
        self._sent = {self._begun: newest}

    def first(self) -> Message:
        """The bars."""
        answer, self._answer = self._answer, {}
        return answer

    def beat(self, now_s: float) -> Message | None:
        """The bars that began since, and the one that went on forming."""
        if self._market.now == self._seen:
            return None
        self._seen = self._market.now
        rows = self._history.since(self._contract, self._wish, self._begun)
        news = changed(self._sent, rows)
        if not news:
            return None
        self._begun = max(rows)
        self._sent = {self._begun: rows[self._begun]}
        data = [news[begun] for begun in sorted(news)]
        return self._head | {"data": data, "points": len(data) - 1}
