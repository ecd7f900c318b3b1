"""What can be chosen about a line to the IBKR Web API, checked when it is made.

Wherever the facts about the gateway leave something open (how long it may be silent, how often it
may be asked, which of its questions are harmless) the choice is here, with a default on the safe
side. Times are seconds. What can not be is a ValueError that names the option.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.brokers.ibkr_web.regions import REGIONS

GATEWAY = "https://localhost:5000/v1/api"
COMPETING = ("yield", "take")
SUPPRESSED_MAX = 51
PREFIX_CHARACTERS_MAX = 32
_FINGERPRINT_DIGITS = 64
_TIMES = (
    "timeout_s",
    "connect_timeout_s",
    "tickle_s",
    "tic_s",
    "silence_s",
    "poll_s",
    "lines",
    "confirm_s",
    "pace",
    "penalty_s",
    "login_wait_s",
)

HARMLESS = frozenset({"o354", "o10331", "o10151", "o10152", "p6"})
"""Questions answered yes unless told otherwise: they warn of what the client asked for anyway (no
market data, how stops and market orders work, which account), and hold nothing against the order.
"""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The choices for one username's line."""

    account: str
    """IBKR's id of the account, such as `DU1234567`."""
    known_as: str = ""
    """What this engine calls the account; the same unless said."""
    live: bool = False
    """Whether real money is meant: a session is refused where the gateway says otherwise."""
    url: str = GATEWAY
    fingerprint: str = ""
    """SHA-256 of the gateway's own certificate in hex; without it, the usual trust applies."""
    region: str = "americas"
    """Whose nightly reset to expect: one of `regions.REGIONS`."""
    competing: str = "yield"
    """Whether to `yield` the session to another program of this username, or `take` it back."""
    harmless: frozenset[str] = HARMLESS
    """Ids of questions about orders that are answered yes; all others are answered no."""
    suppressed: tuple[str, ...] = ()
    """Ids of questions that the gateway is told not to ask, at most 51."""
    prefix: str = ""
    """Put before our order ids in `cOID`; the beginning of the tape's id unless chosen."""
    conids: dict[str, int] = {}
    """Contract numbers by symbol, for symbols that IBKR would not resolve as meant."""
    timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    tickle_s: float = 57.0
    tic_s: float = 30.0
    silence_s: float = 25.0
    """How long the stream may say nothing, which sends a heartbeat every ten seconds."""
    poll_s: float = 15.0
    """How often orders and trades are listed beside the stream, which may be muted."""
    delayed: bool = False
    """Whether prices that IBKR delays count as prices; otherwise there are none then."""
    lines: int = 90
    """How many symbols are quoted at once, of about a hundred that IBKR allows."""
    confirm_s: float = 15.0
    """A price that the stream has not repeated for so long is asked for."""
    pace: float = 1.0
    """Factor on every interval between calls; 1 keeps to the limits that IBKR states."""
    penalty_s: float = 60.0
    """How long all calls wait after the first 429; it doubles up to `penalty_longest_s`."""
    penalty_longest_s: float = 600.0
    login_wait_s: float = 5.0
    """How long the brokerage session is not asked for after one refusal; doubles up to the next."""
    login_wait_longest_s: float = 1_800.0

    def __post_init__(self) -> None:
        """Refuse what can not work, by option."""
        if not self.account:
            raise _fault("account", "", "an account id such as DU1234567")
        if self.region not in REGIONS:
            raise _fault("region", self.region, f"one of {', '.join(REGIONS)}")
        if self.competing not in COMPETING:
            raise _fault("competing", self.competing, " or ".join(COMPETING))
        if self.fingerprint and len(self.pin) != _FINGERPRINT_DIGITS:
            expected = f"the SHA-256 of a certificate, {_FINGERPRINT_DIGITS} hex digits"
            raise _fault("fingerprint", self.fingerprint, expected)
        if len(self.suppressed) > SUPPRESSED_MAX:
            given = str(len(self.suppressed))
            raise _fault("suppressed", given, f"at most {SUPPRESSED_MAX} ids")
        if len(self.prefix) > PREFIX_CHARACTERS_MAX or not self.prefix.isprintable():
            raise _fault("prefix", self.prefix, f"at most {PREFIX_CHARACTERS_MAX} characters")
        for name in _TIMES:
            if getattr(self, name) <= 0:
                raise _fault(name, str(getattr(self, name)), "more than 0")
        _check_url(self.url)

    @property
    def name(self) -> str:
        """The account's id in this engine."""
        return self.known_as or self.account

    @property
    def pin(self) -> str:
        """The fingerprint's bare digits, lower case."""
        return "".join(one for one in self.fingerprint.lower() if one in "0123456789abcdef")

    @property
    def base(self) -> str:
        """The address that paths are appended to."""
        return self.url.rstrip("/")

    @property
    def stream_url(self) -> str:
        """Where the WebSocket is."""
        return "ws" + self.base.removeprefix("http") + "/ws"


def read(chosen: Mapping[str, Any]) -> Options:
    """The options by their names, as settings hold them: lists as texts with commas between, and
    `conids` as `SAP=14204,EUR/USD=12087792`. ValueError names the option that can not be.
    """
    given = dict(chosen)
    unknown = sorted(set(given) - set(Options.__struct_fields__))
    if unknown:
        raise _fault(unknown[0], str(given[unknown[0]]), "no such option")
    for name in ("harmless", "suppressed"):
        if isinstance(given.get(name), str):
            given[name] = [one.strip() for one in given[name].split(",") if one.strip()]
    if isinstance(given.get("conids"), str):
        given["conids"] = dict(_conid(one) for one in given["conids"].split(",") if one.strip())
    try:
        return msgspec.convert(given, Options)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _conid(text: str) -> tuple[str, int]:
    symbol, _, number = text.strip().rpartition("=")
    if not symbol or not number.isdecimal():
        raise _fault("conids", text, "SYMBOL=NUMBER")
    return symbol, int(number)


def _fault(name: str, value: str, expected: str) -> ValueError:
    return ValueError(f"{name} is {value!r}; expected {expected}")


def _check_url(url: str) -> None:
    """Plain HTTP never leaves this machine."""
    parts = urlsplit(url)
    expected = "https://HOST:PORT/v1/api, or http:// on this machine"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _fault("url", url, expected)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise _fault("url", url, expected)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
