"""Two of the command that ships: one serves the IBKR Web API over its simulator, the other stands
before it with an account behind a line. Both have a market of their own, and they never agree by
chance: the far one's is made up from another seed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from examples.gateway import Gateway
from tests.api.command import onetape
from tests.clients.process import Served, served
from tests.remote.hand import wait_for

FAR_ACCOUNT = "DU8730189"
HERE = "PAPER1"
FAR = """
[webapi]
manner = "{manner}"
faults = true

[feed]
seed = 77
quotes_per_second = 5

[[accounts]]
id = "DU8730189"
cash = "1000000"
"""
NEAR = """
[feed]
seed = 1
stale_after_s = 2.0
expire_after_s = {expire_s}

[brokers.far]
kind = "ibkr-web"

[brokers.far.options]
account = "DU8730189"
url = "{url}/v1/api"
poll_s = 5.0
confirm_s = 1.0
login_wait_s = 0.1

[[accounts]]
id = "DU8730189"
broker = "far"
"""
BESIDE = """
[[accounts]]
id = "PAPER1"
cash = "1000000"
"""


class Pair:
    """The far server and the near one, and a client of each."""

    def __init__(self, far: Served, near: Served) -> None:
        self.far_url = far.url
        self.near = near
        self.far = Gateway(far.url)
        self.far.headers = {}  # its accounts are a simulator's, and need no key
        self.here = Gateway(near.url)

    def connected(self) -> None:
        """Wait until the line stands."""
        told: dict[str, Any] = {}

        def stands() -> bool:
            told.update(self.here.get("/status"))
            return bool(told["connected"])

        try:
            wait_for(stands, "the line stands", 30)
        except AssertionError:
            raise AssertionError(f"the line does not stand: {told}") from None

    def trouble(self, kind: str, **terms: Any) -> None:
        """Have something go wrong at the far gateway."""
        self._control("POST", {"kind": kind, **terms})

    def peace(self) -> None:
        """End whatever goes wrong."""
        self._control("DELETE", None)

    def _control(self, method: str, body: Any) -> None:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        asked = Request(f"{self.far_url}/webapi/faults", content, headers, method=method)
        urlopen(asked, timeout=10).close()


@contextmanager
def pair(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    manner: str = "friendly",
    *,
    beside: bool = False,
    expire_s: float = 60.0,
    command: Sequence[str | Path] = ("serve",),
) -> Iterator[Pair]:
    """Both, ready; with an account of the near simulator ``beside`` the one at the broker, the near
    one started by ``command``.
    """
    there, here = folder / "far", folder / "near"  # the keys of one do not open the other
    for each in (there, here):
        each.mkdir()
    far_config, near_config = there / "far.toml", here / "near.toml"
    far_config.write_text(FAR.format(manner=manner))
    far_tape, near_tape = there / "far.tape", here / "near.tape"
    with served("serve", "--config", far_config, "--tape", far_tape, cwd=there) as far:
        settings = NEAR.format(url=far.url, expire_s=expire_s) + (BESIDE if beside else "")
        near_config.write_text(settings)
        wanted = ("--scopes", "read,trade,admin", "--config", near_config)
        key = onetape("keys", "create", "operator", *wanted, cwd=here).stdout.strip()
        monkeypatch.setenv("ONETAPE_KEY", key)
        chosen = ("--config", near_config, "--tape", near_tape)
        with served(*command, *chosen, cwd=here) as near:
            made = Pair(far, near)
            with made.here, made.far:
                made.connected()
                yield made
