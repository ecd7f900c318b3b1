"""The topics of the market: data of a contract by field (`smd`), bars of a period (`smh`).

Market data are sent whole first and then by the fields that changed. Where that is the manner the
stream ends without a word a quarter of an hour after it was last asked for. Bars are sent from the
whole period first, and then, whole, those that began or changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.webapi import periods
from api.webapi.figures import MILLISECOND_NS
from api.webapi.history import Wish, server_id
from api.webapi.reading import Items, Line, Truth, lenient, numeral
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
    """The contract that a target names."""
    return gateway.contracts.get(number_of(target))


def number_of(target: str) -> int:
    """The number that a target is, with or without an exchange behind an at sign; -1 if none."""
    return numeral(target.partition("@")[0])


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
    """The bars of one contract: those of a period, and then the newest as they come. Where a broker
    has to be asked for them, the first answer is told once it has answered.
    """

    def __init__(self, gateway: Gateway, session: Session, frame: Frame) -> None:
        asked = _BARS.take(frame.arguments)
        contract = contract_of(gateway, frame.target)
        period, bar = asked.get("period", _DEFAULT_PERIOD), asked.get("bar", _DEFAULT_BAR)
        outside = asked.get("outsideRth", asked.get("outside_rth", False))
        wish = Wish(periods.period(period), bar, asked.get("source", ""), outside_rth=outside)
        periods.bar_ns(bar)
        if gateway.manner.period_table:
            periods.check_table(wish.period, bar)
        self.server_id = server_id(contract)
        self.chart = gateway.charted(session.selected, contract, wish)
        """Where the bars come from."""
        self._contract, self._period, self._wish = contract, period, wish
        payload = {"conid": contract.conid, "period": period, "bar": bar, "source": wish.source}
        self._head: Message = {"topic": f"smh+{frame.target}", "payload": payload}
        self._is_told = False
        self._seen = 0
        self._begun = 0
        self._sent: dict[int, Any] = {}

    def first(self) -> Message | None:
        """The bars; None while they are awaited, and a refusal where there are none."""
        if not self.chart.is_ready:
            return None
        self._is_told, self._seen = True, self.chart.now
        answer = self.chart.history.answer(self._contract, self._period, self._wish)
        told = {"topic": self._head["topic"], **answer, "payload": self._head["payload"]}
        newest: Message = answer["data"][-1]
        self._begun = int(newest["t"]) * MILLISECOND_NS
        self._sent = {self._begun: newest}
        self._head = {name: value for name, value in told.items() if name != "data"}
        return {**self._head, "data": answer["data"]}

    def beat(self, now_s: float) -> Message | None:
        """The bars that began since, and the one that went on forming."""
        if not self._is_told:
            return self.first()
        if self.chart.now == self._seen:
            return None
        self._seen = self.chart.now
        rows = self.chart.history.since(self._contract, self._wish, self._begun)
        news = changed(self._sent, rows)
        if not news:
            return None
        self._begun = max(rows)
        self._sent = {self._begun: rows[self._begun]}
        data = [news[begun] for begun in sorted(news)]
        return self._head | {"data": data, "points": len(data) - 1}
