"""The command that ships, with an account behind a line to the little broker: its settings, its
tape, and as many lives as a test wants.
"""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from examples.gateway import Gateway
from tests.api.command import onetape
from tests.clients.process import Served, served
from tests.house.tree import ROOT
from tests.remote.hand import Hand, wait_for

COMMAND = (sys.executable, "-m", "tests.remote.command")
SETTINGS = """
[server]
shutdown_grace_s = 1.0

[brokers.little]
kind = "loopback"
options = {{ port = {port} }}
answer_timeout_s = 30
patience_ms = 0

[[accounts]]
id = "R1"
broker = "little"
"""


class Live:
    """A served engine on one tape, started as often as the test likes."""

    def __init__(self, hand: Hand, folder: Path) -> None:
        self.hand = hand
        self.tape = folder / "live.tape"
        self.config = folder / "live.toml"
        self.config.write_text(SETTINGS.format(port=hand.port))

    def served(self) -> AbstractContextManager[Served]:
        """A server of this engine."""
        arguments = ("serve", "--config", self.config, "--tape", self.tape)
        return served(*arguments, cwd=ROOT, command=COMMAND)

    def facts(self, *kinds: str) -> list[dict[str, Any]]:
        """What the tape holds of these kinds."""
        wanted = [each for kind in kinds for each in ("--type", kind)]
        printed = onetape("tape", self.tape, *wanted)
        assert printed.returncode == 0, printed.stderr
        return [json.loads(line) for line in printed.stdout.splitlines()]


def ready(server: Served) -> Gateway:
    """A client of the server, once its line stands."""
    gateway = Gateway(server.url)
    wait_for(lambda: gateway.get("/status")["connected"], "the line stands")
    return gateway
