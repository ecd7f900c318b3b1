"""A port's certificate is made once, kept for its owner alone, and replaced in time."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from api.certificate import LIFE, OURS, RENEWED_BEFORE, certificate
from api.settings import SettingsError

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def kept(file: Path) -> x509.Certificate:
    """What is in the file."""
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_it_is_made_for_its_owner_alone_and_names_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    made = certificate(file, "trader.example", NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    names = kept(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "trader.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert OURS in kept(file).subject.rfc4514_string().replace("\\", "")
    assert len(made.fingerprint) == 32 * 3 - 1
    assert list(tmp_path.iterdir()) == [file]


def test_its_fingerprint_is_what_clients_see(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    made = certificate(file, "127.0.0.1", NOW)
    seen = ssl.PEM_cert_to_DER_cert(file.read_text()[file.read_text().index("-----BEGIN CERT") :])
    assert x509.load_der_x509_certificate(seen) == kept(file)
    assert certificate(file, "127.0.0.1", NOW) == made


def test_it_is_replaced_before_it_expires_and_for_another_address(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    made = certificate(file, "127.0.0.1", NOW)
    assert certificate(file, "127.0.0.1", NOW + LIFE - RENEWED_BEFORE) == made
    late = certificate(file, "127.0.0.1", NOW + LIFE - RENEWED_BEFORE + timedelta(seconds=1))
    assert late != made
    assert certificate(file, "192.0.2.7", NOW + LIFE) != late


def test_one_that_somebody_else_made_is_used_as_it_is_until_it_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.pem"
    monkeypatch.setattr("api.certificate.OURS", "Somebody else")
    made = certificate(file, "127.0.0.1", NOW)
    monkeypatch.undo()
    assert certificate(file, "192.0.2.7", NOW + LIFE - timedelta(days=1)) == made
    with pytest.raises(SettingsError, match="expired on 2036-01-13"):
        certificate(file, "127.0.0.1", NOW + LIFE)


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_certificate_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.pem"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"webapi_certificate: .*a\.pem: .* expected a private"):
        certificate(file, "127.0.0.1")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.pem"
    certificate(file, "127.0.0.1")
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        certificate(file, "127.0.0.1")


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file or directory"):
        certificate(tmp_path / "absent" / "a.pem", "127.0.0.1")
