"""Every limit of the streams, named, with its unit last, and the codes a stream is closed with.

The defaults are what the documentation promises; the composition may pass others from its settings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.streams.margin import Thresholds

if TYPE_CHECKING:
    from api.settings import Settings

CLOSED_NORMALLY = 1000
GOING_AWAY = 1001
BROKEN = 1011
REVOKED = 4001
TOO_SLOW = 4008
AHEAD_OF_TAPE = 4009


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one client, or all of them, may cost."""

    clients_max: int = 64
    queue_length_max: int = 1_024
    queue_bytes_max: int = 1_048_576
    frame_bytes_max: int = 65_536
    heartbeat_s: float = 10.0
    close_timeout_s: float = 5.0
    stale_after_s: float = 30.0
    margin: Thresholds = field(default_factory=Thresholds)

    @classmethod
    def of(cls, settings: Settings) -> StreamLimits:
        """The limits that the settings state."""
        limits, margin = settings.limits, settings.margin
        return cls(
            clients_max=limits.clients_max,
            queue_length_max=limits.queue_length_max,
            queue_bytes_max=limits.queue_bytes_max,
            frame_bytes_max=limits.frame_bytes_max,
            heartbeat_s=limits.heartbeat_s,
            stale_after_s=settings.feed.stale_after_s,
            margin=Thresholds(margin.warning_share, margin.call_share),
        )
