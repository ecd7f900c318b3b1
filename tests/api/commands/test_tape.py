"""`onetape tape` prints facts as lines of JSON, filtered, and follows a tape that is written."""

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.tape_sqlite.tape import SqliteTape
from api.commands.tape import iso
from engine.events import OrderAccepted, OrderSubmitted, SessionStarted, TradeFilled
from engine.requests import OrderRequest
from engine.values import OrderType, Role, Side
from tests.api.command import COMMAND, onetape

NOON = 1_709_553_600_000_000_000
REQUEST = OrderRequest("AAPL", Side.BUY, Decimal("1E+2"), OrderType.MARKET)


def write(tape: SqliteTape) -> None:
    """One order with a leg, another order, and a fill of the first."""
    tape.append(NOON, "", 0, SessionStarted("backtest", "0"))
    tape.append(NOON + 1, "A", 0, OrderSubmitted("ord_2", REQUEST))
    tape.append(NOON + 2, "A", 2, OrderAccepted("ord_2"))
    tape.append(NOON + 3, "A", 0, OrderSubmitted("ord_4", REQUEST))
    leg = OrderSubmitted("ord_5", REQUEST, Role.STOP_LOSS, parent_order_id="ord_2")
    tape.append(NOON + 4, "A", 2, leg)
    fill = TradeFilled("trd_6", "ord_2", "x1", Decimal(100), Decimal("170.5"), NOON)
    tape.append(NOON + 5, "A", 2, fill)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small tape, closed."""
    tape = SqliteTape.open(tmp_path / "some.tape")
    write(tape)
    tape.close()
    return tape.path


def lines(*arguments: str | Path) -> list[dict[str, Any]]:
    said = onetape("tape", *arguments)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_every_fact_is_a_line_with_plain_decimals(file: Path) -> None:
    printed = lines(file)
    assert [each["seq"] for each in printed] == [1, 2, 3, 4, 5, 6]
    assert printed[1]["request"]["quantity"] == "100"
    assert printed[5] == {
        "seq": 6,
        "ts": "2024-03-04T12:00:00.000000005Z",
        "account": "A",
        "causation": 2,
        "type": "trade_filled",
        "trade_id": "trd_6",
        "order_id": "ord_2",
        "execution_id": "x1",
        "quantity": "100",
        "price": "170.5",
        "executed_at": NOON,
    }


def test_the_facts_about_an_order_include_its_legs(file: Path) -> None:
    assert [each["seq"] for each in lines(file, "--order", "ord_2")] == [2, 3, 5, 6]


def test_filters_combine(file: Path) -> None:
    found = lines(file, "--after", "2", "--type", "order_submitted", "--type", "trade_filled")
    assert [each["seq"] for each in found] == [4, 5, 6]


def test_following_shows_what_is_appended_later(file: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "tape", str(file), "--follow", "--after", "6"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        tape = SqliteTape.open(file)
        tape.append(NOON + 9, "A", 0, OrderAccepted("ord_4"))
        tape.commit()
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["order_id"] == "ord_4"
        tape.close()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_reader_that_has_enough_gets_no_complaint(tmp_path: Path) -> None:
    tape = SqliteTape.open(tmp_path / "long.tape")
    for i in range(5_000):
        tape.append(NOON + i, "A", 0, OrderAccepted("ord_1"))
    tape.close()
    read, write_end = os.pipe()
    process = subprocess.Popen(
        [COMMAND, "tape", str(tape.path)], stdout=write_end, stderr=subprocess.PIPE
    )
    os.close(write_end)
    os.close(read)
    assert process.communicate(timeout=30)[1] == b""


def test_times_show_as_many_digits_as_they_need() -> None:
    assert iso(NOON) == "2024-03-04T12:00:00Z"
    assert iso(NOON + 250_000_000) == "2024-03-04T12:00:00.25Z"
