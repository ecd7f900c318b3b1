"""The faults that there are, and which calls each can strike.

Some happen at once, to every session; some strike calls as they come; some are in force for a while
on the stream; some befall orders at the broker behind the gateway. What a fault does to a call
never touches what the call means: an order that was carried out is on the tape, one that was not is
not. What the broker does to an order is on the tape like everything that it does.
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
    SHORT_IDLE = "short_idle"
    QUESTIONS = "questions"
    SERVER_PROMPT = "server_prompt"
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
    # To orders, at the broker
    PARTIAL_FILLS = "partial_fills"
    LATE_REJECT = "late_reject"
    UNASKED_CANCEL = "unasked_cancel"


class Rest(StrEnum):
    """What becomes of an order after its first part."""

    LATER = "later"
    NEVER = "never"


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
    Kind.SHORT_IDLE: "a brokerage session ends after `delay_ms` without a call",
    Kind.QUESTIONS: "each order is asked `times` more questions, without end if 0",
    Kind.SERVER_PROMPT: "an order is taken, and waits for an answer to `reason` by notification",
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
    Kind.PARTIAL_FILLS: "an order fills `percent` of it at a time, `delay_ms` apart",
    Kind.LATE_REJECT: "an order is taken, and `Inactive` `delay_ms` later, for `reason`",
    Kind.UNASKED_CANCEL: "an order is taken, and `Cancelled` `delay_ms` later, for `reason`",
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
AT_BROKER = frozenset({Kind.PARTIAL_FILLS, Kind.LATE_REJECT, Kind.UNASKED_CANCEL})
"""Those that befall the next `times` orders that the simulator takes, by the time of its market."""
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

_REPLIES = ("/iserver/reply/", "/iserver/notification")
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
    if method == "POST" and (path.endswith("/orders") or path.startswith(_REPLIES)):
        return Calls.PLACING
    return Calls.READING
