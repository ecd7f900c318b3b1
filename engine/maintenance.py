"""Maintenance windows: when a broker restarts, and its ids and answers can not be trusted.

Inside a window nothing new is sent: no order, no change. Clients are told so at once; what the
engine itself must place (protective legs) waits for the window's end. Cancels, lookups and
snapshots pass, because they can only shrink risk or tell the truth.
"""

from __future__ import annotations

import msgspec

from engine.values import NANOSECONDS

_DAY_NS = 86_400 * NANOSECONDS
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


class Window(msgspec.Struct, frozen=True):
    """A stretch of some weekdays, UTC: begins ``begins_s`` seconds after midnight and lasts
    ``lasts_s``, past midnight if it must. Monday is 0.
    """

    begins_s: int
    lasts_s: int
    weekdays: frozenset[int] = frozenset(range(7))

    def ends_at(self, now: int) -> int | None:
        """The end, in ns, of the occurrence that ``now`` lies in; None outside."""
        midnight = now - now % _DAY_NS
        reach = (self.begins_s + self.lasts_s) // 86_400
        for days_ago in range(reach + 1):
            day = midnight - days_ago * _DAY_NS
            if (day // _DAY_NS + _EPOCH_WEEKDAY) % 7 in self.weekdays:
                begins = day + self.begins_s * NANOSECONDS
                ends = begins + self.lasts_s * NANOSECONDS
                if begins <= now < ends:
                    return ends
        return None

    def next_begin(self, now: int) -> int | None:
        """When it next begins after ``now``; None for one that never does."""
        midnight = now - now % _DAY_NS
        for days in range(8):
            day = midnight + days * _DAY_NS
            begins = day + self.begins_s * NANOSECONDS
            if begins > now and (day // _DAY_NS + _EPOCH_WEEKDAY) % 7 in self.weekdays:
                return begins
        return None


def next_begin(windows: tuple[Window, ...], now: int) -> int | None:
    """When the first of the windows next begins after ``now``."""
    begins = [begin for window in windows if (begin := window.next_begin(now)) is not None]
    return min(begins, default=None)


def ends_at(windows: tuple[Window, ...], now: int) -> int | None:
    """When the last of the windows that ``now`` lies in ends; None outside all of them."""
    ends = [end for window in windows if (end := window.ends_at(now)) is not None]
    return max(ends, default=None)
