"""Keeps web pages out: which Host and Origin headers a request may carry.

A server on localhost can be reached by every page that the user's browser shows. A page whose name
was made to point here (DNS rebinding) still sends its own name as Host; a page on another site
sends its own Origin with every request that could change something and with every WebSocket
handshake. Both are refused; programs that are not browsers send no Origin at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from api.refusals import Refusal

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Hosts:
    """The names that a Host header may carry, with any port."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        for name in names:
            if not name or host_name(name) != name.lower():
                raise ValueError(f"allowed_hosts: {name!r} is not a host name without a port")
        self._names = {name.lower().encode() for name in (*LOOPBACK, *names)}
        self._known: set[bytes] = set()

    def check(self, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """The refusal for a request whose Host is not ours, or None."""
        host = headers.get(b"host", b"")
        if host in self._known:
            return None
        if host_name(host.decode("latin-1")).encode("latin-1") in self._names:
            if len(self._known) < 256:
                self._known.add(host)
            return None
        return _refusal("Host", host, "a name of this server")


class Origins:
    """The origins that may send commands: this server's own pages, and those configured."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        for origin in origins:
            if _own_host(origin) is None:
                raise ValueError(
                    f"allowed_origins: {origin!r} is not an origin such as https://example.com"
                )
        self._origins = {origin.lower().encode() for origin in origins}

    def check(self, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """The refusal for a command from a page that is not ours, or None."""
        origin = headers.get(b"origin")
        if origin is None or origin.lower() in self._origins:
            return None
        host = _own_host(origin.decode("latin-1"))
        if host is not None and host.encode("latin-1") == headers.get(b"host", b"").lower():
            return None
        return _refusal("Origin", origin, "the origin of this server, or none")


def host_name(host: str) -> str:
    """The name in a Host header, lower case, brackets kept and port cut; empty if it has none."""
    host = host.lower()
    if host.startswith("["):
        name, bracket, port = host.partition("]")
        name += bracket
        port = port if bracket else "?"
    else:
        name, colon, digits = host.partition(":")
        port = colon + digits
    # A port is a colon and digits; anything else (a second colon, a user name) is no host at all.
    is_port = not port or (port[0] == ":" and (port[1:].isdecimal() or port == ":"))
    return name if is_port and "@" not in name else ""


def _own_host(origin: str) -> str | None:
    """The host and port of a web origin, lower case; None for ``null`` and what is not one."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return None
    plain = parts.netloc and not (parts.path or parts.query or parts.fragment)
    return parts.netloc if plain and parts.scheme in ("http", "https") else None


def _refusal(header: str, value: bytes, expected: str) -> Refusal:
    shown = value[:200].decode("latin-1")
    return Refusal(
        403,
        "UNAUTHORIZED",
        f"{header} is {shown!r}; expected {expected}",
        {"field": header, "value": shown, "expected": expected},
    )
