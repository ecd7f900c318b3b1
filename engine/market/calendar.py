"""What the engine asks of a trading calendar.

Pure and narrow, so that DAY orders and sessions can be decided without knowing where the dates
come from (an exchange's published calendar, a weekly rule, or none). All times are ns since the
epoch, UTC. A calendar that is asked about a time it does not cover raises ValueError.
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Calendar(Protocol):
    """Sessions on a time line; a session is open from its open (inclusive) to its close."""

    @property
    def name(self) -> str:
        """A short name for reports: "XNYS", "24/7", "FOREX"."""

    def session_end(self, ts: int) -> int:
        """The first session close strictly after *ts*."""

    def is_open(self, ts: int) -> bool:
        """Whether *ts* lies inside a session."""

    def session_open(self, ts: int) -> int:
        """The first session open at or after *ts*."""
