"""Which Host and Origin headers are ours: loopback, configured names, nothing like them."""

from __future__ import annotations

import pytest

from api.origins import Hosts, Origins, host_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8080", "127.0.0.1"),
        ("LocalHost:1", "localhost"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]"),
        ("name:", "name"),
        ("", ""),
        ("::1", ""),
        ("[::1", ""),
        ("[::1]x", ""),
        ("name:80:80", ""),
        ("name:x", ""),
        ("user@127.0.0.1", ""),
    ],
)
def test_the_name_of_a_host_is_found_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    "host", [b"127.0.0.1:9", b"localhost", b"[::1]:8080", b"api.example.com", b"API.example.com:1"]
)
def test_our_own_names_pass_and_pass_again(host: bytes) -> None:
    hosts = Hosts(["api.example.com"])
    assert hosts.check({b"host": host}) is None
    assert hosts.check({b"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [b"", b"evil.example", b"localhost.evil.example", b"127.0.0.1.nip.io", b"0.0.0.0", b"\xff"],
)
def test_other_names_do_not(host: bytes) -> None:
    refusal = Hosts(["api.example.com"]).check({b"host": host})
    assert refusal is not None
    assert refusal.status == 403


def test_many_ports_of_one_name_are_not_remembered_without_end() -> None:
    hosts = Hosts()
    for port in range(1_000):
        assert hosts.check({b"host": b"localhost:%d" % port}) is None


@pytest.mark.parametrize("name", ["", "a:80", "http://a", "*:1"])
def test_a_name_that_can_not_be_a_host_is_refused_when_it_is_configured(name: str) -> None:
    with pytest.raises(ValueError, match="allowed_hosts"):
        Hosts([name])


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (b"http://localhost:8080", b"localhost:8080"),
        (b"https://localhost:8080", b"localhost:8080"),
        (b"HTTP://LOCALHOST:8080", b"LocalHost:8080"),
        (b"http://[::1]:8080", b"[::1]:8080"),
        (b"https://app.example.com", b"127.0.0.1"),
    ],
)
def test_our_own_pages_and_configured_ones_pass(origin: bytes, host: bytes) -> None:
    origins = Origins(["https://app.example.com"])
    assert origins.check({b"origin": origin, b"host": host}) is None


def test_no_origin_at_all_is_a_program() -> None:
    assert Origins().check({b"host": b"localhost"}) is None


@pytest.mark.parametrize(
    "origin",
    [
        b"null",
        b"",
        b"http://evil.example",
        b"http://localhost:8081",
        b"http://localhost:8080/path",
        b"ftp://localhost:8080",
        b"localhost:8080",
        b"http://[::1",
        b"\xff",
    ],
)
def test_other_origins_do_not(origin: bytes) -> None:
    refusal = Origins().check({b"origin": origin, b"host": b"localhost:8080"})
    assert refusal is not None
    assert refusal.status == 403


@pytest.mark.parametrize("origin", ["null", "*", "example.com", "https://example.com/"])
def test_an_origin_that_is_none_is_refused_when_it_is_configured(origin: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        Origins([origin])
