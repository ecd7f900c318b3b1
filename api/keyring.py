"""The keys that open this server now, and the answer to whoever calls with one or without.

A key arrives as `Authorization: Bearer KEY` or as `X-API-Key: KEY`. Its id finds what is kept of
it, and the hashes are compared in constant time; a key that nobody has takes the same way, against
a hash that nothing has. An open ring asks for no key: everybody is the owner of the machine. Wrong
keys are counted by address, and answered 429 beyond ten a minute; a right key is never held up,
because no number of guesses finds 256 bits, and neighbours may share an address.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address

from api.auth import OWNER, Principal
from api.keys import StoredKey, digest, id_of
from api.rates import Buckets
from api.refusals import Refusal, retry_after

log = logging.getLogger("onetape.keys")

FAILURES_PER_MINUTE_MAX = 10
_IPV6_HOST_BITS = 64
_CHALLENGE = [(b"www-authenticate", b"Bearer")]


class KeyRing:
    """The keys in force. Made without any it is open: no key is asked for."""

    def __init__(self, keys: Iterable[StoredKey] | None = None) -> None:
        self.is_open = True
        self._keys: dict[str, tuple[StoredKey, bytes, Principal]] = {}
        self._nobody = secrets.token_hex(32).encode()
        self._failures = Buckets(FAILURES_PER_MINUTE_MAX / 60, FAILURES_PER_MINUTE_MAX)
        if keys is not None:
            self.replace(keys)

    def replace(self, keys: Iterable[StoredKey]) -> None:
        """Have these keys in force and no others; from here on, a key is asked for."""
        self._keys = {key.id: (key, key.sha256.encode(), key.principal()) for key in keys}
        self.is_open = False

    def authorize(self, headers: Mapping[bytes, bytes], address: str = "") -> Principal | Refusal:
        """Whose key the headers carry, or the refusal to answer with."""
        if self.is_open:
            return OWNER
        given = _given(headers)
        if given is None:
            return _unauthorized(
                "a key is needed: send Authorization: Bearer KEY, or X-API-Key: KEY"
            )
        found = self._keys.get(id_of(given))
        expected = self._nobody if found is None else found[1]
        is_right = hmac.compare_digest(expected, digest(given))
        if found is None or not is_right:
            return self._wrong(address)
        key, _, principal = found
        if key.expires_at is not None and key.has_expired(time.time()):
            return _unauthorized(f"the key {key.name!r} expired at {key.expires_at.isoformat()}")
        return principal

    def admits(self, caller: Principal) -> bool:
        """Whether somebody who was let in before would be let in now, with the same rights."""
        if not caller.has_key:
            return self.is_open
        found = self._keys.get(caller.key_id)
        return (
            found is not None
            and not self.is_open
            and found[2] == caller
            and not found[0].has_expired(time.time())
        )

    def _wrong(self, address: str) -> Refusal:
        """Count an unknown key against its address, and say no."""
        wait = self._failures.take(_neighbourhood(address), time.monotonic())
        if wait:
            return Refusal(
                429, "RATE_LIMITED", "too many unknown keys from here", None, retry_after(wait)
            )
        log.warning("an unknown key came from %s", address or "an unknown address")
        return _unauthorized("the key is not known here")


def _given(headers: Mapping[bytes, bytes]) -> bytes | None:
    scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and bearer.strip():
        return bearer.strip()
    return headers.get(b"x-api-key") or None


def _neighbourhood(address: str) -> str:
    """What one caller can not easily leave: an IPv4 address, or the network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> _IPV6_HOST_BITS)
    return address


def _unauthorized(message: str) -> Refusal:
    return Refusal(401, "UNAUTHORIZED", message, None, _CHALLENGE)
