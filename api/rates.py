"""How often one caller may call: a bucket of tokens each, refilled with time.

Pure arithmetic over times that are passed in. A caller that has been away long enough to have a
full bucket is forgotten, so that memory is bounded by who called lately.
"""

from __future__ import annotations

CALLERS_MAX = 10_000


class Buckets:
    """Lets each caller make ``per_second`` calls a second, and ``burst`` of them at once."""

    def __init__(self, per_second: float, burst: int | None = None) -> None:
        if per_second <= 0:
            raise ValueError(f"requests_per_second: {per_second} is not greater than 0")
        self._per_second = per_second
        self._burst = float(burst if burst is not None else max(1, round(2 * per_second)))
        if self._burst < 1:
            raise ValueError(f"burst: {burst} is not 1 or more")
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, now_s: float) -> float:
        """Take one token; zero if there was one, else the seconds until there will be."""
        left, since = self._left.get(caller, (self._burst, now_s))
        left = min(self._burst, left + (now_s - since) * self._per_second)
        if left < 1:
            self._left[caller] = (left, now_s)
            return (1 - left) / self._per_second
        if len(self._left) >= CALLERS_MAX and caller not in self._left:
            self._forget(now_s)
        self._left[caller] = (left - 1, now_s)
        return 0.0

    def _forget(self, now_s: float) -> None:
        full_after = self._burst / self._per_second
        kept = {who: entry for who, entry in self._left.items() if now_s - entry[1] < full_after}
        if len(kept) >= CALLERS_MAX:
            # More callers than we can know at once: the longest silent lose their history.
            newest = sorted(kept.items(), key=lambda item: item[1][1])[CALLERS_MAX // 2 :]
            kept = dict(newest)
        self._left = kept
