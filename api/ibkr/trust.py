"""Which gateway a worker's line trusts: one certificate by its SHA-256, or what authorities vouch
for; on this machine itself, whatever the gateway signed for itself.

A gateway's certificate is its own work, so nobody vouches for it. At a loopback address nothing
else can answer unless this machine is not one's own any more, and there alone it is not checked.
Elsewhere such a certificate has to be pinned.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from ipaddress import ip_address

_HEX_DIGITS = 64


class _PinnedSocket(ssl.SSLSocket):
    """A connection whose handshake ends well only with the pinned certificate."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, then compare, before a byte is sent."""
        super().do_handshake(block)
        shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
        pin = getattr(self.context, "pin", "")
        if not hmac.compare_digest(shown, pin):
            raise ssl.SSLCertVerificationError(
                f"the gateway's certificate has the fingerprint {shown}; expected {pin}"
            )


class _PinnedContext(ssl.SSLContext):
    """Makes such connections."""

    sslsocket_class = _PinnedSocket
    pin: str


def context(host: str, fingerprint: str = "") -> ssl.SSLContext:
    """The context for connections to ``host``; ``fingerprint`` as `pin_of` gives it."""
    if fingerprint:
        pinned = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
        pinned.pin = fingerprint
        return _unverified(pinned)
    if is_loopback(host):
        return _unverified(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return ssl.create_default_context()


def pin_of(text: str) -> str:
    """A SHA-256 fingerprint as bare lower-case digits, written with colons or without; ValueError
    for what is none.
    """
    digits = text.replace(":", "").replace(" ", "").lower()
    if len(digits) != _HEX_DIGITS or not all(one in "0123456789abcdef" for one in digits):
        raise ValueError(f"{text!r}; expected a SHA-256, {_HEX_DIGITS} hexadecimal digits")
    return digits


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _unverified(made: ssl.SSLContext) -> ssl.SSLContext:
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
