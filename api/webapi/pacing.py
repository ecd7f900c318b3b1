"""How often a path may be asked: the gateway's limits, and the box for whoever goes beyond them.

Each path has its own bucket and all have one together, each session its own. One call too many is
answered 429 and shuts the session out of everything for the penalty.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from api.rates import Buckets
from api.webapi import errors

PER_SECOND = 10
"""Calls a second of one session, whatever they ask for."""
_FIVE_S, _MINUTE_S = 5, 60
INTERVAL_S = {
    "/iserver/account/orders": _FIVE_S,
    "/iserver/account/trades": _FIVE_S,
    "/iserver/account/pnl/partitioned": _FIVE_S,
    "/portfolio/accounts": _FIVE_S,
    "/portfolio/subaccounts": _FIVE_S,
    "/sso/validate": _MINUTE_S,
    "/tickle": 1,
}
"""Seconds that must lie between two calls of a path. A list that answers its first call empty is
asked for twice: these have a second call at once."""
HISTORY_MAX = 5
"""Requests for bars under way at once."""
_TWICE = frozenset(
    {"/iserver/account/orders", "/iserver/account/trades", "/iserver/account/pnl/partitioned"}
)


class Pacing:
    """Counts the calls of all sessions; raises the refusal of one too many."""

    def __init__(self, penalty_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._penalty_s = penalty_s
        self._now_s = now_s
        self._all = Buckets(PER_SECOND, PER_SECOND)
        self._paths = {
            path: Buckets(1 / interval, 2 if path in _TWICE else 1)
            for path, interval in INTERVAL_S.items()
        }
        self._shut_out: dict[str, float] = {}

    def check(self, session_id: str, path: str) -> None:
        """Count a call of ``path``, which is written as in ``INTERVAL_S``."""
        now = self._now_s()
        until = self._shut_out.get(session_id)
        if until is not None:
            if now < until:
                raise errors.too_fast()
            del self._shut_out[session_id]
        bucket = self._paths.get(path)
        wait = self._all.take(session_id, now)
        if bucket is not None:
            wait = wait or bucket.take(session_id, now)
        if wait:
            self._shut_out[session_id] = now + self._penalty_s
            raise errors.too_fast()
