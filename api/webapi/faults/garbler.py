"""What happens to the messages of one stream on their way, while something is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.webapi.faults.kinds import Kind

if TYPE_CHECKING:
    from api.webapi.faults.faults import Faults

_HEARTBEAT = '{"topic":"system","hb":'


class Garbler:
    """Swallows, repeats or swaps the messages of one client."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: str | None = None

    def __call__(self, text: str) -> tuple[str, ...]:
        """What is sent instead of ``text``."""
        faults = self._faults
        if not faults.active() and self._held is None:
            return (text,)
        if faults.find(Kind.SILENCE) is not None:
            return ()
        if faults.find(Kind.NO_HEARTBEAT) is not None and text.startswith(_HEARTBEAT):
            return ()
        if self._held is not None:
            held, self._held = self._held, None
            return (text, held)
        if faults.find(Kind.REORDERED) is not None:
            self._held = text
            return ()
        return (text, text) if faults.find(Kind.DUPLICATES) is not None else (text,)
