"""What every test shares: asynchronous tests run on asyncio, and hypothesis is deterministic.

A seed that finds a bug on one machine must find it on every machine, so the profile derandomizes
and keeps no example database.
"""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio, the loop the server runs on."""
    return "asyncio"
