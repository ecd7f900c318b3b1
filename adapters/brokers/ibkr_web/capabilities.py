"""What an account at the IBKR Web API can do by itself.

Brackets and groups exist there, but a bracket with one bad leg leaves its entry at work without
it, so the engine holds exits itself and places each as an order of its own. Fill-or-kill, post-only
and hidden orders are not documented there, and are not offered.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.brokers.ibkr_web.options import Options
from adapters.brokers.ibkr_web.regions import REGIONS
from engine.ports import Capabilities, RateLimits
from engine.values import NANOSECONDS, AssetClass, OrderType, TimeInForce

ORDERS_PER_SECOND = 4
"""Of ten calls a second: most orders raise a question, and lists are read beside them."""
VISIBLE_AFTER_S = 5
LOOKBACK_DAYS = 6
"""Executions are shown for seven calendar days, of which today has only begun."""
DEFINITIVE = frozenset({"order_id", "error", "order_status=Failed"})
"""The keys whose words settle an order. Exceptions are in `answers`."""


def capabilities(options: Options) -> Capabilities:
    """What the account of ``options`` can do."""
    return Capabilities(
        order_types=frozenset(OrderType),
        times_in_force=frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC}),
        asset_classes=frozenset(AssetClass),
        max_leverage=Decimal(4),
        rate_limits=RateLimits(orders_per_second=ORDERS_PER_SECOND),
        definitive=DEFINITIVE,
        visibility_delay_ns=VISIBLE_AFTER_S * NANOSECONDS,
        execution_lookback_ns=LOOKBACK_DAYS * 86_400 * NANOSECONDS,
        terms=True,
        maintenance=REGIONS[options.region],
    )
