"""Outbound pacing: a broker's own limits, kept on our side, with a share that orders can not use.

Each limit is a bucket of tokens that refills evenly. A fifth of it is set aside for what shrinks
risk or tells the truth: cancels, lookups and snapshots may drain a bucket, new orders and changes
must leave that fifth, so a storm of orders can never keep an exit from its broker.
"""

from __future__ import annotations

from engine.ports import RateLimits
from engine.values import NANOSECONDS

RESERVED_PERCENT = 20
WARN_PERCENT = 20
_SECOND, _MINUTE, _DAY = NANOSECONDS, 60 * NANOSECONDS, 86_400 * NANOSECONDS


class Bucket:
    """``size`` tokens, refilled evenly over ``period_ns``. Counted in ns, so nothing is rounded."""

    def __init__(self, size: int, period_ns: int, now: int) -> None:
        self.size = size
        self._cost = -(-period_ns // size)
        self._full = self._cost * size
        self._level = self._full
        self._at = now
        self._kept = self._cost * (size * RESERVED_PERCENT // 100)

    def left(self, now: int) -> int:
        """Whole tokens in the bucket at ``now``."""
        return self._refilled(now) // self._cost

    def wait(self, now: int, is_urgent: bool) -> int:
        """How long in ns until one may be taken; 0 if it may be now."""
        needed = self._cost + (0 if is_urgent else self._kept)
        return max(0, needed - self._refilled(now))

    def take(self, now: int) -> None:
        """Take one, which ``wait`` has allowed."""
        self._level = self._refilled(now) - self._cost
        self._at = max(self._at, now)

    def drain(self, now: int, until: int) -> None:
        """Be empty so that the first token is back at ``until``: the broker said to wait."""
        self._level = min(self._refilled(now), self._cost - max(0, until - now))
        self._at = max(self._at, now)

    def full_at(self, now: int) -> int:
        """When the bucket will be full again."""
        return now + self._full - self._refilled(now)

    def _refilled(self, now: int) -> int:
        return min(self._full, self._level + max(0, now - self._at))


class Pacing:
    """Every limit of one broker together."""

    def __init__(self, limits: RateLimits | None, now: int = 0) -> None:
        self._orders: list[Bucket] = []
        self._requests: list[Bucket] = []
        if limits is None:
            return
        for size, period in (
            (limits.orders_per_second, _SECOND),
            (limits.orders_per_day, _DAY),
        ):
            if size:
                self._orders.append(Bucket(size, period, now))
        if limits.requests_per_minute:
            self._requests.append(Bucket(limits.requests_per_minute, _MINUTE, now))

    def wait(self, now: int, is_order: bool, is_urgent: bool) -> int:
        """How long in ns until a request may go out. ``is_order`` is anything about an order (a
        cancel too), ``is_urgent`` a cancel or a read.
        """
        waits = [bucket.wait(now, is_urgent) for bucket in self._meant(is_order)]
        return max(waits, default=0)

    def take(self, now: int, is_order: bool) -> None:
        """Count a request that goes out now."""
        for bucket in self._meant(is_order):
            bucket.take(now)

    def throttled(self, now: int, until: int) -> None:
        """The broker said that a limit was reached, and to wait until then."""
        for bucket in (*self._orders, *self._requests):
            bucket.drain(now, until)

    def left(self, now: int) -> int | None:
        """Requests left in the tightest bucket; None where the broker states no limit."""
        return min((bucket.left(now) for bucket in self._meant(True)), default=None)

    def is_low(self, now: int) -> bool:
        """Whether some bucket is down to the share that is set aside."""
        buckets = self._meant(True)
        return any(bucket.left(now) * 100 <= bucket.size * WARN_PERCENT for bucket in buckets)

    def reset_at(self, now: int) -> int:
        """When every bucket will be full again, ns."""
        return max((bucket.full_at(now) for bucket in self._meant(True)), default=now)

    def _meant(self, is_order: bool) -> list[Bucket]:
        return [*self._orders, *self._requests] if is_order else self._requests
