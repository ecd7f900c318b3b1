"""Every rule in force as text, for reports and for the first record of a tape.

A result is worth what its assumptions are worth, so they travel with it.
"""

from __future__ import annotations

from adapters.brokers.simulator.commission import parse_commission
from adapters.brokers.simulator.options import SimulatorOptions

_ALWAYS = {
    "arrival": "an order that arrives while a bar is the newest is first tried in the next bar",
    "turn": "exits first, then other orders, oldest first; of two that end each other, the stop",
    "market_order": "at the open",
    "limit_order": "where low <= limit (sells: high >= limit), at the better of open and limit",
    "stop_order": "where high >= stop (sells: low <= stop), at the worse of open and stop",
    "stop_limit_order": "reached at the open: a limit at once; reached later in the bar: at the "
    "stop if the limit allows it, else a limit from the next bar",
    "trailing_stop_order": "from the mark at acceptance; the adverse extreme of a bar is tried "
    "before the stop follows the favourable one",
    "both_exits": "when one bar touches both exits, the stop fills",
    "quotes": "buys pay the ask, sells hit the bid, sizes bound the fills of each quote",
    "time_in_force": "IOC and FOK are judged on the first bar or quote they are live in; DAY ends "
    "with the session",
    "funds": "an order that cash or margin can not carry is rejected whole",
    "hidden": "hidden and display quantities do not change fills",
    "last_bar": "nothing fills after the last bar",
}


def assumptions(options: SimulatorOptions) -> dict[str, str]:
    """The rules in force under ``options``, by name."""
    taken = "of fills that take liquidity"
    cap = f"{options.participation} of each bar's volume, shared by all orders"
    return _ALWAYS | {
        "exits": "live from the bar after the entry's fill"
        if options.exits == "next-bar"
        else "of a market entry live in its bar; of a stop entry the take-profit, unless the bar "
        "touched the stop-loss; of others from the next bar",
        "spread": _or_none(options.spread_bps, f"bps, half of it added to the price {taken}"),
        "slippage": " and ".join(
            part
            for part in (
                f"{options.slippage_bps} bps" if options.slippage_bps else "",
                f"{options.slippage_ticks} ticks" if options.slippage_ticks else "",
            )
            if part
        )
        or "none",
        "participation": cap if options.participation else "not capped by volume",
        "penetration": f"a limit must be passed by {options.penetration_ticks} ticks"
        if options.penetration_ticks
        else "a touch fills a limit",
        "latency": f"an order is live {options.latency_ns} ns after it arrives"
        if options.latency_ns
        else "none",
        "commission": parse_commission(options.commission).describe(),
        "borrow": _or_none(options.borrow_bps, "bps a year on short value, charged nightly"),
        "financing": _or_none(options.financing_bps, "bps a year on negative cash, nightly"),
        "corporate_actions": f"{len(options.splits)} splits, {len(options.dividends)} dividends"
        if options.splits or options.dividends
        else "none",
    }


def _or_none(value: object, words: str) -> str:
    return f"{value} {words}" if value else "none"
