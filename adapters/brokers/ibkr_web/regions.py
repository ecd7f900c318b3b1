"""When each of IBKR's regions resets its brokerage sessions, as windows in UTC.

The reset is at 01:00 of the region's own clock and takes a few minutes. Windows do not know of
summer time, so a region that has it gets one window for each half of the year: an hour in which
nothing happens costs less than an order sent into a reset.
"""

from __future__ import annotations

from engine.maintenance import Window

_HOUR_S = 3_600
_BEFORE_S = 60
_LASTS_S = 660


def _window(hour: int) -> Window:
    return Window((hour * _HOUR_S - _BEFORE_S) % 86_400, _LASTS_S)


REGIONS: dict[str, tuple[Window, ...]] = {
    "americas": (_window(5), _window(6)),
    "europe": (_window(23), _window(24)),
    "asia": (_window(17),),
}
"""01:00 in New York, in central Europe and in Hong Kong."""


def reset_before(region: str, now: int) -> int:
    """The end of the last reset that may have been before ``now``, ns UTC: what was listed before
    it need not be listed any more.
    """
    day = 86_400 * 1_000_000_000
    ends = [((one.begins_s + one.lasts_s) % 86_400) * 1_000_000_000 for one in REGIONS[region]]
    midnight = now - now % day
    return max(
        base + end for base in (midnight, midnight - day) for end in ends if base + end <= now
    )
