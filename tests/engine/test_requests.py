"""Nonsense is refused with the field, the value and what was expected, and sense is let through."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.errors import InvalidRequest
from engine.requests import OrderChange, OrderRequest, check_change, check_order, is_plain
from engine.values import OrderType, Side, TimeInForce, TrailingType
from tests.builders import dec, order

BAD: dict[str, dict[str, Any]] = {
    "no symbol": {"symbol": "", "field": "symbol"},
    "no quantity": {"quantity": 0, "field": "quantity"},
    "a negative quantity": {"quantity": -1, "field": "quantity"},
    "a quantity that is no number": {"quantity": "NaN", "field": "quantity"},
    "a signalling quantity": {"quantity": "sNaN", "field": "quantity"},
    "an endless quantity": {"quantity": "Infinity", "field": "quantity"},
    "a quantity of 16 digits": {"quantity": "1E+15", "field": "quantity"},
    "a quantity of 13 decimals": {"quantity": "0.0000000000001", "field": "quantity"},
    "a limit without a price": {"order_type": OrderType.LIMIT, "field": "limit_price"},
    "a stop without a price": {"order_type": OrderType.STOP, "field": "stop_price"},
    "a stop-limit without its limit": {
        "order_type": OrderType.STOP_LIMIT,
        "stop_price": 1,
        "field": "limit_price",
    },
    "a trailing stop without a distance": {
        "order_type": OrderType.TRAILING_STOP,
        "field": "trailing_distance",
    },
    "a market order with a price": {
        "order_type": OrderType.MARKET,
        "limit_price": 1,
        "field": "limit_price",
    },
    "a limit with a stop": {
        "order_type": OrderType.LIMIT,
        "limit_price": 1,
        "stop_price": 1,
        "field": "stop_price",
    },
    "a limit that trails": {
        "limit_price": 1,
        "trailing_type": TrailingType.PERCENT,
        "field": "trailing_type",
    },
    "a negative price": {"limit_price": "-1", "field": "limit_price"},
    "a price of zero": {"stop_price": 0, "field": "stop_price"},
    "a trail of 100 percent": {
        "trailing_distance": 100,
        "trailing_type": TrailingType.PERCENT,
        "field": "trailing_distance",
    },
    "an empty client id": {"client_order_id": "", "field": "client_order_id"},
    "a client id of 129": {"client_order_id": "x" * 129, "field": "client_order_id"},
    "a client id with a newline": {"client_order_id": "a\nb", "field": "client_order_id"},
    "a market order that only posts": {"post_only": True, "field": "post_only"},
    "a post-only order at once or never": {
        "limit_price": 1,
        "post_only": True,
        "time_in_force": TimeInForce.IOC,
        "field": "time_in_force",
    },
    "a tip larger than the iceberg": {
        "limit_price": 1,
        "display_quantity": 11,
        "field": "display_quantity",
    },
    "a tip of nothing": {"limit_price": 1, "display_quantity": 0, "field": "display_quantity"},
    "leverage below one": {"leverage": "0.5", "field": "leverage"},
    "a reference of 10,000": {"reference": "r" * 10_000, "field": "reference"},
    "an empty group": {"oco_group_id": "", "field": "oco_group_id"},
    "a group of 129": {"oco_group_id": "g" * 129, "field": "oco_group_id"},
    "a stop-loss above a buy": {"limit_price": 100, "stop_loss": 101, "field": "stop_loss"},
    "a stop-loss at a buy": {"limit_price": 100, "stop_loss": 100, "field": "stop_loss"},
    "a stop-loss below a sale": {
        "side": Side.SELL,
        "limit_price": 100,
        "stop_loss": 99,
        "field": "stop_loss",
    },
    "a take-profit below a buy": {"stop_price": 100, "take_profit": 99, "field": "take_profit"},
    "a take-profit above a sale": {
        "side": Side.SELL,
        "stop_price": 100,
        "take_profit": 101,
        "field": "take_profit",
    },
    "exits that cross": {"stop_loss": 110, "take_profit": 90, "field": "stop_loss"},
    "a stop-loss on a reduction": {"reduce_only": True, "stop_loss": 90, "field": "stop_loss"},
    "a profit on a reduction": {"reduce_only": True, "take_profit": 110, "field": "take_profit"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_request_that_can_mean_nothing_names_its_field(name: str) -> None:
    values = dict(BAD[name])
    field = values.pop("field")
    with pytest.raises(InvalidRequest) as caught:
        check_order(order(**values))
    assert caught.value.details["field"] == field
    assert caught.value.details["expected"]
    assert field in caught.value.message


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"client_order_id": "mine"},
        {"quantity": "999999999999999.999999999999"},
        {"limit_price": 100, "stop_loss": 90, "take_profit": 110},
        {"side": Side.SELL, "limit_price": 100, "stop_loss": 110, "take_profit": 90},
        {"stop_price": 100, "limit_price": 99},
        {"trailing_distance": 99, "trailing_type": TrailingType.PERCENT},
        {"trailing_distance": 500},
        {"limit_price": 1, "display_quantity": 10},
        {"limit_price": 1, "post_only": True, "time_in_force": TimeInForce.DAY},
        {"leverage": 1, "reduce_only": True, "hidden": True},
        {"oco_group_id": "g" * 128},
    ],
)
def test_a_request_that_makes_sense_passes(values: dict[str, Any]) -> None:
    check_order(order(**values))


def test_an_empty_change_is_refused_with_the_fields_it_may_have() -> None:
    with pytest.raises(InvalidRequest, match="at least one of quantity, limit_price"):
        check_change(OrderChange())


@pytest.mark.parametrize("field", OrderChange.__struct_fields__)
def test_a_change_to_a_value_below_zero_names_its_field(field: str) -> None:
    with pytest.raises(InvalidRequest, match=field):
        check_change(OrderChange(**{field: Decimal(-1)}))
    check_change(OrderChange(**{field: dec(1)}))


def test_a_plain_request_has_no_field_but_the_common_ones() -> None:
    common = {"symbol", "side", "quantity", "order_type", "limit_price", "time_in_force"}
    plain = order(limit_price=1)
    assert is_plain(plain)
    for name in set(OrderRequest.__struct_fields__) - common:
        assert not is_plain(msgspec.structs.replace(plain, **{name: True})), name
