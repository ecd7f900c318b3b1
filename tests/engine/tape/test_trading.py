"""The digest of trading facts depends on what was traded, and on nothing about the running."""

from decimal import Decimal

from engine import events as ev
from engine.requests import OrderRequest
from engine.tape.memory import MemoryTape
from engine.tape.trading import trading_digest
from engine.values import OrderType, Side


def tape_of(*, noise: bool, price: str = "10.5", ts: int = 7) -> MemoryTape:
    """One order and its fill, with or without facts about running in between."""
    tape = MemoryTape()

    def say(event: ev.Event, causation: int = 0) -> int:
        return tape.append(ts, "A", causation, event).seq

    def hum() -> None:
        if noise:
            say(ev.BrokerConnected("simulator"))
            say(ev.WorkerStateSet("crossover", "held", "true"))

    say(ev.SessionStarted("backtest", "1", nonce="noisy" if noise else "quiet"))
    hum()
    order_id = f"ord_{tape.head + 1:010d}"
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.MARKET)
    cause = say(ev.OrderSubmitted(order_id, request))
    hum()
    say(ev.OrderAccepted(order_id), cause)
    hum()
    trade_id = f"trd_{tape.head + 1:010d}"
    say(ev.TradeFilled(trade_id, order_id, "x", Decimal(1), Decimal(price), 5))
    return tape


def test_sessions_connections_and_worker_state_leave_no_trace() -> None:
    """Not even in the ids, which are made of the numbers of records."""
    quiet, noisy = tape_of(noise=False), tape_of(noise=True)
    assert trading_digest(quiet.records()) == trading_digest(noisy.records())
    assert quiet.digest() != noisy.digest()


def test_another_price_or_another_time_gives_another_digest() -> None:
    tapes = (
        tape_of(noise=False),
        tape_of(noise=False, price="10.6"),
        tape_of(noise=False, ts=8),
    )
    assert len({trading_digest(tape.records()) for tape in tapes}) == 3
