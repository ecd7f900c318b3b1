"""The installed command with one more kind of broker: what an adapter adds to the composition."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from api import cli
from api.compose import REMOTE_BROKERS
from tests.remote.broker import LoopbackBroker

KIND = "loopback"


def made(name: str, options: Mapping[str, Any]) -> LoopbackBroker:
    """The broker of these options; ValueError names the one that can not be."""
    port = options.get("port")
    if not isinstance(port, int):
        raise ValueError(f"port is {port!r}; expected the number of a port")
    return LoopbackBroker(port, name)


REMOTE_BROKERS[KIND] = made

if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:]))
