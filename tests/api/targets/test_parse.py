"""A batch's body becomes targets with the numbers that were written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.targets import parse
from engine.errors import InvalidRequest
from engine.targets import Target


def test_numbers_are_those_that_were_written_and_never_binary_fractions() -> None:
    wanted = parse.batch(
        b'{"account_id": "A", "orders": [{"symbol": "AAPL", "quantity": -100.0,'
        b' "expected_price": 0.1, "tolerance_pct": 0}]}'
    )
    target = Target("AAPL", Decimal(-100), None, Decimal("0.1"), Decimal(0))
    assert wanted == ("A", [target])


def test_null_is_as_good_as_nothing() -> None:
    body = b'{"account_id": null, "orders": [{"symbol": "X", "quantity": 0, "limit_price": null}]}'
    assert parse.batch(body) == (None, [Target("X", Decimal(0))])


def test_a_batch_has_so_many_targets_and_no_more() -> None:
    row = '{"symbol": "X", "quantity": 0}'
    rows = ",".join([row] * (parse.TARGETS_MAX + 1))
    with pytest.raises(InvalidRequest, match=f"1 to {parse.TARGETS_MAX} objects"):
        parse.batch(f'{{"orders": [{rows}]}}'.encode())
