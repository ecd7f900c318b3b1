"""OAuth 1.0a as IBKR has it: calls to its own host are signed, and no gateway is needed.

From time to time a *live session token* is agreed on: both sides exchange halves of a
Diffie-Hellman secret, ours signed with RSA, and mix in the access token's secret, which only we can
decrypt. IBKR proves that it got the same token. Every later call carries a keyed hash of itself
under that token. Nothing of it is ever shown: not in a repr, an error or a log.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from adapters.brokers.ibkr_web.errors import LoginNeeded, NotAnswered
from adapters.brokers.ibkr_web.numerals import number
from adapters.brokers.ibkr_web.transport import Query, as_object

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from adapters.brokers.ibkr_web.transport import Transport

PREFIX = "oauth_"
TOKEN_PATH = "/oauth/live_session_token"
REALM = "limited_poa"
RENEW_BEFORE_S = 3_600
_NEEDED = (
    "oauth_consumer_key",
    "oauth_access_token",
    "oauth_access_token_secret",
    "oauth_dh_prime",
    "oauth_encryption_key",
    "oauth_signature_key",
)
_CHALLENGE_BITS = 256
_GENERATOR = 2


@dataclass(frozen=True, repr=False)
class Credentials:
    """What identifies the caller. The keys are RSA private keys in PEM, the prime is hex."""

    consumer_key: str
    access_token: str
    access_token_secret: str
    dh_prime: str
    encryption_key: bytes = field(repr=False)
    signature_key: bytes = field(repr=False)
    realm: str = REALM

    def __repr__(self) -> str:
        """Three stars."""
        return "***"


def is_meant(option: str) -> bool:
    """Whether an option of the settings is one of these."""
    return option.startswith(PREFIX)


class OAuth:
    """Signs calls (`transport.Signer`). ``now_s`` is the wall clock."""

    def __init__(self, credentials: Credentials, now_s: Callable[[], float] = time.time) -> None:
        self.token = credentials.access_token
        self._credentials = credentials
        self._now_s = now_s
        self._key = b""
        self._expires_s = 0.0
        self._encryption = _private_key(credentials.encryption_key, "oauth_encryption_key")
        self._signature = _private_key(credentials.signature_key, "oauth_signature_key")

    @classmethod
    def read(cls, chosen: Mapping[str, Any]) -> OAuth:
        """By options: those of `_NEEDED`, the two keys as files, and `oauth_realm`. ValueError
        names the option that is missing or can not be.
        """
        for name in _NEEDED:
            if not chosen.get(name):
                raise ValueError(f"{name} is missing; expected all of {', '.join(_NEEDED)}")
        for name in chosen:
            if name not in (*_NEEDED, "oauth_realm"):
                raise ValueError(f"{name} is set; expected no such option")
        return cls(
            Credentials(
                str(chosen["oauth_consumer_key"]),
                str(chosen["oauth_access_token"]),
                str(chosen["oauth_access_token_secret"]),
                str(chosen["oauth_dh_prime"]),
                _file(chosen, "oauth_encryption_key"),
                _file(chosen, "oauth_signature_key"),
                str(chosen.get("oauth_realm") or REALM),
            )
        )

    async def renew(self, transport: Transport) -> None:
        """Agree on a live session token, unless the one there is lasts; PermissionError if IBKR
        does not accept the credentials, or proves no knowledge of the token.
        """
        if self._now_s() < self._expires_s - RENEW_BEFORE_S:
            return
        prime = int(self._credentials.dh_prime, 16)
        secret = secrets.randbits(_CHALLENGE_BITS) | 1
        mixed_in = self._token_secret()
        fields = self._fields("RSA-SHA256")
        fields["diffie_hellman_challenge"] = f"{pow(_GENERATOR, secret, prime):x}"
        url = transport.base + TOKEN_PATH
        base = mixed_in.hex() + base_string("POST", url, fields)
        fields["oauth_signature"] = quote_plus(self._signed(base))
        try:
            answer = await transport.call(
                "POST", TOKEN_PATH, headers=self._header(fields), is_urgent=True
            )
        except LoginNeeded as error:
            raise PermissionError(f"IBKR refused the OAuth credentials: {error}") from error
        told = as_object(answer, "the live session token")
        self._agree(told, secret, prime, mixed_in)

    def headers(self, method: str, url: str, query: Query) -> dict[str, str]:
        """The headers that sign one call; NotAnswered before there is a token."""
        if not self._key:
            raise NotAnswered("no live session token was agreed on yet")
        fields = self._fields("HMAC-SHA256")
        signed = {**fields, **{name: str(value) for name, value in query.items()}}
        text = base_string(method, url, signed).encode()
        digest = hmac.new(self._key, text, hashlib.sha256).digest()
        fields["oauth_signature"] = quote_plus(b64encode(digest).decode())
        return self._header(fields)

    def _agree(self, told: dict[str, Any], secret: int, prime: int, mixed_in: bytes) -> None:
        """Make the token of both halves, and hold IBKR's proof against it."""
        theirs, proof = (
            told.get("diffie_hellman_response"),
            told.get("live_session_token_signature"),
        )
        if not isinstance(theirs, str) or not isinstance(proof, str):
            raise NotAnswered("the live session token came without its halves")
        common = pow(int(theirs, 16), secret, prime)
        key = hmac.new(signed_bytes(common), mixed_in, hashlib.sha1).digest()
        consumer = self._credentials.consumer_key.encode()
        mine = hmac.new(key, consumer, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(mine, proof):
            raise PermissionError("IBKR does not prove to know the live session token")
        self._key = key
        expires = number(told.get("live_session_token_expiration"))
        self._expires_s = float(expires) / 1_000 if expires else self._now_s() + 86_400

    def _fields(self, method: str) -> dict[str, str]:
        return {
            "oauth_consumer_key": self._credentials.consumer_key,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": method,
            "oauth_timestamp": str(int(self._now_s())),
            "oauth_token": self._credentials.access_token,
        }

    def _header(self, fields: Mapping[str, str]) -> dict[str, str]:
        listed = ", ".join(f'{name}="{value}"' for name, value in sorted(fields.items()))
        return {"Authorization": f'OAuth realm="{self._credentials.realm}", {listed}'}

    def _token_secret(self) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

        return self._encryption.decrypt(
            b64decode(self._credentials.access_token_secret), PKCS1v15()
        )

    def _signed(self, text: str) -> str:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return b64encode(self._signature.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def base_string(method: str, url: str, fields: Mapping[str, str]) -> str:
    """What is signed of a call: the method, the address, and its fields in order."""
    listed = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return "&".join((method, quote_plus(url), quote_plus(listed)))


def signed_bytes(value: int) -> bytes:
    """A positive number in the fewest bytes that leave room for a sign, most significant first."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _file(chosen: Mapping[str, Any], name: str) -> bytes:
    path = Path(str(chosen[name]))
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{name}: {path} can not be read: {error.strerror}") from None


def _private_key(pem: bytes, name: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise ValueError(
            f"{name}: expected an RSA private key in PEM, without a password"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{name}: expected an RSA key")
    return key
