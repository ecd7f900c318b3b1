"""Examples of other people's documents, run as they stand: a server for them, and their languages.

Only the address (and where it is asked for, the key) is put into a script. The market of the server
stands still, so that an order that an example cancels is still there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.process import Served, served

AXIOS = "axios@1.21.1"
SCRIPT_TIMEOUT_S = 60
INSTALL_TIMEOUT_S = 120
_STILL = "[feed]\nquotes_per_second = 0.001\n"
_GUIDE = re.compile(r"the order guide is at (http://\S+)")

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason="node and npm are not installed here, so the JavaScript examples are not run",
)


class Ports:
    """A running server: its address, and that of the order guide's own port."""

    def __init__(self, server: Served) -> None:
        self.url = server.url
        found = _GUIDE.search("".join(server.said))
        assert found is not None, server.said
        self.guide = found[1]


@contextmanager
def standing_still(folder: Path) -> Iterator[Ports]:
    """`onetape serve` with the order guide on its own port and a market that does not move."""
    config = folder / "still.toml"
    config.write_text(_STILL)
    tape = folder / "examples.tape"
    with served("serve", "--config", config, "--tape", tape, "--guide-port", "0") as server:
        yield Ports(server)


def python(folder: Path, script: str) -> str:
    """What a Python script prints; it must end well."""
    file = folder / "example.py"
    file.write_text(script)
    return _run([sys.executable, str(file)], folder)


def bash(folder: Path, script: str) -> str:
    """What the commands print; they must end well."""
    return _run(["bash", "-euo", "pipefail", "-c", script], folder)


def node(folder: Path, script: str, modules: Path) -> str:
    """What a script prints in Node, with the packages in ``modules``; it must end well."""
    file = folder / "example.js"
    file.write_text(script)
    return _run(["node", str(file)], folder, NODE_PATH=str(modules))


def axios(cache: Path) -> Path:
    """Where axios from npm is installed: below ``cache``, once."""
    modules = cache / "node_modules"
    if not (modules / "axios" / "package.json").is_file():
        command = ["npm", "install", "--prefix", str(cache), "--no-audit", "--no-fund", AXIOS]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False
        )
        assert done.returncode == 0, done.stderr
    return modules


def _run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=SCRIPT_TIMEOUT_S,
        cwd=folder,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
