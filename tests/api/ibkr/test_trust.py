"""Only what is on this machine goes unchecked; everywhere else a certificate is held to account."""

from __future__ import annotations

import ssl

import pytest

from api.ibkr.trust import context, is_loopback, pin_of


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_a_loopback_gateway_may_show_what_it_likes(host: str) -> None:
    assert is_loopback(host)
    assert context(host).verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("host", ["gateway.example", "localhost.example", "10.0.0.1", "", "::2"])
def test_any_other_gateway_needs_an_authority_or_a_pin(host: str) -> None:
    assert not is_loopback(host)
    checked = context(host)
    assert (checked.verify_mode, checked.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_pin_may_be_written_with_colons() -> None:
    assert pin_of("AB:" * 31 + "cd") == "ab" * 31 + "cd"


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 33])
def test_what_is_no_fingerprint_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="expected a SHA-256, 64 hexadecimal digits"):
        pin_of(text)
