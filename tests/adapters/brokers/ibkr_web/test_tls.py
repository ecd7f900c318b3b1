"""Whom the line trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from adapters.brokers.ibkr_web import tls
from adapters.brokers.ibkr_web.broker import IbkrWebBroker
from adapters.brokers.ibkr_web.errors import NotConnected
from adapters.brokers.ibkr_web.options import Options
from tests.adapters.brokers.ibkr_web.gateway import Gateway
from tests.adapters.brokers.ibkr_web.line import QUICK, Line, served

pytestmark = pytest.mark.anyio


async def attempt(gateway: Gateway, pem: Path, fingerprint: str | None) -> None:
    """Open a line to a gateway with a certificate of its own, trusting this fingerprint."""
    async with served(gateway, pem) as (url, shown):
        pin = shown if fingerprint is None else fingerprint
        options = Options(**{**QUICK, "url": url, "fingerprint": pin})
        made = Line(IbkrWebBroker("ibkr", options))
        try:
            await made.open()
        finally:
            await made.close()


async def test_a_pinned_certificate_is_trusted_by_its_fingerprint_for_rest_and_stream(
    tmp_path: Path,
) -> None:
    gateway = Gateway()
    await attempt(gateway, tmp_path / "gateway.pem", None)
    assert gateway.stream_headers["cookie"]


async def test_another_certificate_is_refused_before_a_byte_is_sent(tmp_path: Path) -> None:
    gateway = Gateway()
    with pytest.raises(NotConnected, match="has the fingerprint"):
        await attempt(gateway, tmp_path / "gateway.pem", "ab" * 32)
    assert gateway.calls == []


async def test_without_a_pin_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path,
) -> None:
    gateway = Gateway()
    with pytest.raises(NotConnected):
        await attempt(gateway, tmp_path / "gateway.pem", "")
    assert gateway.calls == []


def test_without_a_pin_nothing_is_relaxed() -> None:
    usual = tls.context("")
    assert usual.verify_mode is ssl.CERT_REQUIRED
    assert usual.check_hostname


def test_a_pinned_context_makes_no_plain_socket() -> None:
    with pytest.raises(ssl.SSLError):
        tls.context("ab" * 32).wrap_socket()  # type: ignore[call-arg]  # refused before it looks
