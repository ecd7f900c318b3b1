"""The line to a gateway: which certificates it takes, what it asks, and what silence means."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from api.ibkr.over_https import OverHttps
from api.ibkr.trust import pin_of
from engine.worker.ibkr import Ibkr
from engine.worker.ibkr_line import IbkrAPIError
from tests.clients.process import served

GATEWAY = re.compile(r"the IBKR Web API is at (https://\S+)")
FINGERPRINT = re.compile(r"^([0-9A-F]{2}(?::[0-9A-F]{2}){31})$", re.MULTILINE)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A served Web API on its TLS port: its address and its certificate's fingerprint."""
    folder = tmp_path_factory.mktemp("gateway")
    with served("serve", "--tape", folder / "t.tape", "--webapi-port", "0", cwd=folder) as server:
        said = "".join(server.said)
        address, fingerprint = GATEWAY.search(said), FINGERPRINT.search(said)
        assert address is not None, said
        assert fingerprint is not None, said
        yield address[1], fingerprint[1]


@pytest.mark.parametrize("is_pinned", [False, True])
def test_a_gateway_on_this_machine_is_reached_with_its_own_certificate(
    gateway: tuple[str, str], is_pinned: bool
) -> None:
    url, fingerprint = gateway
    line = OverHttps(url, pin_of(fingerprint) if is_pinned else "")
    with closing(line):
        ibkr = Ibkr(line)
        assert ibkr.tickle()["iserver"]["authStatus"]["authenticated"] is True
        assert ibkr.search_contract("AAPL")[0]["conid"] == 265598
        with pytest.raises(IbkrAPIError, match="Invalid account ID 'U1'") as raised:
            ibkr.get_ledger("U1")
    assert raised.value.code == 400


def test_another_certificate_than_the_pinned_one_is_refused(gateway: tuple[str, str]) -> None:
    line = OverHttps(gateway[0], "0" * 64)
    with (
        closing(line),
        pytest.raises(IbkrAPIError, match=r"has the fingerprint [0-9a-f]{64}; expected 0000") as no,
    ):
        Ibkr(line).tickle()
    assert no.value.code == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("localhost:5000", "expected such as https://localhost:5000"),
        ("https://", "expected such as"),
        ("https://localhost:5000?x=1", "expected such as"),
        ("http://gateway.example:5000", "expected https, as gateway.example is another machine"),
    ],
)
def test_an_address_that_can_not_be_a_gateway_is_named(url: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(url)) as raised:
        OverHttps(url)
    assert expected in str(raised.value)


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="with a name or a password in it") as raised:
        OverHttps("https://me:hunter2@localhost:5000")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("path", ["/v1/api", "/v1/portal/"])
def test_an_address_may_say_where_the_api_begins(path: str) -> None:
    with closing(OverHttps(f"https://localhost:5000{path}")) as line:
        assert line.url == f"https://localhost:5000{path.rstrip('/')}"


def test_nobody_there_is_an_error_without_a_status() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        line = OverHttps(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with closing(line), pytest.raises(IbkrAPIError, match="can not be reached") as raised:
            Ibkr(line).get_accounts()
    assert raised.value.code == 0


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says these bytes to the first call and hangs up; its address."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)

        def talk() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65_536)
                client.sendall(answer)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


def test_an_order_that_nobody_answered_is_said_to_be_unknown() -> None:
    unknown = "what it did with the call is not known"
    with (
        saying(b"") as url,
        closing(OverHttps(url)) as line,
        pytest.raises(IbkrAPIError, match=unknown) as raised,
    ):
        Ibkr(line).place_order("U1", 265598, "BUY", 1)
    assert raised.value.code == 0


@pytest.mark.parametrize(
    ("answer", "code", "msg"),
    [
        (b"HTTP/1.1 403 No\r\nContent-Length: 13\r\n\r\nAccess Denied", 403, "Access Denied"),
        (b"HTTP/1.1 302 Go\r\nLocation: /sso/Login\r\nContent-Length: 0\r\n\r\n", 401, "login"),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 429, "too many requests"),
    ],
)
def test_answers_that_are_no_json_are_understood(answer: bytes, code: int, msg: str) -> None:
    with (
        saying(answer) as url,
        closing(OverHttps(url)) as line,
        pytest.raises(IbkrAPIError, match=msg) as raised,
    ):
        Ibkr(line).get_accounts()
    assert raised.value.code == code
