"""What lies between ``ctx.ibkr`` and whoever answers it: a question, a reply, and what went wrong.

A `Transport` carries one call of the IBKR Web API and brings back what was answered, whatever the
status. It never asks twice: whether a call may be repeated is not for it to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

NOT_CONNECTED = "No trading block connected. Connect an IBKR block to this worker."
NO_ANSWER = 0
"""The code of an error where nobody answered, so that it is not known what was done."""
ERROR_STATUS_MIN = 400
_SHOWN_CHARACTERS_MAX = 500


class IbkrAPIError(Exception):
    """Raised where a call of the Web API did not succeed: ``code`` is its HTTP status, 0 where no
    answer came; ``msg`` is what the answer says.
    """

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(f"IBKR API error {code}: {msg}" if code else msg)
        self.code = code
        self.msg = msg

    def __reduce__(self) -> tuple[type[IbkrAPIError], tuple[int, str]]:
        """Leave the process with both parts."""
        return IbkrAPIError, (self.code, self.msg)


class Reply(NamedTuple):
    """An answer: its HTTP status and its decoded JSON, or its text where it is none."""

    status: int
    value: Any


class Transport(Protocol):
    """How calls reach a Web API."""

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """Make one call. ``path`` begins after ``/v1/api`` and is percent-encoded; ``body`` is
        JSON's own kinds, or None for none. IbkrAPIError with code 0 where nothing answers.
        """


def error_of(reply: Reply) -> IbkrAPIError | None:
    """The error that a reply is; None for a success."""
    if reply.status < ERROR_STATUS_MIN:
        return None
    value = reply.value
    said = value.get("error") or value.get("message") if isinstance(value, dict) else value
    if not said:
        said = "too many requests" if reply.status == 429 else "no reason was given"
    return IbkrAPIError(reply.status, str(said)[:_SHOWN_CHARACTERS_MAX])
