"""The engine on the wall clock: what it starts from, and the snapshots that shorten the way."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest

from adapters.tape_sqlite.snapshots import path_of
from api.compose import open_tape, restored_state, save_snapshot
from api.live import Live
from api.settings import Settings, SettingsError, load
from engine.events import SessionStarted
from engine.reports import Rejected
from engine.values import RejectReason, Role, Status
from examples.gateway import Gateway
from tests.builders import ACCOUNT, World, figures
from tests.clients.process import served


def settings(tape: Path) -> Settings:
    """A small market, kept at `tape`."""
    return load(None, {"tape": {"file": tape}, "feed": {"history_bars": 2}})


def close(live: Live) -> None:
    """Let go of the tape as a process that never served would."""
    live.tape.close()


def test_the_market_is_shown_before_the_first_tick(tmp_path: Path) -> None:
    live = Live(settings(tmp_path / "a.tape"))
    assert live.board.symbols == ["AAPL", "MSFT", "SPY", "EUR/USD", "BTC/USD"]
    assert all(live.board.mark(symbol) is not None for symbol in live.board.symbols)
    close(live)


def test_an_account_that_the_tape_knows_keeps_its_books(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    close(Live(settings(tape)))
    richer = load(None, {"tape": {"file": tape}, "accounts": [{"id": "DU8730189", "cash": "5"}]})
    live = Live(richer)
    assert live.engine.account("DU8730189").cash == {"USD": 1_000_000}
    close(live)


def test_every_session_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = []
    for name in ("a", "b"):
        live = Live(settings(tmp_path / name))
        live.tape.commit()
        names.append(live.tape.tape_id)
        close(live)
    assert names[0] != names[1]


def test_a_rule_that_can_not_be_opens_no_tape(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    wrong = load(None, {"tape": {"file": tape}, "simulator": {"commission": "lots"}})
    with pytest.raises(SettingsError, match=r"simulator\.commission: 'lots'"):
        Live(wrong)
    assert not tape.exists()


def test_a_snapshot_that_can_not_be_kept_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    close(Live(settings(tmp_path / "a.tape")))
    path_of(tmp_path / "a.tape").mkdir()
    tape = open_tape(tmp_path / "a.tape")
    with caplog.at_level(logging.WARNING):
        save_snapshot(tape, tape.head, b"state")
    assert f"no snapshot of record {tape.head} was kept" in caplog.text
    tape.close()


@pytest.mark.timeout(60)
def test_snapshots_are_taken_while_it_runs_and_used_after_a_crash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tape, config = tmp_path / "a.tape", tmp_path / "onetape.toml"
    tape_section = "[tape]\nsnapshot_records = 50\nsnapshot_pause_s = 0\n"
    config.write_text(f"{tape_section}[feed]\nhistory_bars = 2\n")
    with served("serve", "--config", config, "--tape", tape) as server:
        with Gateway(server.url) as gateway:
            for _ in range(60):
                gateway.order("SPY", "BUY", 1, order_type="LIMIT", limit_price="1.00")
            deadline = time.monotonic() + 10
            while not path_of(tape).exists():
                assert time.monotonic() < deadline, "no snapshot was taken"
                time.sleep(0.05)
            last = gateway.order("SPY", "BUY", 1, order_type="LIMIT", limit_price="1.00")["id"]
        server.kill()
    with caplog.at_level(logging.WARNING):
        live = Live(settings(tape))
        state = restored_state(live.tape)
        close(live)
    assert state is not None
    assert 50 <= state.seq < live.resumed
    assert len(live.engine.state.working("DU8730189")) == 61
    assert live.engine.order("DU8730189", last).id == last
    assert caplog.records == []


def test_what_a_close_owed_when_the_last_process_died_is_paid(tmp_path: Path) -> None:
    world = World()
    world.bought(10, stop_loss=50)
    close_order = world.engine.close_position(ACCOUNT, world.position.id)
    world.engine.report(Rejected(close_order.id, RejectReason.UNKNOWN, "the market is closed"))
    leg = world.leg(Role.STOP_LOSS)
    tape = open_tape(tmp_path / "a.tape")
    for one in world.tape.records():
        if one.seq < int(leg.id[4:]):
            tape.append(one.ts, one.account, one.causation, one.event)
    tape.commit()
    tape.close()
    account = {"id": ACCOUNT, "cash": "100000"}
    live = Live(load(None, {"tape": {"file": tmp_path / "a.tape"}, "accounts": [account]}))
    (again,) = live.engine.state.legs(ACCOUNT, "AAPL")
    assert figures(again.status, again.stop_price, again.remaining) == (Status.OPEN, 50, 10)
    assert live.engine.cancel(ACCOUNT, again.id).status is Status.CANCELLED
    close(live)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("grace_s", "is_kept"), [(5, True), (0.0001, False)])
def test_the_last_snapshot_is_taken_where_it_does_not_hold_up_the_end(
    tmp_path: Path, grace_s: float, is_kept: bool
) -> None:
    tape, config = tmp_path / "a.tape", tmp_path / "onetape.toml"
    config.write_text(f"[server]\nshutdown_grace_s = {grace_s}\n[feed]\nhistory_bars = 2\n")
    with served("serve", "--config", config, "--tape", tape) as server:
        with Gateway(server.url) as gateway:
            placed = [gateway.order("SPY", "BUY", 1)["id"] for _ in range(10)]
        server.stop()
    assert path_of(tape).exists() is is_kept
    live = Live(settings(tape))
    assert live.engine.order("DU8730189", placed[-1]).id == placed[-1]
    close(live)


BEHIND: dict[str, Any] = {
    "brokers": {"far": {"kind": "ibkr-web", "options": {"account": "U1"}, "symbols": ["SPY"]}},
    "accounts": [{"id": "U1", "broker": "far"}],
}


def test_with_accounts_behind_lines_alone_nothing_synthetic_is_there(tmp_path: Path) -> None:
    live = Live(load(None, {"tape": {"file": tmp_path / "a.tape"}, **BEHIND}))
    assert (live.feed, live.board.symbols) == (None, [])
    assert list(live.engine.instruments) == []
    (far,) = live.desk.markets.remote
    assert live.desk.markets.of("U1") is far
    assert live.engine.prices_of("U1") is far.market
    (started,) = (one.event for one in live.tape.records() if isinstance(one.event, SessionStarted))
    assert started.assumptions == {"market of far": "quoted by that broker"}
    close(live)


def test_beside_the_simulators_accounts_each_has_its_own_market(tmp_path: Path) -> None:
    both = {**BEHIND, "accounts": [*BEHIND["accounts"], {"id": "PAPER1"}]}
    live = Live(load(None, {"tape": {"file": tmp_path / "a.tape"}, **both}))
    assert live.feed is not None
    assert live.engine.prices_of("PAPER1") is live.board
    assert live.engine.prices_of("U1") is live.boards["far"]
    assert live.engine.prices_of("U1").mark("AAPL") is None
    close(live)
