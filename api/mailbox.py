"""What one thread has to tell another, in order, where of some things only the newest matters.

Quotes come faster than a strategy may read them. A quote that is still unread is replaced by the
next one of its kind and keeps its place; everything else waits for its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from threading import Condition
from typing import Any

News = tuple[Any, Any]
"""Whom it is for, and what it is."""


class Mailbox:
    """A queue for one reader; any thread may put."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._keys: deque[Hashable] = deque()
        self._news: dict[Hashable, News] = {}
        self._count = 0

    def put(self, news: News) -> None:
        """Tell ``news`` when its turn has come."""
        with self._changed:
            self._count += 1
            self._add((Mailbox, self._count), news)

    def put_newest(self, key: Hashable, news: News) -> None:
        """Tell ``news`` in place of what is unread under ``key``."""
        with self._changed:
            if key in self._news:
                self._news[key] = news
            else:
                self._add(key, news)

    def get(self, timeout_s: float) -> News | None:
        """What is next, or None when nothing came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._keys, timeout_s):
                return None
            return self._news.pop(self._keys.popleft())

    def _add(self, key: Hashable, news: News) -> None:
        self._keys.append(key)
        self._news[key] = news
        self._changed.notify()
