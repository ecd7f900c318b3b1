"""Keeps a running server's keys as the file has them: a change counts within half a second.

The file is looked at by another thread, so a slow disk holds up nobody. A key that was revoked, has
expired or was given other rights has its open streams closed. Doubt keeps people out: a file that
has vanished lets nobody in, and one that can not be read leaves the keys as they were.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from api.keyfile import KeyFile, Keys, Mark
from api.keyring import KeyRing
from api.sources import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.auth import Principal

POLL_S = 0.5

log = logging.getLogger("onetape.keys")


class KeyWatch:
    """Reads ``file`` at once, which raises SettingsError, and again whenever it has changed.

    ``dismiss`` closes the streams of everybody whom its argument does not admit.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._mark: Mark | None = file.mark()
        self._complaint = ""
        self.ring = KeyRing(file.read())

    async def run(self, dismiss: Callable[[Callable[[Principal], bool]], None]) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(POLL_S)
            keys = await asyncio.to_thread(self._changed)
            if keys is not None:
                self.ring.replace(keys)
                log.info("%d API keys are in force", len(keys))
            dismiss(self.ring.admits)

    def _changed(self) -> Keys | None:
        """The keys, if the file is not as it was seen last."""
        try:
            mark = self._file.mark()
            if mark == self._mark:
                return None
            keys = self._file.read()
        except (SettingsError, OSError) as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                log.error("%s; the keys stay as they were", error)
            return None
        self._mark, self._complaint = mark, ""
        return keys or ()
