"""When each region resets its sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.brokers.ibkr_web.regions import REGIONS, reset_before
from engine.maintenance import ends_at

CLOCKS = {"americas": "America/New_York", "europe": "Europe/Paris", "asia": "Asia/Hong_Kong"}


def nanoseconds(moment: datetime) -> int:
    """A moment in ns UTC."""
    return int(moment.timestamp()) * 1_000_000_000


@pytest.mark.parametrize("region", sorted(REGIONS))
@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_one_o_clock_of_the_regions_own_clock_lies_in_a_window(region: str, month: int) -> None:
    reset = datetime(2026, month, 15, 1, 0, tzinfo=ZoneInfo(CLOCKS[region]))
    assert ends_at(REGIONS[region], nanoseconds(reset)) is not None
    assert ends_at(REGIONS[region], nanoseconds(reset + timedelta(minutes=5))) is not None
    assert ends_at(REGIONS[region], nanoseconds(reset + timedelta(hours=9))) is None


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_last_reset_lies_within_a_day(region: str) -> None:
    for hour in range(24):
        now = nanoseconds(datetime(2026, 7, 1, hour, 30, tzinfo=UTC))
        since = reset_before(region, now)
        assert 0 <= now - since <= 86_400 * 1_000_000_000
