"""The simulator keeps the broker contract, whole and with what it can do reduced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.brokers.simulator.broker import SimulatedBroker
from engine.ports import Capabilities
from engine.trailing import is_held
from engine.values import OrderType, TimeInForce
from tests.api.world import EVERYTHING, World
from tests.contract.bench import Bench
from tests.contract.broker_contract import BrokerContract

LITTLE = Capabilities(
    order_types=frozenset(OrderType) - {OrderType.TRAILING_STOP},
    times_in_force=frozenset({TimeInForce.GTC}),
    asset_classes=EVERYTHING.asset_classes,
    short_selling=False,
    flips=False,
)


class LocalBench(Bench):
    """The simulator in this process: whatever it does has happened when it returns."""

    account = "A"

    def __init__(self, capabilities: Capabilities) -> None:
        self.world = World(capabilities)
        self.engine = self.world.engine

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """It is true, or never will be."""
        assert holds(), what

    async def rise(self, steps: int = 1) -> None:
        """Live through so many bars."""
        self.world.step(steps)

    async def agree(self) -> None:
        """The simulator works exactly the orders that we say it does."""
        broker = self.engine.local[self.account]
        assert isinstance(broker, SimulatedBroker)
        ours = self.engine.state.working(self.account)
        assert broker.working(self.account) == {one.id for one in ours if not is_held(one)}


class TestSimulator(BrokerContract):
    """With all that it can do, and with so little that the engine holds or refuses the rest."""

    @pytest.fixture(params=[EVERYTHING, LITTLE], ids=["whole", "reduced"])
    def bench(self, request: pytest.FixtureRequest) -> LocalBench:
        """A simulator, and a million dollars at it."""
        return LocalBench(request.param)
