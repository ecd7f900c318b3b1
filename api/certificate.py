"""The certificate of a port that is served over TLS: made by this machine for itself, and pinned.

Nobody vouches for it, so a client either knows its fingerprint or trusts the file. It is made once,
kept with its key in one file that only its owner reads, and replaced when it is about to expire or
does not name the address that is served. A certificate that somebody else made is used as it is.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from api.settings import SettingsError

OURS = "OneTape, self-signed"
"""The common name by which a certificate of our own is known."""
LIFE = timedelta(days=3650)
RENEWED_BEFORE = timedelta(days=30)
_NAMES = ("localhost", "127.0.0.1", "::1")
_USES = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class Certificate(NamedTuple):
    """A certificate with its key, in the PEM ``file``; ``fingerprint`` is its SHA-256."""

    file: Path
    fingerprint: str


def certificate(file: Path, host: str, now: datetime | None = None) -> Certificate:
    """The certificate kept in ``file``, made if it is absent; raises SettingsError for a file that
    can not be used.
    """
    now = now or datetime.now(UTC)
    kept = _read(file)
    if kept is None or (_is_ours(kept) and not _serves(kept, host, now)):
        kept = _make(file, host, now)
    elif kept.not_valid_after_utc <= now:
        ended = kept.not_valid_after_utc.date().isoformat()
        raise _unusable(file, f"the certificate expired on {ended}; expected one that is valid")
    return Certificate(file, _shown(kept.fingerprint(hashes.SHA256())))


def _read(file: Path) -> x509.Certificate | None:
    """The first certificate in the file; None where there is no file."""
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _unusable(file, "others may read its key; make it yours with chmod 600")
            content = opened.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, error.strerror or str(error)) from None
    try:
        serialization.load_pem_private_key(content, None)
        return x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError):
        expected = "a private key without a password and its certificate, in PEM"
        raise _unusable(file, f"it can not be read; expected {expected}") from None


def _is_ours(kept: x509.Certificate) -> bool:
    names = kept.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return kept.subject == kept.issuer and bool(names) and names[0].value == OURS


def _serves(kept: x509.Certificate, host: str, now: datetime) -> bool:
    """Whether it is good for a while yet, and names ``host``."""
    if kept.not_valid_after_utc - now < RENEWED_BEFORE:
        return False
    named = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _name(host) in named


def _make(file: Path, host: str, now: datetime) -> x509.Certificate:
    """Make a certificate and keep it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, OURS)])
    names = [_name(each) for each in dict.fromkeys((*_NAMES, host))]
    public = key.public_key()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_USES, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        _keep(file, private + made.public_bytes(pem))
    except OSError as error:
        raise _unusable(file, error.strerror or str(error)) from None
    return made


def _keep(file: Path, content: bytes) -> None:
    """Put the file in its place as a whole, for its owner alone."""
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as temporary:
        try:
            temporary.write(content)
            temporary.flush()
            os.fsync(temporary.fileno())
            Path(temporary.name).replace(file)
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _shown(digest: bytes) -> str:
    """A fingerprint as people compare it: ``AB:CD:…``."""
    return digest.hex(":").upper()


def _unusable(file: Path, why: str) -> SettingsError:
    return SettingsError(f"listeners.webapi_certificate: {file}: {why}")
