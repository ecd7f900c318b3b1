"""What can go wrong with a tape, one class for each cause.

All are `TapeError`. A tape that raised `TapeFailed` is dead for the life of the process; the other
errors are found when a tape is opened or verified and say which file and which record.
"""

from __future__ import annotations


class TapeError(Exception):
    """Something is wrong with a tape; the message names the file and the cause."""


class TapeFailed(TapeError):
    """A write or sync failed, so this tape takes nothing more until another process reopens it."""


class TapeClosed(TapeError):
    """A record was appended to a tape that had been closed."""


class TapeLocked(TapeError):
    """Another writer holds the tape."""


class NotATape(TapeError):
    """The file is missing, or it is something other than a tape."""


class TapeTooNew(TapeError):
    """The tape was written in a format that this version does not know."""


class TapeTooOld(TapeError):
    """The tape was written in a format that this version no longer reads."""


class TapeDamaged(TapeError):
    """A tape is not whole; `seq` is the first record that can not be trusted."""

    def __init__(self, message: str, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class ChainBroken(TapeDamaged):
    """A record's hash is not the one its content and its predecessor give."""


class TapeGap(TapeDamaged):
    """A sequence number is missing or out of place."""


class TapeTruncated(TapeDamaged):
    """The tape ends before a record that is known to have been on disk, or is another tape."""
