"""Signing calls: held against a host that knows the other halves of every key."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request

from adapters.brokers.ibkr_web.broker import IbkrWebBroker
from adapters.brokers.ibkr_web.oauth import OAuth, base_string, signed_bytes
from adapters.brokers.ibkr_web.options import Options
from tests.adapters.brokers.ibkr_web.gateway import BASE, Gateway
from tests.adapters.brokers.ibkr_web.line import QUICK, Line, an_order, served

pytestmark = pytest.mark.anyio
CONSUMER, TOKEN, SECRET = "TESTCONS1", "access-token", b"the access token's secret"
PRIME = (1 << 521) - 1
THEIR_HALF = 987_654_321
TOKEN_PATH = "/oauth/live_session_token"


class Keys:
    """One pair of keys a kind."""

    def __init__(self, folder: Path) -> None:
        self.encryption = rsa.generate_private_key(65537, 2048)
        self.signature = rsa.generate_private_key(65537, 2048)
        self.options: dict[str, Any] = {
            "oauth_consumer_key": CONSUMER,
            "oauth_access_token": TOKEN,
            "oauth_access_token_secret": b64encode(
                self.encryption.public_key().encrypt(SECRET, padding.PKCS1v15())
            ).decode(),
            "oauth_dh_prime": f"{PRIME:x}",
            "oauth_encryption_key": self._kept(folder / "encryption.pem", self.encryption),
            "oauth_signature_key": self._kept(folder / "signature.pem", self.signature),
        }

    def _kept(self, file: Path, key: rsa.RSAPrivateKey) -> str:
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(file)


class Host(Gateway):
    """IBKR's own host: it agrees on a token, and checks the signature of every call."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.keys = keys
        self.token = b""
        self.checked = 0
        self.url = ""
        self.hook = self.check
        self.proves = True

    async def check(self, request: Request) -> None:
        """Check a call, or agree on a token."""
        fields = _fields(request.headers["authorization"])
        signature = b64decode(unquote_plus(fields.pop("oauth_signature")))
        assert fields.pop("realm") == "limited_poa"
        path = request.url.path.removeprefix(BASE)
        text = base_string(
            request.method, self.url + path, {**fields, **dict(request.query_params)}
        )
        if path != TOKEN_PATH:
            assert hmac.compare_digest(
                hmac.new(self.token, text.encode(), hashlib.sha256).digest(), signature
            )
            self.checked += 1
            return
        signed = (SECRET.hex() + text).encode()
        self.keys.signature.public_key().verify(
            signature, signed, padding.PKCS1v15(), hashes.SHA256()
        )
        ours = int(fields["diffie_hellman_challenge"], 16)
        common = signed_bytes(pow(ours, THEIR_HALF, PRIME))
        self.token = hmac.new(common, SECRET, hashlib.sha1).digest()
        proof = hmac.new(self.token, CONSUMER.encode(), hashlib.sha1).hexdigest()
        self.lay(
            TOKEN_PATH,
            {
                "diffie_hellman_response": f"{pow(2, THEIR_HALF, PRIME):x}",
                "live_session_token_signature": proof if self.proves else "00" * 20,
                "live_session_token_expiration": 4_000_000_000_000,
            },
        )


def _fields(header: str) -> dict[str, str]:
    listed = header.removeprefix("OAuth ").split(", ")
    return {name: value.strip('"') for name, _, value in (one.partition("=") for one in listed)}


async def opened(host: Host, **options: Any) -> Line:
    """A signed line to the host."""
    made = Line(IbkrWebBroker("ibkr", Options(**options), OAuth.read(host.keys.options)))
    return await made.open()


async def test_every_call_is_signed_under_a_token_that_both_sides_agreed_on(
    tmp_path: Path,
) -> None:
    host = Host(Keys(tmp_path))
    async with served(host) as (url, _):
        host.url = url
        line = await opened(host, **{**QUICK, "url": url})
        try:
            assert await line.submit(an_order())
        finally:
            await line.close()
    assert host.checked >= 8
    assert len(host.asked(TOKEN_PATH)) == 1
    assert host.stream_headers["cookie"] == "api=abc123"
    assert host.stream_headers["user-agent"] == "ClientPortalGW/1"


async def test_a_host_that_does_not_prove_the_token_is_refused(tmp_path: Path) -> None:
    host = Host(Keys(tmp_path))
    host.proves = False
    async with served(host) as (url, _):
        host.url = url
        with pytest.raises(PermissionError, match="does not prove"):
            await opened(host, **{**QUICK, "url": url})


async def test_credentials_that_are_refused_stop_the_line_for_good(tmp_path: Path) -> None:
    host = Host(Keys(tmp_path))
    host.hook = None
    host.lay(TOKEN_PATH, {"error": "id: 1, error: Invalid Consumer"}, status=401)
    async with served(host) as (url, _):
        with pytest.raises(PermissionError, match="Invalid Consumer"):
            await opened(host, **{**QUICK, "url": url})


def test_nothing_secret_is_in_what_is_shown(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    signer = OAuth.read(keys.options)
    for shown in (repr(signer), str(vars(signer)["_credentials"])):
        assert keys.options["oauth_access_token_secret"] not in shown
        assert TOKEN not in shown


@pytest.mark.parametrize("name", ["oauth_signature_key", "oauth_encryption_key"])
def test_a_key_that_can_not_be_read_is_named(tmp_path: Path, name: str) -> None:
    options = Keys(tmp_path).options
    with pytest.raises(ValueError, match=name):
        OAuth.read({**options, name: str(tmp_path / "absent.pem")})
    (tmp_path / "text.pem").write_text("no key")
    with pytest.raises(ValueError, match=name):
        OAuth.read({**options, name: str(tmp_path / "text.pem")})


def test_an_option_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="oauth_colour"):
        OAuth.read({**Keys(tmp_path).options, "oauth_colour": "red"})


@pytest.mark.parametrize(
    ("value", "expected"), [(0x7F, b"\x7f"), (0x80, b"\x00\x80"), (0x1FF, b"\x01\xff")]
)
def test_a_number_leaves_room_for_its_sign(value: int, expected: bytes) -> None:
    assert signed_bytes(value) == expected


def test_what_is_signed_is_encoded_once_as_a_whole() -> None:
    text = base_string("GET", "https://h/v1/api/x", {"b": "2", "a": "1"})
    assert text == f"GET&{quote_plus('https://h/v1/api/x')}&{quote_plus('a=1&b=2')}"
