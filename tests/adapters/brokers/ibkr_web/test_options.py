"""What can be chosen about the line, and what can not."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.brokers.ibkr_web.options import HARMLESS, Options, read


def test_an_account_is_enough() -> None:
    options = read({"account": "DU1"})
    assert (options.url, options.harmless) == ("https://localhost:5000/v1/api", HARMLESS)
    assert (options.name, options.stream_url) == ("DU1", "wss://localhost:5000/v1/api/ws")
    assert not options.live


def test_lists_are_texts_with_commas() -> None:
    options = read(
        {
            "account": "DU1",
            "harmless": "o354,o163",
            "suppressed": "o10151",
            "conids": "SAP=14204, EUR/USD=12087792",
        }
    )
    assert options.harmless == {"o354", "o163"}
    assert options.suppressed == ("o10151",)
    assert options.conids == {"SAP": 14204, "EUR/USD": 12087792}


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ({"account": ""}, "account"),
        ({"region": "mars"}, "region"),
        ({"competing": "fight"}, "competing"),
        ({"fingerprint": "abc"}, "fingerprint"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "http://example.com/v1/api"}, "url"),
        ({"url": "http://10.0.0.5:5000/v1/api"}, "url"),
        ({"suppressed": ",".join(f"o{n}" for n in range(52))}, "suppressed"),
        ({"conids": "SAP"}, "conids"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"prefix": "x" * 33}, "prefix"),
        ({"colour": "red"}, "colour"),
        ({"poll_s": "often"}, "poll_s"),
    ],
)
def test_what_can_not_be_is_named(chosen: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read({"account": "DU1", **chosen})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_stays_on_this_machine(host: str) -> None:
    assert Options(account="DU1", url=f"http://{host}:5000/v1/api").stream_url.startswith("ws://")


def test_a_fingerprint_may_be_written_with_colons() -> None:
    written = ":".join(["AB"] * 32)
    assert Options(account="DU1", fingerprint=written).pin == "ab" * 32
