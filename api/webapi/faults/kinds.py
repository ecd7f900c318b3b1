"""The faults that there are, and which calls each can strike.

Some happen at once, to every session; some strike calls as they come; some are in force for a while
on the stream. What a fault does to a call never touches what the call means: an order that was
carried out is on the tape, one that was not is not.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong."""

    # At once
    SESSION_DEATH = "session_death"
    COMPETING = "competing"
    NO_BRIDGE = "no_bridge"
    LOGOUT = "logout"
    STREAM_DROP = "stream_drop"
    ORDERS_MUTED = "orders_muted"
    # For a while
    DAILY_RESET = "daily_reset"
    QUESTIONS = "questions"
    NO_HEARTBEAT = "no_heartbeat"
    SILENCE = "silence"
    DUPLICATES = "duplicates"
    REORDERED = "reordered"
    # To calls
    ERROR = "error"
    ERROR_AFTER = "error_after"
    RATE_LIMIT = "rate_limit"
    SLOW = "slow"
    SLOW_ANSWER = "slow_answer"
    NO_ANSWER = "no_answer"
    LOST = "lost"
    REJECT = "reject"
    LATE_CANCEL = "late_cancel"


class Calls(StrEnum):
    """Which calls a fault strikes."""

    ALL = "all"
    PLACING = "placing"
    CHANGING = "changing"
    CANCELLING = "cancelling"
    READING = "reading"
    SESSION = "session"


MEANING = {
    Kind.SESSION_DEATH: "every brokerage session ends, as one that lay idle",
    Kind.COMPETING: "every brokerage session is taken over by another login",
    Kind.NO_BRIDGE: "every brokerage session loses its connection",
    Kind.LOGOUT: "every session is logged out",
    Kind.STREAM_DROP: "every stream is closed",
    Kind.ORDERS_MUTED: "the streams of orders fall silent, as after a filtered list, until `force`",
    Kind.DAILY_RESET: "sessions end, and calls of the brokerage session are answered 503",
    Kind.QUESTIONS: "each order is asked `times` more questions, without end if 0",
    Kind.NO_HEARTBEAT: "streams send no heartbeat",
    Kind.SILENCE: "streams send nothing",
    Kind.DUPLICATES: "streams send every message twice",
    Kind.REORDERED: "streams send every two messages in the wrong order",
    Kind.ERROR: "not carried out, and answered `status`",
    Kind.ERROR_AFTER: "carried out, and answered `status`",
    Kind.RATE_LIMIT: "not carried out, and answered 429 without a body",
    Kind.SLOW: "carried out after `delay_ms`",
    Kind.SLOW_ANSWER: "carried out at once, and answered after `delay_ms`",
    Kind.NO_ANSWER: "carried out, and never answered: 504 after `delay_ms`",
    Kind.LOST: "not carried out, and never answered: 504 after `delay_ms`",
    Kind.REJECT: "not carried out, and answered with an `error` in a success",
    Kind.LATE_CANCEL: "acknowledged at once, and carried out after `delay_ms`",
}
INSTANT = frozenset(
    {
        Kind.SESSION_DEATH,
        Kind.COMPETING,
        Kind.NO_BRIDGE,
        Kind.LOGOUT,
        Kind.STREAM_DROP,
        Kind.ORDERS_MUTED,
    }
)
TO_STREAMS = frozenset({Kind.NO_HEARTBEAT, Kind.SILENCE, Kind.DUPLICATES, Kind.REORDERED})
STRIKES = {
    Kind.ERROR: Calls.ALL,
    Kind.ERROR_AFTER: Calls.PLACING,
    Kind.RATE_LIMIT: Calls.ALL,
    Kind.SLOW: Calls.ALL,
    Kind.SLOW_ANSWER: Calls.PLACING,
    Kind.NO_ANSWER: Calls.PLACING,
    Kind.LOST: Calls.PLACING,
    Kind.REJECT: Calls.PLACING,
    Kind.LATE_CANCEL: Calls.CANCELLING,
}
"""The faults that strike calls, and which ones where nothing else is said."""
AFTER = frozenset({Kind.ERROR_AFTER, Kind.SLOW_ANSWER, Kind.NO_ANSWER})
"""Those that strike an order's answer only once the order is placed, not a question about it."""

_SESSION = ("/tickle", "/logout", "/sso/", "/iserver/auth/", "/iserver/reauthenticate")


def of_call(method: str, path: str) -> Calls:
    """What a call is, by its method and its path as it is declared, without the base."""
    if path.startswith(_SESSION):
        return Calls.SESSION
    is_order = path.startswith("/iserver/account/") and "/order/" in path
    if method == "DELETE" and is_order:
        return Calls.CANCELLING
    if method == "POST" and is_order:
        return Calls.CHANGING
    if method == "POST" and (path.endswith("/orders") or path.startswith("/iserver/reply/")):
        return Calls.PLACING
    return Calls.READING
