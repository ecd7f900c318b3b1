"""The markets of one desk, by account: an account behind a line has its broker's, the others share
that of this process. Nobody is told of a market that is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from api.market.source import Here, Source
from api.streams.event import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from api.market.remote import Remote
    from api.streams.event import Event
    from engine.core import Engine


class Markets:
    """Who sees what; ``here`` until a remote broker's market is added."""

    def __init__(self, engine: Engine, here: Here) -> None:
        self.here = here
        self.remote: list[Remote] = []
        self._engine = engine

    def add(self, remote: Remote) -> None:
        """Show a remote broker's market to its accounts."""
        self.remote.append(remote)

    def of(self, account: str) -> Source:
        """The market that an account sees."""
        return self.theirs(account) or self.here

    def theirs(self, account: str) -> Remote | None:
        """The remote broker's market that an account sees, if it sees one."""
        return next((one for one in self.remote if account in one.accounts), None)

    async def know(self, account: str, *symbols: str) -> None:
        """Have the account's broker tell all that an order of these is judged by; see
        `Remote.know`. Nothing is waited for where the account's market is that of this process.
        """
        remote = self.theirs(account)
        if remote is not None:
            await remote.know(account, symbols)

    def __iter__(self) -> Iterator[Source]:
        yield self.here
        yield from self.remote

    def audience(self, source: Source) -> Collection[str]:
        """The accounts that are told of a market; everybody's where it is the only one."""
        if not self.remote:
            return EVERYBODY
        for one in self.remote:
            if one is source:
                return one.accounts
        return tuple(self._engine.local)

    def addressed(self, source: Source, events: Iterable[Event]) -> list[Event]:
        """The events of one market, addressed to those who see it."""
        audience = self.audience(source)
        return [
            msgspec.structs.replace(event, account=account) if account else event
            for event in events
            for account in audience
        ]
