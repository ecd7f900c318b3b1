"""Whom the line trusts: one certificate by its fingerprint, or the usual authorities.

A Client Portal Gateway shows a certificate that it signed itself, which no authority vouches for
and whose dates may have passed. Its SHA-256 is what proves it: a pinned connection is refused in
the handshake, before a byte is sent, unless the certificate is that very one. Without a pin
nothing is relaxed.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from typing import Any


class PinnedCertificate(ssl.SSLObject):
    """One side of a handshake that ends well only with the pinned certificate."""

    def do_handshake(self) -> None:
        """Shake hands, then compare."""
        super().do_handshake()
        shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
        pin = getattr(self.context, "pin", "")
        if not hmac.compare_digest(shown, pin):
            raise ssl.SSLCertVerificationError(
                f"the gateway's certificate has the fingerprint {shown}; expected {pin}"
            )


class PinnedContext(ssl.SSLContext):
    """A context whose connections hold the certificate against ``pin`` alone."""

    sslobject_class = PinnedCertificate
    pin: str

    def wrap_socket(self, *_args: Any, **_named: Any) -> ssl.SSLSocket:
        """Not to be had: a plain socket would skip the comparison."""
        raise ssl.SSLError("a pinned context serves asynchronous connections only")


def context(pin: str) -> ssl.SSLContext:
    """The context for connections to a host with this fingerprint, lower-case hex; without one,
    the authorities of this machine decide.
    """
    if not pin:
        return ssl.create_default_context()
    pinned = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.check_hostname = False  # the certificate is compared whole, its names with it
    pinned.verify_mode = ssl.CERT_NONE
    pinned.pin = pin
    return pinned
