"""What all cases of the broker contract share: they are asynchronous, and ask for a bench.

A case is skipped only where the broker does not claim the capability that it is about.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.bench import Bench


class Cases:
    """Some cases; a suite overrides the `bench` fixture."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def bench(self) -> Bench | AsyncIterator[Bench]:
        """A broker with an empty account, ready to take orders."""
        raise NotImplementedError("the suite says how its bench is made")
