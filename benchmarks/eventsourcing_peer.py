"""The `eventsourcing` package, used as its documentation shows, on SQLite in a file.

One aggregate takes events that carry as much as our facts do. Saving is an application's `save`,
which syncs; replaying is the repository's `get`, which reads, decodes and folds.
"""

from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

TOPIC = "submitted"
FACT = {
    "account": "DU8730189",
    "order_id": "ord_000000000001",
    "symbol": "AAPL",
    "side": "BUY",
    "quantity": Decimal(100),
    "order_type": "LIMIT",
    "limit_price": Decimal("187.25"),
}


class Peer:
    """An application with one aggregate. The package is imported here, because only the benchmarks
    have it installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            application: Any = import_module("eventsourcing.application")
            domain: Any = import_module("eventsourcing.domain")
            utils: Any = import_module("eventsourcing.utils")
        except ImportError as error:
            raise SystemExit("the peer is missing: run make bench, which installs it") from error
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
        self._application = application.Application(settings)
        self._aggregate = domain.Aggregate()
        self._event = _event_class(domain.Aggregate.Event)
        utils.register_topic(TOPIC, self._event)

    def save(self, groups: int, size: int) -> None:
        """Save `groups` times, `size` new events each time."""
        for _ in range(groups):
            for _ in range(size):
                self._aggregate.trigger_event(self._event, **FACT)
            self._application.save(self._aggregate)

    def replay(self) -> object:
        """Read the aggregate back from its events."""
        return self._application.repository.get(self._aggregate.id)

    def close(self) -> None:
        """Close its database."""
        self._application.close()


@cache
def _event_class(base: Any) -> Any:
    """An event of the package's own kind with the fields of a fact."""
    fields = {name: type(value) for name, value in FACT.items()}
    body = {"__annotations__": fields, "__module__": __name__, "TOPIC": TOPIC}
    return type(base)("Submitted", (base,), body)
