"""What can go wrong with a tape, one class for each cause.

All are `TapeError`. A tape that raised `TapeFailed` is dead for the life of the process; the other
errors are found when a tape is opened or verified and say which file and which record.
"""

from __future__ import annotations


class TapeError(Exception):
    """Something is wrong with a tape; the message names the file and the cause."""


class TapeFailed(TapeError):  # noqa: N818 - named for the situation
    """A write or sync failed, so this tape takes nothing more until another process reopens it."""


class TapeClosed(TapeError):  # noqa: N818 - named for the situation
    """A record was appended to a tape that had been closed."""


class TapeLocked(TapeError):  # noqa: N818 - named for the situation
    """Another writer holds the tape."""


class NotATape(TapeError):  # noqa: N818 - named for the situation
    """The file is missing, or it is something other than a tape."""


class TapeTooNew(TapeError):  # noqa: N818 - named for the situation
    """The tape was written in a format that this version does not know."""


class ChainBroken(TapeError):  # noqa: N818 - named for the situation
    """A record's hash is not the one its content and its predecessor give."""

    def __init__(self, message: str, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class TapeGap(TapeError):  # noqa: N818 - named for the situation
    """A sequence number is missing or out of place."""

    def __init__(self, message: str, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class TapeTruncated(TapeError):  # noqa: N818 - named for the situation
    """The tape ends before a record that is known to have been on disk."""
