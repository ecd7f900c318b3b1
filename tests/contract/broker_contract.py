"""What every broker promises behind the engine, wherever it is.

A suite inherits `BrokerContract`, or `RemoteContract` for a broker behind a line, and says how its
bench is made; every case then runs against it. A case is skipped only where the broker does not
claim the capability that it is about, and what is not claimed must then be refused before anything
is written. What the engine adds (brackets, OCO groups, trailing stops) is asked of every broker.
"""

from tests.contract.line_cases import LineCases
from tests.contract.order_cases import OrderCases
from tests.contract.position_cases import PositionCases


class BrokerContract(OrderCases, PositionCases):
    """All that any broker must do."""


class RemoteContract(BrokerContract, LineCases):
    """All that a broker behind a line must do."""
