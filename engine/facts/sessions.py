"""What opens and closes a tape's use, and what may be traded from then on."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.facts.fact import Fact
from engine.instruments import Instrument
from engine.values import ONE, PositionMode

SCHEMA_VERSION = 1


class SessionStarted(Fact, frozen=True, tag="session_started"):
    """An engine opened this tape. ``assumptions`` are the rules in force, as text, for whoever
    reads it later.
    """

    mode: str
    version: str
    schema: int = SCHEMA_VERSION
    nonce: str = ""
    assumptions: dict[str, str] = msgspec.field(default_factory=dict)


class SessionEnded(Fact, frozen=True, tag="session_ended"):
    """The engine let go of the tape in good order."""

    reason: str


class AccountOpened(Fact, frozen=True, tag="account_opened"):
    """An account is served from here on, by ``broker``, its books kept in ``currency``. Those of
    one that ``is_remote`` begin when they are opened.
    """

    currency: str
    broker: str
    position_mode: PositionMode = PositionMode.NETTING
    leverage: Decimal = ONE
    is_remote: bool = False


class InstrumentListed(Fact, frozen=True, tag="instrument_listed"):
    """An instrument may be traded from here on, or its terms changed."""

    instrument: Instrument
