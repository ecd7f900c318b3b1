"""Whether the disk has room for new risk.

Facts that reduce risk (cancels, fills, outcomes) append for as long as the disk takes them; new
orders stop while a reserve is still free, so that there is always room to record how they end. The
file system is asked at most twice a second, which makes the check cheap enough for every order.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from time import monotonic

RESERVE_BYTES = 64 * 1024 * 1024
ASK_EVERY_S = 0.5

_log = logging.getLogger("onetape.tape")


class Room:
    """Free space of the file system that holds `folder`, against a reserve in bytes."""

    def __init__(self, folder: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._asked_at = float("-inf")
        self._free_bytes = 0

    def free_bytes(self) -> int:
        """Bytes that an ordinary user may still write, at most half a second old; 0 if unknown."""
        now = monotonic()
        if now - self._asked_at >= ASK_EVERY_S:
            self._free_bytes = self._ask()
            self._asked_at = now
        return self._free_bytes

    def is_enough(self) -> bool:
        """Whether the reserve is untouched."""
        return self.free_bytes() >= self._reserve_bytes

    def _ask(self) -> int:
        try:
            status = os.statvfs(self._folder)
        except OSError as error:
            # A disk that does not answer is no place for new risk.
            _log.warning("%s: free space is unknown: %s", self._folder, error)
            return 0
        return status.f_bavail * status.f_frsize
